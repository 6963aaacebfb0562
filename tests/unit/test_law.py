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


def test_no_two_rules_of_one_id_hold_on_one_day():
    assert len(law.rules(TODAY)) == sum(row.holds_on(TODAY) for row in law.LAW)


def test_a_rule_holds_only_in_its_time():
    row = law.LawRow("X", "甲", "x", {}, "s", date(2020, 1, 1), date(2020, 12, 31))
    assert [row.holds_on(day) for day in (date(2019, 12, 31), date(2020, 6, 1), date(2021, 1, 1))] == [False, True, False]
    assert "DUR-DEP" not in law.rules(date(2000, 1, 1))


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
    assert law.exemption({"account_class": "social_insurance"}, "freeze", TODAY).id == "SEC-EXEMPT"
    assert law.exemption({"account_class": "acceptance_margin"}, "freeze", TODAY) is None
    assert law.exemption({"account_class": "acceptance_margin"}, "freeze_and_deduct", TODAY).id == "SEC-MARGIN"
    assert all(law.exemption({"account_class": "basic"}, measure, TODAY) is None for measure in MEASURES)
