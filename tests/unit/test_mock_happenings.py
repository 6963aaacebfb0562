"""Pledged shares are marked, and what happens without an order: a pledge ends, money comes in, a word is taken back."""

from contextlib import ExitStack, closing
from datetime import date

import pytest

from contracts.failures import IllegalTransition, NotFound
from services.runtime.mock.happenings import Inflow, PledgeReleased, Reversal
from tests.mock_world import (
    DEMO_PERSON,
    START,
    FakeMock,
    TestClock,
    account,
    agency,
    order,
    shares,
    simulation,
    stake,
    vehicle,
)

KEY = "A123456789/600000"


def world(*holdings, asset_type="securities", clock=None):
    return simulation(FakeMock(asset_type, holdings, only=DEMO_PERSON), agency(asset_type=asset_type), clock=clock or TestClock())


def freeze(of, number, quantity, **more):
    return of.desks["bank"].order(order(number, key=KEY, quantity=quantity, **more))


def follow(of, action, original, **more):
    return of.desks["bank"].order(order(f"{action} {original} {more}", action, KEY, original_request_no=original, **more))


def unpledge(of, quantity=None):
    return of.happen(of.register.agencies["bank"], PledgeReleased(kind="pledge_released", key=KEY, quantity=quantity))


def inflow(of, fen, key="6222000000000001"):
    return of.happen(of.register.agencies["bank"], Inflow(kind="inflow", key=key, amount_fen=fen))


def reverse(of, number):
    return of.happen(of.register.agencies["bank"], Reversal(kind="reversed", request_no=number))


def stands(of, number):
    effect = of.desks["bank"].effect(number)
    return effect.state, effect.rank, effect.quantity, effect.marked_quantity, effect.waiting_quantity


@pytest.mark.parametrize(("asked", "stands_so"), [
    (40, ("in_force", 1, 40, 0, 0)), (60, ("partly_in_force", 1, 40, 20, 0)), (100, ("partly_in_force", 1, 40, 60, 0)),
    (130, ("partly_in_force", 1, 40, 60, 30)),
])
def test_the_free_units_are_frozen_then_the_pledged_are_marked_and_the_rest_waits(asked, stands_so):
    of = world(shares(100, available=40))
    freeze(of, "a", asked)
    assert stands(of, "a") == stands_so


def test_nothing_free_is_marked_and_who_comes_later_queues_behind_the_mark():
    of = world(shares(100, available=0))
    freeze(of, "a", 70)
    freeze(of, "b", 50)
    freeze(of, "c", 10)
    assert [stands(of, number) for number in "abc"] == [("marked", 1, 0, 70, 0), ("marked", 1, 0, 30, 20), ("waiting", 2, 0, 0, 10)]


def test_units_that_others_marked_before_are_not_marked_again():
    of = world(shares(100, available=40, marks=[(50, date(2027, 1, 31))]))
    freeze(of, "a", 100)
    assert stands(of, "a") == ("partly_in_force", 1, 40, 10, 50)
    of.clock.advance(100 * 86_400)
    assert stands(of, "a") == ("partly_in_force", 1, 40, 60, 0)


def test_a_mark_becomes_a_freeze_when_its_pledge_ends_first_in_rank_first():
    of = world(shares(100, available=0))
    freeze(of, "a", 70)
    freeze(of, "b", 50)
    unpledge(of, 80)
    assert [stands(of, number) for number in "ab"] == [("in_force", 1, 70, 0, 0), ("partly_in_force", 1, 10, 20, 20)]
    assert [effect["quantity"] for effect in unpledge(of)] == [70, 30]
    assert stands(of, "b") == ("partly_in_force", 1, 30, 0, 20)


def test_a_share_that_falls_free_goes_to_who_waits_and_a_mark_stays_a_mark():
    of = world(shares(100, available=10))
    for number, quantity in (("a", 10), ("b", 90), ("c", 10)):
        freeze(of, number, quantity)
    follow(of, "release", "a")
    assert [stands(of, number)[2:] for number in "bc"] == [(0, 90, 0), (10, 0, 0)]


