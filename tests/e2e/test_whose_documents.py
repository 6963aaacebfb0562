"""Papers of a superior court reach a registry that wants their content, over the whole path; the registry acts on them."""

import httpx

from contracts.clock import china_date
from tests import control_side as side
from tests.controlling import Judge, assets_of, seal

CHEN = {"id_no": "445302199001010013", "name": "陈伟"}
REGISTRY = "yunfu-real-estate"


def paper(judge, kind):
    content = f"%PDF-1.7 {kind} of {judge.court}".encode()
    answer = httpx.post(f"{judge.mesh.url}/v1/documents", content=content, trust_env=False,
                        headers={"Content-Type": "application/pdf", **judge.mesh.headers(judge.court, judge.officer)})
    assert answer.status_code in (200, 201), answer.text
    return {"kind": kind, "document_no": f"{judge.case_no}之九", "issued_on": china_date(judge.mesh.clock.now()).isoformat(),
            "document_id": answer.json()["document_id"]}


def test_a_superior_court_releases_a_house_with_papers_of_its_own(mesh):
    judge, superior = Judge(mesh), Judge(mesh, court="粤53", officer="粤53-0001", case_no="（2026）粤53执监5号")
    report = judge.report_of(**CHEN, asset_types=["real_estate"], agencies=[REGISTRY])
    house = min(assets_of(report), key=lambda one: len(one["prior_measures"]))
    (control_id,) = judge.ordered(report["request_id"], seal(house))
    judge.answered(control_id)
    body = side.release(officer=superior.case()["officer"], documents=[paper(superior, one) for one in ("release_ruling", "assist_release_notice")])
    taken = superior.post(f"/v1/controls/{control_id}/releases", body)
    assert taken.status_code == 202, taken.text
    after = judge.answered(control_id)
    assert (after["state"], after["in_doubt"], after["code"]) == ("released", False, None)
    assert [one["state"] for one in mesh.effects(REGISTRY) if one["action"] == "seal"] == ["released"]
