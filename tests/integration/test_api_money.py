"""Money that moves, and whole accounts, through the whole edge: what is refused, and what the agency is told."""

import asyncio

import pytest

from tests import builders as build
from tests import control_side as side
from tests.court_side import bearer, problem, running

PRESERVATION = "（2026）粤5302执保9号"


async def post(court, item, documents, key="c1", case_no="（2026）粤5302执1234号"):
    """Ask about the subject of a new request and order a measure on the account that is found."""
    case = {"case_no": case_no, "cause": "民间借贷纠纷", "claim": build.claim()}
    request_id = (await court.submit(f"r-{key}", case=case))["request_id"]
    await court.answer_all(request_id)
    report = (await court.get(f"/v1/requests/{request_id}/report")).json()
    (asset,) = [asset for subject in report["subjects"] for section in subject["sections"] for asset in section["assets"]]
    body = build.control_body(build.control_item(asset_id=asset["asset_id"], **item), request_id=request_id, documents=documents)
    return await court.post(body, key=key, path="/v1/controls")


async def test_money_is_moved_at_once_only_to_the_account_of_the_case(court):
    item = {"measure": "freeze_and_deduct", "term_months": None}
    refused = await post(court, item, side.DEDUCT)
    assert problem(refused) == (422, "control_refused")
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/items/0/case_funds_account", "account_required")]
    assert refused.json()["rule"]["id"] == "CASE-FUNDS"
    taken = await post(court, {**item, "case_funds_account": side.FUNDS}, side.DEDUCT, "c2")
    assert taken.status_code == 202, taken.text
    (task,) = await side.tasks(court, taken.json()["controls"][0]["control_id"])
    assert (task["action"], task["command"]["control"]["case_funds_account"]) == ("freeze_and_deduct", side.FUNDS)


async def test_a_deduction_tells_the_agency_where_the_money_goes(court):
    control_id = await side.in_force(court)
    refused = await side.step(court, control_id, "deductions", side.deduction(case_funds_account=None))
    assert (problem(refused), refused.json()["rule"]["id"]) == ((422, "control_refused"), "CASE-FUNDS")
    assert (await side.step(court, control_id, "deductions", side.deduction(), "s2")).status_code == 202
    assert (await side.tasks(court, control_id))[-1]["command"]["control"]["case_funds_account"] == side.FUNDS


@pytest.mark.parametrize("item", [{"case_funds_account": {"bank": "工行"}}, {"case_funds_account": "800100200"}, {"withdrawal_condition": 7}])
async def test_a_body_that_says_half_of_it_is_not_read(court, item):
    assert problem(await post(court, item, side.FREEZE)) == (422, "invalid_request")


async def test_no_money_is_moved_in_a_preservation_case(court):
    item = {"measure": "freeze_and_deduct", "case_funds_account": side.FUNDS}
    refused = await post(court, item, side.DEDUCT, case_no=PRESERVATION)
    assert (problem(refused), refused.json()["rule"]["id"]) == ((422, "control_refused"), "DEDUCT-PRESERVATION")


async def test_a_whole_account_is_frozen_where_the_courts_own_row_says_so(store):
    async with running(store, overrides=build.overrides("LIMIT-WHOLE", asset_types=["deposits"])) as court:
        taken = await post(court, {"amount_fen": None}, side.FREEZE)
        assert taken.status_code == 202, taken.text
        control_id = taken.json()["controls"][0]["control_id"]
        (task,) = await side.tasks(court, control_id)
        assert task["command"]["control"].get("amount_fen") is None
        await side.answer(court, control_id, actual_fen=8_812_300, unfunded_fen=None)
        held = await side.control(court, control_id)
        assert (held["state"], held["requested_fen"], held["actual_fen"], held["secured_fen"]) == ("in_force", None, 8_812_300, 8_812_300)


async def test_and_nowhere_else(court):
    refused = await post(court, {"amount_fen": None}, side.FREEZE)
    assert (problem(refused), refused.json()["rule"]["id"]) == ((422, "control_refused"), "LIMIT-ACC")


async def test_a_deduction_is_judged_by_what_is_known_of_the_account_by_now(court):
    request_id = (await court.submit("r1"))["request_id"]
    clue = {"agency": "icbc", "key": build.RECORDS["deposits"]["account_no"], "subject": 0, "measure": "freeze", "amount_fen": 5_000_000}
    ordered = await court.post(build.control_body({**clue, "term_months": 12}, request_id=request_id), key="c1", path="/v1/controls")
    assert ordered.status_code == 202, ordered.text
    control_id = ordered.json()["controls"][0]["control_id"]
    await side.answer(court, control_id)
    (line,) = [one for one in (await court.status(request_id))["tasks"] if (one["agency"], one["subject"]) == ("icbc", 0)]
    await court.answer([line], "found", assets=[build.found(account_class="acceptance_margin")])
    refused = await side.step(court, control_id, "deductions", side.deduction())
    assert (problem(refused), refused.json()["rule"]["id"]) == ((422, "control_refused"), "SEC-MARGIN")


