import json as stdlib_json

import pytest

from contracts.failures import Rejected
from contracts.words import STORED
from gateway.domain.request import RequestBody, read_request
from tests.builders import (
    OLD_PERSON_ID,
    OTHER_PERSON_ID,
    PERSON_ID,
    TODAY,
    USCC,
    agency,
    claim,
    directory,
    document,
    json,
    officer,
    request_body,
)


def refused(raw, agencies=None):
    with pytest.raises(Rejected) as rejected:
        read_request(raw if isinstance(raw, bytes) else json(raw), agencies or directory(), today=TODAY)
    return rejected.value


def errors(raw, agencies=None):
    rejected = refused(raw, agencies)
    assert (rejected.problem_status, rejected.problem_code) == (422, "invalid_request")
    return {(one.pointer, one.code) for one in rejected.errors}


def person(id_no=PERSON_ID, **other):
    return {"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": id_no, **other}


def test_a_right_body_is_read():
    body = read_request(json(request_body()), directory(), today=TODAY)
    assert isinstance(body, RequestBody)
    assert body.case.claim.total_fen == 129_540_000
    assert body.subjects[0].role == "debtor"


def test_null_and_absent_mean_the_same():
    body = read_request(json(request_body(asset_types=None, agencies=None, answer_by=None, transactions=None)), directory(), today=TODAY)
    assert (body.asset_types, body.agencies, body.answer_by, body.transactions) == (None, None, None, None)


@pytest.mark.parametrize("missing", ["case", "officer", "documents", "purpose", "subjects"])
def test_a_missing_part_is_required(missing):
    body = request_body()
    del body[missing]
    assert errors(body) == {(f"/{missing}", "required")}


@pytest.mark.parametrize(("part", "value", "pointer", "code"), [
    ("colour", "red", "/colour", "unknown_field"),
    ("x-colour", "red", "/x-colour", "unknown_field"),
    ("4453021990", 1, "", "unknown_field"),
    ("purpose", "curiosity", "/purpose", "unknown_value"),
    ("purpose", 7, "/purpose", "unknown_value"),
    ("documents", "none", "/documents", "wrong_type"),
    ("officer", "李明", "/officer", "wrong_type"),
    ("officer", officer(name=""), "/officer/name", "empty"),
    ("officer", officer(name="李" * 201), "/officer/name", "too_long"),
    ("officer", officer(phone=7), "/officer/phone", "wrong_type"),
    ("case", {"case_no": "粤5302执1234号"}, "/case/case_no", "bad_case_no"),
    ("case", {"case_no": "（2027）粤5302执1234号"}, "/case/case_no", "year_in_future"),
    ("case", {"case_no": "（2026）粤5302执1号", "claim": claim(principal_fen=1.5)}, "/case/claim/principal_fen", "wrong_type"),
    ("case", {"case_no": "（2026）粤5302执1号", "claim": claim(principal_fen=-1)}, "/case/claim/principal_fen", "too_small"),
    ("case", {"case_no": "（2026）粤5302执1号", "claim": claim(principal_fen=10**15 + 1)}, "/case/claim/principal_fen", "too_large"),
    ("case", {"case_no": "（2026）粤5302执1号", "claim": claim(as_of_on="2026-02-30")}, "/case/claim/as_of_on", "bad_date"),
    ("case", {"case_no": "（2026）粤5302执1号", "enforcement_title": "判决书"}, "/case/enforcement_title", "title_without_number"),
    ("case", {"case_no": "（2026）粤5302执1号", "enforcement_title": {"kind": "x", "number": "1"}}, "/case/enforcement_title/kind", "unknown_value"),
    ("officer", officer(name="李\x07"), "/officer/name", "control_character"),
    ("subjects", [person(name="\u200b")], "/subjects/0/name", "invisible_name"),
    ("subjects", [person(former_names=["陈\u202e伟"])], "/subjects/0/former_names/0", "bidirectional_mark"),
    ("documents", [document(document_id="sha256:x")], "/documents/0/document_id", "bad_format"),
    ("documents", [document("letter")], "/documents/0/kind", "unknown_value"),
    ("documents", [document()] * 101, "/documents", "too_many"),
    ("documents", [document("ruling")], "/documents", "document_missing"),
    ("subjects", [], "/subjects", "too_few"),
    ("subjects", [person()] * 101, "/subjects", "too_many_subjects"),
    ("subjects", [person("445302199001010014")], "/subjects/0/id_no", "bad_check_digit"),
    ("subjects", [person(kind="organisation")], "/subjects/0", "id_type_not_for_kind"),
    ("subjects", [person(), person(OLD_PERSON_ID)], "/subjects/1", "duplicate_subject"),
    ("asset_types", [], "/asset_types", "too_few"),
    ("asset_types", ["deposits", "boats"], "/asset_types/1", "unknown_asset_type"),
    ("asset_types", ["deposits", "deposits"], "/asset_types/1", "duplicate_entry"),
    ("agencies", ["nobody"], "/agencies/0", "unknown_agency"),
    ("agencies", ["icbc", "icbc"], "/agencies/1", "duplicate_entry"),
    ("agencies", ["csdc"], "/agencies/0", "agency_not_for_asset_type"),
    ("answer_by", "2026-11-21", "/answer_by", "in_the_past"),
    ("answer_by", 1_800_000_000, "/answer_by", "wrong_type"),
    ("transactions", {"from_on": "2026-02-01", "to_on": "2026-01-01"}, "/transactions", "bad_period"),
])
def test_what_is_wrong_is_named_by_pointer_and_code(part, value, pointer, code):
    assert errors(request_body(**{part: value})) == {(pointer, code)}


