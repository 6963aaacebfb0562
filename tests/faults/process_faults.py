"""Faults of our own processes: killed, paused, stopped in order, joined and left (F1–F5, F16, F22)."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from tests.faults import world
from tests.faults.evidence import messages
from tests.faults.ground import Ground
from tests.faults.trial import Field, Harm, Result, slow_banks


def f1(field: Field) -> Iterator[Result]:
    """kill -9 of the API at random points while requests come."""

    def harm(one: Harm) -> None:
        for _ in one.times(4, 200):
            one.soon(0.3, 1.5)
            (api,) = one.ground.named("api")
            one.kill(api)

    yield field.trial("F1", "kill -9 api", field.town.mixed(40, 20), harm, rate_per_s=6)


def f2(field: Field) -> Iterator[Result]:
    """kill -9 of the relay and the schedule, also while it waits between a commit and the broker."""

    def harm(one: Harm) -> None:
        slow_banks(one.ground)
        side = one.ground.kafka.proxies["COURT"]
        for number in one.times(4, 40):
            one.soon()
            if number % 2:
                side.stall("up")  # claimed, marked in the store as with the broker, and not there
                one.soon()
            one.kill(one.rng.choice([*one.ground.named("relay"), *one.ground.named("schedule")]))
            side.heal()

    yield field.trial("F2", "kill -9 relay, schedule", field.town.mixed(30, 30), harm, rate_per_s=6)


def f3(field: Field) -> Iterator[Result]:
    """kill -9 of workers while agencies are at work, some on steps that must not be repeated."""

    def harm(one: Harm) -> None:
        slow_banks(one.ground)
        for _ in one.times(5, 60):
            one.soon(0.3, 2.0)
            one.kill(one.rng.choice([*one.ground.named("worker"), *one.ground.named("callbacks")]))

    yield field.trial("F3", "kill -9 worker, callbacks", field.town.mixed(30, 50), harm, rate_per_s=8)


def f4(field: Field) -> Iterator[Result]:
    """kill -9 of aggregators that have replies in hand which are not in the store yet: none is put behind before it is in the store."""

    def harm(one: Harm) -> None:
        for _ in one.times(2, 20):
            one.load.until_share(0.2 * (one.done + 1))
            with tasks_locked(one.ground):
                time.sleep(2.5)  # replies are read, and wait for the store
                for name in one.ground.named("aggregator"):
                    one.ground.kill(name)
                if forgotten := read_and_forgotten(one.ground):
                    one.wrong("lost", f"{len(forgotten)} replies were put behind and are not in the store: {forgotten[:3]}")
            for name in one.ground.named("aggregator"):
                one.ground.start(name)
            one.done += 1
            for name in one.ground.named("aggregator"):
                one.until_connected(name)

    yield field.trial("F4", "kill -9 aggregator", field.town.mixed(40, 20), harm, rate_per_s=8)


def read_and_forgotten(ground: Ground) -> list[str]:
    """Return the tasks whose answer the aggregators' group has put behind it and the store does not have."""
    admin = AdminClient({"bootstrap.servers": ground.bootstrap, "log_level": 3})
    groups = [one.group_id for one in admin.list_consumer_groups().result().valid if one.group_id.startswith(world.OUR_GROUPS)]
    kept = [place for group in groups for place in admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result().topic_partitions
            if place.topic == world.REPLIES and place.offset > 0]
    behind = {place.partition: place.offset for place in kept}
    answered = {one.body["task_id"] for one in messages(ground.bootstrap, {}, named=world.REPLIES)
                if isinstance(one.body, dict) and one.body.get("kind") == "answered" and one.offset < behind.get(one.partition, 0)}

    async def unanswered() -> list[str]:
        connection = await asyncpg.connect(ground.dsn)
        rows = await connection.fetch("SELECT task_id FROM tasks WHERE outcome IS NULL AND task_id = ANY($1)", list(answered))
        await connection.close()
        return [row["task_id"] for row in rows]

    return asyncio.run(unanswered())


@contextmanager
def tasks_locked(ground: Ground) -> Iterator[None]:
    """Hold the tasks' table for as long as the block lasts: whoever writes to it waits. Reads go on."""
    held, release = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(ground.dsn)
        async with connection.transaction():
            await connection.execute("LOCK TABLE tasks IN EXCLUSIVE MODE")
            held.set()
            await asyncio.to_thread(release.wait, 30)
        await connection.close()

    thread = threading.Thread(target=lambda: asyncio.run(hold()), daemon=True)
    thread.start()
    assert held.wait(30)
    try:
        yield
    finally:
        release.set()
        thread.join(30)


def f5(field: Field) -> Iterator[Result]:
    """kill -9 of every process of ours, PostgreSQL and Kafka at once, and a cold start."""

    def harm(one: Harm) -> None:
        ground = one.ground
        slow_banks(ground)
        for _ in one.times(1, 5):
            one.load.until_share(0.5)
            for name in ground.processes:
                ground.kill(name)
            ground.kill_postgres()
            ground.kafka.kill()
            one.soon()
            ground.restart_postgres()
            ground.kafka.restart()
            for name in list(ground.processes):
                ground.start(name)
            one.done += 1
            ground.until_ready()

    yield field.trial("F5", "kill -9 of everything, cold start", field.town.mixed(30, 30), harm, rate_per_s=8)


def f16(field: Field) -> Iterator[Result]:
    """Workers join, leave, sleep longer than their session and wake up, while slow agencies are at work."""

    def harm(one: Harm) -> None:
        slow_banks(one.ground, 1_500, 2_500)
        workers = one.ground.named("worker")
        for number in one.times(3, 30):
            one.soon(0.5, 1.5)
            if number % 2:
                one.ground.start("worker-extra", "worker")
                one.until_connected("worker-extra")
                one.soon(1, 3)
                one.ground.end("worker-extra")
                one.ground.processes.pop("worker-extra")
            else:
                asleep = one.rng.choice([*workers, *one.ground.named("aggregator")])
                one.ground.pause(asleep)
                time.sleep(world.SESSION_S + 2)
                one.ground.resume(asleep)
            one.done += 1

    yield field.trial("F16", "rebalances, SIGSTOP longer than the session", field.town.mixed(20, 60, at_cib=0.7), harm, rate_per_s=5)


def f22(field: Field) -> Iterator[Result]:
    """SIGTERM of each process under load: it ends in time, and nothing is sent again because of it."""

    def harm(one: Harm) -> None:
        slow_banks(one.ground)
        for name in [name for name in one.ground.plan if name != "mock-agencies"]:
            one.soon()
            took_s = one.ground.end(name)
            one.numbers["longest_stop_s"] = round(max(one.numbers.get("longest_stop_s", 0), took_s), 1)
            if took_s > 20:
                one.wrong("unbounded", f"{name} took {took_s:.1f} s to end")
            one.ground.start(name)
            one.done += 1
            one.until_connected(name)

    yield field.trial("F22", "SIGTERM of each process", field.town.mixed(30, 30), harm, rate_per_s=6)

