from fractions import Fraction
from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.allot import Part, allot
from gateway.domain.cover import Whole

money = st.lists(st.integers(0, 50), max_size=4)
houses = st.lists(st.integers(1, 80), max_size=6)
shares = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 12)), max_size=2)


def made(fen, units, whole):
    parts = [Part(f"m{number}", one) for number, one in enumerate(fen)]
    parts += [Part(f"s{number}", price * count, Fraction(price), count) for number, (price, count) in enumerate(units)]
    return parts, [Whole(f"h{number}", one) for number, one in enumerate(whole)]


@given(money, shares, houses, st.integers(-5, 300), st.integers(0, 20))
def test_the_limit_is_kept_but_for_one_thing_that_cannot_be_split(fen, units, whole, need, more):
    parts, wholes = made(fen, units, whole)
    found = allot(parts, wholes, need, need + more)
    assert found.total_fen <= max(0, need + more) or found.over in found.fen
    available = sum(one.whole_fen for one in parts) + sum(whole)
    assert found.total_fen >= min(max(0, need), available)


@given(money, houses, st.integers(1, 300))
def test_what_money_and_houses_can_meet_exactly_is_met_exactly(fen, whole, need):
    parts, wholes = made(fen, [], whole)
    every = chain.from_iterable(combinations(whole, size) for size in range(len(whole) + 1))
    exact = any(sum(some) <= need <= sum(some) + sum(fen) for some in every)
    found = allot(parts, wholes, need, need)
    assert (found.total_fen == need) == exact
    assert (found.over is None) == (exact or sum(fen) + sum(whole) < need)


@given(money, shares, houses, st.integers(1, 300))
def test_nobody_is_asked_for_more_than_there_is(fen, units, whole, need):
    parts, wholes = made(fen, units, whole)
    found = allot(parts, wholes, need, need)
    there = {**{one.id: one.whole_fen for one in parts}, **{one.id: one.fen for one in wholes}}
    assert all(0 < taken <= there[name] for name, taken in found.fen.items())


def test_the_preferred_money_is_taken_first():
    assert allot([Part("a", 30), Part("b", 30)], [], 40, 40).fen == {"a": 30, "b": 10}


def test_a_house_that_fits_makes_the_least_preferred_money_give_way():
    found = allot([Part("a", 30), Part("b", 30)], [Whole("h", 70)], 100, 100)
    assert (found.fen, found.over) == ({"a": 30, "h": 70}, None)


def test_a_house_that_exceeds_is_taken_whole_beside_all_the_money():
    found = allot([Part("a", 40)], [Whole("h", 150), Whole("k", 900)], 100, 110)
    assert (found.fen, found.over) == ({"a": 40, "h": 150}, "h")


def test_a_house_within_the_tolerance_needs_no_money():
    found = allot([Part("a", 40)], [Whole("h", 105)], 100, 110)
    assert (found.fen, found.over) == ({"h": 105}, None)


def test_one_share_too_much_is_taken_from_the_money():
    found = allot([Part("a", 30), Part("s", 70, Fraction(7), 10)], [], 50, 50)
    assert (found.fen, found.units, found.over) == ({"a": 29, "s": 21}, {"s": 3}, None)


def test_without_money_the_last_share_is_the_exception():
    found = allot([Part("s", 70, Fraction(7), 10)], [], 50, 50)
    assert (found.fen, found.units, found.over) == ({"s": 56}, {"s": 8}, "s")


def test_money_that_a_share_makes_needless_is_left_out():
    assert allot([Part("a", 1), Part("s", 70, Fraction(7), 10)], [], 7, 7).fen == {"s": 7}
