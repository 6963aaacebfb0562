from dataclasses import replace
from datetime import date

import pytest

from contracts.control import MEASURES
from contracts.registry import asset_types
from contracts.subject import Role
from gateway.domain import law
from tests.builders import TODAY


@pytest.mark.parametrize(("kind", "months"), [
    ("deposits", 12), ("provident_fund", 12), ("vehicles", 24), ("real_estate", 36), ("equity", 36), ("securities", 36)])
def test_every_kind_of_asset_has_a_cap(kind, months):
    assert law.cap_months(asset_types()[kind].duration_rule, TODAY) == months


def test_every_rule_has_a_source_and_both_languages():
    assert all(row.zh and row.en and row.source for row in law.LAW)


@pytest.mark.parametrize("day", [date(2014, 1, 1), date(2015, 2, 3), date(2015, 2, 4), TODAY])
def test_no_two_rules_of_one_id_hold_on_one_day(day):
    assert len(law.rules(day)) == sum(row.holds_on(day) for row in law.LAW)


def test_a_rule_holds_only_in_its_time():
    row = replace(law.LAW[0], effective_from=date(2020, 1, 1), effective_to=date(2020, 12, 31))
    assert [row.holds_on(day) for day in (date(2019, 12, 31), date(2020, 6, 1), date(2021, 1, 1))] == [False, True, False]
    assert "DUR-DEP" not in law.rules(date(2000, 1, 1))


@pytest.mark.parametrize(("day", "caps", "renewal"), [
    (date(2015, 2, 3), (6, 12, 24), 3), (date(2015, 2, 4), (12, 24, 36), 12), (date(2026, 11, 22), (12, 24, 36), 12)])
def test_a_date_before_2015_reads_the_superseded_terms(day, caps, renewal):
    assert tuple(law.cap_months(rule, day) for rule in ("DUR-DEP", "DUR-MOV", "DUR-IMM")) == caps
    assert law.renewal_cap_months("DUR-DEP", day) == renewal


@pytest.mark.parametrize(("role", "liable"), [
    ("debtor", True), ("added_debtor", True), ("third_party_confirmed", True), ("spouse", False), ("legal_representative", False),
    ("responsible_person", False)])
def test_the_law_says_of_every_role_whether_it_is_liable(role, liable):
    assert law.liability(role, TODAY).parameters["liable"] is liable


def test_the_roles_of_the_law_are_those_of_a_request():
    assert {row.parameters["role"] for row in law.LAW if "role" in row.parameters} == set(Role.__args__)
    assert law.liability("neighbour", TODAY) is None


@pytest.mark.parametrize(("case_no", "may"), [
    ("（2026）粤5302执1号", True), ("（2026）粤5302执恢1号", True), ("（2026）粤5302执保1号", True), ("（2026）粤5302财保1号", True),
    ("（2026）粤5302民初1号", False), ("（2026）粤5302执异1号", False)])
def test_only_enforcement_and_preservation_cases_control(case_no, may):
    assert (law.may_control(case_no, TODAY) is None) is may


def test_purpose_limited_accounts_are_protected():
    assert law.exemption({"account_class": "social_insurance"}, "freeze", TODAY).id == "SEC-EXEMPT-SOCIAL"
    assert law.exemption({"account_class": "acceptance_margin"}, "freeze", TODAY) is None
    assert law.exemption({"account_class": "acceptance_margin"}, "freeze_and_deduct", TODAY).id == "SEC-MARGIN"
    assert all(law.exemption({"account_class": "basic"}, measure, TODAY) is None for measure in MEASURES)


@pytest.mark.parametrize(("account_class", "frozen", "deducted"), [
    ("social_insurance", "SEC-EXEMPT-SOCIAL", "SEC-EXEMPT-SOCIAL"), ("migrant_wage", "SEC-EXEMPT-WAGE", "SEC-EXEMPT-WAGE"),
    ("acceptance_margin", None, "SEC-MARGIN"), ("letter_of_credit_margin", None, "SEC-LC-MARGIN"),
    ("presale_supervision", None, "SEC-PRESALE"), ("basic", None, None)])
@pytest.mark.parametrize("deduction", ["deduct", "freeze_and_deduct", "withdraw_income"])
def test_each_class_of_account_says_what_it_bars(account_class, frozen, deducted, deduction):
    record = {"account_class": account_class}
    assert [one and one.id for one in (law.exemption(record, "freeze", TODAY), law.exemption(record, deduction, TODAY))] == [frozen, deducted]


@pytest.mark.parametrize(("account_class", "cause"), [("migrant_wage", "追索劳动报酬纠纷"), ("presale_supervision", "建设工程施工合同纠纷")])
def test_a_purpose_limited_account_serves_its_purpose(account_class, cause):
    record = {"account_class": account_class}
    assert law.exemption(record, "deduct", TODAY, cause=cause) is None
    assert law.restrictions("deposits", record, TODAY, cause=cause) == ()


def test_a_presale_account_was_not_protected_before_its_rule():
    assert law.exemption({"account_class": "presale_supervision"}, "deduct", date(2022, 1, 10)) is None


def test_restrictions_are_all_rules_that_protect_an_asset():
    assert [row.id for row in law.restrictions("deposits", {"account_class": "acceptance_margin"}, TODAY)] == ["SEC-MARGIN"]
    assert [row.id for row in law.restrictions("provident_fund", {}, TODAY)] == ["PF-DEDUCT"]
    assert law.restrictions("vehicles", {}, TODAY) == ()
