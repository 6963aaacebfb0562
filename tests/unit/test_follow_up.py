from dataclasses import replace
from datetime import date, timedelta

import pytest

from contracts.failures import Rejected
from gateway.domain.batch_body import BatchBody, read_batch, term_of
from gateway.domain.control import asked
from gateway.domain.control_body import (
    ConversionBody,
    DeductionBody,
    ReleaseBody,
    RenewalBody,
    TransferBody,
    read_action,
)
from gateway.domain.courts import CaseKey, courts
from gateway.domain.follow_up import (
    OnControl,
    Step,
    action_of,
    check,
    may_take,
    narrowed,
    not_there,
    step_of,
    withdraws,
)
from tests import builders as build
from tests import control_side as side

END = date(2027, 11, 21)
OF_COURT = CaseKey("粤5302", "（2026）粤5302执1234号")
CASE, PRESERVATION = "（2026）粤5302执1234号", "（2026）粤5302执保9号"
SEAL_PAPERS = [build.document("ruling"), build.document("assist_execution_notice")]


def control(asset_type="deposits", **other):
    measure = "seal" if asset_type in ("real_estate", "vehicles") else "freeze"
    values = {"state": "in_force", "pending": None, "until_on": END, "rank": 1, "requested_fen": 5_000_000, "actual_fen": 5_000_000}
    return asked(measure, term_months=12).model_copy(update={**values, **other})


def on(asset_type="deposits", *, record=None, case_no=CASE, agency=True, cause=None, today=build.TODAY, **state):
    source = build.agency("one", asset_type) if agency is True else agency
    return OnControl(control=control(asset_type, **state), asset_type=asset_type, record={**build.RECORDS[asset_type], **(record or {})},
                     case_no=case_no, court_code="粤5302", agency=source, today=today, cause=cause)


def read(model, body):
    return read_action(build.json(body), model)


def renewal(**other):
    return read(RenewalBody, side.renewal(**other))


def release(**other):
    return read(ReleaseBody, side.release(**other))


def deduction(amount_fen=1_000_000, **other):
    return read(DeductionBody, side.deduction(amount_fen, **other))


def transfer(**other):
    return read(TransferBody, side.transfer(**other))


def conversion(case_no="（2026）粤5302执77号", **other):
    return read(ConversionBody, side.conversion(case_no, **other))


def said(where, body):
    return [(one.error.pointer, one.error.code, one.rule.id if one.rule else None) for one in check(where, body)]


@pytest.mark.parametrize(("asset_type", "body"), [
    ("deposits", renewal()), ("deposits", renewal(term_months=None, until_on="2028-11-21")), ("deposits", release()),
    ("deposits", release(amount_fen=5_000_000)), ("deposits", deduction(5_000_000)),
    ("real_estate", renewal(documents=SEAL_PAPERS, term_months=36)), ("real_estate", transfer()), ("vehicles", transfer()), ("equity", transfer()),
    ("securities", release(quantity=10)), ("securities", deduction()), ("provident_fund", deduction(withdrawal_condition="retirement")),
])
def test_a_lawful_step_passes(asset_type, body):
    state = {"actual_quantity": 100_000, "requested_fen": None, "actual_fen": None} if asset_type == "securities" else {}
    assert said(on(asset_type, **state), body) == []


