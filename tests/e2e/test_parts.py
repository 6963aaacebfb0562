"""A wealth product and the account it pays back to, over the whole path: a bank that takes both, and one that can take the account only."""

import pytest

from tests import control_side as side
from tests.controlling import Judge, asset_with, assets_of, freeze, problem_of
from tests.running import AGENCIES, running_mesh

CHEN = {"id_no": "445302199001010013", "name": "陈伟"}
STONE = {"id_no": "91445300MA4UN0001B", "name": "云浮市新成石材有限公司", "kind": "organisation"}


@pytest.fixture(scope="module")
def mesh(server_dir, module_database):
    with running_mesh(server_dir / "wealth", DATABASE_URL=module_database, CHAKONG_AGENCIES=str(AGENCIES.with_name("agencies-wealth.yaml"))) as mesh:
        yield mesh


@pytest.fixture
def judge(mesh):
    return Judge(mesh)


def test_what_agencies_keep_beside_the_six_is_asked_for_by_default(mesh):
    status = mesh.status(mesh.submit(subjects=[{"kind": "person", "id_type": "resident_id", **CHEN}]))
    assert {one["agency"] for one in status["tasks"] if one["asset_type"] == "wealth_products"} == {"icbc-wealth", "ccb-wealth", "cmb-wealth"}


def parts(control):
    return [(one["part"], one["state"], one["actual_fen"]) for one in control["parts"]]


def test_both_are_frozen_renewed_and_released_together(judge, mesh):
    report = judge.report_of(**CHEN, asset_types=["wealth_products"])
    (product,) = assets_of(report)
    assert (product["value_fen"], product["record"]["sale_channel"]) == (8_000_000, "own")
    over_cap = problem_of(judge.order(report["request_id"], freeze(product, 5_000_000, 37)))
    assert (over_cap["rule"]["id"], over_cap["errors"][0]["rule"]["id"], over_cap["errors"][0]["expected"]) == ("DUR-IMM", "DUR-IMM", "≤ 36")
    (control_id,) = judge.ordered(report["request_id"], freeze(product, 5_000_000, 36))
    held = judge.answered(control_id)
    assert (held["state"], held["actual_fen"], held["secured_fen"]) == ("in_force", 5_000_000, 5_000_000)
    assert parts(held) == [("product", "in_force", 5_000_000), ("return_account", "in_force", 0)]
    officer = judge.case()["officer"]
    deduction = problem_of(judge.post(f"/v1/controls/{control_id}/deductions", side.deduction(officer=officer)))
    assert deduction["code"] == "control_refused"
    assert judge.post(f"/v1/controls/{control_id}/renewals", side.renewal(officer=officer)).status_code == 202
    renewed = judge.answered(control_id)
    assert (renewed["rank"], renewed["until_on"] > held["until_on"], parts(renewed)) == (1, True, parts(held))
    assert judge.post(f"/v1/controls/{control_id}/releases", side.release(officer=officer)).status_code == 202
    assert (judge.answered(control_id)["state"], judge.control(control_id)["parts"]) == ("released", [])
    assert {one["state"] for one in mesh.effects("icbc-wealth") if one["action"] == "freeze"} == {"released"}


def test_of_what_is_registered_elsewhere_only_the_account_is_frozen_and_what_it_pays_back_is_secured(judge, mesh):
    report = judge.report_of(**STONE, asset_types=["wealth_products"])
    fund = asset_with(report, sale_channel="agency_sold")
    assert (fund["value_fen"], fund["controllable_fen"]) == (30_000_000, 0)
    (control_id,) = judge.ordered(report["request_id"], freeze(fund, 5_000_000, 36))
    held = judge.answered(control_id, 40)
    assert (held["state"], held["actual_fen"], held["unfunded_fen"], held["secured_fen"]) == ("partly_in_force", 0, 5_000_000, 0)
    assert parts(held) == [("product", "refused", None), ("return_account", "in_force", 0)]
    assert "代销" in held["parts"][0]["detail"]
    page = judge.mesh.client.get(f"/v1/requests/{report['request_id']}/report", headers={**mesh.headers(), "Accept": "text/html"}).text
    assert "产品：" in page
    assert "未控制（不支持该控制措施）" in page
    key = f"{fund['record']['wealth_account']}/{fund['record']['product_code']}"
    mesh.agencies.post("/admin/agencies/cmb-wealth/events", json={"kind": "inflow", "key": key, "amount_fen": 6_000_000}).raise_for_status()
    mesh.advance(minutes=31)
    paid = judge.until(control_id, lambda one: one["actual_fen"] == 5_000_000, 40)
    assert (paid["state"], paid["unfunded_fen"], paid["secured_fen"], parts(paid)[1]) == (
        "partly_in_force", 0, 5_000_000, ("return_account", "in_force", 5_000_000))
    assert judge.report(report["request_id"])["totals"]["secured_fen"] == 5_000_000
