import pytest
from pydantic import ValidationError

from contracts.case import PROVINCE_REGION, Case, Claim, CourtCode, parse_case_no
from contracts.failures import Unfit
from contracts.words import Model
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
