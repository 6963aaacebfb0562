"""One group a topic on Apache Kafka: workers of any spelling share it, and go on where groups before it had got to."""

import asyncio
import itertools
import json
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

import pytest
from aiohttp import web
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.kafka import topics
from contracts.kafka.admin import create_missing
from contracts.kafka.codec import Outbound
from contracts.kafka.consumer import Consumer
from contracts.kafka.moving import StillRead, read_before
from contracts.kafka.producer import Producer
from contracts.kafka.settings import KafkaSettings
from services.runtime import worker
from tests.agency_side import FixedClock, TinyAdapter, agency, command, settings
from tests.keyring import COMMAND_TYPE, headers_of, keys

_names = itertools.count()


@pytest.fixture
def kafka(kafka_bootstrap):
    return KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=kafka_bootstrap, fetch_max_wait_ms=50, commit_every_s=0.1, session_timeout_ms=6_000)


@pytest.fixture
async def kinds(kafka):
    """Two kinds of asset of one test."""
    made = [f"boats_{next(_names)}", f"planes_{next(_names)}"]
    await create_missing(kafka, [topics.Topic(topics.commands(one), 1) for one in made] + [topics.Topic(topics.REPLIES, 1), topics.Topic(topics.DEAD_LETTERS, 1)])
    return made


class Desk:
    """An agency over HTTP that counts what it is asked, and answers after a while."""

    def __init__(self):
        self.asked, self.answered, self.after_s = Counter(), Counter(), 0.0

    async def answer(self, request):
        numbers = [line["no"] for line in json.loads(await request.read())]
        self.asked.update(numbers)
        await asyncio.sleep(self.after_s)
        self.answered.update(numbers)
        return web.json_response(dict.fromkeys(numbers, "none"))


@pytest.fixture
async def desk():
    some, app = Desk(), web.Application()
    app.router.add_post("/agencies/icbc/query", some.answer)
    app.router.add_post("/agencies/abc/query", some.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    some.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield some
    await runner.cleanup()


@asynccontextmanager
async def working(kafka, desk, served, **changes):
    stop, ready, ids = asyncio.Event(), asyncio.Event(), itertools.count()
    rows = {code: agency(code, asset_type=kind, batch_size=1) for code, kind in zip(("icbc", "abc"), served, strict=False)}
    running = asyncio.create_task(worker.serve(
        settings(mock_agencies_url=desk.url, asset_types=tuple(served), stop_within_s=5, **changes), kafka, rows, stop, clock=FixedClock(),
        new_id=lambda: f"id-{next(ids)}", random=Random(7), keys=keys(), on_ready=ready.set, adapters=dict.fromkeys(served, TinyAdapter())))
    async with asyncio.timeout(40):
        await asyncio.wait({asyncio.ensure_future(ready.wait()), running}, return_when=asyncio.FIRST_COMPLETED)
    yield
    stop.set()
    async with asyncio.timeout(20):
        await running


async def send(kafka, kind, names, code="icbc"):
    producer = Producer(kafka, "test", keys())
    out = [Outbound(topics.commands(kind), name.encode(), command(name, asset_type=kind, agency=code).model_dump_json().encode(), headers_of(name, COMMAND_TYPE))
           for name in names]
    assert all(await producer.send(out))
    await producer.stop()


async def until(reached, within_s=30):
    async with asyncio.timeout(within_s):
        while not reached():
            await asyncio.sleep(0.05)


def names(kind, first, count):
    return [f"{kind}-{number}" for number in range(first, first + count)]


def numbers(*lists):
    return {f"no-{name}" for one in lists for name in one}


async def committed(kafka, kind, group):
    reader = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap_servers, group_id=group, enable_auto_commit=False)
    await reader.start()
    partitions = [TopicPartition(topics.commands(kind), number) for number in range(kafka.partitions)]
    ends = await reader.end_offsets(partitions)
    found = {one: await reader.committed(one) for one in partitions}
    await reader.stop()
    return found, ends


async def test_a_worker_of_all_kinds_beside_one_of_one_kind_ask_once(kafka, kinds, desk):
    async with working(kafka, desk, kinds), working(kafka, desk, kinds[:1]):
        wanted = names(kinds[0], 0, 60)
        await send(kafka, kinds[0], wanted)
        await send(kafka, kinds[1], names(kinds[1], 0, 5), "abc")
        await until(lambda: len(desk.answered) == 65)
        await asyncio.sleep(1)
    assert set(desk.asked.values()) == {1}


async def test_a_worker_that_serves_a_kind_more_reads_nothing_anew(kafka, kinds, desk):
    first, more, late = names(kinds[0], 0, 20), names(kinds[1], 0, 5), names(kinds[0], 20, 20)
    async with working(kafka, desk, kinds[:1]):
        await send(kafka, kinds[0], first)
        await until(lambda: len(desk.answered) == 20)
    async with working(kafka, desk, kinds):
        await send(kafka, kinds[1], more, "abc")
        await send(kafka, kinds[0], late)
        await until(lambda: len(desk.answered) == 45)
    assert set(desk.asked) == numbers(first, more, late)
    assert set(desk.asked.values()) == {1}


