"""The steps on a live control through the whole edge, on PostgreSQL; the agency's answers come through the aggregator."""

import asyncio

import pytest

from gateway.api import answers
from tests import builders as build
from tests import control_side as side
from tests.court_side import OTHER_COURT, bearer, problem

LETTER = build.document("transfer_letter", document_no="（2026）粤5302执1234号之三")


def rule_of(response):
    return response.json().get("rule", {}).get("id")


async def test_a_renewal_is_asked_for_from_the_old_end_and_keeps_the_rank(court):
    control_id = await side.in_force(court)
    response = await side.step(court, control_id, "renewals", side.renewal())
    assert response.status_code == 202
    taken = answers.ControlStatus.model_validate_json(response.content)
    assert (taken.state, taken.pending, str(taken.until_on)) == ("in_force", "renew", "2027-11-21")
    first, asked = await side.tasks(court, control_id)
    order = asked["command"]["control"]
    assert (order["until_on"], order["original_request_no"], order["agency_control_no"]) == ("2028-11-21", first["command"]["request_no"], "F1")
    assert order["original_case_no"] == "（2026）粤5302执1234号"
    await side.answer(court, control_id, until_on="2028-11-21")
    renewed = await side.control(court, control_id)
    assert (renewed["state"], renewed["pending"], renewed["until_on"], renewed["rank"]) == ("in_force", None, "2028-11-21", 1)
    assert [one["kind"] for one in renewed["events"]] == ["ordered", "confirmed", "sent", "renewed"]


async def test_a_step_is_taken_once_and_answered_alike(court):
    control_id = await side.in_force(court)
    first, second = await asyncio.gather(*(side.step(court, control_id, "renewals", side.renewal()) for _ in range(2)))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert first.headers["etag"] == second.headers["etag"]
    assert {first.headers.get("idempotency-replayed"), second.headers.get("idempotency-replayed")} == {None, "true"}
    assert len(await side.tasks(court, control_id)) == 2
    assert ("control.renew", control_id, "accepted") in await court.audit()
    reused = await side.step(court, control_id, "renewals", side.renewal(term_months=6))
    assert problem(reused) == (422, "idempotency_key_reused")


async def test_if_match_refuses_who_saw_an_older_control(court):
    control_id = await side.in_force(court)
    tag = (await court.get(f"/v1/controls/{control_id}")).headers["etag"]
    refused = await side.step(court, control_id, "renewals", side.renewal(), If_Match='"other"')
    assert problem(refused) == (412, "precondition_failed")
    taken = await side.step(court, control_id, "renewals", side.renewal(), If_Match=tag)
    assert taken.status_code == 202
    assert taken.headers["etag"] == (await court.get(f"/v1/controls/{control_id}")).headers["etag"] != tag
    assert (await side.step(court, control_id, "renewals", side.renewal(), "s2", If_Match="*")).status_code == 422


@pytest.mark.parametrize(("path", "body", "code", "rule"), [
    ("renewals", side.renewal(term_months=13), "term_over_cap", "DUR-DEP"),
    ("deductions", side.deduction(5_000_001), "over_frozen", "DEDUCT-LIMIT"),
    ("releases", side.release(amount_fen=5_000_001), "over_frozen", "DEDUCT-LIMIT"),
    ("transfers", side.transfer(), "step_not_for_asset_type", None),
    ("conversions", side.conversion(), "not_convertible", "PRESERVE-CONV"),
    ("releases", side.release(documents=side.FREEZE), "document_missing", "DOC-MATRIX"),
])
async def test_an_unlawful_step_is_refused_before_any_agency_is_asked(court, path, body, code, rule):
    control_id = await side.in_force(court)
    response = await side.step(court, control_id, path, body)
    assert problem(response) == (422, "control_refused")
    assert (response.json()["errors"][0]["code"], rule_of(response)) == (code, rule)
    assert len(await side.tasks(court, control_id)) == 1
    assert (await side.control(court, control_id))["pending"] is None


