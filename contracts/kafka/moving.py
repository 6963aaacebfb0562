"""Where groups that were named otherwise had got to in a topic, so that the group in their place loses and repeats nothing. ADR 18."""

from collections.abc import Callable, Mapping, Sequence

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion, for_code

from contracts.kafka.security import connection
from contracts.kafka.settings import KafkaSettings

#: States of a group that has no member.
_NOBODY = frozenset({"Empty", "Dead"})


class StillRead(Exception):
    """Members of another group execute what is in the topic; whoever comes after them waits until they have ended."""


async def read_before(settings: KafkaSettings, topic: str, is_earlier: Callable[[str], bool]) -> Mapping[TopicPartition, int]:
    """Return up to where earlier groups have finished a topic, a partition each: the furthest, since each of them read all.

    Raises: StillRead naming a group that has members; KafkaError
    """
    client = AIOKafkaAdminClient(**connection(settings), request_timeout_ms=settings.request_timeout_ms)
    await client.start()
    try:
        groups = await _earlier(client, is_earlier)
        await _refuse_members(client, groups)
        return await _furthest(client, topic, groups)
    finally:
        await client.close()


async def _earlier(client: AIOKafkaAdminClient, is_earlier: Callable[[str], bool]) -> list[str]:
    try:
        listed = await client.list_consumer_groups()
    except IncompatibleBrokerVersion:
        return []  # the in-process broker cannot tell, and keeps no group longer than its process
    return sorted(name for name, *_ in listed if is_earlier(name))


async def _refuse_members(client: AIOKafkaAdminClient, groups: Sequence[str]) -> None:
    for group in groups:  # one by one: aiokafka 0.14 reads the answer about several wrongly
        (response,) = await client.describe_consumer_groups([group])
        for code, name, state, *_ in response.groups:
            if code:
                raise for_code(code)(f"group {name} was not described")
            if state not in _NOBODY:
                raise StillRead(name)


async def _furthest(client: AIOKafkaAdminClient, topic: str, groups: Sequence[str]) -> dict[TopicPartition, int]:
    furthest: dict[TopicPartition, int] = {}
    for group in groups:
        for partition, at in (await client.list_consumer_group_offsets(group)).items():
            if partition.topic == topic:
                furthest[partition] = max(furthest.get(partition, 0), at.offset)
    return furthest
