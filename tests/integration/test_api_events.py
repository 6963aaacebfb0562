"""Server-sent events: replay, resume, live, heartbeat; over a real port where it matters that the answer comes in pieces."""

import asyncio

import orjson
import pytest

from tests.court_side import listening, problem


def read_events(text):
    """Return (id, kind, data) of each event; comments are left out."""
    events = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            events.append((int(fields["id"]), fields["event"], orjson.loads(fields["data"])))
    return events


async def events(court, request_id, **headers):
    response = await court.get(f"/v1/requests/{request_id}/events", **headers)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8"), response.text
    return read_events(response.text)


async def collect(court, request_id, seen, **headers):
    """Read a stream as it comes until it closes."""
    text = ""
    async with court.client.stream("GET", f"/v1/requests/{request_id}/events", headers=headers) as response:
        async for piece in response.aiter_text():
            text += piece
            seen[:] = read_events(text.rpartition("\r\n\r\n")[0])
    return text


async def until(condition, within_s=5.0):
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


async def test_an_ended_request_is_replayed_with_its_running_counts(court):
    request_id = (await court.submit())["request_id"]
    await court.answer_all(request_id)
    seen = await events(court, request_id)
    assert [one[0] for one in seen] == list(range(1, 9))
    assert [one[1] for one in seen] == ["task"] * 6 + ["report", "ended"]
    assert [one[2]["counts"]["awaiting"] for one in seen[:6]] == [5, 4, 3, 2, 1, 0]
    assert set(seen[0][2]) == {"task_id", "agency", "asset_type", "outcome", "counts"}
    assert seen[5][2]["counts"] == (await court.status(request_id))["counts"]
    assert (seen[6][2], seen[7][2]) == ({"version": 1}, {"all_answered": True})


@pytest.mark.parametrize("last", [0, 1, 5, 7, 8, 99])
async def test_a_stream_goes_on_after_the_last_event_seen(court, last):
    request_id = (await court.submit())["request_id"]
    await court.answer_all(request_id)
    everything = await events(court, request_id)
    assert await events(court, request_id, Last_Event_ID=str(last)) == everything[last:]


async def test_what_came_after_the_end_is_replayed_too(court):
    request_id = (await court.submit())["request_id"]
    first, *others = (await court.status(request_id))["tasks"]
    await court.answer([first], "overdue")
    await court.answer(others)
    await court.answer([first], "none_found")
    seen = await events(court, request_id)
    assert [one[1] for one in seen] == ["task"] * 6 + ["report", "ended", "task", "report"]
    assert seen[7][2] == {"all_answered": False}
    assert (seen[8][2]["counts"]["overdue"], seen[8][2]["counts"]["none_found"]) == (0, 6)
    assert seen[9][2] == {"version": 2}


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 12, "１"])
async def test_an_id_that_is_none_is_refused(court, last):
    request_id = (await court.submit())["request_id"]
    response = await court.client.get(f"/v1/requests/{request_id}/events", headers={b"Last-Event-ID": last.encode()})
    assert problem(response) == (400, "bad_last_event_id")


async def test_events_come_as_they_happen_and_the_stream_closes_at_the_end(store):
    async with listening(store) as court:
        request_id = (await court.submit())["request_id"]
        lines = (await court.status(request_id))["tasks"]
        seen = []
        reading = asyncio.create_task(collect(court, request_id, seen))
        for number, line in enumerate(lines, start=1):
            await court.answer([line])
            await until(lambda number=number: len(seen) >= number)
        text = await asyncio.wait_for(reading, 5)
        assert [one[0] for one in seen] == list(range(1, 9))
        assert text.rstrip().endswith('data: {"all_answered":true}')


async def test_a_silent_stream_says_that_it_lives(store):
    async with listening(store, heartbeat_s=0.1) as court:
        request_id = (await court.submit())["request_id"]
        pieces = []
        async with court.client.stream("GET", f"/v1/requests/{request_id}/events") as response:
            async for piece in response.aiter_text():
                pieces.append(piece)
                if len(pieces) == 3:
                    break
        assert all(piece.startswith(": ping") for piece in pieces)


async def test_a_client_that_comes_back_misses_nothing_and_gets_nothing_twice(store):
    async with listening(store) as court:
        request_id = (await court.submit())["request_id"]
        lines = (await court.status(request_id))["tasks"]
        first, second = [], []
        reading = asyncio.create_task(collect(court, request_id, first))
        await court.answer(lines[:2])
        await until(lambda: len(first) == 2)
        reading.cancel()
        await court.answer(lines[2:])
        await collect(court, request_id, second, **{"Last-Event-ID": str(first[-1][0])})
        assert [one[0] for one in (*first, *second)] == list(range(1, 9))


async def test_many_streams_share_one_listener_and_end_with_the_role(store):
    async with listening(store) as court:
        request_ids = [(await court.submit(f"k{number}"))["request_id"] for number in range(20)]
        seen = {one: [] for one in request_ids}
        readings = [asyncio.create_task(collect(court, one, seen[one])) for one in request_ids]
        await until(lambda: len(court.deps.streams._open) == 20)
        for one in request_ids[:19]:
            await court.answer((await court.status(one))["tasks"])
        await asyncio.wait_for(asyncio.gather(*readings[:19]), 10)
        listeners = await court.rows("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
        assert len(listeners) == 1
        assert all(seen[one][-1][1] == "ended" for one in request_ids[:19])
    assert read_events(await asyncio.wait_for(readings[19], 5)) == []


async def test_one_stream_too_many_is_refused(store):
    async with listening(store, most_streams=1) as court:
        request_id = (await court.submit())["request_id"]
        reading = asyncio.create_task(collect(court, request_id, []))
        await until(lambda: court.deps.streams._open)
        response = await court.get(f"/v1/requests/{request_id}/events")
        assert problem(response) == (503, "too_many_streams")
        assert "retry-after" in response.headers
        reading.cancel()