def test_everything_wrong_is_named_together():
    body = request_body(subjects=[person("445302199001010014")], documents=[], asset_types=["boats", "deposits"], answer_by="2020-01-01",
                        agencies=["nobody"], colour="red")
    assert errors(body) == {
        ("/subjects/0/id_no", "bad_check_digit"), ("/documents", "document_missing"), ("/asset_types/0", "unknown_asset_type"),
        ("/answer_by", "in_the_past"), ("/agencies/0", "unknown_agency"), ("/colour", "unknown_field")}


def test_a_duplicate_is_found_beside_a_wrong_case():
    assert errors(request_body(case={}, subjects=[person(), person()])) == {("/case/case_no", "required"), ("/subjects/1", "duplicate_subject")}


def test_too_many_subjects_do_not_hide_other_errors():
    assert errors(request_body(subjects=[{}] * 101, purpose="x")) == {("/subjects", "too_many_subjects"), ("/purpose", "unknown_value")}


def test_another_persons_number_is_no_duplicate():
    body = read_request(json(request_body(subjects=[person(), person(OTHER_PERSON_ID)])), directory(), today=TODAY)
    assert len(body.subjects) == 2


LOCAL = {"region_code": "441200", "channel": "p2p_local"}


def test_an_agency_of_another_region_may_be_named():
    there = directory(agency("there", **LOCAL), agency("registry", "real_estate"))
    assert read_request(json(request_body(agencies=["there"])), there, today=TODAY).agencies == ("there",)


def test_an_agency_that_does_not_serve_the_court_cannot_be_asked():
    there = directory(agency("there", **LOCAL, serves=["粤12"]), agency("far", region_code="330100", channel="p2p_local"))
    rejected = refused(request_body(agencies=["there", "far"]), there)
    assert [(one.pointer, one.code, one.expected) for one in rejected.errors] == [
        ("/agencies/0", "agency_does_not_serve_court", "粤12"), ("/agencies/1", "agency_does_not_serve_court", "province 33")]


def test_an_agency_is_not_judged_by_a_case_that_cannot_be_read():
    there = directory(agency("there", **LOCAL, serves=["粤12"]), agency("registry", "real_estate"))
    assert errors(request_body(agencies=["there"], case={}), there) == {("/case/case_no", "required")}


def test_a_case_of_a_court_that_is_not_there_is_refused_with_what_to_do():
    rejected = refused(request_body(case={"case_no": "（2026）粤9999执1号"}))
    assert [(one.pointer, one.code) for one in rejected.errors] == [("/case/case_no", "unknown_court")]
    assert "CHAKONG_COURTS" in rejected.errors[0].zh


@pytest.mark.parametrize(("regions", "wrong"), [
    (["445399"], {("/regions/0", "unknown_region")}), (["445300", "999999"], {("/regions/1", "unknown_region")}),
    (["000000"], {("/regions/0", "unknown_region")}), (["4453"], {("/regions/0", "bad_format")}),
    (["445300", "445300"], {("/regions/1", "duplicate_entry")}), ("445300", {("/regions", "wrong_type")}),
])
def test_a_region_that_does_not_exist_is_named(regions, wrong):
    assert errors(request_body(regions=regions)) == wrong


def test_regions_of_today_and_of_former_days_are_taken():
    assert read_request(json(request_body(regions=["440000", "445300", "441229"])), directory(), today=TODAY).regions == ("440000", "445300", "441229")


def test_agencies_alone_may_be_named():
    body = request_body(agencies=["csdc"])
    del body["asset_types"]
    assert read_request(json(body), directory(), today=TODAY).agencies == ("csdc",)


