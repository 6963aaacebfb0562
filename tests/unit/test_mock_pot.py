"""A product and what it paid back are one pot: held by amount, the money on the return account first."""

from contextlib import closing
from datetime import date

import pytest

from contracts.failures import IllegalTransition
from services.runtime.mock.counted import holds_money, units_of
from services.runtime.mock.happenings import Inflow, Reversal
from tests.mock_world import DEMO_PERSON, FakeMock, TestClock, agency, order, prior, product, simulation

KEY = "0200/A1"


#: One that can be frozen whole, one sold for another (its account alone), one that pays back elsewhere (the product alone).
WHOLE, SOLD, ELSEWHERE = product(), product(available_fen=0, in_part=True), product(account=None, in_part=True)


def world(holding, **settings):
    return simulation(FakeMock("wealth_products", [holding], only=DEMO_PERSON), agency(asset_type="wealth_products"), **settings)


def freeze(of, number, fen, **more):
    return of.desks["bank"].order(order(number, key=KEY, amount_fen=fen, **more))


def follow(of, action, original, **more):
    return of.desks["bank"].order(order(f"{action} {original}", action, KEY, original_request_no=original, **more))


def inflow(of, fen):
    return of.happen(of.register.agencies["bank"], Inflow(kind="inflow", key=KEY, amount_fen=fen))


def stands(of, number):
    effect = of.desks["bank"].effect(number)
    return effect.state, effect.rank, effect.actual_fen, effect.unfunded_fen


def shown(of):
    record = of.desks["bank"].holding(KEY).record
    return record.total_value_fen, record.return_account_balance_fen, record.available_value_fen, record.available_units


def test_a_measure_takes_the_money_on_the_account_and_then_the_product():
    of = world(product(cash_fen=30))
    freeze(of, "a", 20)
    assert shown(of) == (100, 30, 100, "1000.00")
    freeze(of, "b", 50)
    assert shown(of) == (100, 30, 60, "600.00")
    assert [stands(of, number) for number in "ab"] == [("in_force", 1, 20, 0), ("in_force", 1, 50, 0)]


def test_what_lacks_is_filled_by_what_the_product_pays_back():
    of = world(WHOLE)
    freeze(of, "a", 150)
    assert (stands(of, "a"), shown(of)) == (("in_force", 1, 100, 50), (100, 0, 0, "0"))
    inflow(of, 80)
    assert (stands(of, "a"), shown(of)) == (("in_force", 1, 150, 0), (100, 80, 30, "300.00"))


def test_of_what_can_only_be_held_in_part_a_measure_is_in_force_in_part():
    of = world(SOLD)
    assert freeze(of, "a", 40).state == "partly_in_force"
    assert (stands(of, "a"), shown(of)) == (("partly_in_force", 1, 0, 40), (100, 0, 0, "0"))
    freeze(of, "b", 10)
    assert stands(of, "b")[:2] == ("waiting", 2)
    inflow(of, 45)
    assert [stands(of, number) for number in "ab"] == [("partly_in_force", 1, 40, 0), ("partly_in_force", 1, 5, 5)]
    assert shown(of) == (100, 45, 0, "0")


def test_a_part_is_renewed_narrowed_released_taken_back_and_ends_like_the_whole():
    of = world(SOLD, clock=(clock := TestClock()))
    first = freeze(of, "a", 40, term_months=12)
    freeze(of, "b", 10, term_months=12)
    inflow(of, 40)
    assert follow(of, "renew", "a", term_months=12).until_on == first.until_on.replace(year=2028)
    assert follow(of, "release", "a", amount_fen=15).state == "partly_in_force"
    assert [stands(of, number) for number in "ab"] == [("partly_in_force", 1, 25, 0), ("partly_in_force", 1, 10, 0)]
    of.happen(of.register.agencies["bank"], Reversal(kind="reversed", request_no="a"))
    assert stands(of, "a")[0] == "reversed"
    clock.advance(366 * 86_400)
    assert stands(of, "b")[0] == "expired"
    assert shown(of) == (100, 40, 0, "0")


def test_a_product_that_pays_back_elsewhere_is_held_alone_and_nothing_comes_in():
    of = world(ELSEWHERE)
    freeze(of, "a", 60)
    assert (stands(of, "a"), shown(of)) == (("partly_in_force", 1, 60, 0), (100, 0, 40, "400.00"))
    with pytest.raises(IllegalTransition):
        inflow(of, 1)


def test_money_comes_into_an_account_that_is_there():
    assert (holds_money(WHOLE), holds_money(SOLD), holds_money(ELSEWHERE)) == (True, True, False)


@pytest.mark.parametrize(("amount", "available"), [(20, 100), (50, 80), (130, 0), (500, 0)])
def test_measures_of_others_hold_of_the_pot_what_the_register_says(amount, available):
    of = world(product(cash_fen=30, available_fen=available, priors=[prior(amount_fen=amount, rank=1, from_on=date(2026, 3, 2))]))
    left = max(0, 130 - amount)
    assert shown(of) == (100, 30, available, "1000.00")
    assert freeze(of, "a", 200).actual_fen == left


def test_what_is_pledged_is_no_part_of_the_pot():
    of = world(product(available_fen=60, cash_fen=5))
    assert (freeze(of, "a", 100).actual_fen, shown(of)) == (65, (100, 5, 0, "0"))


def test_money_that_was_taken_is_gone_from_the_account():
    of = world(product(cash_fen=30))
    freeze(of, "a", 50)
    assert follow(of, "deduct", "a", amount_fen=10).deducted_fen == 10
    assert (stands(of, "a"), shown(of)) == (("in_force", 1, 40, 0), (100, 20, 80, "800.00"))


@pytest.mark.parametrize(("fen", "units"), [(0, "0"), (1, "333.33"), (2, "666.66"), (3, "1000.00")])
def test_units_are_rounded_down_and_all_are_all(fen, units):
    assert units_of("1000.00", fen, 3) == units


def test_of_nothing_everything_is_available():
    assert units_of("0", 0, 0) == "0"


def test_a_killed_bank_forgets_nothing_of_what_was_paid_back(tmp_path):
    with closing(world(SOLD, ledger_dir=tmp_path)) as before:
        freeze(before, "a", 40)
        inflow(before, 25)
        with closing(world(SOLD, ledger_dir=tmp_path)) as after:
            assert stands(after, "a") == stands(before, "a") == ("partly_in_force", 1, 25, 15)
            assert shown(after) == (100, 25, 0, "0")
