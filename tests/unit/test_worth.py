from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.registry import asset_type
from gateway.domain.law import LAW
from gateway.domain.worth import money, secured_fen, securing_states, worth
from tests.builders import RECORDS, TODAY, control_view, court_law, measure, right

HOUSE_FEN = 100_000_000


def amounts(kind="deposits", measures=(), rights=(), **record):
    declared = asset_type(kind)
    valued = worth(declared, declared.record.model_validate({**RECORDS[kind], **record}), measures, rights)
    return valued.value_fen, valued.encumbered_fen, valued.controllable_fen


def house(measures=(), rights=(), **record):
    return amounts("real_estate", measures, rights, **record)


def test_a_free_account_can_be_controlled_whole():
    assert amounts() == (8_812_300, 0, 8_812_300)


def test_what_the_bank_took_off_is_not_taken_off_again():
    assert amounts(measures=(measure(amount_fen=5_000_000),), available_balance_fen=3_812_300) == (8_812_300, 5_000_000, 3_812_300)


def test_what_the_bank_did_not_take_off_is_taken_off():
    assert amounts(measures=(measure(amount_fen=5_000_000),)) == (8_812_300, 5_000_000, 3_812_300)


def test_a_bank_may_hold_back_more_than_it_tells():
    assert amounts(available_balance_fen=100) == (8_812_300, 0, 100)


def test_encumbrances_are_at_most_the_value():
    assert amounts(measures=(measure(amount_fen=9_000_000), measure(amount_fen=9_000_000))) == (8_812_300, 8_812_300, 0)


def test_a_foreign_account_has_no_value_in_yuan():
    assert amounts(currency="USD", measures=(measure(amount_fen=7),)) == (None, 7, None)


def test_an_overdrawn_account_is_worth_nothing():
    assert amounts(balance_fen=-5, available_balance_fen=-5) == (0, 0, 0)


def test_a_mortgage_leaves_the_rest():
    assert house(rights=(right(amount_fen=40_000_000),)) == (HOUSE_FEN, 40_000_000, 60_000_000)


def test_a_seal_without_an_amount_takes_the_whole_thing():
    assert house(measures=(measure(kind="seal"),)) == (HOUSE_FEN, HOUSE_FEN, 0)


@pytest.mark.parametrize(("kind", "left"), [("mortgage", 0), ("pledge", 0), ("residence_right", HOUSE_FEN), ("other", HOUSE_FEN)])
def test_a_right_without_an_amount_counts_by_its_kind(kind, left):
    assert house(rights=(right(kind=kind),))[2] == left


def test_half_a_house_under_mortgage_leaves_half_of_the_rest():
    assert house(rights=(right(amount_fen=40_000_000),), share_ratio="1/2") == (HOUSE_FEN, 40_000_000, 30_000_000)


def test_encumbrances_shown_are_at_most_the_debtors_share():
    assert house(rights=(right(amount_fen=90_000_000),), share_ratio="1/2") == (HOUSE_FEN, 50_000_000, 5_000_000)


def test_thirds_are_rounded_down_to_the_fen():
    assert house(share_ratio="1/3")[2] == 33_333_333


def test_joint_owners_without_shares_count_in_equal_parts():
    assert house(co_ownership="joint", co_owners=[{"name": "李丽"}])[2] == HOUSE_FEN // 2


def test_an_unassessed_house_is_unvalued():
    assert house(assessed_value_fen=None, measures=(measure(kind="seal"),)) == (None, 0, None)


def test_shares_under_an_earlier_freeze_count_by_units():
    frozen = (measure(quantity=400),)
    assert amounts("securities", frozen) == (1_000_000, 400_000, 600_000)
    assert amounts("securities", frozen, quantity=0, available_quantity=0) == (0, 0, 0)
    assert amounts("securities", close_price_fen=None) == (None, 0, None)


def test_a_fund_account_can_be_controlled_as_far_as_it_is_not_frozen():
    assert amounts("provident_fund") == (3_000_000, 0, 2_000_000)


def secured(kind="deposits", measures=(), rights=(), record=None, table=LAW, **control):
    declared = asset_type(kind)
    view = control_view(asset_type=kind, **control)
    return secured_fen(view, declared, declared.record.model_validate({**RECORDS[kind], **(record or {})}), measures, rights,
                       securing=securing_states(TODAY, table))


def test_a_court_may_say_which_states_secure():
    first_only = court_law("LIMIT-WAITING", securing_states=["in_force"])
    assert [secured(state="partly_in_force", actual_fen=7, table=table) for table in (LAW, first_only)] == [7, 0]


def test_money_secures_what_is_really_held():
    assert secured(actual_fen=4_200_000) == 4_200_000
    assert secured(actual_fen=None) == 0


def test_a_priority_right_is_paid_first():
    assert secured(actual_fen=4_200_000, rights=(right(kind="pledge", amount_fen=4_000_000),)) == 200_000
    assert secured(actual_fen=4_200_000, rights=(right(kind="pledge"),)) == 0


@pytest.mark.parametrize("state", ["requested", "waiting", "marked", "released", "expired"])
def test_what_does_not_hold_secures_nothing(state):
    assert secured(actual_fen=4_200_000, state=state) == 0


def test_a_sealed_house_secures_what_others_leave_of_the_debtors_share():
    sealed = {"kind": "real_estate", "measure": "seal"}
    assert secured(**sealed, rights=(right(amount_fen=40_000_000),), record={"share_ratio": "1/2"}) == 30_000_000
    assert secured(**sealed, record={"assessed_value_fen": None}) == 0
    assert secured(kind="vehicles", measure="watchlist") == 0


def test_frozen_shares_secure_their_part():
    assert secured("securities", actual_quantity=500) == 500_000
    assert secured("securities", actual_quantity=500, measures=(measure(quantity=800),)) == 200_000
    assert secured("securities") == 0


fen = st.integers(0, 10**15)


@given(fen, st.integers(0, 10**15), st.lists(fen | st.none(), max_size=4), st.lists(fen | st.none(), max_size=4))
def test_nothing_is_worth_more_than_its_value_nor_less_than_nothing(balance, available, taken, rights):
    value, encumbered, controllable = amounts(
        measures=tuple(measure(amount_fen=one) for one in taken), rights=tuple(right(amount_fen=one) for one in rights),
        balance_fen=balance, available_balance_fen=available)
    assert value == balance
    assert 0 <= encumbered <= value
    assert 0 <= controllable <= min(available, value - encumbered)


@given(st.integers(0, 10**15), st.fractions(Fraction(1, 50), 1, max_denominator=50), fen)
def test_a_share_never_controls_more_than_its_part(value, share, mortgage):
    _, encumbered, controllable = house(rights=(right(amount_fen=mortgage),), assessed_value_fen=value, share_ratio=str(share))
    assert 0 <= encumbered <= value * share
    assert controllable <= share * max(0, value - mortgage)


def test_of_an_account_without_a_known_value_nothing_is_money():
    declared = asset_type("deposits")
    assert money(declared, declared.record.model_validate({**RECORDS["deposits"], "currency": "USD"}), [], []) == (0, 0)
