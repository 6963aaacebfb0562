"""From the dead-letter topic into the store, over the API, and back to where it came from: real Kafka, real PostgreSQL."""

import asyncio
import itertools
import json
from dataclasses import replace

import pytest

from contracts.kafka import topics
from contracts.kafka.admin import create_missing
from contracts.kafka.codec import Outbound, Record, dead_letter
from contracts.kafka.consumer import Consumer
from contracts.kafka.producer import Producer
from contracts.kafka.settings import KafkaSettings
from gateway.api.dead_letter_answers import DeadLetterList, ReasonList, RedriveTaken
from gateway.dead_letters import Keeper, Redriver
from gateway.domain.dead_letters import letter_of
from gateway.domain.redrive_body import MOST_LETTERS
from gateway.store.dead_letters import keep
from tests.court_side import HandClock, bearer, problem

COMMANDS, REPLIES = topics.commands("deposits"), topics.REPLIES
FIRST, SECOND = bearer("operator", sub="op-1"), bearer("operator", sub="op-2")
_numbers = itertools.count()


def aside(action="query", reason="malformed_message", topic=COMMANDS, **headers):
    body = json.dumps({"task_id": "01TASK", "agency": "icbc", "action": action, "number": next(_numbers)}).encode()
    return dead_letter(Record(topic, 0, next(_numbers), b"k", body, {"ce_id": b"c", "ce_signature": b"as it came", **headers}), f"{reason}: x")


def letter(*arguments, **named):
    out = aside(*arguments, **named)
    return letter_of(out.key, out.value, dict(out.headers))


async def kept(court, *letters):
    async with court.database.transaction() as connection:
        await keep(connection, letters, court.clock.now())
    return [one.letter_id for one in letters]


async def verdicts(court, body, who=FIRST, *, key=None, path="/v1/dead-letters/redrives", status=202):
    response = await court.post(body, path=path, key=key or f"k{next(_numbers)}", **who)
    assert response.status_code == status, response.text
    return [one.verdict for one in RedriveTaken.model_validate_json(response.content).items]


async def listed(court, query=""):
    return DeadLetterList.model_validate_json((await court.get(f"/v1/dead-letters{query}", **FIRST)).content).items


async def test_a_letter_is_kept_once_and_shown_without_what_it_says(court):
    one = letter()
    await kept(court, one)
    await kept(court, one, letter(reason="bug"))
    assert [line.reason for line in await listed(court)] == ["bug", "malformed_message"]
    (line,) = await listed(court, "?reason=malformed_message")
    assert (line.id, line.topic, line.agency, line.task_id, line.state, line.sha256) == (one.letter_id, COMMANDS, "icbc", "01TASK", "open", one.sha256)
    page = (await court.get("/v1/dead-letters?limit=1", **FIRST)).json()
    assert len((await court.get(f"/v1/dead-letters?limit=1&cursor={page['next_cursor']}", **FIRST)).json()["items"]) == 1
    assert "number" not in json.dumps(page["items"])


async def test_reasons_are_counted_by_state(court):
    ids = await kept(court, letter(), letter(), letter(reason="bug", topic=REPLIES))
    await verdicts(court, {"ids": ids[:1]})
    counted = ReasonList.model_validate_json((await court.get("/v1/dead-letters/reasons", **FIRST)).content).items
    assert [(one.reason, one.topic, one.letters, one.open, one.due) for one in counted] == [
        ("malformed_message", COMMANDS, 2, 1, 1), ("bug", REPLIES, 1, 1, 0)]


async def test_a_dry_run_tells_and_does_nothing(court):
    ids = await kept(court, letter(), letter("freeze"))
    assert await verdicts(court, {"ids": [*ids, "0" * 32], "dry_run": True}, status=200) == ["redriven", "second_person", "not_found"]
    assert {one.state for one in await listed(court)} == {"open"}
    assert [one.asked_by for one in await listed(court)] == [None, None]


async def test_a_command_that_changes_what_an_agency_holds_needs_two_persons(court):
    ids = await kept(court, letter("freeze"))
    assert await verdicts(court, {"ids": ids}) == ["second_person"]
    assert await verdicts(court, {"ids": ids}) == ["second_person"]
    assert await verdicts(court, {"ids": ids}, SECOND) == ["redriven"]
    assert await verdicts(court, {"ids": ids}, SECOND) == ["under_way"]
    (line,) = await listed(court)
    assert (line.state, line.asked_by, line.changed_by) == ("due", "op-1", "op-2")


async def test_quarantine_is_left_alone_by_filters_and_left_by_name_with_two_persons(court):
    ids = await kept(court, letter(), letter(redrives=b"3"), letter(cut=b"true"))
    assert await verdicts(court, {"ids": ids[:1]}, path="/v1/dead-letters/quarantines") == ["quarantined"]
    assert await verdicts(court, {"filter": {"reason": "malformed_message"}}) == ["not_whole"]
    assert await verdicts(court, {"ids": ids}) == ["second_person", "second_person", "not_whole"]
    assert await verdicts(court, {"ids": ids}, SECOND) == ["redriven", "redriven", "not_whole"]


