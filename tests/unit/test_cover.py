from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.cover import CORE, Whole, least_cover

few = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 5)), min_size=1, max_size=9)


def things(pairs):
    return [Whole(f"h{number:03}", fen, harm) for number, (fen, harm) in enumerate(pairs)]


def many(count, fen_of):
    return things([(fen_of(number), 1) for number in range(count)])


def best_of_all(of, need):
    every = chain.from_iterable(combinations(of, size) for size in range(len(of) + 1))
    covers = [(sum(one.fen for one in some), sum(one.harm for one in some)) for some in every]
    return min((cover for cover in covers if cover[0] >= need), default=(sum(one.fen for one in of), sum(one.harm for one in of)))


@given(few, st.integers(1, 600))
def test_no_choice_of_few_things_is_better(pairs, need):
    cover = least_cover(things(pairs), need)
    assert (cover.fen, sum(one.harm for one in things(pairs) if one.id in cover.ids)) == best_of_all(things(pairs), need)
    assert cover.proven


@given(few, st.integers(1, 600), st.randoms(use_true_random=False))
def test_the_order_of_things_does_not_matter(pairs, need, random):
    shuffled = things(pairs)
    random.shuffle(shuffled)
    assert least_cover(shuffled, need) == least_cover(things(pairs), need)


@settings(max_examples=10)
@given(st.integers(CORE + 1, 300), st.integers(1, 10**9), st.integers(5, 95))
def test_hundreds_of_things_are_never_covered_worse_than_greedily(count, seed, percent):
    pile = many(count, lambda number: 10_000 * (1 + (number * 7_919 + seed) * 104_729 % 99_991))
    need = sum(one.fen for one in pile) * percent // 100
    cover, greedy = least_cover(pile, need), 0
    for one in sorted(pile, key=lambda one: -one.fen):
        greedy += one.fen if greedy < need else 0
    assert need <= cover.fen <= greedy
    assert cover.fen == sum(one.fen for one in pile if one.id in cover.ids)


@pytest.mark.parametrize("percent", [10, 50, 90])
def test_three_hundred_assessed_flats_are_covered_with_the_least_excess_there_can_be(percent):
    flats = many(300, lambda number: 10_000 * (2_000 + number * 6_151 % 30_011))
    need = sum(one.fen for one in flats) * percent // 100
    cover = least_cover(flats, need)
    assert cover.proven
    assert cover.fen - need < 10_000


def test_many_equal_things_are_counted():
    cover = least_cover(many(100, lambda _: 500), 1_250)
    assert (cover.fen, len(cover.ids), cover.proven) == (1_500, 3, True)


def test_what_the_small_things_cannot_close_is_closed_by_large_ones():
    cover = least_cover(things([*((1, 1) for _ in range(CORE)), (1_000, 1), (2_000, 1), (4_000, 1)]), 7_010)
    assert (cover.fen, cover.proven) == (7_010, True)


def test_a_choice_of_many_that_no_bound_meets_is_not_called_proven():
    cover = least_cover(things([*((3, 1) for _ in range(CORE)), (1_000_001, 1), (1_000_003, 1)]), 1_000_100)
    assert (cover.fen, cover.proven) == (1_000_100, True) or not cover.proven