def test_the_term_of_a_mark_runs_and_goes_on_as_a_freeze():
    of = world(shares(100, available=0))
    marked = freeze(of, "a", 60, term_months=12)
    of.clock.advance(30 * 86_400)
    unpledge(of)
    frozen = of.desks["bank"].effect("a")
    assert (marked.until_on, frozen.until_on, frozen.effective_at) == (date(2027, 11, 21), date(2027, 11, 21), START)


def test_the_register_shows_marks_and_pledges_as_they_are():
    of = world(shares(100, available=40))
    freeze(of, "a", 60, term_months=12)
    record = of.desks["bank"].holding(KEY).record
    assert (record.quantity, record.available_quantity, record.frozen_quantity) == (100, 0, 40)
    assert [(mark.quantity, mark.until_on) for mark in record.marks] == [(20, date(2027, 11, 21))]
    unpledge(of)
    record = of.desks["bank"].holding(KEY).record
    assert (record.quantity, record.available_quantity, record.frozen_quantity, record.marks) == (100, 40, 60, ())


def test_a_part_is_released_of_what_is_frozen_then_of_what_is_marked():
    of = world(shares(100, available=40))
    freeze(of, "a", 130)
    follow(of, "release", "a", quantity=10)
    assert stands(of, "a") == ("partly_in_force", 1, 30, 60, 0)
    follow(of, "release", "a", quantity=50)
    assert stands(of, "a") == ("marked", 1, 0, 40, 0)
    assert follow(of, "release", "a", quantity=40).state == "released"


def test_a_sale_of_what_is_frozen_leaves_the_mark_and_of_everything_ends_what_waits():
    of = world(shares(100, available=40))
    freeze(of, "a", 130)
    freeze(of, "b", 10)
    assert follow(of, "deduct", "a", quantity=40).state == "marked"
    assert stands(of, "a") == ("marked", 1, 0, 60, 30)
    unpledge(of)
    assert follow(of, "deduct", "a", quantity=60).state == "deducted"
    assert stands(of, "b")[0] == "lapsed"
    assert of.desks["bank"].holding(KEY) is None


def test_inflow_is_given_to_the_first_that_lacks_some_and_then_to_the_next():
    of = world(account(balance_fen=60), asset_type="deposits")
    for number in "ab":
        of.desks["bank"].order(order(number, amount_fen=100))
    inflow(of, 70)
    effects = [of.desks["bank"].effect(number) for number in "ab"]
    assert [(effect.state, effect.rank, effect.actual_fen, effect.unfunded_fen) for effect in effects] == [
        ("in_force", 1, 100, 0), ("in_force", 1, 30, 70)]
    record = of.desks["bank"].holding("6222000000000001").record
    assert (record.balance_fen, record.available_balance_fen) == (130, 0)


def test_what_a_register_takes_back_moves_the_next_up():
    of = world(vehicle(), asset_type="vehicles")
    for number in "ab":
        of.desks["bank"].order(order(number, "seal", "粤WA1234"))
    assert [effect["state"] for effect in reverse(of, "a")] == ["reversed", "in_force"]
    with pytest.raises(IllegalTransition):
        reverse(of, "a")


def test_what_cannot_happen_does_not():
    with pytest.raises(IllegalTransition):
        unpledge(world(shares(100)))
    with pytest.raises(IllegalTransition):
        unpledge(world(shares(100, available=40)), 61)
    with pytest.raises(NotFound):
        unpledge(world(account(), asset_type="deposits"))
    with pytest.raises(IllegalTransition):
        inflow(world(shares(100)), 5, key=KEY)
    with pytest.raises(IllegalTransition):
        inflow(world(stake(), asset_type="equity"), 5, key=stake().key)
    with pytest.raises(NotFound):
        reverse(world(account(), asset_type="deposits"), "a")


def test_a_killed_agency_forgets_nothing_of_what_happened(tmp_path):
    clock, mock = TestClock(), FakeMock("securities", [shares(100, available=40)])
    with ExitStack() as stack:
        before = stack.enter_context(closing(simulation(mock, clock=clock, ledger_dir=tmp_path)))
        freeze(before, "a", 130)
        unpledge(before, 50)
        freeze(before, "b", 10)
        reverse(before, "a")
        after = stack.enter_context(closing(simulation(mock, clock=clock, ledger_dir=tmp_path)))
        assert after.effects(agency(), None, None) == before.effects(agency(), None, None)
        assert stands(after, "b") == ("in_force", 1, 10, 0, 0)
