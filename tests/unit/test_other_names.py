import pytest
from pydantic import ValidationError

from contracts.failures import Rejected
from contracts.report import Source
from gateway.domain.control_rules import known_as, targets
from gateway.domain.counts import Counted
from gateway.domain.other_names import by_each_name, known_by_another
from gateway.domain.progress import StreamEvent
from gateway.domain.reaching import check_is_asked
from gateway.domain.request import RequestBody
from gateway.domain.routing import Part
from tests.builders import PERSON_ID, USCC, agency, found, json, report, report_request, request_body, subject, task

RENAMED = subject(former_names=["陈大伟", "陈小伟"])


def test_an_agency_that_matches_by_name_is_asked_by_each_name_and_any_other_once():
    parts = [Part(0, agency(matches_name=True)), Part(0, agency("by-number")), Part(1, agency(matches_name=True))]
    asked = by_each_name(parts, [RENAMED, subject()])
    assert [(one.subject, one.agency.agency, one.name) for one in asked] == [
        (0, "icbc", "陈伟"), (0, "icbc", "陈大伟"), (0, "icbc", "陈小伟"), (0, "by-number", None), (1, "icbc", "陈伟")]


def mismatch(name, **other):
    return task(task_id=f"t-{name}", asked_as=name, outcome="refused", code="identity_mismatch", **other)


def test_a_refused_name_is_settled_by_an_answer_to_another_name_at_the_same_agency_about_the_same_subject():
    former = mismatch("陈大伟")
    assert known_by_another([former, task()]) == [former]
    assert known_by_another([former, task(outcome="found")]) == [former]
    for elsewhere in (task("abc"), task(at=1), task(outcome="overdue"), mismatch("陈小伟")):
        assert known_by_another([former, elsewhere]) == []
    assert known_by_another([task(outcome="refused", code="document_missing"), task(task_id="other")]) == []


def test_what_another_name_answered_leaves_no_gap_in_the_report():
    compiled = report(task(assets=(found(),)), mismatch("陈大伟"), request=report_request(asset_types=("deposits",)))
    (section,) = compiled.subjects[0].sections
    assert (section.gaps, compiled.all_answered, section.asked) == ((), True, 2)
    assert [line.asked_as for line in compiled.agencies] == [None, "陈大伟"]
    assert (compiled.completeness.refused, compiled.completeness.found) == (1, 1)
    assert "全部查询均已得到答复" in compiled.completeness.statement.zh


def test_a_name_that_nobody_knows_is_a_gap_for_each_name():
    compiled = report(mismatch(None), mismatch("陈大伟"), request=report_request(asset_types=("deposits",)))
    assert [gap.asked_as for gap in compiled.subjects[0].sections[0].gaps] == [None, "陈大伟"]
    assert not compiled.all_answered


def test_one_thing_found_by_two_names_is_counted_once():
    compiled = report(task(assets=(found(),)), task(task_id="former", asked_as="陈大伟", assets=(found(),)),
                      request=report_request(asset_types=("deposits",)))
    (asset,) = compiled.subjects[0].sections[0].assets
    assert [source.asked_as for source in asset.sources] == ["陈大伟", None]
    assert compiled.totals.value_fen == 8_812_300


def test_the_report_says_who_was_asked_about_as_typed_and_as_known():
    asked = (subject(name="陈 伟", former_names=["陈大伟"]), subject(kind="organisation", id_type="uscc", id_no="11010119900101012X"))
    person, company = report(request=report_request(subjects=asked, asset_types=())).subjects
    assert (person.name, person.name_as_given, person.former_names, person.warnings) == ("陈伟", "陈 伟", ("陈大伟",), ())
    assert [(look.pointer, look.code) for look in company.warnings] == [("/subjects/1/id_no", "also_resident_id")]


def test_a_measure_goes_out_in_the_name_that_found_its_asset():
    def source(code, name):
        return Source(agency=code, task_id="t", asked_as=name)

    assert known_as([source("icbc", "陈大伟"), source("abc", None)]) == {"icbc": "陈大伟"}
    assert known_as([source("icbc", "陈大伟"), source("icbc", None)]) == {}
    assert known_as([source("icbc", "陈小伟"), source("icbc", "陈大伟")]) == {"icbc": "陈小伟"}
    (target,) = targets(report(task(asked_as="陈大伟", assets=(found(),)), request=report_request(asset_types=("deposits",)))).values()
    assert target.known_as == {"icbc": "陈大伟"}


def test_the_stream_counts_a_name_that_another_name_answered():
    def answered(task_id, outcome, code=None):
        return StreamEvent(1, "task", {"task_id": task_id, "agency": "icbc", "subject": 0, "outcome": outcome, "code": code})

    counted = Counted(2)
    counted.fold(answered("a", "found"))
    counted.fold(answered("b", "refused", "identity_mismatch"))
    assert counted.fold(StreamEvent(3, "ended", {}))["all_answered"] is True


def errors(parts, **other):
    body = RequestBody.model_validate_json(json(request_body(**other)), strict=True)
    try:
        check_is_asked(body, parts)
    except Rejected as rejected:
        return [(one.pointer, one.code) for one in rejected.errors]
    return []


PERIOD = {"from_on": "2026-01-01", "to_on": "2026-02-01"}
SUBJECTS = [{"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": PERSON_ID, "nationality": "CHN"},
            {"kind": "organisation", "name": "某公司", "id_type": "uscc", "id_no": USCC}]
BY_HAND = agency("by-hand", served_by="external", capabilities=("query", "transactions"))


def test_transactions_that_nobody_answers_are_refused():
    assert errors([Part(0, agency())], transactions=PERIOD) == [("/transactions", "transactions_not_answered")]
    assert errors([Part(0, agency()), Part(0, BY_HAND)], transactions=PERIOD) == []
    assert errors([], transactions=PERIOD) == []
    assert errors([Part(0, agency())]) == []


def test_a_nationality_that_no_agency_has_a_place_for_is_refused():
    told = agency("told", takes_nationality=True)
    assert errors([Part(0, agency()), Part(1, told)], subjects=SUBJECTS) == [("/subjects/0/nationality", "nationality_not_asked")]
    assert errors([Part(0, agency()), Part(0, told)], subjects=SUBJECTS) == []
    assert errors([Part(1, agency())], subjects=SUBJECTS) == []


def test_only_an_external_adapter_can_answer_transactions():
    with pytest.raises(ValidationError):
        agency(capabilities=("query", "transactions"))


def test_two_forms_of_an_owners_name_are_no_conflict_and_two_names_are():
    def conflicts(name):
        tasks = [task("registry", "real_estate", assets=(found("real_estate", holder_name="古丽娜尔·买买提"),)),
                 task("bureau", "real_estate", assets=(found("real_estate", holder_name=name),))]
        return report(*tasks, request=report_request(asset_types=("real_estate",))).subjects[0].sections[0].assets[0].conflicts

    assert conflicts("古丽娜尔•买买提") == conflicts("古丽娜尔 ・买买提") == ()
    assert conflicts("古丽娜尔") == ("holder_name",)
