"""A judge takes a measure back before the agency got it: it never takes effect."""

import pytest

from tests import control_side as side
from tests.controlling import Judge, asset_with, freeze

CHEN, ACCOUNT = {"id_no": "445302199001010013", "name": "陈伟"}, "6222024530200012345"


@pytest.fixture
def judge(mesh):
    return Judge(mesh)


def test_a_freeze_that_a_closed_bank_put_off_is_withdrawn_and_never_takes_effect(judge):
    report = judge.report_of(**CHEN, asset_types=["deposits"], agencies=["icbc"])
    judge.mesh.faults("icbc", "office_closed")
    (control_id,) = judge.ordered(report["request_id"], freeze(asset_with(report, account_no=ACCOUNT), 100))
    released = judge.post(f"/v1/controls/{control_id}/releases", side.release(officer=judge.case()["officer"]))
    assert released.status_code == 202, released.text
    control = judge.until(control_id, lambda one: one["state"] == "released")
    assert (control["code"], control["pending"], control["held"]) == ("withdrawn", None, None)
    judge.mesh.agencies.delete("/admin/agencies/icbc/faults").raise_for_status()
    judge.mesh.advance(hours=20)
    later = judge.ordered(report["request_id"], freeze(asset_with(report, account_no=ACCOUNT), 200))
    assert judge.answered(later[0])["state"] == "in_force"
    assert [effect["amount_fen"] for effect in judge.mesh.effects("icbc")] == [200]
    assert judge.control(control_id)["state"] == "released"
