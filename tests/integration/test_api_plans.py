"""Plans before orders over REST, on a real PostgreSQL: planned, reserved, executed once, stale when the report changed."""

import asyncio

import pytest

from tests import builders as build
from tests import control_side as side
from tests.court_side import bearer, problem

DOCUMENTS = [build.document(kind) for kind in ("ruling", "assist_freeze_notice", "assist_execution_notice")]
RELEASE_DOCUMENTS = [build.document(kind) for kind in ("release_ruling", "assist_release_notice")]


def owing(fen, **other):
    return {"case_no": "（2026）粤5302执1234号", "claim": {"principal_fen": fen, "as_of_on": "2026-11-20"}, **other}


async def answered(court, key="k1", **other):
    request_id = (await court.submit(key, **other))["request_id"]
    await court.answer_all(request_id)
    return request_id


async def plan(court, request_id, key="p1", **other):
    return await court.post({"request_id": request_id, **other}, key=key, path="/v1/control-plans")


async def execute(court, plan_id, key="e1", **other):
    return await court.post({"plan_id": plan_id, "officer": build.officer(), "documents": DOCUMENTS, **other}, key=key, path="/v1/controls")


async def test_a_plan_names_deposits_for_what_the_case_owes(court):
    request_id = await answered(court, case=owing(5_000_000))
    response = await plan(court, request_id)
    made = response.json()
    assert response.status_code == 201, response.text
    assert [(line["measure"], line["amount_fen"], line["reason"]["code"]) for line in made["lines"]] == [("freeze", 5_000_000, "takes_part")]
    assert (made["secured_fen"], made["uncovered_fen"], made["left_out"], made["state"]) == (5_000_000, 0, [], "open")
    assert response.headers["location"] == f"/v1/control-plans/{made['plan_id']}"
    assert (await court.get(response.headers["location"])).json() == made
    assert ("plan.make", made["plan_id"], "accepted") in await court.audit()


async def test_the_same_key_gives_the_same_plan(court):
    request_id = await answered(court)
    first, again = await plan(court, request_id), await plan(court, request_id)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert problem(await plan(court, request_id, claim=build.claim())) == (422, "idempotency_key_reused")


async def test_an_executed_plan_is_its_controls_and_is_executed_once(court):
    request_id = await answered(court, case=owing(5_000_000))
    made = (await plan(court, request_id)).json()
    response = await execute(court, made["plan_id"])
    assert response.status_code == 202, response.text
    (ordered,) = response.json()["controls"]
    shown = (await court.get(f"/v1/controls/{ordered['control_id']}")).json()
    assert (shown["asset_id"], shown["requested_fen"], shown["term_months"]) == (made["lines"][0]["asset_id"], 5_000_000, 12)
    again = await execute(court, made["plan_id"])
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (202, response.json(), "true")
    assert problem(await execute(court, made["plan_id"], key="e2")) == (409, "plan_stale")
    assert (await court.get(f"/v1/control-plans/{made['plan_id']}")).json()["state"] == "executed"


async def test_the_next_plan_counts_what_the_case_ordered(court):
    request_id = await answered(court, case=owing(9_000_000))
    first = (await plan(court, request_id, claim={"principal_fen": 5_000_000, "as_of_on": "2026-11-20"})).json()
    court.clock.advance(seconds=1)
    assert (await execute(court, first["plan_id"])).status_code == 202
    second = (await plan(court, request_id, key="p2")).json()
    assert (second["held_fen"], second["secured_fen"], second["uncovered_fen"]) == (5_000_000, 3_812_300, 187_700)


async def test_an_open_plan_of_another_case_reserves_what_it_names(court):
    mine = await answered(court, case=owing(8_000_000))
    assert (await plan(court, mine)).status_code == 201
    theirs = await answered(court, "k2", case=owing(8_000_000, case_no="（2026）粤5302执77号"))
    made = (await plan(court, theirs, key="p2")).json()
    assert (made["held_fen"], made["secured_fen"]) == (0, 812_300)
    court.clock.advance(hours=25)
    assert (await plan(court, theirs, key="p3")).json()["secured_fen"] == 8_000_000