async def test_renewal_after_expiry_is_refused(court):
    control_id = await side.in_force(court)
    court.clock.advance(days=366)
    for key in ("before the schedule looks", "after"):
        response = await side.step(court, control_id, "renewals", side.renewal(), key)
        assert (problem(response), rule_of(response)) == ((422, "control_refused"), "RENEW-BEFORE")
        await side.tick(court)


async def test_a_deduction_leaves_the_rest_and_a_release_ends_it(court):
    control_id = await side.in_force(court)
    await side.step(court, control_id, "deductions", side.deduction(2_000_000))
    await side.answer(court, control_id, actual_fen=3_000_000, deducted_fen=2_000_000)
    left = await side.control(court, control_id)
    assert (left["state"], left["actual_fen"], left["deducted_fen"]) == ("in_force", 3_000_000, 2_000_000)
    assert problem(await side.step(court, control_id, "deductions", side.deduction(3_000_001), "s2"))[0] == 422
    await side.step(court, control_id, "releases", side.release(amount_fen=1_000_000), "s3")
    await side.answer(court, control_id, actual_fen=2_000_000)
    await side.step(court, control_id, "releases", side.release(), "s4")
    await side.answer(court, control_id, state="released", actual_fen=None, until_on=None, rank=None)
    assert (await side.control(court, control_id))["state"] == "released"


async def test_a_release_is_held_while_a_deduction_is_pending_and_sent_after_it(court):
    control_id = await side.in_force(court)
    await side.step(court, control_id, "deductions", side.deduction(2_000_000))
    held = await side.step(court, control_id, "releases", side.release(amount_fen=3_000_000), "s2")
    assert (held.status_code, held.json()["pending"], held.json()["held"]) == (202, "deduct", "release")
    await side.tick(court)
    assert [one["action"] for one in await side.tasks(court, control_id)] == ["freeze", "deduct"]
    await side.answer(court, control_id, actual_fen=3_000_000, deducted_fen=2_000_000)
    await side.tick(court)
    sent = (await side.tasks(court, control_id))[-1]
    assert (sent["action"], "amount_fen" in sent["command"]["control"]) == ("release", False)
    now = await side.control(court, control_id)
    assert (now["pending"], now["held"]) == ("release", None)
    await side.tick(court)
    assert len(await side.tasks(court, control_id)) == 3


async def test_a_held_release_is_needed_no_more_when_everything_was_deducted(court):
    control_id = await side.in_force(court)
    await side.step(court, control_id, "deductions", side.deduction(5_000_000))
    await side.step(court, control_id, "releases", side.release(), "s2")
    await side.answer(court, control_id, state="deducted", actual_fen=0, deducted_fen=5_000_000, until_on=None, rank=None)
    await side.tick(court)
    assert [one["action"] for one in await side.tasks(court, control_id)] == ["freeze", "deduct"]
    assert (await side.control(court, control_id))["held"] is None
    assert await court.rows("SELECT * FROM held_steps") == []


async def test_a_release_follows_a_measure_that_is_still_to_be_answered(court):
    control_id = await side.ordered(court)
    await side.send(court)
    held = await side.step(court, control_id, "releases", side.release())
    assert (held.json()["state"], held.json()["pending"], held.json()["held"]) == ("requested", "freeze", "release")
    await side.answer(court, control_id)
    await side.tick(court)
    assert (await side.control(court, control_id))["pending"] == "release"


async def test_a_waiting_measure_is_released_by_its_serial(court):
    control_id = await side.in_force(court, state="waiting", rank=2, waiting_serial="7", until_on=None, actual_fen=0, effective_at=None)
    assert (await side.step(court, control_id, "releases", side.release())).status_code == 202
    assert (await side.tasks(court, control_id))[-1]["command"]["control"]["waiting_serial"] == "7"


