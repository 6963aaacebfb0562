import pytest

from gateway.domain.control_body import ControlBody
from gateway.domain.control_rules import Limits, Target, agency_for, check_items, targets
from gateway.domain.findings import refusal
from tests.builders import (
    RECORDS,
    TODAY,
    agency,
    company,
    control_body,
    control_item,
    court_law,
    directory,
    document,
    found,
    json,
    report,
    report_request,
    subject,
    task,
)
from tests.control_side import FUNDS

PAPERS = [document(kind) for kind in ("ruling", "assist_freeze_notice", "assist_execution_notice", "deduct_ruling", "assist_deduct_notice")]


def target(asset_type="deposits", **other):
    source = {"deposits": "icbc", "real_estate": "registry", "vehicles": "vehicle-office", "equity": "market", "securities": "csdc",
              "provident_fund": "fund"}[asset_type]
    values = {"asset_id": "a1", "asset_type": asset_type, "subject": 0, "role": "debtor", "agencies": (source,), "record": RECORDS[asset_type]}
    return Target(**{**values, **other})


def check(item, what=None, *, papers=PAPERS, case_no="（2026）粤5302执1234号", agencies=None, **other):
    items = item if isinstance(item, list) else [item]
    body = ControlBody.model_validate_json(json(control_body(*items, documents=papers)), strict=True)
    known = what if isinstance(what, dict) else {"a1": what or target()}
    return check_items(body, known, agencies or directory(), case_no=case_no, today=TODAY, **other)


def said(findings):
    return [(one.error.pointer, one.error.code, one.rule.id if one.rule else None) for one in findings]


def test_amounts_of_one_subject_stay_within_what_it_is_liable_for():
    assets = {"a1": target(role="added_debtor"), "a2": target(asset_id="a2", role="added_debtor"), "a3": target(asset_id="a3", subject=1),
              "a4": target("real_estate", asset_id="a4", role="added_debtor")}
    items = [control_item(asset_id=name, amount_fen=fen) for name, fen in (("a1", 60), ("a2", 41), ("a3", 900))]
    items.append(control_item(asset_id="a4", measure="seal", amount_fen=None, term_months=36))
    assert check(items, assets, limits=Limits(liable_fen={0: 101})) == []
    assert said(check(items, assets, limits=Limits(liable_fen={0: 100}))) == [
        ("/items/0/amount_fen", "over_liability", "LIABLE-AMOUNT"), ("/items/1/amount_fen", "over_liability", "LIABLE-AMOUNT")]


def test_what_is_deducted_at_once_stays_within_what_the_case_is_owed():
    at_once = {"measure": "freeze_and_deduct", "term_months": None, "case_funds_account": FUNDS}
    items = [control_item(amount_fen=60, **at_once), control_item(asset_id="a2", amount_fen=41, **at_once), control_item(asset_id="a3", amount_fen=900)]
    assets = {name: target(asset_id=name) for name in ("a1", "a2", "a3")}
    assert check(items, assets, limits=Limits(owed_fen=101)) == []
    assert said(check(items, assets, limits=Limits(owed_fen=100))) == [
        ("/items/0/amount_fen", "over_claim", "DEDUCT-LIMIT"), ("/items/1/amount_fen", "over_claim", "DEDUCT-LIMIT")]


def test_a_lawful_freeze_passes():
    assert check(control_item()) == []


@pytest.mark.parametrize(("asset_type", "item"), [
    ("real_estate", {"measure": "seal", "amount_fen": None, "term_months": 36}), ("vehicles", {"measure": "seize", "amount_fen": None, "term_months": 24}),
    ("equity", {"amount_fen": None, "ratio": "1/2", "term_months": 36}), ("equity", {"amount_fen": None, "capital_fen": 5, "term_months": 36}),
    ("securities", {"amount_fen": None, "quantity": 100, "term_months": 36}), ("provident_fund", {"amount_fen": 5}),
    ("deposits", {"term_months": None, "until_on": "2027-11-22"}),
    ("deposits", {"measure": "freeze_and_deduct", "term_months": None, "case_funds_account": FUNDS}),
])
def test_every_kind_of_asset_can_be_controlled_to_its_cap(asset_type, item):
    assert check(control_item(**item), target(asset_type)) == []


