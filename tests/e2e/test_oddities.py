"""Odd but real answers over the whole path: whatever one field says, as many things are in the report as the register has."""

import pytest

from tests.controlling import assets_of

PERSON = {"kind": "person", "role": "debtor", "name": "陈伟", "id_type": "resident_id", "id_no": "445302199001010013"}
ASKED = ("yunfu-real-estate", "yunfu-vehicle-office", "gd-market-regulation", "icbc", "ccb", "cmb", "csdc", "yunfu-provident-fund")


def held_at(mesh, agency):
    truth = mesh.agencies.get("/admin/register", params={"id_no": PERSON["id_no"]}).raise_for_status().json()["assets"]
    return [asset["key"] for asset in truth if asset["agency"] == agency]


def unreadable_of(report):
    return [item for subject in report["subjects"] for section in subject["sections"] for item in section["unreadable"]]


@pytest.mark.parametrize("agency", ASKED)
def test_one_odd_field_hides_nothing_that_a_register_has(mesh, agency):
    held = held_at(mesh, agency)
    assert held
    mesh.faults(agency, "oddity")
    for _ in range(3):
        request_id = mesh.submit(subjects=[PERSON], agencies=[agency])
        status = mesh.ended(request_id)
        report = mesh.report(request_id)
        found, unreadable = assets_of(report), unreadable_of(report)
        assert [task["outcome"] for task in status["tasks"]] == ["found"]
        assert len(found) + len(unreadable) == len(held)
        assert status["all_answered"] == report["all_answered"] == (not unreadable)
        assert status["counts"]["unreadable"] == report["completeness"]["unreadable"] == len(unreadable)
        assert ("不能完整读出" in report["completeness"]["statement"]["zh"]) == bool(unreadable)
        assert all(one["unread"] for one in unreadable)
