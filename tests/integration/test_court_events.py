"""Everything a court is told, in one stream: in order, none left out, none of another court's; on a real PostgreSQL."""

import asyncio

import orjson
import pytest
from sqlalchemy import text

from contracts.kafka import topics
from gateway.publishing import Publisher
from gateway.store.announcements import announce
from gateway.store.court_events import place_events
from tests import builders as build
from tests import control_side as side
from tests.court_side import COURT, OTHER_COURT, bearer, listening, problem, running

ELSEWHERE = bearer("judge", court_code=OTHER_COURT, sub=f"{OTHER_COURT}-0001")
PRESERVATION, OTHER_CASE = "（2026）粤5302执保9号", "（2026）粤5303执8号"


class Broker:
    """Takes messages, unless it is away."""

    def __init__(self):
        self.messages, self.away, self.takes = [], False, 10**6

    async def send(self, messages):
        taken = 0 if self.away else min(self.takes, len(messages))
        self.messages += messages[:taken]
        return [at < taken for at in range(len(messages))]

    def ids(self):
        return [dict(one.headers)["ce_id"].decode() for one in self.messages]

    def told(self):
        return [orjson.loads(one.value) for one in self.messages]


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
def publisher(court, broker):
    return Publisher(court.database, broker, owner="first")


async def placed(court):
    while True:
        async with court.database.transaction() as connection:
            if not await place_events(connection, 500):
                return


def read_events(body):
    events = []
    for block in body.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append((int(fields["id"]), fields["event"], orjson.loads(fields["data"])))
    return events


async def stream(court, seen, *, until, path="/v1/events", **headers):
    """Read a stream until so many events came, then leave."""
    body = ""
    async with asyncio.timeout(20), court.client.stream("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}) as response:
        assert response.status_code == 200, await response.aread()
        if until:
            async for piece in response.aiter_text():
                body += piece
                seen[:] = read_events(body.rpartition("\r\n\r\n")[0])
                if len(seen) >= until:
                    break
    return response


async def store_of(court, court_code=COURT):
    """What the store has for a court, as (position, kind, request, seq)."""
    return [tuple(row.values()) for row in await court.rows("""
        SELECT c.position, COALESCE(e.kind, a.kind) AS kind, e.request_id, e.seq FROM court_events c
        LEFT JOIN request_events e USING (event_no) LEFT JOIN announcements a USING (event_no)
        WHERE c.court_code = :court ORDER BY c.position""", court=court_code)]


async def other_courts_request(court, key="o1"):
    case = {"case_no": OTHER_CASE, "cause": "民间借贷纠纷", "claim": build.claim()}
    body = build.request_body(case=case, officer=build.officer(work_card_no=f"{OTHER_COURT}-0001"))
    response = await court.post(body, key=key, **ELSEWHERE)
    assert response.status_code == 202, response.text
    request_id = response.json()["request_id"]
    lines = (await court.get(f"/v1/requests/{request_id}", **ELSEWHERE)).json()["tasks"]
    await court.answer(lines)
    return request_id


async def test_two_courts_hear_what_their_requests_say_and_nothing_of_each_other(store):
    async with listening(store) as court:
        mine = [(await court.submit(f"k{number}"))["request_id"] for number in range(2)]
        for one in mine:
            await court.answer_all(one)
        theirs = await other_courts_request(court)
        await placed(court)
        heard, of_others = [], []
        await stream(court, heard, until=16, Last_Event_ID="0")
        await stream(court, of_others, until=8, Last_Event_ID="0", **ELSEWHERE)
        assert {one[2]["request_id"] for one in heard} == set(mine)
        assert {one[2]["request_id"] for one in of_others} == {theirs}
        assert [(at, kind, data["request_id"]) for at, kind, data in heard] == [row[:3] for row in await store_of(court)]
        for request_id in mine:
            own = read_events((await court.get(f"/v1/requests/{request_id}/events")).text)
            told = [(kind, {name: value for name, value in data.items() if name not in ("position", "court_code", "kind", "at", "request_id", "case_no")})
                    for _, kind, data in heard if data["request_id"] == request_id]
            assert told == [one[1:] for one in own]
        assert {one[2]["case_no"] for one in heard} == {"（2026）粤5302执1234号"}
        assert all((data["position"], data["court_code"], data["kind"]) == (at, COURT, kind) for at, kind, data in heard)


async def test_a_stream_goes_on_after_every_position(store):
    async with listening(store) as court:
        for number in range(3):
            await court.answer_all((await court.submit(f"k{number}"))["request_id"])
            await other_courts_request(court, f"o{number}")
        await placed(court)
        everything = []
        await stream(court, everything, until=24, Last_Event_ID="0")
        newest = (await court.rows("SELECT position FROM event_cursors WHERE name = 'placing'"))[0]["position"]
        assert newest == 48
        for last in range(newest + 1):
            left, heard = [one for one in everything if one[0] > last], []
            response = await stream(court, heard, until=len(left), Last_Event_ID=str(last))
            assert (heard, response.headers["last-event-id"]) == (left, str(last))


async def test_without_a_last_event_a_stream_begins_now(store):
    async with listening(store) as court:
        await court.answer_all((await court.submit())["request_id"])
        await placed(court)
        heard = []
        reading = asyncio.create_task(stream(court, heard, until=8))
        while not court.deps.streams._open:
            await asyncio.sleep(0.01)
        later = (await court.submit("k2"))["request_id"]
        await court.answer_all(later)
        await placed(court)
        response = await reading
        assert response.headers["last-event-id"] == "8"
        assert ([one[0] for one in heard], {one[2]["request_id"] for one in heard}) == (list(range(9, 17)), {later})


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 19, "１", "1"])
async def test_an_id_that_no_event_has_yet_is_refused(court, last):
    response = await court.client.get("/v1/events", headers={b"Last-Event-ID": last.encode()})
    assert problem(response) == (400, "bad_last_event_id")


