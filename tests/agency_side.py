"""Builders and in-memory stand-ins for tests of the agency side: a tiny adapter, its agency, a source and a sink."""

import asyncio
import itertools
import json
from datetime import UTC, datetime, timedelta
from random import Random

from contracts.agency import Agency
from contracts.failures import AgencyProtocolError, AgencyRefused, AgencyUnavailable, AgencyUnsupported
from contracts.kafka import topics
from contracts.kafka.codec import Record
from contracts.messages import Command, Reply
from services.runtime.asking import Asking
from services.runtime.claims import Claims
from services.runtime.port import (
    Accepted,
    AgencyCall,
    AgencyResponse,
    Controlled,
    Found,
    OutsideProtocol,
    Refused,
)
from services.runtime.sending import Sender
from services.runtime.settings import WorkerSettings
from services.runtime.turns import Turns
from services.runtime.worker import Worker
from tests.keyring import COMMAND_TYPE, headers_of, keys, signed

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
KEY = "a key for tests, 32 characters or more"
_offsets = itertools.count()


class FixedClock:
    def __init__(self, now=NOW):
        self.instant = now

    def now(self):
        return self.instant


def settings(**changes):
    fields = {"signing_key": KEY, "callback_base_url": "http://callbacks.test", "mock_agencies_url": "http://127.0.0.1:9",
              "retry_pause_s": 0.01, "bug_pause_s": 0.001, "stop_within_s": 0.1}
    return WorkerSettings(**{**fields, **changes})


def agency(code="icbc", **changes):
    fields = {"agency": code, "name": {"zh": code, "en": code}, "asset_type": "deposits", "region_code": "000000",
              "channel": "c2c_national", "capabilities": ("query", "freeze", "status"), "batch_size": 10}
    return Agency(**{**fields, **changes})


