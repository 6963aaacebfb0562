import asyncio
import itertools
import json
from contextlib import asynccontextmanager
from random import Random

import pytest
from aiohttp import web
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.kafka import topics
from contracts.kafka.codec import Outbound, decode_reply
from contracts.kafka.consumer import Consumer
from contracts.kafka.producer import Producer
from contracts.kafka.settings import KafkaSettings
from deploy.broker import EmbeddedBroker
from services.runtime import worker
from tests.agency_side import FixedClock, TinyAdapter, agency, command, settings
from tests.keyring import COMMAND_TYPE, headers_of, keys

#: A kind of asset of this file's own, so that no other test reads its topics.
KIND = "tiny_boats"
_groups = itertools.count()


@pytest.fixture
def kafka(embedded_broker):
    return KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=embedded_broker, fetch_max_wait_ms=5, commit_every_s=0.05)


@pytest.fixture
async def http_agency():
    """A real agency over HTTP that has nothing and counts what it is asked."""
    asked = []

    async def answer(request):
        numbers = [line["no"] for line in json.loads(await request.read())]
        asked.append(numbers)
        return web.json_response(dict.fromkeys(numbers, "none"))

    app = web.Application()
    app.router.add_post("/agencies/icbc/query", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    await runner.cleanup()


@asynccontextmanager
async def working(kafka, url):
    stop, ready, ids = asyncio.Event(), asyncio.Event(), itertools.count()
    row = agency(asset_type=KIND, batch_size=50)
    running = asyncio.create_task(worker.serve(
        settings(mock_agencies_url=url, asset_types=(KIND,)), kafka, {"icbc": row}, stop, clock=FixedClock(),
        new_id=lambda: f"id-{next(ids)}", random=Random(7), keys=keys(), on_ready=ready.set, adapters={KIND: TinyAdapter()}))
    async with asyncio.timeout(20):
        await ready.wait()
    yield
    stop.set()
    async with asyncio.timeout(10):
        await running


async def send(kafka, *values):
    producer = Producer(kafka, "test", keys())
    out = [Outbound(topics.commands(KIND), f"k{number}".encode(), value, headers_of(task_of(value), COMMAND_TYPE))
           for number, value in enumerate(values)]
    assert all(await producer.send(out))
    await producer.stop()


def task_of(value):
    return json.loads(value)["task_id"] if value.startswith(b"{") else "none"


async def read(kafka, topic, wanted):
    """Return the first messages of a topic that `wanted` takes, until it says that is all."""
    consumer = Consumer(kafka, [topic], f"test-{next(_groups)}", "test")
    await consumer.start()
    found = []
    async with asyncio.timeout(20):
        while not wanted(found):
            found += await consumer.poll(500, 0.2)
    await consumer.stop()
    return found


async def unfinished(kafka):
    """Return how many messages of the worker's group are not committed."""
    reader = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, group_id=topics.worker_group(KIND),
                              enable_auto_commit=False)
    await reader.start()
    partitions = [TopicPartition(topics.commands(KIND), number) for number in range(4)]
    ends = await reader.end_offsets(partitions)
    committed = {partition: await reader.committed(partition) or 0 for partition in partitions}
    await reader.stop()
    return sum(ends[one] - committed[one] for one in partitions)


async def test_commands_and_poison_go_through_a_real_broker_and_every_offset_is_committed(kafka, http_agency):
    url, asked = http_agency
    names = [f"boat-{number}" for number in range(200)]
    commands = [command(name, asset_type=KIND).model_dump_json().encode() for name in names]
    async with working(kafka, url):
        await send(kafka, *commands[:100], b"poison", *commands[100:])
        replies = await read(kafka, topics.REPLIES, lambda found: len(ours(found)) == 200)
        letters = await read(kafka, topics.DEAD_LETTERS, lambda found: any(one.value == b"poison" for one in found))
    assert {reply.task_id for reply in ours(replies)} == set(names)
    assert {reply.outcome for reply in ours(replies)} == {"none_found"}
    letter = next(one for one in letters if one.value == b"poison")
    assert letter.headers["origin-topic"].decode() == topics.commands(KIND)
    assert await unfinished(kafka) == 0
    assert len(asked) < 100


async def test_a_worker_whose_broker_died_ends_in_order():
    with EmbeddedBroker() as broker:
        away = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=broker.bootstrap_servers, fetch_max_wait_ms=5)
        async with working(away, "http://127.0.0.1:1"):
            await send(away, *[command(f"t{number}", asset_type=KIND).model_dump_json().encode() for number in range(5)])
            broker.stop()
            await asyncio.sleep(0.5)


def ours(records):
    replies = [decode_reply(one, keys()) for one in records]
    return [reply for reply in replies if reply.task_id.startswith("boat-")]