async def test_who_may_read_the_courts_requests_may_hear_of_them(store):
    async with listening(store) as court:
        assert problem(await court.get("/v1/events", Authorization="")) == (401, "unauthenticated")
        assert problem(await court.get("/v1/events", **bearer("operator"))) == (403, "not_permitted")
        for role in ("judge", "clerk", "approver", "auditor"):
            await stream(court, [], until=0, **bearer(role))
        assert [one[2] for one in await court.audit()] == ["refused:not_permitted", *["read"] * 4]


async def test_a_silent_stream_says_that_it_lives_and_one_too_many_is_refused(store):
    async with listening(store, heartbeat_s=0.1, most_streams=1) as court:
        pieces = []
        reading = asyncio.create_task(pinged(court, pieces))
        while len(pieces) < 2:
            await asyncio.sleep(0.01)
        assert all(piece.startswith(": ping") for piece in pieces)
        assert problem(await court.get("/v1/events")) == (503, "too_many_streams")
        reading.cancel()


async def pinged(court, pieces):
    async with court.client.stream("GET", "/v1/events") as response:
        async for piece in response.aiter_text():
            pieces.append(piece)


async def test_a_slow_reader_is_given_page_after_page(store):
    async with listening(store) as court:
        await court.rows("""
            WITH many AS (INSERT INTO announcements (court_code, kind, data, at)
                SELECT :court, 'difference', jsonb_build_object('number', n), now() FROM generate_series(1, 1000) n RETURNING event_no)
            SELECT count(*) FROM many""", court=COURT)
        await placed(court)
        heard = []
        await stream(court, heard, until=1000, Last_Event_ID="0")
        assert [one[2]["number"] for one in heard] == list(range(1, 1001))
        plan = "\n".join(row["QUERY PLAN"] for row in await court.rows("""
            EXPLAIN SELECT position FROM court_events WHERE court_code = :court AND position > 990 ORDER BY position LIMIT 200""", court=COURT))
        assert "Index" in plan


async def test_an_event_whose_transaction_ends_late_is_told_later_and_not_skipped(court, publisher, broker):
    async with court.database.transaction() as slow:
        await announce(slow, COURT, "difference", {"number": 1}, court.clock.now())
        for number in (2, 3):
            async with court.database.transaction() as quick:
                await announce(quick, COURT, "difference", {"number": number}, court.clock.now())
        assert (await publisher.place(), await publisher.publish()) == (2, 2)
        assert (await publisher.place(), await court.rows("SELECT holes FROM event_cursors WHERE name = 'placing'") != [{"holes": []}]) == (0, True)
    assert (await publisher.place(), await publisher.publish()) == (1, 1)
    assert [(one["position"], one["number"]) for one in broker.told()] == [(1, 2), (2, 3), (3, 1)]
    assert await publisher.place() == 0
    assert (await court.rows("SELECT holes FROM event_cursors WHERE name = 'placing'"))[0]["holes"] == []


async def test_numbers_that_were_rolled_back_hold_nothing_up(court, publisher):
    for number in range(5):
        async with court.database.transaction() as connection:
            await announce(connection, COURT, "difference", {}, court.clock.now())
            await connection.rollback()
        async with court.database.transaction() as connection:
            await announce(connection, COURT, "difference", {"number": number}, court.clock.now())
    assert (await publisher.place(), await publisher.place()) == (5, 0)
    assert [row[0] for row in await store_of(court)] == [1, 2, 3, 4, 5]
    assert (await court.rows("SELECT holes FROM event_cursors WHERE name = 'placing'"))[0]["holes"] == []