def earlier_group(kinds):
    return "chakong.worker." + "+".join(sorted(kinds))


async def read_some(kafka, kind, group, most):
    """Read as a worker of the former code did, in a group named by its list of kinds."""
    consumer = Consumer(kafka, [topics.commands(kind)], group, "test")
    await consumer.start()
    found = []
    async with asyncio.timeout(30):
        while len(found) < most:
            records = (await consumer.poll(most - len(found), 0.2))
            found += records
            consumer.done(records)
    return consumer, [json.loads(one.value)["request_no"] for one in found]


async def test_moving_over_from_a_group_of_a_list_of_kinds_loses_and_repeats_nothing(kafka, kinds, desk):
    wanted = names(kinds[0], 0, 40)
    await send(kafka, kinds[0], wanted)
    consumer, done = await read_some(kafka, kinds[0], earlier_group(kinds), 25)
    await consumer.stop()
    for _ in range(2):  # the second start finds what the first one kept
        async with working(kafka, desk, kinds):
            await until(lambda: len(desk.answered) >= 15)
            await asyncio.sleep(1)
    assert set(desk.asked) == numbers(wanted) - set(done)
    assert set(desk.asked.values()) == {1}
    found, ends = await committed(kafka, kinds[0], topics.worker_group(kinds[0]))
    assert {one: at or 0 for one, at in found.items()} == ends


async def test_the_furthest_of_several_earlier_groups_counts(kafka, kinds):
    await send(kafka, kinds[0], names(kinds[0], 0, 30))
    for group, most in ((earlier_group(kinds), 10), (earlier_group([*kinds, "z"]), 30)):
        consumer, _ = await read_some(kafka, kinds[0], group, most)
        await consumer.stop()
    before = await read_before(kafka, topics.commands(kinds[0]), lambda name: topics.was_worker_group(name, kinds[0]))
    assert sum(before.values()) == 30


async def test_while_a_group_before_has_members_the_new_one_waits(kafka, kinds, desk):
    await send(kafka, kinds[0], names(kinds[0], 0, 10))
    consumer, _ = await read_some(kafka, kinds[0], earlier_group(kinds), 4)
    with pytest.raises(StillRead, match="worker"):
        await read_before(kafka, topics.commands(kinds[0]), lambda name: topics.was_worker_group(name, kinds[0]))
    async with AsyncExitStack() as stack:
        starting = asyncio.create_task(stack.enter_async_context(working(kafka, desk, kinds[:1])))
        await asyncio.sleep(2)
        assert not desk.asked
        await consumer.stop()
        await starting
        await until(lambda: len(desk.answered) == 6)


async def test_a_topic_nobody_read_before_is_read_from_its_beginning(kafka, kinds, desk):
    wanted = names(kinds[0], 0, 10)
    await send(kafka, kinds[0], wanted)
    async with working(kafka, desk, kinds[:1]):
        await until(lambda: set(desk.answered) == numbers(wanted))


# Partitions that go to another worker


async def test_what_waits_is_given_up_and_what_is_under_way_ends_before_partitions_go(kafka, kinds, desk):
    """Two calls at once are under way when a second worker joins: they end here, are counted, and nobody asks for them again."""
    desk.after_s = 1.0
    wanted = names(kinds[0], 0, 40)
    async with working(kafka, desk, kinds[:1], revoke_within_s=10):
        await send(kafka, kinds[0], wanted)
        await until(lambda: len(desk.answered) >= 4)
        async with working(kafka, desk, kinds[:1], revoke_within_s=10):
            await until(lambda: set(desk.answered) == numbers(wanted))
            await asyncio.sleep(1.5)
    assert {number: times for number, times in desk.asked.items() if times > 1} == {}


async def test_a_call_that_takes_longer_than_the_bound_does_not_hold_the_group_and_is_asked_again(kafka, kinds, desk):
    desk.after_s = 8.0
    wanted = names(kinds[0], 0, 8)
    async with working(kafka, desk, kinds[:1], revoke_within_s=0.5):
        await send(kafka, kinds[0], wanted)
        await until(lambda: len(desk.asked) == 8)
        began_s = asyncio.get_running_loop().time()
        async with working(kafka, desk, kinds[:1], revoke_within_s=0.5):
            assert asyncio.get_running_loop().time() - began_s < 7
            desk.after_s = 0.0
            await until(lambda: set(desk.answered) == numbers(wanted))


async def test_a_worker_that_leaves_loses_nothing(kafka, kinds, desk):
    desk.after_s = 0.3
    wanted = names(kinds[0], 0, 80)
    async with working(kafka, desk, kinds[:1]):
        async with working(kafka, desk, kinds[:1]):
            await send(kafka, kinds[0], wanted)
            await until(lambda: len(desk.answered) >= 10)
        await until(lambda: set(desk.answered) == numbers(wanted))
    assert set(desk.asked.values()) == {1}
