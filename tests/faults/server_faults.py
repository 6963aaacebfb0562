"""Faults of the servers and of the network to them: Kafka and PostgreSQL killed, emptied, full, cut off (F6, F7, F17, F19, F32)."""

import asyncio
import subprocess
import time
from collections.abc import Iterator

import asyncpg
import httpx

from tests.faults.ground import Ground
from tests.faults.proxy import Proxy
from tests.faults.trial import Field, Harm, Result, slow_banks


def f6(field: Field) -> Iterator[Result]:
    """The broker killed and back with its data, and killed and back empty; requests are taken all the while."""

    def with_data(one: Harm) -> None:
        slow_banks(one.ground)
        for _ in one.times(2, 6):
            one.load.until_share(0.25 * (one.done + 1))
            one.ground.kafka.kill()
            time.sleep(one.lasting(4, 60))
            one.ground.kafka.restart()
            one.done += 1

    yield field.trial("F6", "broker kill -9, back with its data", field.town.mixed(30, 30), with_data, rate_per_s=5)

    def empty(one: Harm) -> None:
        slow_banks(one.ground)
        one.load.until_share(0.5)
        one.ground.kafka.kill()
        one.ground.kafka.empty()
        one.ground.kafka_whole = False
        one.ground.kafka.restart()
        one.ground.create_topics()
        one.done += 1

    yield field.trial("F6", "broker kill -9, back empty", field.town.mixed(30, 30), empty, rate_per_s=5)


def f7(field: Field) -> Iterator[Result]:
    """PostgreSQL killed, stopped at once, without a free connection, and cut at its commits."""
    ground = field.ground

    def killed(one: Harm) -> None:
        for number in one.times(3, 20):
            one.soon(0.8, 2)
            (one.ground.kill_postgres, one.ground.stop_postgres_at_once)[number % 2]()
            time.sleep(1)
            one.ground.restart_postgres()
            one.done += 1

    yield field.trial("F7", "PostgreSQL kill -9 and immediate stop", field.town.mixed(30, 20), killed, rate_per_s=5)

    def cut(one: Harm) -> None:
        for _ in one.times(25, 300):
            one.soon(0.1, 0.5)
            one.ground.database[one.rng.choice([name for name in one.ground.database if name != "mock-agencies"])].cut()
            one.done += 1

    yield field.trial("F7", "connections to PostgreSQL reset, commits too", field.town.mixed(40, 40), cut, rate_per_s=8)

    def crowded(one: Harm) -> None:
        one.load.until_share(0.2)
        asyncio.run(_crowd(ground.dsn, one.lasting(4, 30)))
        for proxy in one.ground.database.values():
            proxy.cut()
        one.done += 1

    yield field.trial("F7", "no free connection at PostgreSQL", field.town.mixed(20, 10), crowded, rate_per_s=5)


async def _crowd(dsn: str, lasting_s: float) -> None:
    """Take every connection there is, again and again, for so long."""
    held, until_s = [], time.monotonic() + lasting_s
    while time.monotonic() < until_s:
        try:
            held.append(await asyncpg.connect(dsn, timeout=2))
        except (OSError, asyncpg.PostgresError, TimeoutError):
            await asyncio.sleep(0.2)
    await asyncio.gather(*(one.close(timeout=5) for one in held), return_exceptions=True)


def f17(field: Field) -> Iterator[Result]:
    """The network between a side and the broker, and between a process and the store: dropped, delayed, one way only."""

    def harm(one: Harm) -> None:
        slow_banks(one.ground, 200, 800)
        links = [*one.ground.kafka.proxies.values(), *(proxy for name, proxy in one.ground.database.items() if name != "mock-agencies")]
        for _ in one.times(5, 60):
            link = one.rng.choice(links)
            _make_ill(link, one.rng.choice(["both ways", "up", "down", "refused", "slow"]))
            one.soon(1.5, 5)
            link.heal()
            if one.rng.random() < 0.3:
                link.cut()
            one.done += 1
            one.soon()

    yield field.trial("F17", "partitions to the broker and the store", field.town.mixed(30, 30), harm, rate_per_s=4)


def _make_ill(link: Proxy, how: str) -> None:
    if how == "refused":
        link.refuse()
    elif how == "slow":
        link.delay_s = 0.4
    else:
        link.stall(*(() if how == "both ways" else (how,)))


def f32(field: Field) -> Iterator[Result]:
    """A transaction that began long ago and ends late, beside which others commit: nothing of the outbox is skipped."""

    def harm(one: Harm) -> None:
        asyncio.run(_old_transaction(one.ground.dsn, one.lasting(6, 3600)))
        one.done += 1

    yield field.trial("F32", "a long transaction beside the outbox", field.town.mixed(30, 20), harm, rate_per_s=8)


async def _old_transaction(dsn: str, lasting_s: float) -> None:
    connection = await asyncpg.connect(dsn)
    async with connection.transaction(isolation="repeatable_read"):
        await connection.fetchval("SELECT count(*) FROM tasks")
        await connection.fetch("SELECT task_id FROM tasks WHERE outcome IS NULL LIMIT 20 FOR UPDATE SKIP LOCKED")
        await asyncio.sleep(lasting_s)
    await connection.close()


def f19(field: Field) -> Iterator[Result]:
    """No room on PostgreSQL's disk, then room again: refused meanwhile, never accepted and lost."""

    def harm(one: Harm) -> None:
        one.load.until_share(0.3)
        with_full_disk(one, one.lasting(5, 60))
        one.done += 1

    yield field.trial("F19", "the disk of PostgreSQL is full, then freed", field.town.mixed(30, 20), harm, rate_per_s=5)


def with_full_disk(one: Harm, lasting_s: float) -> None:
    """Fill the file system that PostgreSQL's folder is on, where it is one of its own (ground.disk)."""
    ground: Ground = one.ground
    assert ground.disk is not None, "F19 needs a ground whose PostgreSQL has a disk of its own: only root can make one"
    ballast = ground.disk / "ballast"
    subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=1M"], check=False, capture_output=True)
    until_s, unready = time.monotonic() + lasting_s, 0
    while time.monotonic() < until_s:
        unready += _readyz(ground).status_code == 503
        time.sleep(0.3)
    ballast.unlink()
    one.numbers["readyz_503_while_full"] = unready
    if ground.postgres.pid is None:
        ground.restart_postgres()


def _readyz(ground: Ground) -> httpx.Response:
    return httpx.get(f"{ground.url}/readyz", timeout=10, trust_env=False, verify=False)


def f18(field: Field) -> Iterator[Result]:
    """Clocks of single processes an hour ahead or behind: nothing is overdue too early, nothing is held back."""

    def harm(one: Harm) -> None:
        for role, start in (("schedule", "2026-11-23T10:00:00+08:00"), ("relay", "2026-11-23T08:00:00+08:00"), ("aggregator", "2026-11-23T10:00:00+08:00")):
            for name in one.ground.named(role):
                one.ground.kill(name)
                one.ground.start(name, CHAKONG_CLOCK_START=start)
                one.done += 1
                one.until_connected(name)
        one.load.until_share(1.0)
        time.sleep(3)
        for role in ("schedule", "relay", "aggregator"):
            for name in one.ground.named(role):
                one.ground.restart(name)
                one.until_connected(name)

    yield field.trial("F18", "clocks of processes an hour apart", field.town.mixed(20, 20), harm, rate_per_s=2)