@pytest.mark.parametrize(("state", "body", "finding"), [
    ({}, renewal(term_months=13), ("/term_months", "term_over_cap", "DUR-DEP")),
    ({}, renewal(term_months=None, until_on="2028-11-22"), ("/until_on", "term_over_cap", "DUR-DEP")),
    ({}, renewal(term_months=None, until_on="2027-11-21"), ("/until_on", "not_later", None)),
    ({"until_on": None}, renewal(), ("", "no_term", None)),
    ({"state": "expired"}, renewal(), ("", "renewed_too_late", "RENEW-BEFORE")),
    ({"until_on": build.TODAY - timedelta(days=1)}, renewal(), ("", "renewed_too_late", "RENEW-BEFORE")),
    ({"state": "waiting", "until_on": None}, renewal(), ("", "wrong_state", None)),
    ({"pending": "renew"}, renewal(), ("", "step_pending", None)),
    ({"pending": "renew"}, release(), ("", "step_pending", None)),
    ({"pending": "deduct", "held": "release"}, release(), ("", "step_pending", None)),
    ({"state": "released"}, release(), ("", "wrong_state", None)),
    ({}, release(quantity=1), ("/quantity", "extent_not_for_asset_type", None)),
    ({}, release(amount_fen=5_000_001), ("/amount_fen", "over_frozen", "DEDUCT-LIMIT")),
    ({}, release(documents=side.FREEZE), ("/documents", "document_missing", "DOC-MATRIX")),
    ({"state": "waiting"}, deduction(), ("", "not_deductible", "DEDUCT-PRESERVATION")),
    ({"state": "marked"}, deduction(), ("", "not_deductible", "DEDUCT-PRESERVATION")),
    ({}, deduction(5_000_001), ("/amount_fen", "over_frozen", "DEDUCT-LIMIT")),
    ({"actual_fen": 900_000}, deduction(), ("/amount_fen", "over_frozen", "DEDUCT-LIMIT")),
    ({"deducted_fen": 4_500_000}, deduction(), ("/amount_fen", "over_frozen", "DEDUCT-LIMIT")),
    ({"deducted_fen": 4_500_000, "actual_fen": None}, deduction(), ("/amount_fen", "over_frozen", "DEDUCT-LIMIT")),
    ({}, deduction(withdrawal_condition="retirement"), ("/withdrawal_condition", "not_for_asset_type", None)),
    ({}, transfer(), ("", "step_not_for_asset_type", None)),
    ({}, conversion(), ("", "not_convertible", "PRESERVE-CONV")),
])
def test_an_unlawful_step_on_money_is_refused_with_its_rule(state, body, finding):
    assert said(on(**state), body)[0] == finding


def test_a_renewal_keeps_the_cap_that_the_court_set():
    fund = on("provident_fund")
    assert said(fund, renewal(term_months=13)) == [("/term_months", "term_over_cap", "DUR-PF")]
    three_years = replace(fund, table=build.court_law("DUR-PF", months=36))
    assert said(three_years, renewal(term_months=36)) == []
    assert said(three_years, renewal(term_months=37)) == [("/term_months", "term_over_cap", "DUR-PF")]


def test_the_last_day_of_a_term_is_in_time():
    assert said(on(today=END), renewal()) == []


def test_a_release_may_be_held_behind_a_deduction_and_behind_the_measure_itself():
    assert said(on(pending="deduct"), release()) == []
    assert said(on(state="requested", pending="freeze", actual_fen=None), release(amount_fen=1)) == []


@pytest.mark.parametrize(("account_class", "cause", "rule"), [
    ("acceptance_margin", None, "SEC-MARGIN"), ("presale_supervision", None, "SEC-PRESALE"), ("presale_supervision", "建设工程施工合同纠纷", None),
    ("personal_settlement", None, None),
])
def test_protected_accounts_are_not_deducted_from(account_class, cause, rule):
    found = said(on(record={"account_class": account_class}, cause=cause), deduction())
    assert found == ([("", "asset_exempt", rule)] if rule else [])


def test_nothing_is_deducted_in_preservation():
    assert said(on(case_no=PRESERVATION), deduction()) == [("", "not_deductible", "DEDUCT-PRESERVATION")]


@pytest.mark.parametrize("condition", [None, "curiosity"])
def test_a_provident_fund_is_deducted_only_under_a_condition_of_withdrawal(condition):
    assert said(on("provident_fund"), deduction(withdrawal_condition=condition)) == [("/withdrawal_condition", "condition_required", "PF-DEDUCT")]


def test_a_deduction_without_the_account_of_the_case_is_refused():
    assert said(on(), deduction(case_funds_account=None)) == [("/case_funds_account", "account_required", "CASE-FUNDS")]


def test_securities_are_deducted_up_to_what_the_units_held_are_worth():
    units = {"actual_quantity": 10, "requested_fen": None, "actual_fen": None}
    assert said(on("securities", **units), deduction(10_001)) == [("/amount_fen", "over_frozen", "DEDUCT-LIMIT")]
    assert said(on("securities", **units, record={"close_price_fen": None}), deduction(10_001)) == []