@pytest.mark.parametrize(("asset_type", "item", "finding"), [
    ("deposits", {"term_months": 13}, ("/items/0/term_months", "term_over_cap", "DUR-DEP")),
    ("deposits", {"term_months": None, "until_on": "2027-11-23"}, ("/items/0/until_on", "term_over_cap", "DUR-DEP")),
    ("provident_fund", {"term_months": 13}, ("/items/0/term_months", "term_over_cap", "DUR-PF")),
    ("vehicles", {"measure": "seal", "amount_fen": None, "term_months": 25}, ("/items/0/term_months", "term_over_cap", "DUR-MOV")),
    ("real_estate", {"measure": "seal", "amount_fen": None, "term_months": 37}, ("/items/0/term_months", "term_over_cap", "DUR-IMM")),
    ("deposits", {"measure": "seal"}, ("/items/0/measure", "measure_not_for_asset_type", "MEASURE-KIND")),
    ("real_estate", {"measure": "freeze", "amount_fen": None}, ("/items/0/measure", "measure_not_for_asset_type", "MEASURE-KIND")),
    ("deposits", {"amount_fen": None}, ("/items/0/amount_fen", "amount_required", "LIMIT-ACC")),
    ("securities", {"amount_fen": None}, ("/items/0/quantity", "extent_required", None)),
    ("real_estate", {"measure": "seal"}, ("/items/0/amount_fen", "extent_not_for_asset_type", None)),
])
def test_an_unlawful_item_is_refused_with_its_rule(asset_type, item, finding):
    assert said(check(control_item(**item), target(asset_type))) == [finding]


@pytest.mark.parametrize(("role", "papers", "finding"), [
    ("spouse", PAPERS, [("/items/0/asset_id", "subject_not_liable", "LIABLE-SPOUSE")]),
    ("legal_representative", PAPERS, [("/items/0/asset_id", "subject_not_liable", "LIABLE-LEGAL-REP")]),
    ("neighbour", PAPERS, [("/items/0/asset_id", "subject_not_liable", None)]),
    ("added_debtor", PAPERS, []),
    ("third_party_confirmed", PAPERS, [("/documents", "document_missing", "LIABLE-THIRD")]),
    ("third_party_confirmed", [*PAPERS, document("written_confirmation")], []),
])
def test_only_who_is_liable_is_controlled(role, papers, finding):
    assert said(check(control_item(), target(role=role), papers=papers)) == finding


def test_the_documents_of_the_measure_are_needed():
    findings = check(control_item(), papers=[])
    assert [one.error.expected for one in findings] == ["ruling", "assist_freeze_notice"]


def test_equity_is_frozen_with_either_notice():
    item = control_item(amount_fen=None, ratio="1/2")
    assert check(item, target("equity"), papers=[document("ruling"), document("assist_publicity_notice")]) == []
    assert said(check(item, target("equity"), papers=[document("ruling")])) == [("/documents", "document_missing", "DOC-MATRIX")]


def test_an_exempt_account_is_never_controlled():
    wages = target(record={**RECORDS["deposits"], "account_class": "migrant_wage"})
    assert said(check(control_item(), wages)) == [("/items/0/asset_id", "asset_exempt", "SEC-EXEMPT-WAGE")]


def test_an_agency_that_only_answers_queries_is_not_sent_a_freeze():
    only_queries = directory(agency(capabilities=("query",)))
    assert said(check(control_item(), agencies=only_queries)) == [("/items/0/measure", "agency_cannot_control", None)]


def test_a_measure_goes_to_the_newest_source_that_offers_it():
    offices = directory(agency("housing", "real_estate", capabilities=("query",)), agency("registry", "real_estate"))
    two = target("real_estate", agencies=("gone", "housing", "registry"))
    assert agency_for(two, "seal", offices).agency == "registry"