async def test_a_new_plan_of_a_request_replaces_its_open_one(court):
    request_id = await answered(court, case=owing(8_000_000))
    first = (await plan(court, request_id)).json()
    second = (await plan(court, request_id, key="p2")).json()
    assert second["secured_fen"] == 8_000_000
    assert problem(await execute(court, first["plan_id"])) == (409, "plan_stale")
    assert (await execute(court, second["plan_id"], key="e2")).status_code == 202


async def test_a_plan_ends_with_its_hours(court):
    made = (await plan(court, await answered(court))).json()
    court.clock.advance(hours=25)
    assert (await court.get(f"/v1/control-plans/{made['plan_id']}")).json()["state"] == "expired"
    assert problem(await execute(court, made["plan_id"])) == (409, "plan_stale")


async def test_a_plan_whose_money_another_order_took_is_stale_and_says_which_line(court):
    request_id = await answered(court, case=owing(8_000_000))
    made = (await plan(court, request_id)).json()
    item = {"asset_id": made["lines"][0]["asset_id"], "measure": "freeze", "amount_fen": 5_000_000, "term_months": 12}
    court.clock.advance(seconds=1)
    ordered = await court.post(build.control_body(item, request_id=request_id), key="direct", path="/v1/controls")
    assert ordered.status_code == 202, ordered.text
    response = await execute(court, made["plan_id"])
    assert problem(response) == (409, "plan_stale")
    assert response.json()["errors"][0]["pointer"] == "/lines/0/asset_id"


async def test_the_documents_of_every_line_are_needed(court):
    made = (await plan(court, await answered(court))).json()
    assert problem(await execute(court, made["plan_id"], documents=[])) == (422, "control_refused")
    assert (await court.get(f"/v1/control-plans/{made['plan_id']}")).json()["state"] == "open"


async def test_a_plan_that_names_nothing_is_not_executed(court):
    request_id = (await court.submit())["request_id"]
    made = (await plan(court, request_id)).json()
    assert (made["lines"], made["uncovered_fen"]) == ([], 129_540_000)
    assert problem(await execute(court, made["plan_id"])) == (409, "plan_stale")


async def test_a_case_without_a_claim_needs_one(court):
    request_id = await answered(court, case={"case_no": "（2026）粤5302执1234号"})
    refused = await plan(court, request_id)
    assert problem(refused) == (422, "invalid_request")
    assert [one["code"] for one in refused.json()["errors"]] == ["claim_required"]


@pytest.mark.parametrize(("wrong", "code"), [
    ({"policy": {"tolerance": 2}}, "too_large"), ({"policy": {"order": ["gold"]}}, "bad_order"), ({"release_documents": []}, "document_missing"),
    ({"colour": 1}, "unknown_field"), ({"request_id": ""}, "empty"),
])
async def test_a_wrong_plan_is_refused(court, wrong, code):
    refused = await plan(court, wrong.pop("request_id", "01JD"), **wrong)
    assert problem(refused) == (422, "invalid_request")
    assert code in {one["code"] for one in refused.json()["errors"]}


async def test_a_judge_plans_and_a_clerk_reads(court):
    request_id = await answered(court)
    clerk, foreign = bearer("clerk"), bearer("judge", court_code="粤5303")
    assert problem(await court.post({"request_id": request_id}, path="/v1/control-plans", **clerk)) == (403, "not_permitted")
    assert problem(await court.post({"request_id": request_id}, path="/v1/control-plans", **foreign)) == (404, "not_found")
    made = (await plan(court, request_id, release_documents=RELEASE_DOCUMENTS, policy={"tolerance": 0.1})).json()
    assert (await court.get(f"/v1/control-plans/{made['plan_id']}", **clerk)).status_code == 200
    assert problem(await court.get(f"/v1/control-plans/{made['plan_id']}", **foreign)) == (404, "not_found")
    assert problem(await court.get("/v1/control-plans/nowhere")) == (404, "not_found")
    assert problem(await execute(court, "nowhere")) == (404, "not_found")
    assert problem(await execute(court, made["plan_id"], officer=build.officer(work_card_no="another"))) == (403, "officer_mismatch")


async def test_proposals_are_asked_for_by_request(court):
    request_id = await answered(court)
    found = await court.get(f"/v1/release-proposals?request_id={request_id}")
    assert (found.status_code, found.json()["items"]) == (200, [])
    assert (await court.get("/v1/release-proposals")).json()["items"] == []
    assert problem(await court.get("/v1/release-proposals?request_id=nowhere")) == (404, "not_found")


