"""A batch of replies of which some are forged: those are set aside and touch nothing, the others are applied as if they had not come."""

import asyncio

from prometheus_client import REGISTRY

from contracts.kafka import topics
from contracts.kafka.codec import Outbound
from contracts.messages import Reply
from deploy.keys import new_key
from gateway.aggregator import Aggregator, _handle
from tests.keyring import headers_of, keys, record_from, reply_record, sender, signed

STRANGER, BANK = new_key("stranger-1", "ed25519", "adapters"), new_key("bank-1", "ed25519", "agency", ["harbour-bank"])


class Letters:
    """A broker that takes what is set aside."""

    def __init__(self):
        self.written = []

    async def deliver(self, messages):
        self.written += messages
        return ["taken"] * len(messages)


def said(task, outcome):
    return Reply(task_id=task["task_id"], agency=task["agency"], kind="answered", outcome=outcome).model_dump_json(exclude_none=True).encode()


def forgeries(task, other):
    """Replies to a task that its agency did not give."""
    value = said(task, "none_found")
    own = headers_of(task["task_id"])

    def record(by, headers=own):
        return record_from(Outbound(topics.REPLIES, None, value, headers if by is None else signed(by, topics.REPLIES, value, headers)))

    genuine = dict(signed(keys(), topics.REPLIES, value, own))
    return [record(None), record(sender(STRANGER)), record(sender(BANK)), record(keys(), headers_of(other["task_id"])),
            record(keys(), headers_of(task["task_id"], "cn.chakong.state.v1")),
            record_from(Outbound(topics.REPLIES, None, value + b" ", list(genuine.items()))),
            record_from(Outbound(topics.REPLIES, None, value, list({**genuine, "ce_time": b"2031-01-01T00:00:00+00:00"}.items())))]


def alarms(kind):
    return REGISTRY.get_sample_value("chakong_alarms_total", {"kind": kind}) or 0.0


async def test_forged_replies_touch_no_task_and_hold_up_no_answer(court):
    request_id = (await court.submit())["request_id"]
    tasks = (await court.status(request_id))["tasks"]
    target, before = tasks[0], {kind: alarms(kind) for kind in ("not_authentic", "contradiction", "foreign")}
    forged = forgeries(target, tasks[1])
    genuine = [reply_record(said(task, "unsupported"), task["task_id"]) for task in tasks]
    letters, role = Letters(), Aggregator(court.database, court.deps.directory.by_code, clock=court.clock, new_id=court.deps.new_id)
    believer = keys(BANK, external={"harbour-bank"})

    async def come(records):
        assert await _handle(role, letters, records, asyncio.Event(), believer)

    await come(forged)
    assert {one["outcome"] for one in (await court.status(request_id))["tasks"]} == {None}
    await come([*forged, *genuine, *forged])
    await come(forged)
    assert {one["outcome"] for one in (await court.status(request_id))["tasks"]} == {"unsupported"}
    assert await court.rows("SELECT * FROM filed_replies") == []
    assert (await court.get(f"/v1/requests/{request_id}/report")).json()["version"] == 1
    assert {dict(one.headers)["reason"] for one in letters.written} == {b"not_authentic"}
    doubts = [dict(one.headers)["detail"].decode() for one in letters.written]
    assert doubts == ["unsigned", "unknown_key", "wrong_sender", "wrong_subject", "wrong_type", "bad_signature", "bad_signature"] * 4
    assert {kind: alarms(kind) - was for kind, was in before.items()} == {"not_authentic": len(doubts), "contradiction": 0, "foreign": 0}


async def test_an_authentic_reply_that_is_played_again_changes_nothing(court):
    request_id = (await court.submit())["request_id"]
    tasks = (await court.status(request_id))["tasks"]
    genuine = [reply_record(said(task, "unsupported"), task["task_id"]) for task in tasks]
    letters, role = Letters(), Aggregator(court.database, court.deps.directory.by_code, clock=court.clock, new_id=court.deps.new_id)
    for _ in range(3):
        assert await _handle(role, letters, genuine, asyncio.Event(), keys())
    assert (await court.get(f"/v1/requests/{request_id}/report")).json()["version"] == 1
    assert (letters.written, await court.rows("SELECT * FROM filed_replies")) == ([], [])
