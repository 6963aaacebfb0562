"""Messages written by hand with a plain Kafka client: repeated, poisoned, forged. The one place that knows how to write one.

When messages are signed (world.SIGNED) none of these may be believed: a repeated one carries the signature that it had.
"""

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from tests.faults.evidence import ends

_HEADERS = {"ce_specversion": "1.0", "content-type": "application/json", "ce_type": "cn.chakong.reply.v1", "ce_source": "/adapters/forged",
            "ce_time": "2026-11-23T01:00:00+00:00"}


def write(bootstrap: str, topic: str, value: bytes | None, *, key: bytes | None = None, headers: Mapping[str, bytes | str] | None = None,
          partition: int = -1) -> None:
    """Write one message as it is."""
    producer = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": 9_000_000})
    producer.produce(topic, value, key=key, headers=list((headers or {}).items()), partition=partition)
    assert producer.flush(30) == 0


def reply(bootstrap: str, topic: str, body: Mapping[str, Any], request_id: str, **headers: str) -> None:
    """Write a reply that no adapter of ours wrote: unsigned."""
    named = {**_HEADERS, "ce_id": uuid.uuid4().hex, "ce_subject": str(body["task_id"]), "ce_correlationid": request_id, **headers}
    write(bootstrap, topic, json.dumps(body).encode(), key=request_id.encode(), headers=named)


def repeat(bootstrap: str, topics: Iterable[str], times: int = 1, since: Mapping[tuple[str, int], int] | None = None) -> int:
    """Write every message of these topics again, bytes, key and headers, each so many times; return how many were written."""
    wanted = {place: end for place, end in ends(bootstrap).items() if place[0] in set(topics)}
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "harness-repeats", "enable.auto.commit": False, "auto.offset.reset": "earliest"})
    producer = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": 9_000_000})
    written = 0
    for (topic, number), end in wanted.items():
        first = (since or {}).get((topic, number), 0)
        consumer.assign([TopicPartition(topic, number, first)])
        position, silent = first, 0
        while position < end and silent < 20:
            batch = [one for one in consumer.consume(500, timeout=0.5) if one.error() is None]
            silent = 0 if batch else silent + 1
            for one in batch:
                position = one.offset() + 1
                if one.offset() >= end:
                    break
                for _ in range(times):
                    producer.produce(topic, one.value(), key=one.key(), headers=one.headers(), partition=number)
                    written += 1
                producer.poll(0)
    consumer.close()
    assert producer.flush(60) == 0
    return written