def test_units_are_released_of_what_is_frozen_and_marked():
    units = {"state": "partly_in_force", "actual_quantity": 10, "marked_quantity": 5, "waiting_quantity": 3, "requested_fen": None, "actual_fen": None}
    assert said(on("securities", **units), release(quantity=15)) == []
    assert said(on("securities", **units), release(quantity=16)) == [("/quantity", "over_frozen", "DEDUCT-LIMIT")]
    assert step_of(on("securities", **units), release(quantity=10)).quantity == 10
    assert step_of(on("securities", **units), release(quantity=15)) == Step(action="release")
    marked = {**units, "state": "marked", "actual_quantity": None}
    assert step_of(on("securities", **marked), release(quantity=4)).quantity == 4


def test_a_transfer_needs_a_transferee_and_a_measure_that_holds():
    assert said(on("real_estate"), transfer(transferee=None)) == [("/transferee", "transferee_required", "TRANSFER-TO")]
    assert said(on("real_estate", state="waiting"), transfer()) == [("", "wrong_state", "TRANSFER-TO")]
    assert said(on("real_estate", case_no=PRESERVATION), transfer()) == [("", "not_deductible", "DEDUCT-PRESERVATION")]


@pytest.mark.parametrize("agency", [None, build.agency(capabilities=("query", "freeze"))])
def test_an_agency_that_does_not_offer_the_step_is_not_asked(agency):
    assert said(on(agency=agency), release()) == [("", "agency_cannot_control", None)]


def test_only_a_living_preservation_measure_is_converted_and_only_to_enforcement():
    assert said(on(case_no=PRESERVATION), conversion()) == []
    assert said(on(case_no=PRESERVATION, state="waiting"), conversion()) == []
    assert said(on(case_no=PRESERVATION), conversion("（2026）粤5302民初88号")) == [("/case/case_no", "not_convertible", "PRESERVE-CONV")]
    assert said(on(case_no=PRESERVATION, state="expired"), conversion()) == [("", "wrong_state", None)]


@pytest.mark.parametrize(("body", "step"), [
    (renewal(), Step(action="renew", until_on=date(2028, 11, 21))),
    (renewal(term_months=None, until_on="2028-01-31"), Step(action="renew", until_on=date(2028, 1, 31))),
    (release(), Step(action="release")), (release(amount_fen=5_000_000), Step(action="release")),
    (release(amount_fen=4_999_999), Step(action="release", amount_fen=4_999_999)),
    (transfer(transferee=None), Step(action="transfer")),
])
def test_a_step_says_what_to_ask(body, step):
    assert step_of(on(), body) == step


def test_a_deduction_and_a_transfer_name_where_it_goes():
    asked_for = step_of(on(), deduction())
    assert (asked_for.amount_fen, asked_for.case_funds_account.account_no) == (1_000_000, "800100200")
    assert step_of(on("provident_fund"), deduction(withdrawal_condition="rent")).withdrawal_condition == "rent"
    assert step_of(on("real_estate"), transfer()).transferee.name == "王芳"


def test_a_part_of_the_units_stays_a_part():
    held = control("securities", actual_quantity=10, actual_fen=None)
    part = Step(action="release", quantity=9)
    assert narrowed(held, part) == part
    assert narrowed(held, Step(action="release", quantity=10)) == Step(action="release")


@pytest.mark.parametrize(("body", "action"), [
    (renewal(), "renew"), (release(), "release"), (deduction(), "deduct"), (transfer(), "transfer"), (conversion(), "convert")])
def test_a_body_is_an_action(body, action):
    assert action_of(body) == action


@pytest.mark.parametrize(("court", "actions"), [
    ("粤5302", {"renew", "release", "deduct", "transfer", "convert"}), ("粤53", {"renew", "release"}), ("粤", {"renew", "release"}),
    ("最高法", {"renew", "release"}), ("粤5303", set()), ("浙01", set()),
])
def test_a_step_is_for_the_court_that_ordered_or_one_above_it(court, actions):
    every = ("renew", "release", "deduct", "transfer", "convert")
    assert {one for one in every if may_take(one, court, OF_COURT, [], build.TODAY, known=courts())} == actions


