"""The whole life of a measure over the whole path, one of each asset type; the agency's own ledger says the same at every step."""

from datetime import date

import pytest

from gateway.domain.deadlines import corresponding_day
from tests import builders as build
from tests import control_side as side
from tests.controlling import Judge, assets_of

CHEN = {"id_no": "445302199001010013", "name": "陈伟"}
AGENCIES = {"real_estate": "yunfu-real-estate", "vehicles": "yunfu-vehicle-office", "equity": "gd-market-regulation", "deposits": "icbc",
            "securities": "csdc", "provident_fund": "yunfu-provident-fund"}
SEAL_PAPERS, PUBLICITY = ("ruling", "assist_execution_notice"), ("ruling", "assist_publicity_notice")
COMPARED = ("state", "rank", "until_on", "actual_fen", "agency_control_no")


@pytest.fixture
def judge(mesh):
    return Judge(mesh)


def controlled(judge, asset_type, item, papers):
    """Order a measure on the asset that others hold least, and return what stands."""
    report = judge.report_of(**CHEN, asset_types=[asset_type], agencies=[AGENCIES[asset_type]])
    registered = [one for one in assets_of(report) if one["record"].get("right_type", "house") == "house"]
    freest = min(registered, key=burden)
    asked = item(freest["record"])
    (control_id,) = judge.ordered(report["request_id"], {"asset_id": freest["asset_id"], "term_months": 6, **asked}, papers=papers)
    return agreed(judge, asset_type, judge.answered(control_id), asked["measure"])


def burden(asset):
    return len(asset["prior_measures"]) + len(asset["priority_rights"]) + len(asset["record"].get("pledges", ()))


def agreed(judge, asset_type, control, measure):
    """Compare a control with the ledger's own word on its measure."""
    effects = judge.mesh.effects(AGENCIES[asset_type])
    (effect,) = [one for one in effects if one["action"] == measure]
    said = {name: control[name] for name in COMPARED}
    if effect["actual_fen"] is None or control["actual_fen"] is None:
        said["actual_fen"] = effect["actual_fen"]
    expected = {name: effect[name] for name in COMPARED}
    if effect["state"] in ("released", "deducted", "transferred"):
        for name in ("until_on", "rank", "actual_fen"):
            said[name] = expected[name]
    assert said == expected
    return control


def step(judge, control, path, body):
    answer = judge.post(f"/v1/controls/{control['control_id']}/{path}", {**body, "officer": judge.case()["officer"]})
    assert answer.status_code == 202, answer.text
    after = judge.answered(control["control_id"])
    assert (after["in_doubt"], after["code"]) == (False, None), after
    return after


def renewed(judge, control, papers):
    after = step(judge, control, "renewals", side.renewal(documents=[build.document(kind) for kind in papers], term_months=6))
    assert after["until_on"] == str(corresponding_day(date.fromisoformat(control["until_on"]), 6)[0])
    assert after["rank"] == control["rank"] == 1
    return after


@pytest.mark.parametrize(("asset_type", "condition"), [("deposits", {}), ("provident_fund", {"withdrawal_condition": "retirement"})])
def test_money_is_frozen_renewed_released_in_part_and_deducted(judge, asset_type, condition):
    papers = ("ruling", "assist_freeze_notice")
    control = controlled(judge, asset_type, lambda _: {"measure": "freeze", "amount_fen": 500_000}, papers)
    control = agreed(judge, asset_type, renewed(judge, control, papers), "freeze")
    control = agreed(judge, asset_type, step(judge, control, "releases", side.release(amount_fen=100_000)), "freeze")
    assert control["actual_fen"] == 400_000
    control = agreed(judge, asset_type, step(judge, control, "deductions", side.deduction(150_000, **condition)), "freeze")
    assert (control["state"], control["actual_fen"], control["deducted_fen"]) == ("in_force", 250_000, 150_000)
    control = agreed(judge, asset_type, step(judge, control, "deductions", side.deduction(250_000, **condition)), "freeze")
    assert (control["state"], control["deducted_fen"]) == ("deducted", 400_000)


@pytest.mark.parametrize(("asset_type", "condition"), [("deposits", {}), ("provident_fund", {"withdrawal_condition": "retirement"})])
def test_money_goes_to_the_account_of_the_case_at_once(judge, asset_type, condition):
    item = {"measure": "freeze_and_deduct", "amount_fen": 10_000, "case_funds_account": side.FUNDS, **condition}
    control = controlled(judge, asset_type, lambda _: item, ("deduct_ruling", "assist_deduct_notice"))
    assert (control["state"], control["deducted_fen"]) == ("deducted", 10_000)


@pytest.mark.parametrize("asset_type", ["real_estate", "vehicles"])
def test_a_thing_is_sealed_renewed_and_transferred(judge, asset_type):
    control = controlled(judge, asset_type, lambda _: {"measure": "seal"}, SEAL_PAPERS)
    control = agreed(judge, asset_type, renewed(judge, control, SEAL_PAPERS), "seal")
    control = agreed(judge, asset_type, step(judge, control, "transfers", side.transfer()), "seal")
    assert control["state"] == "transferred"


def test_equity_is_frozen_renewed_and_transferred(judge):
    control = controlled(judge, "equity", lambda record: {"measure": "freeze", "capital_fen": record["subscribed_capital_fen"]}, PUBLICITY)
    control = agreed(judge, "equity", renewed(judge, control, PUBLICITY), "freeze")
    assert step(judge, control, "transfers", side.transfer())["state"] == "transferred"


def test_securities_are_frozen_renewed_and_released_in_part(judge):
    papers = ("ruling", "assist_freeze_notice")
    control = controlled(judge, "securities", lambda record: {"measure": "freeze", "quantity": min(100, record["available_quantity"])}, papers)
    held = control["actual_quantity"]
    control = agreed(judge, "securities", renewed(judge, control, papers), "freeze")
    control = agreed(judge, "securities", step(judge, control, "releases", side.release(quantity=held // 2)), "freeze")
    assert (control["state"], control["actual_quantity"]) == ("in_force", held - held // 2)
    assert step(judge, control, "releases", side.release())["state"] == "released"


def test_a_release_ordered_during_a_deduction_goes_out_after_it(judge):
    papers = ("ruling", "assist_freeze_notice")
    control = controlled(judge, "deposits", lambda _: {"measure": "freeze", "amount_fen": 300_000}, papers)
    officer = judge.case()["officer"]
    path = f"/v1/controls/{control['control_id']}"
    judge.mesh.faults("icbc", "late", after_s=1.5)
    assert judge.post(f"{path}/deductions", side.deduction(100_000, officer=officer)).json()["pending"] == "deduct"
    assert judge.post(f"{path}/releases", side.release(officer=officer)).json()["held"] == "release"
    judge.mesh.faults("icbc")
    after = judge.until(control["control_id"], lambda one: one["state"] == "released", 30)
    assert (after["deducted_fen"], after["held"]) == (100_000, None)
    assert [one["action"] for one in judge.mesh.effects("icbc")] == ["freeze", "deduct", "release"]
