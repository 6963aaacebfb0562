"""The short cut: a few harms that together need every safeguard the mesh has. Part of `make test`; each mutant must fail it (F35)."""

import time
from collections.abc import Callable, Iterator, Mapping

from tests.faults import by_hand, world
from tests.faults.evidence import ends, topics
from tests.faults.process_faults import read_and_forgotten, tasks_locked
from tests.faults.trial import Field, Harm, Result, slow_banks


def killed(field: Field) -> Iterator[Result]:
    """kill -9 of each role while banks are at work; callers hang up and ask again. Needs the idempotency key, and status before acting."""

    def harm(one: Harm) -> None:
        slow_banks(one.ground)
        for share, role in ((0.15, "worker"), (0.4, "api"), (0.55, "relay"), (0.7, "aggregator"), (0.85, "worker")):
            one.load.until_share(share)
            one.soon(0.2, 0.8)
            for name in one.ground.named(role):
                one.kill(name)

    yield field.trial("F1-F5", "kill -9 of each role", field.town.mixed(25, 50, at_cib=0.7), harm, rate_per_s=6, impatient=0.25)


def replies_in_hand(field: Field) -> Iterator[Result]:
    """kill -9 of the aggregator with replies in hand. Needs the commit of an offset after that of the store."""

    def harm(one: Harm) -> None:
        one.load.until_share(0.4)
        with tasks_locked(one.ground):
            time.sleep(2.5)
            for name in one.ground.named("aggregator"):
                one.ground.kill(name)
            if forgotten := read_and_forgotten(one.ground):
                one.wrong("lost", f"{len(forgotten)} replies were put behind and are not in the store: {forgotten[:3]}")
        for name in one.ground.named("aggregator"):
            one.ground.start(name)
            one.until_connected(name)
        one.done += 1

    yield field.trial("F4", "kill -9 aggregator with replies in hand", field.town.mixed(25, 10), harm, rate_per_s=8)


def again(field: Field) -> Iterator[Result]:
    """Every command and reply of the trial a second time. Needs the inbox."""
    since = dict(ends(field.ground.bootstrap))

    def harm(one: Harm) -> None:
        one.load.until_share(1.0)
        time.sleep(1)
        ours = [name for name in topics(one.ground.bootstrap) if name.startswith((world.REPLIES, "chakong.command."))]
        one.done += by_hand.repeat(one.ground.bootstrap, ours, 1, since)

    yield field.trial("F15", "every message a second time", field.town.mixed(20, 20), harm, rate_per_s=8)


def broker_away(field: Field) -> Iterator[Result]:
    """The broker killed and back while requests come. Needs the outbox."""

    def harm(one: Harm) -> None:
        one.load.until_share(0.3)
        one.ground.kafka.kill()
        one.load.until_share(0.8)
        one.ground.kafka.restart()
        one.done += 1

    yield field.trial("F6", "broker kill -9", field.town.mixed(20, 10), harm, rate_per_s=5)


def store_away(field: Field) -> Iterator[Result]:
    """PostgreSQL killed and back while requests come."""

    def harm(one: Harm) -> None:
        one.load.until_share(0.4)
        one.ground.kill_postgres()
        one.soon()
        one.ground.restart_postgres()
        one.done += 1

    yield field.trial("F7", "PostgreSQL kill -9", field.town.mixed(20, 10), harm, rate_per_s=6)


def sleeper(field: Field) -> Iterator[Result]:
    """Workers that sleep longer than their session between asking and acting, and wake up. Needs the fence."""

    def harm(one: Harm) -> None:
        # Two calls a step, each of which takes a while: whoever falls asleep is in the middle of some.
        one.ground.faults(world.NOT_IDEMPOTENT, {"kind": "latency", "p50_ms": 900, "p99_ms": 1_100})
        one.ground.start("worker-extra", "worker")
        one.until_connected("worker-extra")
        for _ in range(3):
            one.soon(0.5, 1.5)
            asleep = [*one.ground.named("worker"), "worker-extra"][one.done % 2]
            one.ground.pause(asleep)
            time.sleep(world.SESSION_S + 3)
            one.ground.resume(asleep)
            one.done += 1
        one.ground.end("worker-extra")
        one.ground.processes.pop("worker-extra")

    yield field.trial("F16", "SIGSTOP longer than the session", field.town.freezes(90, (world.NOT_IDEMPOTENT,)), harm, rate_per_s=3)


Part = Callable[[Field], Iterator[Result]]
#: The parts by name. The last shows a fault of a mesh without turns, so that it is run only where there are some.
PARTS: Mapping[str, Part] = {"killed": killed, "replies_in_hand": replies_in_hand, "again": again, "broker_away": broker_away,
                             "store_away": store_away, **({"sleeper": sleeper} if world.FENCED else {})}
#: Which part needs which safeguard most of all; a mutant meets that part first.
NEEDED: Mapping[str, str] = {"inbox": "again", "outbox": "broker_away", "idempotency_key": "killed", "commit_after_database": "replies_in_hand",
                             "fence": "sleeper" if world.FENCED else "killed"}