async def test_no_more_is_deducted_than_the_case_is_still_owed(court):
    case = {"case_no": "（2026）粤5302执1234号", "cause": "民间借贷纠纷", "claim": {"principal_fen": 3_000_000, "as_of_on": "2026-11-22"}}
    request_id = (await court.submit("r1", case=case))["request_id"]
    await court.answer_all(request_id)
    plan = (await court.post({"request_id": request_id}, key="p1", path="/v1/control-plans")).json()
    item = build.control_item(asset_id=plan["lines"][0]["asset_id"], amount_fen=5_000_000)
    control_id = (await court.post(build.control_body(item, request_id=request_id), key="c1", path="/v1/controls")).json()["controls"][0]["control_id"]
    await side.answer(court, control_id)
    court.clock.advance(minutes=1)
    refused = await side.step(court, control_id, "deductions", side.deduction(3_000_001))
    assert (problem(refused), refused.json()["errors"][0]["code"], refused.json()["rule"]["id"]) == ((422, "control_refused"), "over_claim", "DEDUCT-LIMIT")
    assert (await side.step(court, control_id, "deductions", side.deduction(2_000_000), "s2")).status_code == 202
    await side.answer(court, control_id, actual_fen=3_000_000, deducted_fen=2_000_000)
    again = await side.step(court, control_id, "deductions", side.deduction(1_000_001), "s3")
    assert [(one["code"], one["expected"]) for one in again.json()["errors"]] == [("over_claim", "≤ 1000000")]
    at_once = build.control_item(asset_id=item["asset_id"], measure="freeze_and_deduct", amount_fen=1_000_001, term_months=None, case_funds_account=side.FUNDS)
    refused = await court.post(build.control_body(at_once, request_id=request_id, documents=side.DEDUCT), key="c2", path="/v1/controls")
    assert [one["code"] for one in refused.json()["errors"]] == ["over_claim"]
    made = (await court.post({"request_id": request_id}, key="p2", path="/v1/control-plans")).json()
    assert (made["claim_fen"], made["held_fen"], made["lines"]) == (1_000_000, 3_000_000, [])


async def test_what_is_being_deducted_is_not_asked_for_again(court):
    case = {"case_no": "（2026）粤5302执1234号", "cause": "民间借贷纠纷", "claim": {"principal_fen": 3_000_000, "as_of_on": "2026-11-22"}}
    request_id = (await court.submit("r1", case=case))["request_id"]
    await court.answer_all(request_id)
    plan = (await court.post({"request_id": request_id}, key="p1", path="/v1/control-plans")).json()
    item = build.control_item(asset_id=plan["lines"][0]["asset_id"], amount_fen=2_500_000)
    ordered = [(await court.post(build.control_body(item, request_id=request_id), key=key, path="/v1/controls")).json() for key in ("c1", "c2")]
    first, second = (one["controls"][0]["control_id"] for one in ordered)
    for control_id in (first, second):
        await side.answer(court, control_id, actual_fen=2_500_000)
    at_once = await asyncio.gather(*(side.step(court, control_id, "deductions", side.deduction(2_000_000), f"d-{control_id}")
                                     for control_id in (first, second)))
    assert sorted(one.status_code for one in at_once) == [202, 422]
    (refused,) = [one for one in at_once if one.status_code == 422]
    assert [(one["code"], one["expected"], one["rule"]["id"]) for one in refused.json()["errors"]] == [("over_claim", "≤ 1000000", "DEDUCT-LIMIT")]
    taken = first if at_once[0].status_code == 202 else second
    court.clock.advance(days=30)
    court.client.headers.update(bearer("judge", exp=2_000_000_000))
    await side.tick(court)
    assert (await side.control(court, taken))["in_doubt"]
    more = build.control_item(asset_id=item["asset_id"], measure="freeze_and_deduct", amount_fen=1_000_001, term_months=None, case_funds_account=side.FUNDS)
    doubted = await court.post(build.control_body(more, request_id=request_id, documents=side.DEDUCT), key="c3", path="/v1/controls")
    assert [one["expected"] for one in doubted.json()["errors"]] == ["≤ 1000000"]


OWED = {"principal_fen": 3_000_000, "as_of_on": "2026-11-22"}


