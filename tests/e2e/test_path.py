"""The whole path: REST, Kafka, six adapters, their agencies, one report."""

import json

from contracts.registry import asset_type
from tests.running import RunningMesh

DEMO_IDS = ("445302199001010013", "91445300MA4UN0001B")
ASYNC_OR_MANUAL = {"yunfu-housing-bureau"}


def found_in(report):
    """Every asset of a report by subject, type and key text."""
    return {(subject["id_no"], section["asset_type"], asset_type(section["asset_type"]).key_text(asset["record"]))
            for subject in report["subjects"] for section in subject["sections"] for asset in section["assets"]}


def truth_of(mesh, id_no, left_out):
    assets = mesh.agencies.get("/admin/register", params={"id_no": id_no}).raise_for_status().json()["assets"]
    return {(id_no, one["asset_type"], one["key"]) for one in assets if one["agency"] not in left_out}


def test_the_report_says_what_the_agencies_registers_hold(mesh: RunningMesh):
    request_id = mesh.submit()
    status = mesh.ended(request_id)
    report = mesh.report(request_id)
    unasked = ASYNC_OR_MANUAL | {"zhaoqing-real-estate", "zhaoqing-vehicle-office"}
    assert found_in(report) == set().union(*(truth_of(mesh, id_no, unasked) for id_no in DEMO_IDS))
    assert {task["agency"] for task in status["tasks"] if task["outcome"] == "overdue"} == ASYNC_OR_MANUAL
    assert not report["all_answered"]
    assert report["completeness"]["asked"] == status["counts"]["tasks"] == len(report["agencies"])


def test_every_section_is_there_in_the_order_asked(mesh: RunningMesh):
    asked = ["securities", "deposits"]
    request_id = mesh.submit(asset_types=asked)
    mesh.ended(request_id)
    for subject in mesh.report(request_id)["subjects"]:
        assert [section["asset_type"] for section in subject["sections"]] == asked


def test_one_agency_outside_its_protocol_is_a_gap_and_disturbs_no_other(mesh: RunningMesh):
    mesh.agencies.put("/admin/agencies/icbc/faults", json={"faults": [{"kind": "unknown_code", "rate": 1}]}).raise_for_status()
    request_id = mesh.submit(asset_types=["deposits"], agencies=["icbc", "abc", "boc"])
    status = mesh.ended(request_id)
    outcomes = {(task["agency"], task["outcome"], task["code"]) for task in status["tasks"]}
    assert ("icbc", "failed", "protocol") in outcomes
    assert {outcome for agency, outcome, _ in outcomes if agency != "icbc"} <= {"found", "none_found"}
    gaps = [gap for subject in mesh.report(request_id)["subjects"] for section in subject["sections"] for gap in section["gaps"]]
    assert {(gap["agency"], gap["outcome"]) for gap in gaps} == {("icbc", "failed")}


def test_the_stream_tells_each_answer_once_and_resumes(mesh: RunningMesh):
    request_id = mesh.submit(asset_types=["deposits"], agencies=["icbc", "abc"])
    events = stream(mesh, request_id)
    assert [kind for _, kind, _ in events] == ["task"] * 4 + ["report", "ended"]
    assert events[3][2]["counts"]["awaiting"] == 0
    assert stream(mesh, request_id, last=events[2][0]) == events[3:]


def stream(mesh, request_id, last=None):
    headers = {"Last-Event-ID": last} if last else {}
    with mesh.client.stream("GET", f"/v1/requests/{request_id}/events", headers=headers) as answer:
        blocks = "".join(answer.iter_text()).replace("\r\n", "\n").strip().split("\n\n")
    fields = [dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")) for block in blocks]
    return [(one["id"], one["event"], json.loads(one["data"])) for one in fields if one]
