"""A release wins over a measure that no agency has got yet (CANCEL-WINS): on a real PostgreSQL."""

import asyncio
from datetime import timedelta

import pytest

from gateway import follow_ups
from gateway.store.outbox import claim
from tests import builders as build
from tests import control_side as side
from tests.court_side import running


async def withdrawn(court, control_id):
    """Assert that the measure is released and that nothing of it will ever be sent."""
    found = await side.control(court, control_id)
    assert (found["state"], found["pending"], found["held"], found["code"]) == ("released", None, None, "withdrawn")
    assert [event["kind"] for event in found["events"]][-1] == "withdrawn"
    court.clock.advance(days=2)
    await side.send(court)
    assert [(one["action"], one["outcome"]) for one in await side.tasks(court, control_id)] == [("freeze", "withdrawn")]
    assert await court.rows("SELECT * FROM held_steps") == []


async def test_a_measure_that_was_not_sent_never_goes_out(court):
    control_id = await side.ordered(court)
    released = await side.step(court, control_id, "releases", side.release())
    assert (released.status_code, released.json()["state"]) == (202, "released")
    await withdrawn(court, control_id)


async def test_a_measure_that_waits_for_the_office_to_open_never_goes_out(store):
    hours = {"opens": "08:30", "closes": "17:30"}
    bank = build.agency(office_hours=hours, capabilities=("query", "freeze"))
    async with running(store, directory=build.directory(bank)) as court:
        control_id = await side.ordered(court)  # a Sunday
        await side.send(court)
        released = await side.step(court, control_id, "releases", side.release())
        assert (released.status_code, released.json()["state"]) == (202, "released")
        await withdrawn(court, control_id)


@pytest.mark.parametrize("codes", [["unavailable"], ["office_closed"], ["busy"], ["unavailable", "busy"]])
async def test_a_measure_that_a_relay_took_is_released_after_its_answer(court, codes):
    control_id = await side.ordered(court)
    await side.send(court)
    for code in codes:  # one worker may call the agency while another is turned away
        await side.put_off(court, control_id, code)
    assert (await side.step(court, control_id, "releases", side.release())).json()["held"] == "release"
    await side.tick(court)
    assert (await side.control(court, control_id))["held"] == "release"
    await side.answer(court, control_id)
    await side.tick(court)
    assert [one["action"] for one in await side.tasks(court, control_id)] == ["freeze", "release"]


async def test_a_measure_that_a_killed_relay_took_is_released_after_its_answer(court):
    control_id = await side.ordered(court)
    async with court.database.transaction() as connection:
        assert await claim(connection, now=court.clock.now(), lease=timedelta(seconds=2), quotas={"icbc": 100})
    assert (await side.step(court, control_id, "releases", side.release())).json()["held"] == "release"


async def test_a_held_part_release_does_not_keep_others_waiting(court, monkeypatch):
    monkeypatch.setattr(follow_ups, "_MOST", 1)
    first = await side.ordered(court, "a1")
    assert (await side.step(court, first, "releases", side.release(amount_fen=1), "k1")).json()["held"] == "release"
    court.clock.advance(seconds=1)
    second = await side.ordered(court, "a2")
    await court.rows("UPDATE tasks SET sent_at = now() WHERE control_id = :id RETURNING task_id", id=second)
    await side.step(court, second, "releases", side.release(), "k2")
    await side.answer(court, second)
    await side.tick(court)
    assert (await side.control(court, second))["pending"] == "release"


async def test_a_part_of_a_measure_is_released_after_its_answer(court):
    control_id = await side.ordered(court)
    assert (await side.step(court, control_id, "releases", side.release(amount_fen=1))).json()["held"] == "release"


async def test_relay_and_judge_at_once_either_send_or_withdraw(court):
    control_ids = [await side.ordered(court, f"c{number}") for number in range(8)]
    releases = [side.step(court, one, "releases", side.release(), f"w{number}") for number, one in enumerate(control_ids)]
    await asyncio.gather(*releases, *(side.send(court) for _ in range(3)))
    for control_id in control_ids:
        (task,) = await court.rows("SELECT sent_at, outcome FROM tasks WHERE control_id = :id", id=control_id)
        found = await side.control(court, control_id)
        assert (found["state"], found["held"], task["sent_at"] is None, task["outcome"]) in {
            ("released", None, True, "withdrawn"), ("requested", "release", False, None)}


async def test_an_answer_to_what_was_withdrawn_is_filed_with_an_alarm(court):
    control_id = await side.ordered(court)
    await side.step(court, control_id, "releases", side.release())
    await side.answer(court, control_id)
    assert (await side.control(court, control_id))["state"] == "released"
    assert [one["why"] for one in await court.rows("SELECT why FROM filed_replies")] == ["contradiction"]
