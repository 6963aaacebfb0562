"""Create topics on a real Kafka. (The in-process broker has no controller; there topics appear on first use.)."""

from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from contracts.kafka.security import connection
from contracts.kafka.settings import KafkaSettings
from contracts.kafka.topics import Topic


async def create_missing(settings: KafkaSettings, topics: Sequence[Topic]) -> list[str]:
    """Create the topics that are not there; return `created NAME` or `exists NAME` for each.

    Raises: KafkaError if the broker refuses one
    """
    client = AIOKafkaAdminClient(**connection(settings), request_timeout_ms=settings.request_timeout_ms)
    await client.start()
    try:
        present = set(await client.list_topics())
        missing = [topic for topic in topics if topic.name not in present]
        if missing:
            response = await client.create_topics([_new(topic, settings) for topic in missing])
            for name, code, *_ in response.topic_errors:
                _check(name, code)
    finally:
        await client.close()
    return [f"{'exists' if topic.name in present else 'created'} {topic.name}" for topic in topics]


def _new(topic: Topic, settings: KafkaSettings) -> NewTopic:
    return NewTopic(topic.name, settings.partitions, settings.replication, topic_configs=topic.config(settings.min_insync_replicas))


def _check(name: str, code: int) -> None:
    error = for_code(code)
    if code and error is not TopicAlreadyExistsError:
        raise error(f"topic {name} was not created")
