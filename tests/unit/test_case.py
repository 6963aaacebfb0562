import pytest
from pydantic import ValidationError

from contracts.case import PROVINCE_REGION, Case, Claim, CourtCode, EnforcementTitle, Officer, parse_case_no
from contracts.failures import Unfit
from contracts.words import STORED, Model
from tests.builders import claim


class Court(Model):
    code: CourtCode


@pytest.mark.parametrize(("text", "year", "court", "kind", "serial"), [
    ("（2026）粤5302执1234号", 2026, "粤5302", "执", 1234), ("(2026) 粤53 执恢 7 号", 2026, "粤53", "执恢", 7),
    ("（2019）最高法民申1号", 2019, "最高法", "民申", 1), ("（2021）粤73知民初2号", 2021, "粤73", "民初", 2), ("（2026）内0102执保3号", 2026, "内0102", "执保", 3)])
def test_a_case_number_is_taken_apart(text, year, court, kind, serial):
    number = parse_case_no(text)
    assert (number.year, number.court_code, number.type_code, number.serial) == (year, court, kind, serial)


@pytest.mark.parametrize("text", ["", "2026粤5302执1号", "（1826）粤5302执1号", "（2026）粤530执1号", "（2026）粤5302执号", "（2026）粤5302abc1号"])
def test_what_is_no_case_number_is_refused(text):
    with pytest.raises(Unfit) as unfit:
        parse_case_no(text)
    assert unfit.value.code == "bad_case_no"


def test_a_case_number_is_kept_in_its_normal_form():
    assert Case(case_no="(2026)粤5302执1号").case_no == "（2026）粤5302执1号"


def title(given):
    return Case(case_no="（2026）粤5302执1号", enforcement_title=given).enforcement_title


def refused_title(given):
    with pytest.raises(ValidationError) as error:
        title(given)
    (one,) = error.value.errors()
    assert one["loc"][0] == "enforcement_title"
    return one["ctx"]["error"] if "ctx" in one and "error" in one["ctx"] else one["type"]


def test_a_title_that_is_a_case_number_may_be_text():
    assert title("(2026) 粤5302民初88号") == EnforcementTitle(kind=None, number="（2026）粤5302民初88号")
    assert title(None) is None


@pytest.mark.parametrize(("kind", "number"), [
    ("arbitral_award", "(2022)穗仲案字第12345号"), ("judgment", "（2014）佛城法执字第1234号"), ("notarised_debt", "（2021）粤佛证字第1234号"),
    ("labour_award", "云劳人仲案字〔2025〕17号"), ("other", "第７号")])
def test_a_title_of_any_kind_is_taken_by_kind_and_number(kind, number):
    taken = title({"kind": kind, "number": number, "issued_by": "广州仲裁委员会 "})
    assert (taken.kind, taken.issued_by) == (kind, "广州仲裁委员会")
    assert taken.number == number.replace("(", "（").replace(")", "）").replace("７", "7")


@pytest.mark.parametrize(("given", "code"), [
    ("民事判决书", "title_without_number"), ({"kind": "judgment", "number": "民事判决书"}, "title_without_number"),
    ("（2022）穗仲案字第12345号", "title_kind_required"), ({"kind": "judgment", "number": "（2022）\x07号"}, "control_character")])
def test_a_title_that_cannot_be_told_says_what_would_be_right(given, code):
    unfit = refused_title(given)
    assert unfit.code == code
    assert unfit.expected


def test_a_title_of_no_kind_we_know_is_refused():
    assert refused_title({"kind": "letter", "number": "7"}) == "literal_error"
    assert refused_title({"number": "7"}) == "missing"


def test_what_was_taken_before_a_rule_came_is_still_read():
    old = {"case_no": "（2026）粤5302执1号", "enforcement_title": {"kind": "other", "number": "无"}}
    assert Case.model_validate(old, context=STORED).enforcement_title.number == "无"
    officer = {"name": "李\x07明", "work_card_no": "1", "duty_card_no": "2"}
    assert Officer.model_validate(officer, context=STORED).name == "李\x07明"
    assert Officer.model_validate(officer | {"name": "李 明"}).name == "李明"


def test_every_province_has_a_region():
    assert len(set(PROVINCE_REGION.values())) == 31


def test_a_court_code_is_checked():
    assert Court(code="粤5302").code == "粤5302"
    with pytest.raises(ValidationError):
        Court(code="粤530")


def test_a_claim_is_the_sum_of_its_parts_less_what_was_paid():
    assert Claim.model_validate(claim(paid_fen=540_000)).total_fen == 129_000_000


def test_a_claim_is_never_below_zero():
    assert Claim.model_validate(claim(paid_fen=10**12)).total_fen == 0
