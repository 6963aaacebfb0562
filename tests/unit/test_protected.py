import pytest

from gateway.api.report import PAGE_RULES
from gateway.domain.control_body import ControlBody
from gateway.domain.control_rules import Target, check_items, targets
from gateway.domain.law.overrides import parse_overrides, table_of
from gateway.web.render import render_report
from tests.builders import (
    RECORDS,
    TODAY,
    control_body,
    control_item,
    directory,
    document,
    found,
    json,
    report,
    report_request,
    subject,
    task,
)

SPOUSES = table_of("粤5302", parse_overrides({"overrides": [
    {"rule": "LIABLE-SPOUSE", "court": "粤5302", "parameters": {"liable": True}, "source": "本院规定", "effective_from": "2026-01-01"}]}))
FUNDS = {"bank": "云浮农商行", "account_no": "800100200", "name": "云浮市云城区人民法院"}
SOURCES = {"deposits": "icbc", "securities": "csdc", "equity": "market", "real_estate": "registry"}


def account(role="debtor", *, kind="deposits", request=None, **record):
    asked = {"asset_types": (kind,), "subjects": (subject(role=role),), **(request or {})}
    return report(task(SOURCES[kind], kind, assets=(found(kind, **record),)), request=report_request(**asked))


def only_asset(compiled):
    return compiled.subjects[0].sections[0].assets[0]


@pytest.mark.parametrize(("account_class", "said", "left"), [
    ("personal_settlement", [], 8_812_300), ("social_insurance", [("SEC-EXEMPT-SOCIAL", "no_freeze", True)], 0),
    ("migrant_wage", [("SEC-EXEMPT-WAGE", "purpose_limited", True)], 0), ("acceptance_margin", [("SEC-MARGIN", "no_deduct", False)], 8_812_300),
    ("letter_of_credit_margin", [("SEC-LC-MARGIN", "no_deduct", False)], 8_812_300),
    ("presale_supervision", [("SEC-PRESALE", "purpose_limited", False)], 8_812_300)])
def test_a_protected_account_says_which_rule_protects_it_and_what_is_left(account_class, said, left):
    compiled = account(account_class=account_class)
    asset = only_asset(compiled)
    assert [(one.rule, one.effect, one.bars_control) for one in asset.restrictions] == said
    assert (asset.controllable_fen, compiled.totals.controllable_fen, asset.value_fen) == (left, left, 8_812_300)


def test_wages_are_controlled_for_wages():
    asset = only_asset(account(account_class="migrant_wage", request={"cause": "追索劳动报酬纠纷"}))
    assert (asset.restrictions, asset.controllable_fen) == ((), 8_812_300)


@pytest.mark.parametrize(("role", "rule"), [
    ("spouse", "LIABLE-SPOUSE"), ("legal_representative", "LIABLE-LEGAL-REP"), ("responsible_person", "LIABLE-OFFICER")])
def test_nothing_of_who_is_not_liable_can_be_controlled(role, rule):
    asset = only_asset(account(role))
    assert ([(one.rule, one.effect) for one in asset.restrictions], asset.controllable_fen) == ([(rule, "not_liable")], 0)


@pytest.mark.parametrize("role", ["debtor", "added_debtor", "third_party_confirmed"])
def test_who_is_liable_is_so_with_everything(role):
    asset = only_asset(account(role))
    assert (asset.restrictions, asset.controllable_fen) == ((), 8_812_300)


def test_a_spouse_is_liable_for_a_share_where_the_court_says_so():
    asset = only_asset(account("spouse", request={"table": SPOUSES}))
    assert ([(one.rule, one.effect, one.share) for one in asset.restrictions], asset.controllable_fen) == ([("LIABLE-SPOUSE", "share_limited", "1/2")], 4_406_150)


def test_a_share_of_what_has_no_value_is_not_known():
    assert only_asset(account("spouse", kind="equity", request={"table": SPOUSES})).controllable_fen is None


