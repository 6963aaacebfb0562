"""What a broker never takes, and what our client cannot read: one message of that kind holds up nobody. On a real Kafka."""

import asyncio
import os
import subprocess
import sys

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka import Producer as PlainProducer

from contracts.kafka import topics
from contracts.kafka.codec import Outbound
from contracts.kafka.consumer import Consumer
from contracts.kafka.producer import Producer
from contracts.kafka.settings import KafkaSettings
from services.runtime.sending import Sender
from tests.agency_side import FixedClock

#: Writes headers whose name is no UTF-8, as a client in another language may; our own refuses.
_GARBLED = """
import asyncio, sys
from aiokafka import AIOKafkaProducer
class Odd(str):
    def encode(self, *_):
        return b"\\xff"
async def main(bootstrap, topic):
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait(topic, b"before", partition=0)
        batch = producer.create_batch()
        for number in range(5):
            batch.append(key=None, value=b"in-%d" % number, timestamp=None, headers=[(Odd("x"), b"v")] if number == 3 else [("none", None)])
        batch.close()
        await (await producer.send_batch(batch, topic, partition=0))
        await producer.send_and_wait(topic, b"after", partition=0)
        await producer.send_and_wait(topic, b"beside", partition=1)
asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def kafka(kafka_bootstrap):
    return KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=kafka_bootstrap, commit_every_s=0.05, request_timeout_ms=5_000)


async def topic(kafka, name, **config):
    client = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap_servers)
    await client.start()
    await client.create_topics([NewTopic(name, 2, 1, topic_configs=config)])
    await client.close()
    return name


async def read(kafka, name, many):
    """Read a topic as a role does, commit what was read, and return it."""
    consumer, found = Consumer(kafka, [name], f"reads-{name}", "test"), []
    await consumer.start()
    async with asyncio.timeout(60):
        while len(found) < many:
            records = await consumer.poll(500, 0.5)
            consumer.done(records)
            found += records
    await consumer.stop()
    return found


async def test_a_message_the_broker_never_takes_is_told_apart_and_takes_no_other_along(kafka):
    name = await topic(kafka, "small-messages", **{"max.message.bytes": "20000"})
    producer = Producer(kafka, "test")
    values = [b"1", b"x" * 9_000_000, b"2", b"y" * 30_000, b"3"]
    told = await producer.deliver([Outbound(name, b"k", value, []) for value in values])
    assert [one for one in told if one == "refused"] == ["refused"] * 2
    assert (told[1], told[3]) == ("refused", "refused")
    odd = [Outbound(name, None, b"4", [("h", None)]), Outbound("not-there", None, b"5", []), Outbound(name, None, b"6", [(7, b"")])]
    assert list(await producer.deliver(odd)) == ["taken", "away", "refused"]
    async with asyncio.timeout(60):
        while "away" in told:
            left = [Outbound(name, b"k", value, []) for value, one in zip(values, told, strict=True) if one == "away"]
            told = await producer.deliver(left)
    await producer.stop()
    assert {one.value for one in await read(kafka, name, 4)} >= {b"1", b"2", b"3", b"4"}


async def test_a_sender_gives_up_what_the_broker_never_takes_and_a_letter_goes_without_its_body(kafka, monkeypatch):
    monkeypatch.setattr(topics, "DEAD_LETTERS", "letters-of-small-size")
    name = await topic(kafka, "some-replies")
    await topic(kafka, topics.DEAD_LETTERS, **{"max.message.bytes": "20000"})
    producer, stop = Producer(kafka, "test"), asyncio.Event()
    sender = Sender(producer, linger_s=0, most_bytes=10**9, clock=FixedClock(), new_id=lambda: "id")
    running = asyncio.create_task(sender.run(stop))
    letter = Outbound(topics.DEAD_LETTERS, None, b"z" * 30_000, [("ce_id", b"i"), ("origin-offset", b"7")])
    async with asyncio.timeout(60):
        assert await sender.send([Outbound(name, None, b"x" * 9_000_000, []), Outbound(name, None, b"1", []), letter])
    stop.set()
    await running
    await producer.stop()
    assert [one.value for one in await read(kafka, name, 1)] == [b"1"]
    assert [(one.value, one.headers) for one in await read(kafka, topics.DEAD_LETTERS, 1)] == [(b"", {"cut": b"true", "origin-offset": b"7"})]


async def test_a_header_that_cannot_be_read_stops_no_partition_and_nothing_before_it_is_lost(kafka):
    name = await topic(kafka, "garbled-headers")
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", _GARBLED, kafka.bootstrap_servers, name],
                            env=os.environ | {"AIOKAFKA_NO_EXTENSIONS": "1"}, check=True)
    found = await read(kafka, name, 8)
    assert sorted(one.value for one in found if one.value) == [b"after", b"before", b"beside", b"in-0", b"in-1", b"in-2"]
    assert sorted(one.offset for one in found if one.partition == 0) == list(range(7))
    assert {one.headers["none"] for one in found if one.value and one.value.startswith(b"in-")} == {b""}
    assert [one.offset for one in found if one.value is None] == [4, 5]


async def test_a_compression_that_we_do_not_have_stops_no_partition(kafka):
    name = await topic(kafka, "odd-compression")
    for compression, value in (("none", b"1"), ("lz4", b"2" * 5_000), ("zstd", b"3" * 5_000), ("gzip", b"4"), ("none", b"5")):
        plain = PlainProducer({"bootstrap.servers": kafka.bootstrap_servers, "compression.type": compression})
        plain.produce(name, value=value, partition=0)
        assert plain.flush(20) == 0
    found = await read(kafka, name, 5)
    assert [(one.offset, one.value) for one in found] == [(0, b"1"), (1, None), (2, None), (3, b"4"), (4, b"5")]
