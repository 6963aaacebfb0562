from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.candidates import Candidate
from gateway.domain.court_policy import BY_LAW, SOLE_HOME
from gateway.domain.liability import capped, liabilities, needed
from gateway.domain.plan import plan
from tests import builders as build
from tests.builders import TODAY

LAW = BY_LAW.of("粤5302", TODAY)


def thing(name, fen, kind="deposits", subject=0, **other):
    at = "real_estate" if kind == SOLE_HOME else kind
    return Candidate(name, at, kind, subject, "freeze" if at == "deposits" else "seal", fen, **other)


def counted(found, cap):
    return {one.asset_id: one.left_out or one.free_fen for one in capped(found, {0: cap}, LAW)}


def planned(found, claim, cap):
    made = plan(capped(found, {0: cap}, LAW), claim_fen=claim, held_fen=0, policy=LAW)
    return {one.asset_id: (one.amount_fen, one.reason.code) for one in made.lines}, {one.asset_id: one.reason for one in made.left_out}, made


def test_who_is_liable_for_everything_is_not_limited():
    found = [thing("a", 80), thing("b", 90, subject=1)]
    assert capped(found, {}, LAW) == found
    assert capped(found, {0: 80, 1: 100}, LAW) == found


def test_accounts_count_up_to_the_limit_in_the_courts_order():
    assert counted([thing("fund", 50, "provident_fund"), thing("a", 80), thing("b", 20)], 90) == {"a": 80, "b": 10, "fund": "liability_covered"}
    lines, left_out, made = planned([thing("a", 80), thing("b", 40)], 200, 90)
    assert lines == {"a": (80, "takes_all"), "b": (10, "liability_reached")}
    assert (left_out, made.uncovered_fen, made.lines[1].reason.rule.id) == ({}, 110, "LIABLE-AMOUNT")


def test_what_is_frozen_besides_for_those_who_are_paid_first_is_within_the_limit_too():
    lines, _, made = planned([thing("a", 80, rights_fen=10), thing("b", 40)], 200, 60)
    assert (lines, made.secured_fen) == ({"a": (60, "liability_reached")}, 50)
    assert counted([thing("a", 80, rights_fen=10), thing("b", 40)], 95) == {"a": 80, "b": 5}
    assert counted([thing("a", 80, rights_fen=70)], 60) == {"a": "liability_covered"}


def test_another_subject_pays_the_rest():
    lines, _, made = planned([thing("a", 80), thing("b", 500, subject=1)], 600, 30)
    assert (lines, made.uncovered_fen) == ({"a": (30, "liability_reached"), "b": (500, "takes_all")}, 70)


def test_a_house_beyond_the_limit_is_controlled_whole_and_counts_for_what_is_left():
    lines, left_out, made = planned([thing("a", 40), thing("house", 900, "real_estate"), thing("palace", 5_000, "real_estate")], 2_000, 100)
    assert lines == {"a": (40, "takes_all"), "house": (60, "liability_whole")}
    assert (left_out["palace"].code, left_out["palace"].rule.id, made.secured_fen) == ("liability_covered", "LIABLE-AMOUNT", 100)


def test_of_several_houses_only_the_one_worth_most_goes_beyond():
    assert counted([thing("h1", 60, "real_estate"), thing("h2", 70, "real_estate"), thing("h3", 65, "real_estate")], 130) == {
        "h1": 60, "h2": 70, "h3": "liability_covered"}
    assert counted([thing("h1", 60, "real_estate"), thing("h2", 70, "real_estate")], 100) == {"h1": 60, "h2": 40}


def test_an_only_dwelling_is_spared_while_something_else_covers_the_limit():
    assert counted([thing("home", 100, SOLE_HOME), thing("shop", 150, "real_estate")], 100) == {"home": "liability_covered", "shop": 100}
    assert counted([thing("home", 100, SOLE_HOME), thing("shop", 50, "real_estate")], 100) == {"home": 100, "shop": "liability_covered"}


def test_shares_are_taken_by_the_unit():
    shares = thing("s", 1_000, "securities", unit_fen=Fraction(100), units=10)
    (limited,) = capped([shares], {0: 350}, LAW)
    assert (limited.units, limited.free_fen, limited.limited) == (3, 300, True)
    assert counted([shares], 99) == {"s": "liability_covered"}


def test_without_a_value_a_thing_is_taken_only_while_something_is_left():
    car = thing("car", None, "vehicles")
    assert counted([car, thing("a", 80)], 100) == {"car": None, "a": 80}
    assert counted([car, thing("a", 80)], 80) == {"car": "liability_covered", "a": 80}


@pytest.mark.parametrize("left", [0, -5])
def test_what_the_case_holds_already_leaves_nothing(left):
    found = [thing("a", 80), thing("house", 9, "real_estate"), thing("car", None, "vehicles"), thing("gone", 5, left_out="no_longer_there")]
    assert counted(found, left) == {"a": "liability_covered", "house": "liability_covered", "car": "liability_covered", "gone": "no_longer_there"}


def test_what_the_others_make_needless_is_dropped():
    assert needed([(3, "c"), (10, "a"), (4, "b")], 12) == [(4, "b"), (10, "a")]


def test_only_subjects_with_a_limit_have_one():
    assert liabilities([build.subject(), build.company(role="added_debtor", liability_fen=7), build.subject(liability_fen=0)]) == {1: 7, 2: 0}


found_things = st.lists(st.tuples(st.sampled_from(["deposits", "real_estate", SOLE_HOME, "securities"]), st.integers(1, 90)), max_size=9)


def _found(pairs):
    return [thing(f"a{number}", fen * 10 if kind == "securities" else fen, kind, **({"unit_fen": Fraction(fen), "units": 10} if kind == "securities" else {}))
            for number, (kind, fen) in enumerate(pairs)]


@given(found_things, st.integers(0, 400), st.integers(0, 600), st.randoms(use_true_random=False))
def test_a_plan_never_goes_beyond_a_limit_but_for_one_thing_that_cannot_be_split(pairs, cap, claim, random):
    found = _found(pairs)
    made = plan(capped(found, {0: cap}, LAW), claim_fen=claim, held_fen=0, policy=LAW)
    worth = {one.asset_id: one.free_fen for one in found}
    real = {line.asset_id: line.amount_fen if line.asset_type in ("deposits", "securities") else worth[line.asset_id] for line in made.lines}
    assert made.secured_fen <= cap
    wholes = [fen for asset_id, fen in real.items() if asset_id in {line.asset_id for line in made.lines if line.asset_type == "real_estate"}]
    assert sum(real.values()) <= cap or sum(real.values()) - max(wholes) < cap
    random.shuffle(found)
    again = plan(capped(found, {0: cap}, LAW), claim_fen=claim, held_fen=0, policy=LAW)
    assert {line.asset_id: line for line in again.lines} == {line.asset_id: line for line in made.lines}


@given(found_things, st.integers(0, 400))
def test_as_much_of_the_limit_is_covered_as_there_is(pairs, cap):
    money = [one for one in _found(pairs) if one.asset_type != "securities"]
    left = capped(money, {0: cap}, LAW)
    assert sum(one.free_fen for one in left if one.left_out is None) == min(cap, sum(one.free_fen for one in money))