async def frozen(court, key="c1", case_no="（2026）粤5302执1234号", claim=OWED, **said):
    """Freeze the account of a new request of a case, and return the request and the control."""
    request_id = (await court.submit(f"r-{key}", case={"case_no": case_no, "cause": "民间借贷纠纷", "claim": claim}))["request_id"]
    await court.answer_all(request_id)
    report = (await court.get(f"/v1/requests/{request_id}/report")).json()
    (asset,) = [asset for subject in report["subjects"] for section in subject["sections"] for asset in section["assets"]]
    order = build.control_body(build.control_item(asset_id=asset["asset_id"]), request_id=request_id)
    control_id = (await court.post(order, key=key, path="/v1/controls")).json()["controls"][0]["control_id"]
    await side.answer(court, control_id, **said)
    court.clock.advance(minutes=1)
    return request_id, control_id


def over(refused):
    return [(one["code"], one["expected"]) for one in refused.json()["errors"]]


async def test_a_deduction_that_is_under_way_when_the_term_ends_is_heard_and_counted(court):
    _, control_id = await frozen(court, until_on="2026-11-22")
    assert (await side.step(court, control_id, "deductions", side.deduction(2_000_000))).status_code == 202
    court.clock.advance(days=1)
    court.client.headers.update(bearer("judge", exp=2_000_000_000))
    await side.tick(court)
    pending = await side.control(court, control_id)
    assert (pending["state"], pending["pending"]) == ("in_force", "deduct")
    await side.answer(court, control_id, actual_fen=3_000_000, deducted_fen=2_000_000, until_on="2026-11-22")
    await side.tick(court)
    ended = await side.control(court, control_id)
    assert (ended["state"], ended["deducted_fen"]) == ("expired", 2_000_000)
    _, again = await frozen(court, "c2")
    assert over(await side.step(court, again, "deductions", side.deduction(1_000_001), "s2")) == [("over_claim", "≤ 1000000")]


async def test_a_renewal_that_was_asked_in_time_stands_though_it_is_answered_after_the_end(court):
    _, control_id = await frozen(court, until_on="2026-11-22")
    assert (await side.step(court, control_id, "renewals", side.renewal())).status_code == 202
    court.clock.advance(days=2)
    court.client.headers.update(bearer("judge", exp=2_000_000_000))
    await side.tick(court)
    assert (await side.control(court, control_id))["state"] == "in_force"
    await side.answer(court, control_id, until_on="2027-11-22", rank=1)
    await side.tick(court)
    renewed = await side.control(court, control_id)
    assert (renewed["state"], renewed["pending"], renewed["until_on"], renewed["secured_fen"]) == ("in_force", None, "2027-11-22", 5_000_000)


@pytest.mark.parametrize(("stated", "most"), [({}, 3_000_000), ({"claim": {"principal_fen": 1_000_000, "as_of_on": "2026-11-22"}}, 1_000_000)])
async def test_a_case_that_a_measure_was_converted_into_owes_what_is_stated_there_or_what_it_was_ordered_for(court, stated, most):
    _, control_id = await frozen(court, case_no=PRESERVATION)
    converted = await side.step(court, control_id, "conversions", side.conversion(case={"case_no": "（2026）粤5302执88号", **stated}))
    assert converted.status_code == 202, converted.text
    assert over(await side.step(court, control_id, "deductions", side.deduction(most + 1), "s2")) == [("over_claim", f"≤ {most}")]
    assert (await side.step(court, control_id, "deductions", side.deduction(most), "s3")).status_code == 202


async def test_a_claim_stated_anew_does_not_forget_what_was_deducted_for_the_case(court):
    _request_id, control_id = await frozen(court)
    assert (await side.step(court, control_id, "deductions", side.deduction(2_000_000))).status_code == 202
    await side.answer(court, control_id, actual_fen=3_000_000, deducted_fen=2_000_000)
    court.clock.advance(minutes=1)
    await court.submit("again", case={"case_no": "（2026）粤5302执1234号", "cause": "民间借贷纠纷", "claim": {**OWED, "as_of_on": "2026-11-21"}})
    court.clock.advance(minutes=1)
    assert over(await side.step(court, control_id, "deductions", side.deduction(1_000_001), "s2")) == [("over_claim", "≤ 1000000")]
    counted = {**OWED, "paid_fen": 2_000_000}
    await court.submit("counted", case={"case_no": "（2026）粤5302执1234号", "cause": "民间借贷纠纷", "claim": counted})
    court.clock.advance(minutes=1)
    assert over(await side.step(court, control_id, "deductions", side.deduction(1_000_001), "s3")) == [("over_claim", "≤ 1000000")]
