"""What a batch of replies may hold without holding anything up: what cannot be read, what meets a bug, what the broker refuses."""

import asyncio

import pytest
from sqlalchemy.exc import ProgrammingError

from contracts.failures import ServiceUnavailable
from contracts.messages import Reply
from contracts.pulse import Pulse
from gateway.aggregator import _handle
from tests.keyring import keys, reply_record


class Store:
    """Applies replies; meets what it is told with some of them."""

    def __init__(self, error=None, tasks=(), away=0):
        self.error, self.tasks, self.away, self.applied, self.calls = error, set(tasks), away, [], 0
        self.pulse = Pulse()

    def by_our_clock(self, come):
        return come

    async def apply(self, replies):
        self.calls += 1
        if self.away:
            self.away -= 1
            raise ServiceUnavailable
        if self.error and not self.tasks.isdisjoint(one.task_id for one in replies):
            raise self.error
        self.applied += [one.task_id for one in replies]


class Broker:
    """Takes letters; refuses those that have a body, or all."""

    def __init__(self, refuses=lambda one: False):
        self.refuses, self.has, self.asked = refuses, [], 0

    async def deliver(self, messages):
        self.asked += 1
        told = ["refused" if self.refuses(one) else "taken" for one in messages]
        self.has += [one for one, what in zip(messages, told, strict=True) if what == "taken"]
        return told


def record(offset, value=None):
    body = Reply(task_id=f"t{offset}", agency="icbc", kind="answered", outcome="none_found").model_dump_json().encode()
    return reply_record(body if value is None else value, f"t{offset}", offset)


async def handled(store, broker, records):
    async with asyncio.timeout(60):
        return await _handle(store, broker, records, asyncio.Event(), keys())


@pytest.mark.parametrize("error", [OverflowError("date value out of range"), UnicodeEncodeError("utf-8", "\ud800", 0, 1, "no"), RecursionError(), KeyError("x")])
async def test_replies_that_meet_a_bug_are_set_aside_each_and_all_others_applied_once(error):
    store, broker = Store(error, ["t3", "t11"]), Broker()
    assert await handled(store, broker, [record(number) for number in range(16)])
    assert store.applied == [f"t{number}" for number in range(16) if number not in {3, 11}]
    assert [dict(one.headers)["origin-offset"] for one in broker.has] == [b"3", b"11"]
    assert all(dict(one.headers)["reason"].startswith(b"bug") for one in broker.has)


@pytest.mark.parametrize("value", [b"", b"null", b"\xff\xfe", b"[" * 50_000, b'{"task_id": ' + b"1" * 5_000 + b"}", b"0" * 9_000_000])
async def test_what_is_no_reply_is_set_aside_at_once(value):
    store, broker = Store(), Broker()
    assert await handled(store, broker, [record(0), record(1, value), record(2)])
    assert store.applied == ["t0", "t2"]
    assert [dict(one.headers)["origin-offset"] for one in broker.has] == [b"1"]


async def test_a_letter_that_the_broker_never_takes_goes_without_its_body_and_is_then_given_up():
    with_body = Broker(lambda one: bool(one.value))
    assert await handled(Store(), with_body, [record(7, b"no reply")])
    assert [(one.value, dict(one.headers)["cut"]) for one in with_body.has] == [(b"", b"true")]
    everything = Broker(lambda one: True)
    assert await handled(Store(), everything, [record(7, b"no reply")])
    assert (everything.has, everything.asked) == ([], 2)


async def test_while_the_store_is_away_nothing_is_set_aside():
    store, broker = Store(away=8), Broker()
    assert await handled(store, broker, [record(1), record(2)])
    assert (store.applied, broker.has, store.calls) == (["t1", "t2"], [], 9)


async def test_what_an_operator_must_mend_ends_the_role_and_sets_nothing_aside():
    store, broker = Store(ProgrammingError("SELECT", {}, Exception("no such table")), [f"t{number}" for number in range(9)]), Broker()
    with pytest.raises(ProgrammingError):
        await handled(store, broker, [record(number) for number in range(9)])
    assert broker.has == []
