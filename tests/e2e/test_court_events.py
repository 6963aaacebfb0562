"""What a court is told, with two who publish, kill -9 of each, and Kafka away and back: the topic and the stream have exactly what the store has."""

import asyncio
import json

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.store.database import async_url
from tests.e2e.flood import Flood, people
from tests.e2e.hearing import hearing
from tests.e2e.topics import read_all
from tests.running import until

EVENTS = "chakong.event.v1"
#: Every event that has a number, and how far positions and Kafka are.
_STORE = """
    SELECT c.position, c.court_code, COALESCE(e.kind, a.kind) AS kind, e.request_id, e.seq FROM court_events c
    LEFT JOIN request_events e USING (event_no) LEFT JOIN announcements a USING (event_no) ORDER BY c.position"""
_LEFT = """
    SELECT (SELECT count(*) FROM request_events WHERE event_no IS NOT NULL) + (SELECT count(*) FROM announcements) - (SELECT count(*) FROM court_events) AS unplaced,
           (SELECT position FROM event_cursors WHERE name = 'placing') - (SELECT position FROM event_cursors WHERE name = 'kafka') AS unpublished"""


def rows(url, statement):
    async def fetch():
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            found = [dict(one) for one in (await connection.execute(text(statement))).mappings()]
        await engine.dispose()
        return found

    return asyncio.run(fetch())


@pytest.mark.timeout(300)
def test_whatever_is_killed_topic_and_stream_say_what_the_store_has(installation):
    mesh, flood = installation.mesh, Flood()
    mesh.start("relay", "relay")  # beside the one in the process of the API: two publish, one at a time
    flood.ask(installation.judge, people(300, 4))
    installation.kill("relay")
    mesh.start("relay", "relay")
    flood.ask(installation.judge, people(304, 4))
    installation.kill("api")
    installation.start("api")
    installation.kafka.kill()
    flood.ask(installation.judge, people(308, 2))
    installation.kafka.restart()
    installation.until_ready(200, 60)
    flood.settled(installation.judge, "both publishers killed, Kafka killed")
    url = async_url(mesh.environment["DATABASE_URL"])
    until(lambda: rows(url, _LEFT), lambda left: left == [{"unplaced": 0, "unpublished": 0}], 60)
    installation.mesh.end("relay")

    stored = rows(url, _STORE)
    assert [one["position"] for one in stored] == list(range(1, len(stored) + 1))
    by_request = {}
    for one in stored:
        by_request.setdefault(one["request_id"], []).append(one["seq"])
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in by_request.values())
    assert set(flood.requests) <= by_request.keys()

    with hearing(installation.judge, "0") as court:
        until(lambda: len(court.heard), lambda heard: heard >= len(stored), 60)
    told = {position: data for _, position, _, data in court.heard}
    assert [(position, data["request_id"], kind) for _, position, kind, data in court.heard] == [
        (one["position"], one["request_id"], one["kind"]) for one in stored]

    messages = read_all(installation.kafka.bootstrap_servers, EVENTS)
    published = {}
    for one in messages:
        published.setdefault(dict(one.headers())["ce_id"].decode(), []).append(one)
    assert {int(name.removeprefix("event-")) for name in published} == told.keys()
    assert all({one.value() for one in same} == {same[0].value()} for same in published.values())
    assert {position: json.loads(published[f"event-{position}"][0].value()) for position in told} == told
    first_seen = list(dict.fromkeys(dict(one.headers())["ce_id"].decode() for one in messages))
    assert first_seen == sorted(first_seen, key=lambda name: int(name.removeprefix("event-")))
    assert {one.key().decode() for one in messages} == {one["court_code"] for one in stored}
    print(f"{len(stored)} events, {len(messages)} messages: {len(messages) - len(stored)} came again after a kill")
