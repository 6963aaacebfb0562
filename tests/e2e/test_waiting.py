"""Two courts, one account: the second waits, the first's measure ends, and the second court hears of it without asking."""

import json

import pytest

from tests.controlling import Judge, asset_with, freeze

CHEN = {"id_no": "445302199001010013", "name": "陈伟"}
ICBC_ACCOUNT = "6222024530200012345"


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