def test_an_account_under_two_rules_names_both():
    asset = only_asset(account("spouse", account_class="acceptance_margin", request={"table": SPOUSES}))
    assert [one.rule for one in asset.restrictions] == ["LIABLE-SPOUSE", "SEC-MARGIN"]


def test_the_page_names_the_rule():
    page = render_report(account(account_class="acceptance_margin"), PAGE_RULES)
    assert "SEC-MARGIN" in page
    assert "法发〔2000〕21号第9条" in page


PAPERS = [document(kind) for kind in ("ruling", "assist_freeze_notice", "assist_execution_notice", "deduct_ruling", "assist_deduct_notice")]


def refused(kind, *items, role="spouse", table=SPOUSES, cause=None, **record):
    target = Target("a1", kind, 0, role, (SOURCES[kind],), {**RECORDS[kind], **record})
    body = ControlBody.model_validate_json(json(control_body(*(control_item(**item) for item in items), documents=PAPERS)), strict=True)
    findings = check_items(body, {"a1": target}, directory(), case_no="（2026）粤5302执1234号", today=TODAY, cause=cause, table=table)
    return [(one.error.pointer, one.error.code, one.error.expected, one.rule.id) for one in findings]


@pytest.mark.parametrize(("kind", "lawful", "excess", "limit"), [
    ("deposits", {"amount_fen": 4_406_150}, {"amount_fen": 4_406_151}, ("/items/0/amount_fen", "≤ 4406150")),
    ("securities", {"amount_fen": None, "quantity": 500}, {"amount_fen": None, "quantity": 501}, ("/items/0/quantity", "≤ 500")),
    ("equity", {"amount_fen": None, "ratio": "3/20"}, {"amount_fen": None, "ratio": "1/5"}, ("/items/0/ratio", "≤ 3/20")),
    ("equity", {"amount_fen": None, "capital_fen": 50_000_000}, {"amount_fen": None, "capital_fen": 50_000_001}, ("/items/0/capital_fen", "≤ 50000000")),
])
def test_no_more_than_a_spouses_share_is_controlled(kind, lawful, excess, limit):
    assert refused(kind, lawful) == []
    assert refused(kind, excess) == [(limit[0], "over_share", limit[1], "LIABLE-SPOUSE")]


def test_two_measures_on_one_account_take_no_more_than_the_share_together():
    freeze, deduct = {"amount_fen": 4_406_150}, {"measure": "freeze_and_deduct", "term_months": None, "case_funds_account": FUNDS}
    assert refused("deposits", freeze, {**deduct, "amount_fen": 1}) == [
        (f"/items/{index}/amount_fen", "over_share", "≤ 4406150", "LIABLE-SPOUSE") for index in (0, 1)]


def test_a_house_is_not_divided_by_a_seal():
    assert refused("real_estate", {"measure": "seal", "amount_fen": None, "term_months": 36}) == []


def test_a_balance_in_another_currency_has_no_limit_in_yuan():
    assert refused("deposits", {"amount_fen": 10**9}, currency="USD") == []


def test_the_cause_of_the_case_lifts_the_bar():
    wages = {"role": "debtor", "account_class": "migrant_wage"}
    assert refused("deposits", {}, **wages) == [("/items/0/asset_id", "asset_exempt", "", "SEC-EXEMPT-WAGE")]
    assert refused("deposits", {}, cause="追索劳动报酬纠纷", **wages) == []


def test_an_asset_of_two_spouses_is_controlled_for_the_one_the_court_may_reach():
    house = (found("real_estate"),)
    request = report_request(subjects=(subject(role="legal_representative"), subject(role="spouse", id_no="11010519491231002X")))
    compiled = report(task("registry", "real_estate", assets=house), task("registry", "real_estate", at=1, assets=house), request=request)
    assert [one.role for one in targets(compiled, SPOUSES).values()] == ["spouse"]
    assert [one.role for one in targets(compiled).values()] == ["legal_representative"]