def test_a_preservation_query_needs_ruling_and_application_too():
    rejected = refused(request_body(purpose="preservation_pre_suit"))
    assert [one.expected for one in rejected.errors] == ["ruling", "application"]
    documents = [document(), document("ruling"), document("application")]
    assert read_request(json(request_body(purpose="preservation_pre_suit", documents=documents)), directory(), today=TODAY)


def test_errors_say_what_is_allowed():
    rejected = refused(request_body(purpose="x", asset_types=["boats"], documents=[document("letter")]))
    expected = {one.pointer: one.expected for one in rejected.errors}
    assert expected["/purpose"].startswith("enforcement, preservation_pre_suit")
    assert "deposits" in expected["/asset_types/0"]
    assert "assist_query_notice" in expected["/documents/0/kind"]


@pytest.mark.parametrize("id_no", ["445302199001010014", "445302199013010013", "990302199001010013", "44530219900101001A"])
def test_errors_never_echo_a_whole_id_number(id_no):
    text = str(refused(request_body(subjects=[person(id_no)], **{id_no: id_no})).errors)
    assert id_no not in text


@pytest.mark.parametrize("raw", [
    b"", b"{", b'{"case": NaN}', b'{"case": -Infinity}', b"\xef\xbb\xbf{}", b'{"case": "\xff"}', b'{"case": "\\ud800"}', b"[" * 100_000,
    b'{"case":' * 100_000, b'{"answer_by": ' + b"9" * 1_000_000 + b"}",
])
def test_what_is_no_json_is_malformed(raw):
    rejected = refused(raw)
    assert (rejected.problem_status, rejected.problem_code) == (400, "malformed_json")


@pytest.mark.parametrize(("raw", "pointer"), [
    (b'{"case": "\\u0000"}', "/case"), (b'{"subjects": [{}, {"name": "a\\u0000"}]}', "/subjects/1/name"), (b'{"case": {"\\u0000": "\\u0000"}}', "/case"),
    (b'"\\u0000"', "")])
def test_a_text_that_no_table_can_hold_is_named(raw, pointer):
    assert errors(raw) == {(pointer, "control_character")}


def test_a_text_about_a_nul_holds_none():
    body = request_body(case={"case_no": "（2026）粤5302执1号", "cause": r"\u0000"})
    assert read_request(json(body), directory(), today=TODAY).case.cause == r"\u0000"


@pytest.mark.parametrize("raw", [b"[]", b"null", b"7", b'"x"'])
def test_a_body_that_is_no_object_has_the_wrong_type(raw):
    assert errors(raw) == {("", "wrong_type")}


@pytest.mark.parametrize("raw", [
    stdlib_json.dumps({f"k{number}": 1 for number in range(90_000)}).encode(),
    stdlib_json.dumps({"subjects": [{f"k{number}": 1 for number in range(900)}] * 100}).encode(),
    b'{"subjects":[' + b"{}," * 300_000 + b"{}]}", b"[" * 100_000, b"{" + b'"case":1,' * 100_000 + b'"case":1}',
    stdlib_json.dumps({"subjects": [{}] * 9_000}).encode(), stdlib_json.dumps({f"k{number}": 1 for number in range(9_000)}).encode(),
])
def test_a_hostile_body_is_answered_with_no_more_than_a_person_reads(raw):
    assert len(refused(raw).errors) < 1_100


def test_more_errors_than_a_person_reads_are_only_counted():
    assert errors(stdlib_json.dumps({f"k{number}": 1 for number in range(2_000)}).encode()) == {("", "too_many_errors")}


def test_a_company_is_read_by_its_credit_code():
    body = read_request(json(request_body(subjects=[{"kind": "organisation", "name": "某公司", "id_type": "uscc", "id_no": USCC}])),
                        directory(), today=TODAY)
    assert body.subjects[0].identity_key == ("uscc", USCC)


@pytest.mark.parametrize("given", ["(2026)粤5302民初88号", {"kind": "arbitral_award", "number": "（2022）穗仲案字第12345号", "issued_by": "广州仲裁委员会"}])
def test_a_title_is_read_and_reads_back_from_the_store(given):
    body = read_request(json(request_body(case={"case_no": "（2026）粤5302执1号", "enforcement_title": given})), directory(), today=TODAY)
    stored = stdlib_json.loads(body.model_dump_json())
    assert RequestBody.model_validate(stored, context=STORED) == body
    assert RequestBody.model_validate({**stored, "case": {**stored["case"], "enforcement_title": "（2026）粤5302民初88号"}}, context=STORED)
