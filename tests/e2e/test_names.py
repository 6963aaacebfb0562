"""Names over the whole path: typed in many ways, and had before."""

import pytest

from tests.controlling import Judge, seal

RENAMED = {"id_no": "445302197906120031", "name": "黄志远"}
FORMER = "黄大明"


def report_of(judge, asset_types, *former_names):
    person = {"kind": "person", **RENAMED, "id_type": "resident_id", "former_names": list(former_names)}
    return judge.report_of(**RENAMED, asset_types=asset_types, subjects=[person])


def submitted(mesh, name, **other):
    person = {"kind": "person", "name": name, "id_type": "resident_id", "id_no": "445302199001010013", **other}
    request_id = mesh.submit(subjects=[person], asset_types=["deposits", "vehicles"])
    mesh.ended(request_id)
    return mesh.report(request_id)


def found_in(report):
    return [(asset["asset_id"], asset["record"]) for section in report["subjects"][0]["sections"] for asset in section["assets"]]


def test_a_name_with_what_keyboards_leave_in_it_finds_the_same(mesh):
    clean, typed = submitted(mesh, "陈伟"), submitted(mesh, "陈\u200b\u3000伟")
    assert found_in(typed) == found_in(clean) != []
    assert (typed["subjects"][0]["name"], typed["subjects"][0]["name_as_given"]) == ("陈伟", "陈\u200b\u3000伟")
    assert typed["completeness"]["refused"] == 0


def held_at(mesh, agency):
    truth = mesh.agencies.get("/admin/register", params={"id_no": RENAMED["id_no"]}).raise_for_status().json()["assets"]
    return {asset["key"] for asset in truth if asset["agency"] == agency}


@pytest.mark.parametrize("former_names", [(), (FORMER,)])
def test_a_register_with_the_former_name_is_asked_by_it(mesh, former_names):
    report = report_of(Judge(mesh), ["vehicles", "provident_fund"], *former_names)
    vehicles, fund = report["subjects"][0]["sections"]
    assert {asset["record"]["plate_no"] for asset in vehicles["assets"]} == (held_at(mesh, "yunfu-vehicle-office") if former_names else set())
    assert len(fund["assets"]) == 1
    assert report["all_answered"] is bool(former_names)
    assert [gap["code"] for gap in vehicles["gaps"]] == ([] if former_names else ["identity_mismatch"])


def test_a_vehicle_of_the_former_name_is_sealed_in_it(mesh):
    judge = Judge(mesh)
    report = report_of(judge, ["vehicles"], FORMER)
    (control_id,) = judge.ordered(report["request_id"], seal(report["subjects"][0]["sections"][0]["assets"][0], term_months=24))
    assert judge.answered(control_id)["state"] in ("in_force", "waiting")