@pytest.mark.parametrize(("letter", "may"), [
    ({"document_no": "（2026）粤5302执1234号之三", "document_id": f"sha256:{'0' * 64}"}, True),
    ({"document_no": "（2026）粤5302执1234号之三"}, False),
    ({"document_no": "（2019）粤5302执1号移送函", "document_id": f"sha256:{'0' * 64}"}, False),
    ({"document_no": "（2026）粤5303执1号", "document_id": f"sha256:{'0' * 64}"}, False),
    ({"document_no": "移送执行函", "document_id": f"sha256:{'0' * 64}"}, False),
])
def test_a_transfer_letter_of_the_ordering_court_lets_its_holder_dispose(letter, may):
    papers = deduction(documents=[*side.DEDUCT, build.document("transfer_letter", **letter)]).documents
    assert may_take("deduct", "粤5303", OF_COURT, papers, build.TODAY, known=courts()) is may


def batch(**other):
    return {"action": "renew", "items": [{"control_id": "c1"}], "officer": build.officer(), "documents": [], "term_months": 12, **other}


def test_an_item_takes_the_term_of_its_batch_unless_it_has_its_own():
    body = read_batch(build.json(batch(items=[{"control_id": "c1"}, {"control_id": "c2", "until_on": "2028-01-01"}])))
    assert [term_of(body, item) for item in body.items] == [(12, None), (None, date(2028, 1, 1))]


@pytest.mark.parametrize(("wrong", "errors"), [
    ({"term_months": None}, [("/items/0", "term_required")]), ({"until_on": "2028-01-01"}, [("/items/0", "term_required")]),
    ({"items": [{"control_id": "c1"}, {"control_id": "c1"}]}, [("/items/1", "duplicate_item")]),
    ({"action": "release"}, [("", "reason_required")]), ({"items": []}, [("/items", "too_few")]),
    ({"officer": None, "items": None}, [("/items", "wrong_type"), ("/officer", "wrong_type")]),
])
def test_a_wrong_batch_names_everything_wrong(wrong, errors):
    with pytest.raises(Rejected) as refused:
        read_batch(build.json(batch(**wrong)))
    assert [(one.pointer, one.code) for one in refused.value.errors] == errors


def test_a_release_of_many_has_a_reason():
    body = read_batch(build.json(batch(action="release", reason="已履行完毕", term_months=None)))
    assert isinstance(body, BatchBody)


@pytest.mark.parametrize(("state", "step", "whole"), [
    ("requested", Step(action="release"), True), ("requested", Step(action="release", amount_fen=5), False),
    ("requested", Step(action="release", quantity=5), False), ("in_force", Step(action="release"), False),
    ("requested", Step(action="renew"), False),
])
def test_only_a_whole_measure_that_nobody_confirmed_is_withdrawn(state, step, whole):
    assert withdraws(control(state=state), step) is whole


def test_no_more_is_deducted_than_the_case_is_owed():
    assert said(replace(on(), owed_fen=1_000_000), deduction()) == []
    assert said(replace(on(), owed_fen=999_999), deduction()) == [("/amount_fen", "over_claim", "DEDUCT-LIMIT")]


def test_a_renewal_on_the_last_day_is_held_to_the_rule_on_renewals():
    assert said(on(until_on=build.TODAY), renewal(term_months=13)) == said(on(), renewal(term_months=13))


@pytest.mark.parametrize("number", ["445302199001010014", "1"])
def test_nobody_gets_a_title_under_an_impossible_number(number):
    to = {"name": "张三", "id_type": "resident_id", "id_no": number}
    with pytest.raises(Rejected) as refused:
        read_action(build.json(transfer(transferee=to)), TransferBody)
    assert [one.pointer for one in refused.value.errors] == ["/transferee/id_no"]


def test_who_may_not_take_a_step_is_told_no_more_than_who_may():
    refused = not_there()
    assert (refused.problem_status, refused.problem_code, refused.rule.id) == (404, "not_found", "RELEASE-BY")


def test_a_watch_list_entry_holds_nothing_whose_title_could_pass():
    body = read(TransferBody, side.transfer())
    assert [one.error.code for one in check(on("vehicles", measure="watchlist"), body)] == ["holds_nothing"]
    assert check(on("vehicles"), body) == []
