"""Plain Kafka clients for tests: read a topic from its beginning, write anything, wait until a group has read everything."""

import time
from collections.abc import Iterable
from contextlib import closing

from confluent_kafka import Consumer, Message, Producer, TopicPartition


def read_all(bootstrap: str, topic: str) -> list[Message]:
    """Return every message of a topic."""
    with closing(Consumer({"bootstrap.servers": bootstrap, "group.id": "reads-all", "enable.auto.commit": False})) as consumer:
        partitions = [TopicPartition(topic, number, 0) for number in consumer.list_topics(topic).topics[topic].partitions]
        ends = {one.partition: consumer.get_watermark_offsets(one) for one in partitions}
        left = sum(high - low for low, high in ends.values())
        consumer.assign([TopicPartition(topic, one.partition, ends[one.partition][0]) for one in partitions])
        found: list[Message] = []
        while len(found) < left:
            message = consumer.poll(10)
            assert message is not None, f"{len(found)} of {left}"
            assert message.error() is None, message.error()
            found.append(message)
        return found


def write(bootstrap: str, topic: str, messages: Iterable[tuple[int, bytes | None, bytes | None, list[tuple[str, bytes]]]]) -> None:
    """Write messages (partition, key, value, headers) and wait until the broker has them."""
    producer = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": 8_000_000})
    for partition, key, value, headers in messages:
        producer.produce(topic, value=value, key=key, partition=partition, headers=headers)
    assert producer.flush(20) == 0


def until_read(bootstrap: str, topic: str, group: str, within_s: float = 20) -> None:
    """Wait until a group has committed everything that is in a topic now."""
    with closing(Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})) as consumer:
        partitions = [TopicPartition(topic, number) for number in consumer.list_topics(topic).topics[topic].partitions]
        ends = {one.partition: consumer.get_watermark_offsets(one)[1] for one in partitions}
        deadline = time.monotonic() + within_s
        while any(one.offset < ends[one.partition] for one in consumer.committed(partitions) if ends[one.partition]):
            assert time.monotonic() < deadline, (ends, consumer.committed(partitions))
            time.sleep(0.1)