def test_a_case_that_may_not_control_is_refused_with_its_rule():
    assert said(check(control_item(), case_no="（2026）粤5302民初1号")) == [("/request_id", "case_type_may_not_control", "CASE-TYPE")]


def test_all_bad_items_are_named_at_once():
    items = [control_item(asset_id="nowhere"), control_item(term_months=24), control_item(asset_id="a2", amount_fen=None)]
    findings = check(items, {"a1": target(), "a2": target(asset_id="a2", role="spouse")})
    assert said(findings) == [
        ("/items/0/asset_id", "unknown_asset", None), ("/items/1/term_months", "term_over_cap", "DUR-DEP"),
        ("/items/2/asset_id", "subject_not_liable", "LIABLE-SPOUSE"), ("/items/2/amount_fen", "amount_required", "LIMIT-ACC")]


def test_of_the_share_of_a_spouse_no_more_is_taken_over_several_orders():
    shared = {"a1": target(role="spouse")}
    half = RECORDS["deposits"]["balance_fen"] // 2
    law = court_law("LIABLE-SPOUSE", liable=True)
    assert check(control_item(amount_fen=half), shared, table=law) == []
    held = check(control_item(amount_fen=1_000_001), shared, table=law, limits=Limits(taken={"a1": {"amount_fen": half - 1_000_000}}))
    assert [(one.error.code, one.error.expected) for one in held] == [("over_share", f"≤ {half}")]


@pytest.mark.parametrize(("measure", "wrong"), [("freeze", []), ("freeze_and_deduct", [("/items/0/amount_fen", "foreign_currency", None)])])
def test_money_in_a_foreign_currency_is_frozen_and_not_deducted_as_yuan(measure, wrong):
    moves = {} if measure == "freeze" else {"case_funds_account": FUNDS, "term_months": None}
    dollars = {"a1": target(record={**RECORDS["deposits"], "currency": "USD"})}
    papers = PAPERS if measure == "freeze" else [document("deduct_ruling"), document("assist_deduct_notice")]
    assert said(check(control_item(measure=measure, **moves), dollars, papers=papers)) == wrong


def test_a_missing_document_is_named_once_for_many_items():
    items = [control_item(asset_id=name) for name in ("a1", "a2")]
    findings = check(items, {"a1": target(), "a2": target(asset_id="a2")}, papers=[document("ruling")])
    assert said(findings) == [("/documents", "document_missing", "DOC-MATRIX")]


def test_the_refusal_names_the_first_rule_of_law():
    rejected = refusal(check(control_item(term_months=13, asset_id="a1")))
    assert (rejected.problem_status, rejected.problem_code, rejected.rule.id) == (422, "control_refused", "DUR-DEP")
    assert rejected.rule.source
    assert refusal(check(control_item(), papers=[])).rule.id == "DOC-MATRIX"
    assert refusal(check(control_item(term_months=13), papers=[])).rule.id == "DUR-DEP"
    assert refusal(check(control_item(asset_id="a9"))).rule is None


def test_targets_are_the_assets_of_a_report():
    compiled = report(task(assets=(found(),)))
    (one,) = targets(compiled).values()
    assert (one.asset_type, one.role, one.agencies, one.record["account_no"]) == ("deposits", "debtor", ("icbc",), RECORDS["deposits"]["account_no"])


@pytest.mark.parametrize("roles", [("spouse", "debtor"), ("debtor", "spouse")])
def test_an_asset_of_two_is_controlled_for_who_is_liable(roles):
    house = (found("real_estate"),)
    request = report_request(subjects=(subject(role=roles[0]), company(role=roles[1])))
    compiled = report(task("registry", "real_estate", assets=house), task("registry", "real_estate", at=1, assets=house), request=request)
    (one,) = targets(compiled).values()
    assert one.role == "debtor"