async def test_preservation_becomes_enforcement_and_nobody_is_asked(court):
    control_id = await side.in_force(court, case_no="（2026）粤5302执保9号")
    refused = await side.step(court, control_id, "deductions", side.deduction())
    assert (refused.json()["errors"][0]["code"], rule_of(refused)) == ("not_deductible", "DEDUCT-PRESERVATION")
    converted = await side.step(court, control_id, "conversions", side.conversion(), "s2")
    assert converted.status_code == 202, converted.text
    found = converted.json()
    assert (found["case_no"], found["original_case_no"], found["rank"], found["until_on"]) == (
        "（2026）粤5302执77号", "（2026）粤5302执保9号", 1, "2027-11-21")
    assert len(await side.tasks(court, control_id)) == 1
    assert (await side.step(court, control_id, "deductions", side.deduction(), "s3")).status_code == 202
    command = (await side.tasks(court, control_id))[-1]["command"]
    assert (command["case"]["case_no"], command["control"]["original_case_no"]) == ("（2026）粤5302执77号", "（2026）粤5302执保9号")


async def test_another_courts_control_is_not_there_but_a_superior_court_may_release(court):
    control_id = await side.in_force(court)
    sub = "粤5303-0001"
    other = bearer("judge", court_code=OTHER_COURT, sub=sub)
    officer = build.officer(work_card_no=sub)
    for number, body in enumerate((side.release(officer=officer), side.release(officer=officer, documents=[*side.RELEASE, LETTER]))):
        foreign = await side.step(court, control_id, "releases", body, f"o{number}", **other)
        nobodys = await side.step(court, "01NOTHERE0000000000000000", "releases", body, f"n{number}", **other)
        assert problem(foreign) == problem(nobodys) == (404, "not_found")
        assert foreign.json() | {"trace_id": ""} == nobodys.json() | {"trace_id": ""}
        assert rule_of(foreign) == "RELEASE-BY"
    superior = bearer("judge", court_code="粤53", sub=sub)
    assert problem(await side.step(court, control_id, "deductions", side.deduction(officer=officer), "u1", **superior)) == (404, "not_found")
    released = await side.step(court, control_id, "releases", side.release(officer=officer), "u2", **superior)
    assert (released.status_code, released.json()["pending"]) == (202, "release")
    command = (await side.tasks(court, control_id))[-1]["command"]
    assert (command["case"]["court_code"], command["officer"]["work_card_no"]) == ("粤53", sub)
    assert [one["detail"].get("court_code") for one in released.json()["events"]] == [None, None, "粤53"]


async def test_the_court_that_holds_the_transfer_letter_may_dispose(court):
    control_id = await side.in_force(court)
    sub = "粤5303-0001"
    other = bearer("judge", court_code=OTHER_COURT, sub=sub)
    upload = await court.client.post("/v1/documents", content=b"%PDF-1.4 letter", headers={"Content-Type": "application/pdf", **other})
    letter = {**LETTER, "document_id": upload.json()["document_id"]}
    body = side.deduction(officer=build.officer(work_card_no=sub), documents=[*side.DEDUCT, letter])
    taken = await side.step(court, control_id, "deductions", body, **other)
    assert (taken.status_code, taken.json()["pending"]) == (202, "deduct")


async def test_only_a_judge_and_only_in_his_own_name(court):
    control_id = await side.in_force(court)
    assert problem(await side.step(court, control_id, "renewals", side.renewal(), **bearer("clerk"))) == (403, "not_permitted")
    body = side.renewal(officer=build.officer(work_card_no="粤5302-9999"))
    assert problem(await side.step(court, control_id, "renewals", body)) == (403, "officer_mismatch")
    body = side.conversion("（2026）粤5303执77号")
    assert problem(await side.step(court, control_id, "conversions", body)) == (403, "court_mismatch")
    assert problem(await side.step(court, "01NOTHERE0000000000000000", "renewals", side.renewal())) == (404, "not_found")
