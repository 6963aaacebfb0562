"""Faults in what Kafka carries: poison, repetition, replay, and messages that somebody else wrote (F13–F15)."""

import json
import time
from collections.abc import Iterator

from tests.faults import by_hand, world
from tests.faults.court import query
from tests.faults.evidence import ends, messages, topics
from tests.faults.trial import Field, Harm, Result, slow_banks

_KIND = "deposits"


def poison() -> list[tuple[bytes | None, bytes | None, dict[str, str]]]:
    """Return what no consumer can use: value, key, headers."""
    nobody = {"task_id": "01NOBODY0000000000000000000-00000", "agency": "icbc"}
    return [
        (b"not json", b"k", {}), (b"", b"k", {}), (None, b"k", {}), (b'{"task_id": 1}', None, {}), (b"\xff\xfe\x00", b"\x00", {}),
        (json.dumps({**nobody, "kind": "answered", "outcome": "invented"}).encode(), b"k", {}),
        (b'{"schema": 99}', b"k", {"ce_type": "cn.chakong.reply.v99"}), (b"[" * 100_000, b"k", {}), (b'"' + b"x" * 1_500_000 + b'"', b"k", {}),
        (json.dumps({**nobody, "kind": "invented"}).encode(), b"k", {}),
    ]


def f14(field: Field) -> Iterator[Result]:
    """Poison among the commands and the replies: each set aside with where it came from, no partition held up."""
    before = dict(ends(field.ground.bootstrap))

    def harm(one: Harm) -> None:
        for topic in (world.REPLIES, world.commands_of(_KIND), world.commands_of("vehicles")):
            for value, key, headers in poison():
                for partition in topics(one.ground.bootstrap)[topic]:
                    by_hand.write(one.ground.bootstrap, topic, value, key=key, headers=headers, partition=partition)
                    one.done += 1
                one.soon(0.0, 0.1)
        one.load.until_share(1.0)
        until_s = time.monotonic() + 60
        while (letters := _letters(one, before)) < one.done and time.monotonic() < until_s:
            time.sleep(1)
        one.numbers["dead_letters"] = letters
        if letters < one.done:
            one.wrong("lost", f"{one.done} poison messages made {letters} dead letters")

    yield field.trial("F14", "poison messages", field.town.mixed(30, 20), harm, rate_per_s=6)


def _letters(one: Harm, since: dict[tuple[str, int], int]) -> int:
    letters = messages(one.ground.bootstrap, since, named=world.DEAD_LETTERS)
    return len({(letter.headers.get("origin-topic"), letter.headers.get("origin-partition"), letter.headers.get("origin-offset")) for letter in letters})


def f15(field: Field) -> Iterator[Result]:
    """Every command and every reply several times over, and the whole topics once more from the first message on."""

    def harm(one: Harm) -> None:
        slow_banks(one.ground, 200, 800)
        since = dict(ends(one.ground.bootstrap))
        ours = [name for name in topics(one.ground.bootstrap) if name.startswith(("chakong.command.", world.REPLIES))]
        for _ in one.times(2, 10):
            one.soon()
            one.done += by_hand.repeat(one.ground.bootstrap, ours, 2, since)
        one.load.until_share(1.0)
        time.sleep(2)
        one.done += by_hand.repeat(one.ground.bootstrap, ours)

    yield field.trial("F15", "every message again, and whole topics", field.town.mixed(30, 50), harm, rate_per_s=8)


def f13(field: Field) -> Iterator[Result]:
    """Agencies that receive every second call twice, and call back twice."""

    def harm(one: Harm) -> None:
        # A call that the network doubles on its way to an agency that is not idempotent is nothing that a mesh could prevent.
        for agency in set(world.ASKED) - {world.NOT_IDEMPOTENT}:
            one.ground.faults(agency, {"kind": "duplicate", "rate": 0.5})
        one.load.until_share(1.0)
        one.done += 1

    yield field.trial("F13", "agencies get and tell everything twice", field.town.mixed(30, 30), harm, rate_per_s=8)


def forged(field: Field) -> Iterator[Result]:
    """Somebody who can write to Kafka answers for a bank that is silent. Believed today; not believed once messages are signed."""
    ground, before = field.ground, dict(ends(field.ground.bootstrap))

    def harm(one: Harm) -> None:
        ground.faults("icbc", {"kind": "never"})
        asked: dict[str, dict[str, str]] = {}
        ground.until(lambda: asked.update(_asked_of_icbc(field, before)) or len(asked) >= 10, 60)
        for task_id, command in list(asked.items())[:10]:
            body = {"task_id": task_id, "agency": "icbc", "kind": "answered", "outcome": "none_found", "as_of": "2026-11-23T01:00:00Z"}
            by_hand.reply(ground.bootstrap, world.REPLIES, body, command["request_id"])
            one.done += 1
        time.sleep(3)

    orders = [query(field.town.people(2), ("icbc", "abc")) for _ in range(10)]
    yield field.trial("P1.5", "forged answers of a silent bank", orders, harm, rate_per_s=10)


def _asked_of_icbc(field: Field, since: dict[tuple[str, int], int]) -> dict[str, dict[str, str]]:
    commands = messages(field.ground.bootstrap, since, named=world.commands_of(_KIND))
    return {one.body["task_id"]: one.body for one in commands if isinstance(one.body, dict) and one.body.get("agency") == "icbc"}