async def test_two_who_place_at_once_while_others_write_give_each_event_one_place(court, broker):
    both = [Publisher(court.database, broker, owner=name) for name in ("first", "second")]
    writing = [asyncio.create_task(written(court, f"k{number}")) for number in range(12)]
    while not all(one.done() for one in writing):
        await asyncio.gather(*(one.place() for one in both))
        await asyncio.gather(*(one.publish() for one in both))
    await asyncio.gather(*writing)
    while sum(await asyncio.gather(*(one.place() for one in both))) + sum(await asyncio.gather(*(one.publish() for one in both))):
        pass
    rows = await store_of(court)
    assert [row[0] for row in rows] == list(range(1, 12 * 8 + 1))
    assert len({row[2:] for row in rows}) == 12 * 8
    for request_id in {row[2] for row in rows}:
        assert [row[3] for row in rows if row[2] == request_id] == list(range(1, 9))
    assert [one["position"] for one in broker.told()] == list(range(1, 12 * 8 + 1))


async def written(court, key):
    await court.answer_all((await court.submit(key))["request_id"])


async def test_the_topic_has_what_the_stream_says_in_cloudevents(store, broker):
    async with listening(store) as court:
        request_id = (await court.submit())["request_id"]
        await court.answer_all(request_id)
        publisher, heard = Publisher(court.database, broker, owner="first"), []
        assert (await publisher.place(), await publisher.publish(), await publisher.publish()) == (8, 8, 0)
        await stream(court, heard, until=8, Last_Event_ID="0")
        assert broker.told() == [data for _, _, data in heard]
        headers = [dict(one.headers) for one in broker.messages]
        assert [one["ce_type"].decode() for one in headers] == [f"cn.chakong.event.{kind}.v1" for _, kind, _ in heard]
        assert {(one.topic, one.key.decode()) for one in broker.messages} == {(topics.EVENTS, COURT)}
        assert {(one["ce_subject"].decode(), one["ce_correlationid"].decode()) for one in headers} == {(request_id, request_id)}


async def test_counts_are_right_for_who_begins_in_the_middle(court, publisher, broker):
    request_id = (await court.submit())["request_id"]
    lines = (await court.status(request_id))["tasks"]
    await court.answer(lines[:3])
    await publisher.place()
    await publisher.publish()
    await court.answer(lines[3:])
    await publisher.place()
    successor = Publisher(court.database, broker, owner="second")
    assert await successor.publish() == 0  # the lease of the first still runs
    await court.rows("UPDATE event_cursors SET leased_until = now() - interval '1 s' WHERE name = 'kafka' RETURNING name")
    assert (await successor.publish(), await publisher.publish()) == (5, 0)
    assert [one["counts"]["awaiting"] for one in broker.told() if one["kind"] == "task"] == [5, 4, 3, 2, 1, 0]
    assert broker.told()[-1]["all_answered"] is True


async def test_counts_are_right_for_requests_that_were_forgotten_between(court, publisher, broker, monkeypatch):
    monkeypatch.setattr("gateway.telling._MOST_KEPT", 1)
    lines = [(await court.status((await court.submit(key))["request_id"]))["tasks"] for key in ("k1", "k2")]
    for number in range(6):
        for of_request in lines:
            await court.answer(of_request[number:number + 1])
            await publisher.place()
            await publisher.publish()
    assert [one["counts"]["awaiting"] for one in broker.told() if one["kind"] == "task"] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0]


async def test_kafka_away_holds_up_no_stream_and_what_it_missed_comes_in_order(court, publisher, broker):
    broker.away = True
    await court.answer_all((await court.submit())["request_id"])
    assert (await publisher.place(), await publisher.publish(), len(await store_of(court))) == (8, 0, 8)
    broker.away, broker.takes = False, 3
    assert [await publisher.publish() for _ in range(4)] == [3, 3, 2, 0]
    assert broker.ids() == [f"event-{number}" for number in range(1, 9)]


async def test_a_crash_between_kafka_and_the_store_sends_the_same_again_under_the_same_id(court, publisher, broker, monkeypatch):
    await court.answer_all((await court.submit())["request_id"])
    await publisher.place()

    class Crash(Exception):
        pass

    async def crash(*_):
        raise Crash

    monkeypatch.setattr("gateway.publishing.note_published", crash)
    with pytest.raises(Crash):
        await publisher.publish()
    monkeypatch.undo()
    await court.rows("UPDATE event_cursors SET leased_until = now() - interval '1 s' WHERE name = 'kafka' RETURNING name")
    assert await Publisher(court.database, broker, owner="second").publish() == 8
    assert broker.ids() == [f"event-{number}" for number in range(1, 9)] * 2
    assert broker.told()[:8] == broker.told()[8:]


