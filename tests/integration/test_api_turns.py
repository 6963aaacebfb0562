"""Turns over REST on a real PostgreSQL: granted to one at a time, by the database's clock."""

import asyncio
from datetime import timedelta

import pytest

from gateway.domain.turns import TurnLength, turn_path
from tests.court_side import problem

AGENCY = "icbc"


async def task_of(court):
    """The first task at an agency, of a request that awaits answers."""
    status = await court.status((await court.submit())["request_id"])
    return next(one for one in status["tasks"] if one["agency"] == AGENCY)


def path_of(court, task, **other):
    parts = {"task_id": task["task_id"], "agency": AGENCY, "ends_at": court.clock.now() + timedelta(hours=1)}
    return turn_path(court.deps.settings.secret, **{**parts, **other})


async def take(court, path, holder="w1"):
    return await court.post({"holder": holder}, key=None, path=path)


def lasts(court, monkeypatch, seconds):
    """Let turns of this court be so long, whatever the agency's time-out."""
    monkeypatch.setattr("gateway.api.turns.turn_length", lambda *_, **__: TurnLength(seconds, seconds / 4))


async def test_one_gets_the_turn_and_the_others_are_told_when_to_come_back(court):
    path = path_of(court, await task_of(court))
    answers = await asyncio.gather(*(take(court, path, f"w{number}") for number in range(12)))
    assert sorted(one.status_code for one in answers) == [200] + [409] * 11
    granted = next(one for one in answers if one.status_code == 200).json()
    assert granted == {"turn": 1, "for_s": 65.0, "grace_s": 30.0, "earlier": False}
    refused = next(one for one in answers if one.status_code == 409)
    assert problem(refused) == (409, "turn_taken")
    assert 1 <= int(refused.headers["retry-after"]) <= 65
    assert refused.json()["retry_after_s"] == int(refused.headers["retry-after"])


async def test_who_has_it_does_not_get_it_again(court):
    path = path_of(court, await task_of(court))
    assert (await take(court, path)).status_code == 200
    assert (await take(court, path)).status_code == 409


async def test_one_that_ran_out_goes_to_the_next_with_a_higher_number(court, monkeypatch):
    lasts(court, monkeypatch, 0.3)
    path = path_of(court, await task_of(court))
    assert (await take(court, path)).json()["turn"] == 1
    await asyncio.sleep(0.4)
    answers = await asyncio.gather(*(take(court, path, f"w{number}") for number in range(12)))
    assert sorted(one.status_code for one in answers) == [200] + [409] * 11
    assert next(one for one in answers if one.status_code == 200).json() | {"for_s": 0, "grace_s": 0} == {"turn": 2, "for_s": 0, "grace_s": 0, "earlier": True}


async def test_the_gateways_clock_has_no_say_in_how_long_a_turn_stands(court):
    path = path_of(court, await task_of(court))
    assert (await take(court, path)).status_code == 200
    court.clock.advance(minutes=30)
    assert (await take(court, path)).status_code == 409


async def test_one_that_is_given_back_goes_to_the_next_at_once(court):
    path = path_of(court, await task_of(court))
    turn = (await take(court, path)).json()["turn"]
    assert (await court.client.delete(f"{path}&turn={turn}")).status_code == 204
    assert (await take(court, path, "w2")).json()["turn"] == 2


async def test_who_lost_it_cannot_give_it_back_for_another(court):
    path = path_of(court, await task_of(court))
    await take(court, path)
    await court.client.delete(f"{path}&turn=1")
    await take(court, path, "w2")
    assert (await court.client.delete(f"{path}&turn=1")).status_code == 204
    assert (await take(court, path)).status_code == 409


@pytest.mark.parametrize("outcome", ["none_found", "overdue"])
async def test_nothing_is_done_for_a_task_that_has_ended(court, outcome):
    task = await task_of(court)
    await court.answer([task], outcome)
    assert problem(await take(court, path_of(court, task))) == (410, "task_ended")


async def test_nor_for_one_whose_answer_is_due_or_that_is_none(court):
    task = await task_of(court)
    assert problem(await take(court, path_of(court, task, ends_at=court.clock.now()))) == (410, "task_ended")
    assert problem(await take(court, path_of(court, {"task_id": "none"}))) == (410, "task_ended")


async def test_an_address_that_is_not_ours_grants_nothing(court):
    path = path_of(court, await task_of(court))
    for other in (path.replace("icbc", "abc"), path[:-1] + ("0" if path[-1] != "0" else "1"), path.partition("?")[0]):
        assert problem(await take(court, other)) == (403, "bad_claim")
        assert problem(await court.client.delete(f"{other}&turn=1")) == (403, "bad_claim")


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"holder": ""}', b'{"holder": "a b"}', b'{"holder": "x", "more": 1}', '{"holder": "陈伟"}'.encode()])
async def test_a_body_that_names_no_holder_is_refused(court, body):
    path = path_of(court, await task_of(court))
    assert problem(await court.post(body, key=None, path=path))[0] in (400, 422)
    assert problem(await court.client.delete(f"{path}&turn=x")) == (422, "invalid_parameter")
