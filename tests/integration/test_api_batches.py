"""One step on many controls through the whole edge, on PostgreSQL."""

import time

from gateway.api import batch_answers
from tests import builders as build
from tests import control_side as side
from tests.court_side import OTHER_COURT, bearer, problem

PATH = "/v1/control-batches"


def batch(*items, action="renew", **other):
    papers = side.FREEZE if action == "renew" else side.RELEASE
    return {"action": action, "items": [one if isinstance(one, dict) else {"control_id": one} for one in items],
            "officer": build.officer(), "documents": papers, **({"term_months": 12} if action == "renew" else {"reason": "已履行完毕"}), **other}


async def copies(court, control_id, count):
    """Make controls that stand as one does, each with its first two events."""
    await court.rows("""
        WITH made AS (
            INSERT INTO controls SELECT copy.* FROM generate_series(1, CAST(:count AS int)) n, controls c,
                jsonb_populate_record(c, jsonb_build_object('control_id', 'COPY' || lpad(n::text, 20, '0'))) copy
            WHERE c.control_id = :id RETURNING 1)
        SELECT count(*) FROM made""", id=control_id, count=count)
    await court.rows("""
        WITH made AS (
            INSERT INTO control_events SELECT copy.* FROM controls c, control_events e,
                jsonb_populate_record(e, jsonb_build_object('control_id', c.control_id)) copy
            WHERE e.control_id = :id AND c.control_id LIKE 'COPY%' RETURNING 1)
        SELECT count(*) FROM made""", id=control_id)
    return [f"COPY{number:020d}" for number in range(1, count + 1)]


async def test_each_item_has_its_own_outcome(court):
    good, short, pending = [await side.in_force(court, key) for key in ("c1", "c2", "c3")]
    await side.step(court, pending, "renewals", side.renewal())
    body = batch(good, {"control_id": short, "term_months": 13}, "01NOTHERE", pending)
    response = await court.post(body, key="b1", path=PATH)
    assert response.status_code == 202, response.text
    taken = batch_answers.BatchTaken.model_validate_json(response.content)
    problems = [one.problem and (one.problem["status"], one.problem["code"], [error["code"] for error in one.problem["errors"]]) for one in taken.items]
    assert problems == [None, (422, "control_refused", ["term_over_cap"]), (404, "not_found", []), (422, "control_refused", ["step_pending"])]
    assert taken.items[1].problem["rule"]["id"] == "DUR-DEP"
    assert (await side.control(court, good))["pending"] == "renew"
    assert (await side.control(court, short))["pending"] is None


async def test_progress_is_visible_and_ends(court):
    first, second, third = [await side.in_force(court, key) for key in ("c1", "c2", "c3")]
    await side.step(court, third, "deductions", side.deduction())
    location = (await court.post(batch(first, second, third, "01NOTHERE", action="release"), key="b1", path=PATH)).headers["location"]
    before = batch_answers.BatchStatus.model_validate_json((await court.get(location)).content)
    assert (before.counts.items, before.counts.awaiting, before.counts.held, before.counts.refused) == (4, 2, 1, 1)
    await side.answer(court, first, state="released", actual_fen=None, until_on=None, rank=None)
    await side.reply(court, second, outcome="refused", code="document_missing")
    await side.answer(court, third, actual_fen=4_000_000, deducted_fen=1_000_000)
    await side.tick(court)
    await side.answer(court, third, state="released", actual_fen=None, until_on=None, rank=None)
    after = batch_answers.BatchStatus.model_validate_json((await court.get(location)).content)
    assert [one.outcome for one in after.items] == ["done", "declined", "done", "refused"]
    assert after.states == {"released": 2, "in_force": 1}


async def test_a_batch_is_taken_once_and_is_the_courts_own(court):
    control_id = await side.in_force(court)
    first = await court.post(batch(control_id), key="b1", path=PATH)
    again = await court.post(batch(control_id), key="b1", path=PATH)
    assert (first.json(), again.headers["idempotency-replayed"]) == (again.json(), "true")
    assert problem(await court.post(batch(control_id, term_months=6), key="b1", path=PATH)) == (422, "idempotency_key_reused")
    assert problem(await court.get(first.headers["location"], **bearer("judge", court_code=OTHER_COURT))) == (404, "not_found")
    assert problem(await court.get(f"{PATH}/01NOTHERE000000000000")) == (404, "not_found")
    assert ("control.batch", first.json()["batch_id"], "accepted") in await court.audit()


async def test_another_courts_controls_are_not_there(court):
    control_id = await side.in_force(court)
    body = batch(control_id, officer=build.officer(work_card_no="粤5303-0001"))
    response = await court.post(body, key="b1", path=PATH, **bearer("judge", court_code=OTHER_COURT, sub="粤5303-0001"))
    assert response.json()["items"][0]["problem"]["code"] == "not_found"


async def test_a_wrong_batch_is_refused_as_a_whole(court):
    wrong = await court.post(batch("a", "a", term_months=None), key="b1", path=PATH)
    assert problem(wrong) == (422, "invalid_request")
    assert {(one["pointer"], one["code"]) for one in wrong.json()["errors"]} == {
        ("/items/0", "term_required"), ("/items/1", "term_required"), ("/items/1", "duplicate_item")}
    assert problem(await court.post(batch("a", action="release", reason=None), key="b2", path=PATH)) == (422, "invalid_request")
    many = await court.post(batch(*(f"c{number}" for number in range(5_001))), key="b3", path=PATH)
    assert problem(many) == (422, "invalid_request")
    assert problem(await court.post(batch("a"), key="b4", path=PATH, **bearer("clerk"))) == (403, "not_permitted")


async def test_three_thousand_are_renewed_in_one_call(court):
    control_ids = await copies(court, await side.in_force(court), 3_000)
    began = time.monotonic()
    response = await court.post(batch(*control_ids), key="b1", path=PATH)
    taken_s = time.monotonic() - began
    assert response.status_code == 202, response.text[:300]
    assert not any("problem" in one for one in response.json()["items"])
    (asked,) = await court.rows("SELECT count(*) AS n, count(DISTINCT request_no) AS numbers FROM tasks WHERE action = 'renew'")
    assert (asked["n"], asked["numbers"]) == (3_000, 3_000)
    status = (await court.get(response.headers["location"])).json()
    assert (status["counts"]["awaiting"], status["states"]) == (3_000, {"in_force": 3_000})
    assert taken_s < 20
