"""What an agency holds and nobody holds a control for is found, told and released; the agency's own ledger says so."""

import pytest

from contracts.control import ControlOrder
from contracts.documents import CommandDocument
from contracts.messages import Command
from deploy.demo import COURT
from deploy.mesh import load_directory
from services.deposits.adapter import ADAPTER
from services.runtime.port import Outgoing
from tests import control_side as side
from tests.controlling import Judge, assets_of, freeze
from tests.running import AGENCIES, until

AT_CIB = {"id_no": "44120220051016202X", "name": "周婷欣"}
BANK = load_directory(AGENCIES).by_code["cib"]
PAPERS = tuple(CommandDocument(kind=kind, document_no="（2026）粤5302执1234号之一") for kind in ("ruling", "assist_freeze_notice"))


@pytest.fixture
def judge(mesh):
    return Judge(mesh)


def frozen(judge):
    """A freeze of ours at a bank that is not idempotent, and the asset it is on."""
    report = judge.report_of(**AT_CIB, asset_types=["deposits"], agencies=["cib"])
    asset = min(assets_of(report), key=lambda one: (len(one["prior_measures"]), -one["record"]["balance_fen"]))
    (control_id,) = judge.ordered(report["request_id"], freeze(asset, 100_000))
    return judge.answered(control_id), asset


def ask_bank(judge, control, asset, request_no, action="freeze", **order):
    """Ask the bank for a step behind the mesh's back, in its own words."""
    command = Command.model_validate({
        "task_id": "behind", "request_id": control["request_id"], "request_no": request_no, "agency": "cib", "asset_type": "deposits", "action": action,
        "case": {"case_no": judge.case_no, "court_code": COURT, "court_name": "云浮市云城区人民法院"}, "officer": judge.case()["officer"],
        "documents": PAPERS, "subject": {"kind": "person", "name": AT_CIB["name"], "id_type": "resident_id", "id_no": AT_CIB["id_no"]},
        "control": ControlOrder(control_id="behind", measure="freeze", asset=asset["record"], **order), "answer_due_at": judge.mesh.clock.now()})
    call = ADAPTER.to_call(BANK, [Outgoing(command)])
    judge.mesh.agencies.request(call.method, f"/agencies/cib{call.path}", content=call.content, headers={"Content-Type": call.content_type, **call.headers}).raise_for_status()


def differences(judge, **query):
    return judge.get("/v1/reconciliation", **query).raise_for_status().json()["items"]


def reconciled(judge, kind, **days):
    """Let the time of the reconciliation come, and wait for what it finds."""
    judge.mesh.advance(**(days or {"days": 8}))
    return until(lambda: [one for one in differences(judge, open="true") if one["kind"] == kind and one["agency"] == "cib"])


def effective(judge, **query):
    return [one for one in judge.mesh.effects("cib", **query) if one["action"] == "freeze" and one["state"] in ("in_force", "waiting")]


def release(judge, difference):
    body = side.release(officer=judge.case()["officer"], reason="重复冻结")
    answer = judge.post(f"/v1/reconciliation/{difference['difference_id']}/releases", body)
    assert answer.status_code == 200, answer.text
    adopted_as = answer.json()["adopted_as"]
    judge.until(adopted_as, lambda one: one["state"] == "released")
    return until(lambda: [one for one in differences(judge) if one["difference_id"] == difference["difference_id"] and one["settled_at"]])[0]


def alarms(judge):
    lines = judge.mesh.client.get("/metrics").text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith('chakong_alarms_total{kind="reconciliation"}'))


@pytest.fixture(autouse=True)
def _nothing_open(judge):
    """Settle what earlier tests left: their agencies have forgotten everything."""
    for one in differences(judge, open="true"):
        body = {"officer": judge.case()["officer"], "reason": "mended", "note": "前一测试"}
        judge.post(f"/v1/reconciliation/{one['difference_id']}/settlements", body)


def test_a_second_freeze_that_nobody_holds_a_control_for_is_found_told_and_released(judge):
    control, asset = frozen(judge)
    before = alarms(judge)
    ask_bank(judge, control, asset, "PAPER-2026-0007", amount_fen=30_000, term_months=12)
    assert len(effective(judge)) == 2
    (found,) = reconciled(judge, "not_ours")
    assert (found["agency"], found["control_id"], found["theirs"]["request_no"]) == ("cib", None, "PAPER-2026-0007")
    assert alarms(judge) > before
    stream = judge.get(f"/v1/requests/{control['request_id']}/events").text
    assert "event: difference" in stream
    assert found["difference_id"] in stream
    settled = release(judge, found)
    assert settled["settlement"]["reason"] == "released"
    (left,) = effective(judge)
    assert left["request_no"] == control["request_no"]
    assert judge.control(control["control_id"])["state"] == "in_force"


def test_a_bank_that_froze_twice_under_one_number_holds_nothing_once_both_are_released(judge):
    control, asset = frozen(judge)
    ask_bank(judge, control, asset, control["request_no"], amount_fen=100_000, term_months=12)
    assert len(effective(judge, request_no=control["request_no"])) == 2
    judge.post(f"/v1/controls/{control['control_id']}/releases", side.release(officer=judge.case()["officer"]))
    assert judge.answered(control["control_id"])["state"] == "released"
    assert len(effective(judge, request_no=control["request_no"])) == 1
    (found,) = reconciled(judge, "state")
    assert (found["control_id"], found["ours"]["state"], found["theirs"]["state"]) == (control["control_id"], "released", "in_force")
    assert release(judge, found)["settlement"]["reason"] == "released"
    assert effective(judge, request_no=control["request_no"]) == []


def test_what_the_bank_changed_is_a_row_and_no_edit(judge):
    control, asset = frozen(judge)
    renewed = {"until_on": "2028-03-01", "original_request_no": control["request_no"]}
    ask_bank(judge, control, asset, "BEHIND-1", "renew", **renewed)
    ask_bank(judge, control, asset, "BEHIND-2", "release", amount_fen=40_000, original_request_no=control["request_no"])
    (term,) = reconciled(judge, "term", days=2)
    (amount,) = [one for one in differences(judge, open="true") if one["kind"] == "amount"]
    assert (term["ours"]["until_on"], term["theirs"]["until_on"]) == (control["until_on"], "2028-03-01")
    assert (amount["ours"]["actual_fen"], amount["theirs"]["actual_fen"]) == (100_000, 60_000)
    assert judge.control(control["control_id"])["events"] == control["events"]


def test_what_the_bank_has_forgotten_is_missing_there(judge):
    control, _ = frozen(judge)
    judge.mesh.reset()
    (found,) = [one for one in reconciled(judge, "missing_there", days=2) if one["control_id"] == control["control_id"]]
    assert (found["ours"]["state"], found["theirs"]["state"]) == ("in_force", None)
    assert judge.control(control["control_id"])["state"] == "in_force"