async def converted(court):
    """A control that came to another court, and the request it was ordered under."""
    control_id = await side.in_force(court, case_no=PRESERVATION)
    upload = await court.client.post("/v1/documents", content=b"%PDF-1.4 letter", headers={"Content-Type": "application/pdf", **ELSEWHERE})
    letter = build.document("transfer_letter", document_no=f"{PRESERVATION}之三", document_id=upload.json()["document_id"])
    body = side.conversion(OTHER_CASE, officer=build.officer(work_card_no=f"{OTHER_COURT}-0001"), documents=[letter])
    taken = await side.step(court, control_id, "conversions", body, **ELSEWHERE)
    assert taken.status_code == 202, taken.text
    return control_id, taken.json()["request_id"]


async def test_what_happens_to_a_control_that_came_to_a_court_is_told_to_it_and_to_the_court_of_its_request(court):
    control_id, request_id = await converted(court)
    body = side.release(officer=build.officer(work_card_no=f"{OTHER_COURT}-0001"))
    assert (await side.step(court, control_id, "releases", body, "s2", **ELSEWHERE)).status_code == 202
    await side.answer(court, control_id, state="released", until_on=None, rank=None, actual_fen=None, unfunded_fen=None, effective_at=None)
    await placed(court)
    told = await court.rows("SELECT data FROM announcements WHERE court_code = :court ORDER BY event_no", court=OTHER_COURT)
    expected = [("in_force", None), ("in_force", "release"), ("released", None)]
    assert [row["data"] for row in told] == [
        {"control_id": control_id, "state": state, "pending": pending, "case_no": OTHER_CASE, "request_id": request_id} for state, pending in expected]
    assert [row[1] for row in await store_of(court, OTHER_COURT)] == ["control"] * 3
    own = await court.rows("SELECT data FROM request_events WHERE request_id = :id AND kind = 'control' ORDER BY seq", id=request_id)
    assert [(one["data"]["state"], one["data"]["pending"]) for one in own][-3:] == expected
    assert await court.rows("SELECT event_no FROM announcements WHERE court_code <> :court", court=OTHER_COURT) == []


async def test_a_conversion_within_the_court_is_told_once_with_its_new_case(court):
    control_id = await side.in_force(court, case_no=PRESERVATION)
    assert (await side.step(court, control_id, "conversions", side.conversion())).status_code == 202
    assert await court.rows("SELECT event_no FROM announcements") == []
    (newest,) = (await court.rows("SELECT data FROM request_events WHERE kind = 'control' ORDER BY event_no DESC LIMIT 1"))
    assert newest["data"] == {"control_id": control_id, "state": "in_force", "pending": None, "case_no": "（2026）粤5302执77号"}


async def test_a_request_is_followed_beyond_its_end(store):
    async with listening(store) as court:
        request_id = (await court.submit())["request_id"]
        first, *others = (await court.status(request_id))["tasks"]
        await court.answer([first], "overdue")
        await court.answer(others)
        heard = []
        reading = asyncio.create_task(stream(court, heard, until=10, path=f"/v1/requests/{request_id}/events?follow=true"))
        while len(heard) < 8:
            await asyncio.sleep(0.01)
        await court.answer([first], "none_found")
        await reading
        assert [one[1] for one in heard][-3:] == ["ended", "task", "report"]
        assert problem(await court.get(f"/v1/requests/{request_id}/events?follow=maybe")) == (422, "invalid_parameter")
        assert len(read_events((await court.get(f"/v1/requests/{request_id}/events?follow=false")).text)) == 10


async def test_events_from_before_the_numbers_are_in_the_counts_only(store):
    async with running(store) as court:
        request_id = (await court.submit())["request_id"]
        lines = (await court.status(request_id))["tasks"]
        for change, some in (("DROP DEFAULT", lines[:2]), ("SET DEFAULT nextval('event_numbers')", lines[2:])):
            async with court.database.transaction() as connection:
                await connection.execute(text(f"ALTER TABLE request_events ALTER event_no {change}"))
            await court.answer(some)
        broker = Broker()
        publisher = Publisher(court.database, broker, owner="first")
        assert (await publisher.place(), await publisher.publish()) == (6, 6)
        assert [one["counts"]["awaiting"] for one in broker.told() if one["kind"] == "task"] == [3, 2, 1, 0]