async def seal_a_house(court, key="k1", **other):
    """Let a request find a house besides, seal it, and let the registry confirm; the request."""
    request_id = (await court.submit(key, case=owing(150_000_000), **other))["request_id"]
    lines = (await court.status(request_id))["tasks"]
    house = next(one for one in lines if one["agency"] == "registry" and one["subject"] == 0)
    await court.answer([house], "found", assets=[build.found("real_estate")])
    await court.answer([one for one in lines if one is not house])
    report = (await court.get(f"/v1/requests/{request_id}/report")).json()
    (asset,) = [asset for subject in report["subjects"] for section in subject["sections"] for asset in section["assets"]]
    item = {"asset_id": asset["asset_id"], "measure": "seal", "term_months": 36}
    ordered = await court.post(build.control_body(item, request_id=request_id, documents=DOCUMENTS), key=f"c{key}", path="/v1/controls")
    await side.answer(court, ordered.json()["controls"][0]["control_id"], actual_fen=None, unfunded_fen=None, until_on="2029-11-21")
    return request_id


async def test_a_house_sealed_under_another_request_of_the_case_counts_at_its_worth(court):
    await seal_a_house(court)
    second = await answered(court, "k2", case=owing(150_000_000))
    made = (await plan(court, second)).json()
    assert (made["held_fen"], made["secured_fen"], made["uncovered_fen"]) == (100_000_000, 8_812_300, 41_187_700)


def shareholder(fen):
    return [{"kind": "person", "role": "added_debtor", "name": "陈伟", "id_type": "resident_id", "id_no": build.PERSON_ID, "liability_fen": fen},
            build.request_body()["subjects"][1]]


async def test_a_plan_counts_on_no_more_than_a_subject_is_liable_for(court):
    request_id = await answered(court, case=owing(8_000_000), subjects=shareholder(3_000_000))
    made = (await plan(court, request_id)).json()
    assert [(line["amount_fen"], line["reason"]["code"], line["reason"]["rule"]["id"]) for line in made["lines"]] == [(3_000_000, "liability_reached", "LIABLE-AMOUNT")]
    assert (await execute(court, made["plan_id"])).status_code == 202
    court.clock.advance(seconds=1)
    second = await answered(court, "k2", case=owing(8_000_000), subjects=shareholder(3_000_000))
    again = (await plan(court, second, key="p2")).json()
    assert (again["held_fen"], again["lines"], [one["reason"]["code"] for one in again["left_out"]]) == (3_000_000, [], ["liability_covered"])


async def test_an_order_beyond_what_a_subject_is_liable_for_is_refused_with_the_rule(court):
    request_id = await answered(court, subjects=shareholder(3_000_000))
    asset_id = (await plan(court, request_id)).json()["lines"][0]["asset_id"]
    item = {"asset_id": asset_id, "measure": "freeze", "amount_fen": 3_000_001, "term_months": 12}
    refused = await court.post(build.control_body(item, request_id=request_id), key="c", path="/v1/controls")
    assert problem(refused) == (422, "control_refused")
    assert (refused.json()["rule"]["id"], refused.json()["errors"][0]["code"]) == ("LIABLE-AMOUNT", "over_liability")


async def test_two_orders_take_no_more_of_a_subject_than_it_is_liable_for(court):
    request_id = await answered(court, subjects=shareholder(3_000_000))
    asset_id = (await plan(court, request_id)).json()["lines"][0]["asset_id"]
    body = build.control_body({"asset_id": asset_id, "measure": "freeze", "amount_fen": 2_000_000, "term_months": 12}, request_id=request_id)
    orders = await asyncio.gather(*(court.post(body, key=f"c{number}", path="/v1/controls") for number in range(3)))
    assert sorted(one.status_code for one in orders) == [202, 422, 422]
    refused = next(one for one in orders if one.status_code == 422)
    assert [(one["code"], one["expected"]) for one in refused.json()["errors"]] == [("over_liability", "≤ 1000000")]
    taken = next(key for key, one in enumerate(orders) if one.status_code == 202)
    again = await court.post(body, key=f"c{taken}", path="/v1/controls")
    assert (again.status_code, again.headers["idempotency-replayed"]) == (202, "true")
