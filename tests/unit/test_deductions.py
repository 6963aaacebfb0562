"""What moves money: a measure that does so at once, and a deduction from what is held."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.control import MEASURES
from contracts.registry import asset_type
from gateway.domain.control import DEDUCTS_AT_ONCE
from gateway.domain.control_body import ControlItem
from gateway.domain.deductions import check_condition, check_destination, destination
from gateway.domain.law import LAW, latest
from tests.builders import RECORDS, TODAY, control_item, court_law
from tests.control_side import FUNDS
from tests.orders import wrong_with

PRESERVATION = "（2026）粤5302执保9号"
AT_ONCE = {"measure": "freeze_and_deduct", "case_funds_account": FUNDS}
FUND_AT_ONCE = {**AT_ONCE, "withdrawal_condition": "retirement"}


@pytest.mark.parametrize(("asset_type", "item"), [
    ("deposits", AT_ONCE), ("deposits", {**AT_ONCE, "measure": "withdraw_income"}), ("provident_fund", FUND_AT_ONCE),
    ("securities", {**AT_ONCE, "amount_fen": None, "quantity": 5}),
])
def test_money_is_moved_at_once_to_the_account_of_the_case(asset_type, item):
    assert wrong_with(item, asset_type) == []


@pytest.mark.parametrize(("asset_type", "item", "finding"), [
    ("deposits", {"measure": "freeze_and_deduct"}, ("case_funds_account", "account_required", "CASE-FUNDS")),
    ("deposits", {"measure": "withdraw_income"}, ("case_funds_account", "account_required", "CASE-FUNDS")),
    ("deposits", {"case_funds_account": FUNDS}, ("case_funds_account", "not_for_measure", "CASE-FUNDS")),
    ("deposits", {**AT_ONCE, "amount_fen": None}, ("amount_fen", "amount_required", "LIMIT-ACC")),
    ("deposits", FUND_AT_ONCE, ("withdrawal_condition", "not_for_asset_type", None)),
    ("deposits", {"withdrawal_condition": "rent"}, ("withdrawal_condition", "not_for_asset_type", None)),
    ("provident_fund", AT_ONCE, ("withdrawal_condition", "condition_required", "PF-DEDUCT")),
    ("provident_fund", {**AT_ONCE, "withdrawal_condition": "curiosity"}, ("withdrawal_condition", "condition_required", "PF-DEDUCT")),
    ("provident_fund", {"withdrawal_condition": "rent"}, ("withdrawal_condition", "not_for_measure", "PF-DEDUCT")),
])
def test_an_unlawful_way_of_moving_money_is_refused_with_its_rule(asset_type, item, finding):
    assert wrong_with(item, asset_type) == [finding]


def test_no_money_is_moved_at_once_while_a_case_only_preserves():
    assert wrong_with(AT_ONCE, case_no=PRESERVATION) == [("measure", "not_deductible", "DEDUCT-PRESERVATION")]
    assert wrong_with({}, case_no=PRESERVATION) == []


def test_a_court_may_know_fewer_conditions_of_withdrawal():
    ours = court_law("PF-DEDUCT", conditions=["retirement"])
    fund = asset_type("provident_fund")
    asked = {"moves_money": True, "path": (), "day": TODAY, "table": ours}
    assert list(check_condition("retirement", fund, **asked)) == []
    assert [one.error.expected for one in check_condition("rent", fund, **asked)] == ["retirement"]


@given(measure=st.sampled_from(MEASURES), account=st.booleans(), kind=st.sampled_from(sorted(RECORDS)),
       condition=st.sampled_from([None, "curiosity", *latest("PF-DEDUCT").parameters["conditions"]]))
def test_an_account_goes_with_what_moves_money_and_a_condition_with_what_leaves_a_fund(measure, account, kind, condition):
    moves = measure in DEDUCTS_AT_ONCE
    asked = {"moves_money": moves, "path": (), "day": TODAY, "table": LAW}
    given_one = ControlItem.model_validate(control_item(measure=measure, case_funds_account=FUNDS if account else None), strict=False)
    assert (list(check_destination(given_one.case_funds_account, **asked)) == []) is (account == moves)
    assert (destination(given_one) is not None) == account
    needed = moves and kind == "provident_fund"
    fits = condition in latest("PF-DEDUCT").parameters["conditions"] if needed else condition is None
    assert (list(check_condition(condition, asset_type(kind), **asked)) == []) is fits
