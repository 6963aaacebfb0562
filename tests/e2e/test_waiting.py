"""Two courts, one account: the second waits, the first's measure ends, and the second court hears of it without asking."""

import json
from datetime import date

import pytest

from contracts.clock import china_date
from tests import control_side as side
from tests.controlling import Judge, asset_with, assets_of, freeze, seal
from tests.e2e.hearing import hearing

CHEN = {"id_no": "445302199001010013", "name": "陈伟"}
ICBC_ACCOUNT = "6222024530200012345"
MARKED_UNTIL = date(2029, 8, 2)


@pytest.fixture
def courts(mesh):
    return Judge(mesh), Judge(mesh, court="粤5381", officer="粤5381-0007", case_no="（2026）粤5381执77号")


def frozen(judge, amount_fen):
    report = judge.report_of(**CHEN, asset_types=["deposits"], agencies=["icbc"])
    (control_id,) = judge.ordered(report["request_id"], freeze(asset_with(report, account_no=ICBC_ACCOUNT), amount_fen))
    judge.answered(control_id)
    return report["request_id"], control_id


def told(judge, request_id):
    """Every `control` event of a request's stream."""
    body = judge.get(f"/v1/requests/{request_id}/events").text.replace("\r\n", "\n")
    blocks = [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line) for block in body.split("\n\n")]
    return [json.loads(one["data"]) for one in blocks if one.get("event") == "control"]


def test_a_court_that_waits_is_promoted_when_the_term_before_it_ends(courts, mesh):
    (_, ours), (request_id, theirs) = frozen(courts[0], 10_000_000), frozen(courts[1], 3_000_000)
    waiting, version = courts[1].control(theirs), courts[1].report(request_id)["version"]
    assert (waiting["state"], waiting["rank"], waiting["until_on"]) == ("waiting", 2, None)
    mesh.advance(days=366)
    assert courts[0].until(ours, lambda one: one["state"] == "expired")["events"][-1]["by"] in {"clock", "agency"}
    promoted = courts[1].until(theirs, lambda one: one["state"] == "in_force")
    assert (promoted["rank"], promoted["actual_fen"], promoted["unfunded_fen"]) == (1, 3_000_000, 0)
    (effect,) = [one for one in mesh.effects("icbc") if one["agency_control_no"] == promoted["agency_control_no"]]
    assert (effect["state"], effect["until_on"], effect["times_received"]) == ("in_force", promoted["until_on"], 1)
    assert (promoted["events"][-1]["kind"], promoted["events"][-1]["by"]) == ("confirmed", "agency")
    assert told(courts[1], request_id)[-1] == {"control_id": theirs, "state": "in_force", "pending": None}
    newest = courts[1].report(request_id)
    assert newest["version"] == version + 1
    assert newest["totals"]["secured_fen"] == 3_000_000


@pytest.mark.parametrize("thing", ["account", "house"])
def test_a_release_is_heard_by_the_court_that_waits_without_waiting_for_the_next_look(courts, mesh, thing):
    first, second = courts
    (_, ours), (_, theirs) = (frozen(one, 10_000_000) if thing == "account" else sealed(one) for one in courts)
    assert second.control(theirs)["state"] == "waiting"
    with hearing(first) as here, hearing(second) as there:
        body = side.release(officer=first.case()["officer"])
        assert first.post(f"/v1/controls/{ours}/releases", body).status_code == 202
        released_s, _ = here.until(lambda kind, data: kind == "control" and (data["control_id"], data["state"]) == (ours, "released"))
        promoted_s, data = there.until(lambda kind, data: kind == "control" and (data["control_id"], data["state"]) == (theirs, "in_force"))
    print(f"{thing}: promoted {promoted_s - released_s:.2f} s after the release was told")
    assert (data["case_no"], data["court_code"]) == (second.case_no, second.court)
    assert ours not in str(there.heard)
    assert promoted_s - released_s < 15  # 2 s on an idle machine; the next look by time would be half an hour away


def sealed(judge):
    report = judge.report_of(**CHEN, asset_types=["real_estate"], agencies=["yunfu-real-estate"])
    house = min(assets_of(report), key=lambda one: (one["record"].get("right_type") != "house", len(one["record"]["unit_code"]), one["record"]["unit_code"]))
    (control_id,) = judge.ordered(report["request_id"], seal(house))
    judge.answered(control_id)
    return report["request_id"], control_id


def happens(mesh, agency, **event):
    mesh.agencies.post(f"/admin/agencies/{agency}/events", json=event).raise_for_status()
    mesh.advance(minutes=31)


def test_money_that_comes_in_and_a_word_taken_back_are_told_without_a_new_request(courts, mesh):
    (_, ours), (_, theirs) = frozen(courts[0], 10_000_000), frozen(courts[1], 3_000_000)
    lacking = courts[0].control(ours)["unfunded_fen"]
    happens(mesh, "icbc", kind="inflow", key=ICBC_ACCOUNT, amount_fen=lacking + 1_000_000)
    assert courts[0].until(ours, lambda one: one["actual_fen"] == 10_000_000)["unfunded_fen"] == 0
    assert courts[1].until(theirs, lambda one: one["state"] == "in_force")["actual_fen"] == 1_000_000
    (effect,) = [one for one in mesh.effects("icbc") if one["actual_fen"] == 10_000_000]
    happens(mesh, "icbc", kind="reversed", request_no=effect["request_no"])
    assert courts[1].until(theirs, lambda one: one["actual_fen"] == 3_000_000)["rank"] == 1
    mesh.advance(days=1)
    assert courts[0].until(ours, lambda one: one["state"] == "reversed")["secured_fen"] == 0


def test_shares_are_frozen_marked_and_frozen_when_the_pledge_ends_without_a_new_request(courts, mesh):
    judge = courts[0]
    report = judge.report_of(**CHEN, asset_types=["securities"], agencies=["csdc"])
    pledged = asset_with(report, security_code="000977")
    (control_id,) = judge.ordered(
        report["request_id"], {"asset_id": pledged["asset_id"], "measure": "freeze", "quantity": 5_000, "term_months": 36})
    first = judge.answered(control_id)
    assert (first["state"], first["quantities"]) == ("partly_in_force", {"requested": 5_000, "frozen": 4_000, "marked": 0, "waiting": 1_000})
    mesh.advance(days=(MARKED_UNTIL - china_date(mesh.clock.now())).days + 2)  # the mark of another court, on all that is pledged
    marked = judge.until(control_id, lambda one: one["quantities"]["marked"] == 1_000)
    assert (marked["state"], marked["quantities"]["waiting"], marked["secured_fen"]) == ("partly_in_force", 0, first["secured_fen"])
    happens(mesh, "csdc", kind="pledge_released", key="0445302001/000977", quantity=1_000)
    after = judge.until(control_id, lambda one: one["state"] == "in_force")
    assert after["quantities"] == {"requested": 5_000, "frozen": 5_000, "marked": 0, "waiting": 0}
    assert after["secured_fen"] > first["secured_fen"]
    assert [one["times_received"] for one in mesh.effects("csdc")] == [1]
