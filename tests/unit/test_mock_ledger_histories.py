"""Whatever courts order and however the clock runs, the law of rank holds."""

from collections import Counter
from contextlib import suppress
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.failures import StateError
from services.runtime.mock.happenings import Inflow, PledgeReleased, Reversal
from tests.mock_world import (
    DEMO_PERSON,
    FakeMock,
    TestClock,
    account,
    agency,
    order,
    prior,
    product,
    shares,
    simulation,
    stake,
    vehicle,
)

ASSETS = {
    "deposits": account(balance_fen=100, priors=[prior(amount_fen=30, rank=1)]),
    "securities": shares(quantity=100, available=60, marks=[(15, date(2027, 6, 1))]),
    "equity": stake(capital_fen=100),
    "vehicles": vehicle(),
    "wealth_products": product(available_fen=0, cash_fen=100, in_part=True),
}
number = st.integers(0, 12).map(str)
steps = st.lists(max_size=25, elements=st.one_of(
    st.tuples(st.just("measure"), number, st.none() | st.integers(1, 120), st.sampled_from([1, 6, 12])),
    st.tuples(st.just("at_once"), number, st.integers(1, 120), st.just(6)),
    st.tuples(st.just("renew"), number, st.integers(0, 12).map(lambda n: f"r{n}"), st.sampled_from([3, 12])),
    st.tuples(st.just("release"), number, st.integers(0, 12).map(lambda n: f"x{n}"), st.none() | st.integers(1, 60)),
    st.tuples(st.just("deduct"), number, st.integers(0, 12).map(lambda n: f"d{n}"), st.integers(1, 60)),
    st.tuples(st.just("transfer"), number, st.integers(0, 3).map(lambda n: f"t{n}"), st.none()),
    st.tuples(st.just("clock"), st.integers(1, 250)),
    st.tuples(st.just("inflow"), st.integers(1, 60)),
    st.tuples(st.just("pledge"), st.none() | st.integers(1, 25)),
    st.tuples(st.just("reverse"), number),
))


def orders(asset_type, key, step):
    kind, original, *rest = step
    counted = "quantity" if asset_type == "securities" else "amount_fen"
    if kind in ("measure", "at_once"):
        action = "freeze_and_deduct" if kind == "at_once" and asset_type != "vehicles" else "seal" if asset_type == "vehicles" else "freeze"
        return order(original, action, key, term_months=rest[1], **{counted: rest[0]})
    own, value = rest
    terms = {"term_months": value} if kind == "renew" else {counted: value}
    return order(own, kind, key, original_request_no=original, **terms)


def happening(key, step):
    match step:
        case ("inflow", fen):
            return Inflow(kind="inflow", key=key, amount_fen=fen)
        case ("pledge", units):
            return PledgeReleased(kind="pledge_released", key=key, quantity=units)
        case ("reverse", original):
            return Reversal(kind="reversed", request_no=original)


@settings(max_examples=300, deadline=None)
@given(asset_type=st.sampled_from(sorted(ASSETS)), history=steps)
def test_the_law_of_rank_holds_in_every_history(asset_type, history):
    clock, holding = TestClock(), ASSETS[asset_type]
    row = agency(asset_type=asset_type)
    world = simulation(FakeMock(asset_type, [holding], only=DEMO_PERSON), row, clock=clock)
    sent, ended = Counter(), {}
    for step in history:
        if step[0] == "clock":
            clock.advance(step[1] * 86_400)
        elif unasked := happening(holding.key, step):
            with suppress(StateError):
                world.happen(row, unasked)
        else:
            asked = orders(asset_type, holding.key, step)
            sent[asked.request_no] += 1
            world.desks["bank"].order(asked)
        thing = world.ledger.thing(row, holding, DEMO_PERSON, clock.now())
        assert_lawful(thing)
        ended = assert_final_states_stay(thing, ended)
    received = [*world.effects(row, None, None), *world.refusals(row, None, None)]
    assert Counter({entry["request_no"]: entry["times_received"] for entry in received}) == sent
    assert len(received) == len(sent)


def assert_lawful(thing):
    live = [measure for measure in thing.measures if measure.live]
    assert_ranked_without_gaps(live)
    assert_never_more_than_there_is(thing, live)
    assert_nobody_waits_while_something_is_free(thing, live)
    for measure in live:
        assert measure.requested is None or 0 <= measure.has <= measure.requested
        assert (measure.state == "waiting") == (measure.effective_at is None) or measure.served_at is None
        assert measure.state == "waiting" or measure.has or thing.counted_in == "fen"
        assert (measure.state == "marked") == (measure.marked > 0 == measure.actual)


def assert_ranked_without_gaps(live):
    first = [measure for measure in live if measure.rank == 1]
    waiting = [measure for measure in live if measure.state == "waiting"]
    assert live == first + waiting
    assert [measure.rank for measure in waiting] == list(range(2, len(waiting) + 2))
    assert all(measure.has == 0 for measure in waiting)
    assert all(measure.has for measure in first[1:])
    assert not waiting or first


def assert_never_more_than_there_is(thing, live):
    assert sum(measure.actual for measure in live) + thing.left == thing.total - thing.taken
    assert sum(measure.marked for measure in live) + thing.unmarked == thing.pledged
    assert min(thing.left, thing.unmarked) >= 0
    assert thing.counted_in == "units" or not thing.pledged
    assert all(measure.has == 0 for measure in thing.measures if not measure.live)


def assert_nobody_waits_while_something_is_free(thing, live):
    first = [measure for measure in live if measure.rank == 1]
    lacking = [measure for measure in first if measure.waits_for]
    assert lacking in ([], first[-1:])
    assert sum(measure.requested is None for measure in first) <= 1
    if lacking or len(first) < len(live):
        assert (thing.left, thing.unmarked) == (0, 0)


def assert_final_states_stay(thing, before):
    ended = {index: measure for index, measure in enumerate(thing.measures) if not measure.live}
    assert before.items() <= ended.items()
    for measure in ended.values():
        assert measure.state != "expired" or measure.effective_at is not None
    return ended