async def test_a_repeated_call_is_answered_as_before_and_another_body_is_refused(court):
    ids = await kept(court, letter(), letter())
    assert await verdicts(court, {"ids": ids[:1]}, key="same") == ["redriven"]
    again = await court.post({"ids": ids[:1]}, path="/v1/dead-letters/redrives", key="same", **FIRST)
    assert (again.headers["idempotency-replayed"], again.json()["items"][0]["verdict"]) == ("true", "redriven")
    assert problem(await court.post({"ids": ids}, path="/v1/dead-letters/redrives", key="same", **FIRST)) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("body", [
    {}, {"ids": []}, {"ids": ["x"]}, {"ids": ["0" * 32] * (MOST_LETTERS + 1)}, {"ids": ["0" * 32], "filter": {}}, {"filter": {"reason": "a b"}},
    {"filter": {"court": "粤5302"}}, {"ids": "0" * 32}, {"filter": {}, "dry_run": "no"}])
async def test_a_wrong_body_is_refused_field_by_field(court, body):
    response = await court.post(body, path="/v1/dead-letters/redrives", key="k", **FIRST)
    assert problem(response) == (422, "invalid_request")
    assert response.json()["errors"]


@pytest.mark.parametrize("role", ["judge", "clerk", "approver", "auditor", "agency", "tester"])
async def test_only_operators_send_again_and_auditors_read(court, role):
    ids = await kept(court, letter())
    assert problem(await court.post({"ids": ids}, path="/v1/dead-letters/redrives", key="k", **bearer(role))) == (403, "not_permitted")
    assert (await court.get("/v1/dead-letters", **bearer(role))).status_code == (200 if role == "auditor" else 403)
    assert problem(await court.get("/v1/dead-letters?reason=%27x&topic=&state=new", **FIRST)) == (422, "invalid_parameter")


async def test_it_is_on_record(court):
    await verdicts(court, {"ids": await kept(court, letter())})
    assert ("dead_letter.redrive", "-", "accepted") in await court.audit()


@pytest.fixture
def kafka(kafka_bootstrap):
    return KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=kafka_bootstrap, commit_every_s=0.05)


async def read(kafka, topic, wanted):
    """Return what comes to a topic from its beginning until `wanted` says that is all."""
    consumer, found = Consumer(kafka, [topic], f"test-{next(_numbers)}", "test"), []
    await consumer.start()
    async with asyncio.timeout(60):
        while not wanted(found):
            found += await consumer.poll(500, 0.2)
    await consumer.stop()
    return found


async def test_from_the_topic_into_the_store_and_back_as_it_came(court, kafka, monkeypatch):
    mine = f"chakong.test.letters.{next(_numbers)}.v1"
    monkeypatch.setattr(topics, "DEAD_LETTERS", mine)
    monkeypatch.setattr(topics, "DEAD_LETTERS_GROUP", mine)
    await create_missing(kafka, [topics.Topic(mine, 1), topics.Topic(COMMANDS, 1)])
    producer, stop, clock = Producer(kafka, "test"), asyncio.Event(), HandClock()
    out = [aside(), aside("freeze"), Outbound(mine, None, b"\x00\xff", [("reason", b"\xff\x00"), ("odd", b"\x00")])]
    assert all(await producer.send([Outbound(mine, one.key, one.value, one.headers) for one in out]))
    keeping = asyncio.create_task(Keeper(court.database, kafka, clock).run(stop))
    async with asyncio.timeout(60):
        while len(await listed(court)) < len(out):
            await asyncio.sleep(0.1)
    stop.set()
    async with asyncio.timeout(20):
        await keeping
    assert {one.topic for one in await listed(court)} == {COMMANDS, "unknown"}
    asked = next(one for one in await listed(court) if one.action == "query")
    await verdicts(court, {"ids": [asked.id]})
    redriver = Redriver(court.database, producer, clock)
    assert (await redriver.redrive(), await redriver.redrive()) == (1, 0)
    await producer.stop()
    (again,) = [one for one in await read(kafka, COMMANDS, lambda found: any("redrives" in one.headers for one in found)) if "redrives" in one.headers]
    assert (again.key, again.value) == (b"k", out[0].value)
    assert again.headers == {"ce_id": b"c", "ce_signature": b"as it came", "redrives": b"1"}
    assert next(one for one in await listed(court) if one.id == asked.id).state == "redriven"


async def test_one_that_cannot_be_written_is_told_of_and_the_others_are_kept(court):
    odd = replace(letter(), topic="a\x00b")
    assert await Keeper(court.database, None, court.clock)._keep([letter(), odd, letter()], asyncio.Event())
    assert len(await listed(court)) == 2


class Broken:
    """A broker that takes nothing, then all."""

    def __init__(self):
        self.takes, self.came = False, []

    async def send(self, messages):
        self.came += messages
        return [self.takes] * len(messages)


async def test_what_the_broker_did_not_take_stays_due_and_old_letters_are_forgotten(court):
    await verdicts(court, {"ids": await kept(court, letter())})
    broken = Broken()
    redriver = Redriver(court.database, broken, court.clock)
    assert await redriver.redrive() == 0
    broken.takes = True
    assert await redriver.redrive() == 1
    assert len(broken.came) == 2
    court.clock.advance(days=91)
    assert await redriver._forget() == 1
    assert await listed(court) == ()