def command(task_id="t1", **changes):
    fields = {
        "task_id": task_id, "request_id": f"request-of-{task_id}", "request_no": f"no-{task_id}", "agency": "icbc",
        "asset_type": "deposits", "action": "query",
        "case": {"case_no": "（2026）粤5302执1234号", "court_code": "粤5302", "court_name": "云城区法院"},
        "officer": {"name": "李明", "work_card_no": "粤5302-0031", "duty_card_no": "44530200031"},
        "subject": {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": "445302199001010013"},
        "answer_due_at": NOW + timedelta(days=1)}
    if changes.get("action", "query") not in {"query", "status"}:
        fields["turn_url"] = f"http://gateway.test/turns/{task_id}?signature=0"
        fields["control"] = {"control_id": "c1", "measure": "freeze", "asset": {"account_no": "1"}, "amount_fen": 100}
    return Command.model_validate({**fields, **changes})


def record_of(one, key=None):
    """A message as the gateway sends it, signed: a command, or bytes that are none."""
    value = one.model_dump_json().encode() if isinstance(one, Command) else one
    topic, subject = topics.commands("deposits"), one.task_id if isinstance(one, Command) else "t1"
    headers = {**dict(headers_of(subject, COMMAND_TYPE)), "ce_id": b"command-1", "ce_traceparent": b"00-aa-bb-01"}
    return Record(topic, 0, next(_offsets), key, value, dict(signed(keys(), topic, value, headers.items())))


class TinyAdapter:
    """Says `{"no": …, "action": …}` a request and reads `{"no": "found" | "none" | …}`."""

    asset_type = "deposits"

    def to_call(self, agency, outgoing):
        action = outgoing[0].command.action
        if not agency.can(action):
            raise AgencyUnsupported(f"no {action}")
        lines = [{"no": one.command.request_no, "url": one.callback_url, "contents": sorted(one.contents)} for one in outgoing]
        return AgencyCall("POST", f"/{action}", json.dumps(lines).encode())

    def to_answers(self, agency, asked, response):
        try:
            words = json.loads(response.body)
        except ValueError as error:
            raise AgencyProtocolError("not JSON") from error
        return {one.request_no: self._answer(words[one.request_no]) for one in asked if one.request_no in words}

    def _answer(self, word):
        match word:
            case "found":
                return Found(NOW, [{"record": {"account_no": "1"}}])
            case "none":
                return Found(NOW, [])
            case "controlled":
                return Controlled(NOW, {"state": "in_force", "actual_fen": 100})
            case "unknown_number":
                return Refused("no_original_measure")
            case "later":
                return Accepted("ref-7", ask_after_s=60)
            case "busy":
                raise AgencyUnavailable(code="busy")
            case "declined":
                raise AgencyRefused("not_authorised")
            case "bug":
                raise KeyError("陈伟")
            case _:
                return OutsideProtocol(f"word {word}")


class FakeAgency:
    """Answers calls in memory; `says` gives the word for a request number and an action, or raises."""

    def __init__(self, says=lambda number, action: "none"):
        self.says, self.calls, self.repeatable, self.closed = says, [], [], False
        self.running = self.most_running = 0
        self.hold = None

    async def call(self, call, *, repeatable=True, terms=None):
        numbers = [line["no"] for line in json.loads(call.content)]
        self.calls.append((call.path[1:], numbers))
        self.repeatable.append(repeatable)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if self.hold is not None:
                await self.hold.wait()
            words = {number: self.says(number, call.path[1:]) for number in numbers}
        finally:
            self.running -= 1
        if "garbage" in words.values():
            return AgencyResponse(200, "text/html", b"<html>")
        return AgencyResponse(200, "application/json", json.dumps(words).encode())

    async def close(self):
        self.closed = True


def raises(error):
    """What a FakeAgency says that fails instead."""
    def says(*_):
        raise error
    return says


class FakeSink:
    def __init__(self):
        self.messages, self.away, self.refused = [], False, 0

    async def deliver(self, messages):
        if self.away:
            self.refused += 1
            return ["away"] * len(messages)
        self.messages += messages
        return ["taken"] * len(messages)

    @property
    def replies(self):
        return {reply.task_id: reply for reply in self.all_replies}

    @property
    def all_replies(self):
        return [Reply.model_validate_json(one.value) for one in self.messages if one.topic == topics.REPLIES]

    @property
    def letters(self):
        return [one for one in self.messages if one.topic == topics.DEAD_LETTERS]


class FakeSource:
    """Hands out batches that were put in, and remembers what is done."""

    def __init__(self, *batches, fails=None):
        self.batches, self.fails = list(batches), fails
        self.finished, self.stopped, self.assigned, self.give_up = [], False, False, None

    @property
    def joined(self):
        return self.assigned

    def before_revoked(self, give_up, within_s):
        self.give_up = give_up

    async def start(self):
        if self.fails:
            raise self.fails
        self.assigned = True

    async def poll(self, most, wait_s):
        await asyncio.sleep(0 if self.batches else 0.005)
        return self.batches.pop(0) if self.batches else []

    def done(self, records):
        self.finished += records

    async def stop(self):
        self.stopped = True


class NoContents:
    async def fetch(self, url):
        return AgencyResponse(404, "", b"")


class FakeGateway:
    """Grants turns as the store does, one task each; `away` fails, `says` stands for any other answer."""

    def __init__(self, *, for_s=65.0, grace_s=30.0, says=None, away=None):
        self.for_s, self.grace_s, self.says, self.away = for_s, grace_s, says, away
        self.turns, self.holders, self.given_back = {}, {}, []

    async def exchange(self, call, url):
        if self.away:
            raise self.away
        task = url.partition("?")[0]
        if call.method == "DELETE":
            self.given_back.append((task.rpartition("/")[2], int(url.rpartition("turn=")[2])))
            self.holders.pop(task, None)
            return AgencyResponse(204, "", b"")
        if self.says:
            return self.says
        if task in self.holders:
            return AgencyResponse(409, "application/problem+json", json.dumps({"code": "turn_taken", "retry_after_s": 40}).encode())
        self.holders[task] = json.loads(call.content)["holder"]
        self.turns[task] = self.turns.get(task, 0) + 1
        said = {"turn": self.turns[task], "for_s": self.for_s, "grace_s": self.grace_s, "earlier": self.turns[task] > 1}
        return AgencyResponse(200, "application/json", json.dumps(said).encode())


def asking(agencies, *, contents=None, clock=None, gateway=None, **changes):
    """Asking over fakes: `agencies` by code, or one for all."""
    connect = (lambda row: agencies[row.agency]) if isinstance(agencies, dict) else (lambda row: agencies)
    return Asking(settings(**changes), {"deposits": TinyAdapter()}, connect, Claims(contents or NoContents(), most_bytes=100),
                  turns=Turns(gateway or FakeGateway(), "w1"), clock=clock or FixedClock(), random=Random(7))


async def run_worker(worker_of, source, until, *, within_s=5.0):
    """Run a worker until `until()` is true, then stop it in order."""
    stop = asyncio.Event()
    running = asyncio.create_task(worker_of.run([lambda: source], stop, lambda: None))
    async with asyncio.timeout(within_s):
        while not until() and not running.done():
            await asyncio.sleep(0.005)
    stop.set()
    await running


def worker(agencies, sink, *, rows=None, clock=None, **changes):
    ids = itertools.count(1)
    clock = clock or FixedClock()
    sender = Sender(sink, linger_s=0, most_bytes=1_000_000, clock=clock, new_id=lambda: f"reply-{next(ids)}")
    rows = rows or [agency()]
    return Worker(settings(**changes), {row.agency: row for row in rows}, asking(agencies, clock=clock, **changes), sender, keys=keys())


__all__ = ["KEY", "NOW", "FakeAgency", "FakeGateway", "FakeSink", "FakeSource", "FixedClock", "TinyAdapter", "agency", "asking", "command", "raises",
           "record_of", "run_worker", "settings", "worker"]
