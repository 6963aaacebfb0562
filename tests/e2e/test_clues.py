"""Assets that no answer told of: a judge names them by agency and key, in enforcement and in preservation."""

import pytest

from tests.controlling import Judge, problem_of

CHEN = {"id_no": "445302199001010013", "name": "陈伟"}
CLUE = {"agency": "icbc", "key": "6222024530200012345", "measure": "freeze", "amount_fen": 5_000_000, "term_months": 12}
#: Asked of one bank that has nothing of the subject.
ELSEWHERE = {"asset_types": ["deposits"], "agencies": ["yuncheng-village-bank"]}


@pytest.fixture
def judge(mesh):
    return Judge(mesh)


def test_a_clue_is_frozen_and_the_report_shows_what_it_secures(judge):
    request_id = judge.report_of(**CHEN, **ELSEWHERE)["request_id"]
    (control_id,) = judge.ordered(request_id, CLUE)
    control = judge.answered(control_id)
    assert (control["state"], control["rank"], control["actual_fen"], control["secured_fen"]) == ("in_force", 1, 5_000_000, 5_000_000)
    (effect,) = judge.mesh.effects("icbc")
    assert (effect["key"], effect["action"], effect["actual_fen"]) == (CLUE["key"], "freeze", 5_000_000)
    report = judge.report(request_id)
    (shown,) = report["controls"]
    assert (shown["asset_key"], shown["secured_fen"], report["totals"]["secured_fen"]) == (CLUE["key"], 5_000_000, 5_000_000)


def test_a_clue_has_the_id_that_a_later_answer_gives_it(judge):
    (control_id,) = judge.ordered(judge.report_of(**CHEN, **ELSEWHERE)["request_id"], CLUE)
    clue = judge.answered(control_id)["asset_id"]
    report = judge.report_of(**CHEN, asset_types=["deposits"], agencies=["icbc"])
    assert clue in {asset["asset_id"] for subject in report["subjects"] for section in subject["sections"] for asset in section["assets"]}


def test_what_a_preservation_names_is_frozen_and_lives_on_in_enforcement(mesh):
    judge = Judge(mesh, case_no="（2026）粤5302执保21号")
    papers = [{"kind": kind, "document_no": "（2026）粤5302财保21号"} for kind in ("assist_query_notice", "ruling", "application")]
    report = judge.report_of(**CHEN, **ELSEWHERE, purpose="preservation_in_suit", documents=papers)
    (control_id,) = judge.ordered(report["request_id"], CLUE)
    before = judge.answered(control_id)
    case = {**judge.case()["case"], "case_no": "（2026）粤5302执2121号"}
    answer = judge.post(f"/v1/controls/{control_id}/conversions", {"case": case, "officer": judge.case()["officer"], "documents": []})
    assert answer.status_code == 202, answer.text
    after = answer.json()
    assert (after["case_no"], after["original_case_no"]) == ("（2026）粤5302执2121号", "（2026）粤5302执保21号")
    assert [after[name] for name in ("rank", "until_on", "state")] == [before[name] for name in ("rank", "until_on", "state")]


def test_an_account_the_bank_does_not_know_is_refused_by_the_bank(judge):
    request_id = judge.report_of(**CHEN, **ELSEWHERE)["request_id"]
    (control_id,) = judge.ordered(request_id, {**CLUE, "key": "6222024530299999999"})
    control = judge.answered(control_id)
    assert (control["state"], control["code"]) == ("refused", "asset_not_found")


def test_a_clue_that_cannot_be_read_asks_nobody(judge):
    request_id = judge.report_of(**CHEN, **ELSEWHERE)["request_id"]
    items = [{**CLUE, "agency": "no-such-bank"}, {**CLUE, "agency": "zhaoqing-vehicle-office"}, {**CLUE, "term_months": 13}]
    problem = problem_of(judge.order(request_id, *items))
    assert [(one["pointer"], one["code"]) for one in problem["errors"]] == [
        ("/items/0/agency", "unknown_agency"), ("/items/1/key", "bad_format"), ("/items/2/term_months", "term_over_cap")]
    assert problem["rule"]["id"] == "DUR-DEP"
    assert judge.mesh.effects("icbc") == []
