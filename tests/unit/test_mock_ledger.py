from contextlib import ExitStack, closing
from datetime import date, timedelta

import pytest

from tests.mock_world import (
    DEMO_ORGANISATION,
    DEMO_PERSON,
    START,
    FakeMock,
    TestClock,
    account,
    agency,
    order,
    prior,
    shares,
    simulation,
    stake,
    vehicle,
)

CLERK = "445321200009077874"


def world(*holdings, asset_type="deposits", clock=None, **row):
    mock = FakeMock(asset_type, holdings, only=DEMO_PERSON)
    return simulation(mock, agency(asset_type=asset_type, **row), clock=clock or TestClock()).desks["bank"]


@pytest.fixture
def opened():
    with ExitStack() as stack:
        yield lambda one: stack.enter_context(closing(one))


def test_a_freeze_takes_what_is_there_and_says_what_is_missing():
    effect = world(account(balance_fen=60)).order(order(amount_fen=100, term_months=12))
    assert (effect.state, effect.rank, effect.actual_fen, effect.unfunded_fen) == ("in_force", 1, 60, 40)
    assert effect.until_on == date(2027, 11, 21)
    assert effect.served_at == effect.effective_at == START


def test_a_funded_freeze_leaves_the_rest_to_the_next():
    desk = world(account(balance_fen=100))
    desk.order(order("a", amount_fen=40))
    effect = desk.order(order("b", amount_fen=50))
    assert (effect.state, effect.rank, effect.actual_fen) == ("in_force", 1, 50)
    assert [measure.amount_fen for measure in effect.prior_measures] == [40]


@pytest.mark.parametrize("first_fen", [100, 150])
def test_a_second_court_waits_with_rank_two_when_nothing_is_left(first_fen):
    desk = world(account(balance_fen=100))
    desk.order(order("a", amount_fen=first_fen))
    effect = desk.order(order("b", amount_fen=50))
    assert (effect.state, effect.rank, effect.actual_fen, effect.until_on) == ("waiting", 2, 0, None)
    assert desk.order(order("c", amount_fen=1)).rank == 3


def test_an_empty_account_is_frozen_for_what_may_come():
    desk = world(account(balance_fen=0))
    effect = desk.order(order("a", amount_fen=100))
    assert (effect.state, effect.actual_fen, effect.unfunded_fen) == ("in_force", 0, 100)
    assert desk.order(order("b", amount_fen=100)).rank == 2


def test_a_vehicle_is_sealed_whole_and_its_term_has_a_cap_of_two_years():
    desk = world(vehicle(), asset_type="vehicles")
    first = desk.order(order("a", "seal", "粤WA1234", amount_fen=100, term_months=24))
    assert (first.state, first.rank, first.until_on, first.actual_fen) == ("in_force", 1, date(2028, 11, 21), None)
    assert desk.order(order("b", "seal", "粤WA1234", amount_fen=1)).rank == 2


def test_a_watch_list_entry_takes_no_rank():
    desk = world(vehicle(), asset_type="vehicles")
    assert desk.order(order("a", "watchlist", "粤WA1234")).rank is None
    assert desk.order(order("b", "seal", "粤WA1234")).rank == 1


def test_a_term_over_the_cap_is_refused_and_the_corresponding_day_is_taken():
    desk = world(account())
    assert desk.order(order("a", amount_fen=1, term_months=13)).code == "term_over_cap"
    assert desk.order(order("b", amount_fen=1, until_on=date(2027, 11, 23))).code == "term_over_cap"
    assert desk.order(order("c", amount_fen=1, until_on=date(2027, 11, 22))).until_on == date(2027, 11, 22)


def test_an_agency_may_count_to_the_corresponding_day():
    desk = world(account(), last_day="corresponding_day")
    assert desk.order(order(amount_fen=1, term_months=12)).until_on == date(2027, 11, 22)


def test_a_release_moves_the_next_up_without_a_new_request():
    clock = TestClock()
    desk = world(account(balance_fen=100), clock=clock)
    desk.order(order("a", amount_fen=100))
    desk.order(order("b", amount_fen=70, term_months=6))
    clock.advance(86_400)
    assert desk.order(order("x", "release", original_request_no="a")).state == "released"
    moved_up = desk.effect("b")
    assert (moved_up.state, moved_up.rank, moved_up.actual_fen) == ("in_force", 1, 70)
    assert (moved_up.effective_at, moved_up.until_on) == (clock.now(), date(2027, 5, 22))
    assert desk.effect("a").state == "released"


def test_a_term_counted_from_service_runs_while_the_measure_waits():
    clock = TestClock()
    desk = world(account(balance_fen=100), clock=clock, term_starts="service")
    desk.order(order("a", amount_fen=100))
    desk.order(order("b", amount_fen=70, term_months=6))
    clock.advance(30 * 86_400)
    desk.order(order("x", "release", original_request_no="a"))
    assert desk.effect("b").until_on == date(2027, 5, 21)


def test_what_is_not_renewed_expires_by_the_clock_and_the_next_moves_up_on_that_day():
    clock = TestClock()
    desk = world(account(balance_fen=100), clock=clock)
    desk.order(order("a", amount_fen=100, term_months=6))
    desk.order(order("b", amount_fen=70, term_months=12))
    clock.advance(200 * 86_400)
    assert desk.effect("a").state == "expired"
    assert desk.effect("b").until_on == date(2028, 5, 21)
    clock.advance(800 * 86_400)
    assert desk.effect("b").state == "expired"


def test_a_measure_stands_through_its_last_day_in_china():
    clock = TestClock()
    desk = world(account(), clock=clock)
    desk.order(order("a", amount_fen=100, until_on=date(2026, 11, 23)))
    clock.advance(38 * 3600 + 3599)  # 23:59:59 in China
    assert desk.effect("a").state == "in_force"
    clock.advance(1)
    assert desk.effect("a").state == "expired"


def test_a_waiting_measure_never_expires():
    clock = TestClock()
    desk = world(account(priors=[prior(amount_fen=100)]), clock=clock)
    desk.order(order("b", amount_fen=70, term_months=1))
    clock.advance(3000 * 86_400)
    assert desk.effect("b").state == "waiting"


def test_a_renewal_counts_from_the_old_end_and_keeps_the_rank():
    desk = world(account(balance_fen=100))
    desk.order(order("a", amount_fen=100, term_months=12))
    desk.order(order("b", amount_fen=1))
    renewed = desk.order(order("r", "renew", original_request_no="a", term_months=12))
    assert (renewed.state, renewed.rank, renewed.until_on) == ("in_force", 1, date(2028, 11, 21))
    again = desk.order(order("r2", "renew", original_request_no="r", until_on=date(2029, 6, 30)))
    assert again.until_on == desk.effect("a").until_on == date(2029, 6, 30)
    assert desk.order(order("r3", "renew", original_request_no="a", until_on=date(2031, 1, 1))).code == "term_over_cap"


def test_a_renewal_after_the_end_is_refused():
    clock = TestClock()
    desk = world(account(), clock=clock)
    desk.order(order("a", amount_fen=100, term_months=1))
    clock.advance(40 * 86_400)
    assert desk.order(order("r", "renew", original_request_no="a")).code == "already_expired"


def test_a_waiting_measure_is_neither_renewed_nor_deducted_but_released():
    desk = world(account(balance_fen=100))
    desk.order(order("a", amount_fen=100))
    desk.order(order("b", amount_fen=10))
    assert desk.order(order("c", "renew", original_request_no="b")).state == "refused"
    assert desk.order(order("d", "deduct", original_request_no="b", amount_fen=1)).state == "refused"
    assert desk.order(order("e", "release", original_request_no="b")).state == "released"


def test_a_follow_up_needs_its_original():
    desk = world(account())
    desk.order(order("a", amount_fen=10))
    assert desk.order(order("x", "release", original_request_no="other")).code == "no_original_measure"
    assert desk.order(order("y", "release")).code == "no_original_measure"
    number = desk.effect("a").agency_control_no
    assert desk.order(order("z", "release", agency_control_no=number)).state == "released"
    assert desk.order(order("w", "release", original_request_no="a")).code == "no_original_measure"


def test_a_deduction_takes_at_most_what_is_frozen_and_ends_with_the_last_of_it():
    desk = world(account(balance_fen=100))
    desk.order(order("a", amount_fen=80))
    assert desk.order(order("b", "deduct", original_request_no="a", amount_fen=81)).state == "refused"
    part = desk.order(order("c", "deduct", original_request_no="a", amount_fen=30))
    assert (part.state, part.actual_fen, part.deducted_fen) == ("in_force", 50, 30)
    assert desk.holding("6222000000000001").record.balance_fen == 70
    assert desk.holding("6222000000000001").record.available_balance_fen == 20
    whole = desk.order(order("d", "deduct", original_request_no="a"))
    assert (whole.state, whole.actual_fen, whole.deducted_fen) == ("deducted", 0, 80)


def test_a_freeze_that_lacks_some_goes_on_when_what_it_has_is_deducted():
    desk = world(account(balance_fen=80))
    first = desk.order(order("a", amount_fen=100))
    assert (first.actual_fen, first.unfunded_fen) == (80, 20)
    taken = desk.order(order("b", "deduct", original_request_no="a", amount_fen=80))
    assert (taken.state, taken.actual_fen, taken.unfunded_fen, taken.deducted_fen) == ("in_force", 0, 20, 80)
    assert desk.order(order("c", amount_fen=50)).state == "waiting"


def test_freeze_and_deduct_needs_no_freeze_before():
    effect = world(account(balance_fen=60)).order(order(action="freeze_and_deduct", amount_fen=100))
    assert (effect.state, effect.deducted_fen, effect.unfunded_fen) == ("deducted", 60, 40)


def test_freeze_and_deduct_waits_behind_an_earlier_measure():
    desk = world(account(balance_fen=60))
    desk.order(order("a", amount_fen=60))
    assert desk.order(order("b", action="freeze_and_deduct", amount_fen=100)).state == "waiting"


def test_a_part_may_be_released_and_feeds_the_next():
    desk = world(account(balance_fen=100))
    desk.order(order("a", amount_fen=150))
    desk.order(order("b", amount_fen=50))
    part = desk.order(order("c", "release", original_request_no="a", amount_fen=30))
    assert (part.state, part.actual_fen) == ("in_force", 70)
    assert (desk.effect("b").state, desk.effect("b").actual_fen) == ("in_force", 30)


def test_a_transfer_ends_the_measure_and_what_waits_behind_it():
    desk = world(vehicle(), asset_type="vehicles")
    desk.order(order("a", "seal", "粤WA1234"))
    desk.order(order("b", "seal", "粤WA1234"))
    assert desk.order(order("t", "transfer", "粤WA1234", original_request_no="a")).state == "transferred"
    assert [desk.effect(number).state for number in "ab"] == ["transferred", "lapsed"]
    assert desk.holding("粤WA1234") is None
    assert desk.order(order("c", "seal", "粤WA1234")).code == "asset_not_found"


def test_a_part_of_shares_transferred_leaves_the_rest_to_the_next():
    desk = world(shares(quantity=100), asset_type="securities")
    key = "A123456789/600000"
    desk.order(order("a", key=key, quantity=60))
    second = desk.order(order("b", key=key, quantity=60))
    assert (second.state, second.quantity) == ("partly_in_force", 40)
    assert desk.order(order("t", "transfer", key, original_request_no="a")).state == "transferred"
    assert desk.holding(key).record.quantity == 40
    assert desk.effect("b").quantity == 40


def test_shares_that_are_pledged_are_marked():
    desk = world(shares(quantity=100, available=0), asset_type="securities")
    effect = desk.order(order(key="A123456789/600000", quantity=60))
    assert (effect.state, effect.quantity) == ("marked", 0)


def test_sale_proceeds_are_deducted_by_the_price_of_a_share():
    desk = world(shares(quantity=100), asset_type="securities")
    key = "A123456789/600000"
    desk.order(order("a", key=key, quantity=60))
    effect = desk.order(order("d", "deduct", key, original_request_no="a", amount_fen=9_500))
    assert (effect.quantity, effect.deducted_fen) == (50, 9_500)


def test_measures_of_others_rank_before_ours_and_end_by_their_own_term():
    clock = TestClock()
    priors = [prior(amount_fen=100, rank=1, from_on=date(2026, 1, 10), until_on=date(2027, 1, 9))]
    desk = world(account(balance_fen=100, available_fen=0, priors=priors), clock=clock)
    assert desk.order(order("a", amount_fen=50)).rank == 2
    assert [measure.rank for measure in desk.measures("6222000000000001")] == [1, 2]
    clock.advance(60 * 86_400)
    assert (desk.effect("a").rank, desk.effect("a").actual_fen) == (1, 50)
    assert desk.holding("6222000000000001").record.available_balance_fen == 50


def test_a_banks_own_block_is_not_given_out():
    assert world(account(balance_fen=100, available_fen=30)).order(order(amount_fen=50)).actual_fen == 30


def test_asked_again_an_agency_acts_once_and_counts():
    mock = FakeMock(holdings=[account()])
    all_of_it = simulation(mock)
    for _ in range(3):
        all_of_it.desks["bank"].order(order(amount_fen=60, holder_id_no=DEMO_PERSON))
    [entry] = all_of_it.effects(agency(), "r1", DEMO_PERSON)
    assert (entry["times_received"], entry["actual_fen"]) == (3, 60)
    assert all_of_it.effects(agency(), None, "445302196001010011") == []


def test_asked_again_an_agency_that_is_not_idempotent_acts_twice():
    mock = FakeMock(holdings=[account()])
    all_of_it = simulation(mock, agency(idempotent=False))
    for _ in range(2):
        all_of_it.desks["bank"].order(order(amount_fen=30, holder_id_no=DEMO_PERSON))
    assert [entry["actual_fen"] for entry in all_of_it.effects(agency(), "r1", None)] == [30, 30]


def test_two_shareholders_of_one_company_do_not_queue_behind_each_other():
    mock = FakeMock("equity", [stake()])
    desk = simulation(mock, agency(asset_type="equity")).desks["bank"]
    for number, holder in (("a", DEMO_PERSON), ("b", DEMO_ORGANISATION)):
        effect = desk.order(order(number, key=DEMO_ORGANISATION, amount_fen=1000, holder_id_no=holder))
        assert (effect.state, effect.actual_fen) == ("in_force", 1000)


def test_an_order_for_what_nobody_holds_is_refused():
    assert world(account()).order(order(key="0000", amount_fen=1)).code == "asset_not_found"
    assert world(account()).order(order(amount_fen=1, holder_id_no=CLERK)).code == "asset_not_found"
    assert world(account()).order(order(amount_fen=0)).state == "refused"


def test_a_killed_agency_forgets_nothing(tmp_path, opened):
    clock, mock = TestClock(), FakeMock(holdings=[account(balance_fen=100)])
    before = opened(simulation(mock, clock=clock, ledger_dir=tmp_path))
    before.desks["bank"].order(order("a", amount_fen=100, term_months=6))
    clock.advance(86_400)
    before.desks["bank"].order(order("b", amount_fen=50))
    before.desks["bank"].order(order("b", amount_fen=50))
    before.desks["bank"].order(order("c", "release", original_request_no="zz"))
    [path] = tmp_path.rglob("effects.jsonl")
    path.write_bytes(path.read_bytes() + b'{"agency":"ba')
    after = opened(simulation(mock, clock=clock, ledger_dir=tmp_path))
    for number in (None, "a", "b"):
        assert after.effects(agency(), number, None) == before.effects(agency(), number, None)
    assert after.refusals(agency(), None, None) == before.refusals(agency(), None, None)
    after.desks["bank"].order(order("d", "release", original_request_no="a"))
    assert simulation(mock, clock=clock, ledger_dir=tmp_path).desks["bank"].effect("b").rank == 1


def test_a_reset_forgets_everything_on_the_disk_too(tmp_path, opened):
    clock, mock = TestClock(), FakeMock(holdings=[account()])
    one = opened(simulation(mock, clock=clock, ledger_dir=tmp_path))
    one.desks["bank"].order(order("a", amount_fen=100))
    clock.advance(99)
    one.reset()
    assert one.effects(agency(), None, None) == []
    assert clock.now() == START
    assert simulation(mock, ledger_dir=tmp_path).effects(agency(), None, None) == []


def test_when_an_expiry_is_looked_at_makes_no_difference():
    ends = []
    for looks in (1, 50):
        clock = TestClock()
        desk = world(account(balance_fen=100), clock=clock)
        for number, months in (("a", 3), ("b", 5), ("c", 12)):
            desk.order(order(number, amount_fen=100, term_months=months))
        for _ in range(looks):
            clock.at += timedelta(days=500) / looks
            desk.effect("c")
        ends.append([desk.effect(number) for number in "abc"])
    assert ends[0] == ends[1]


@pytest.mark.parametrize(("action", "ended"), [("deduct", "deducted"), ("transfer", "transferred")])
def test_of_shares_what_is_taken_is_gone_and_the_rest_waits_on_until_it_is_free(action, ended):
    desk, key = world(shares(quantity=100), asset_type="securities"), "A123456789/600000"
    desk.order(order("head", key=key, authority="罗定市人民法院", quantity=60))
    first = desk.order(order("ours", key=key, quantity=70))
    assert (first.state, first.quantity, first.waiting_quantity) == ("partly_in_force", 40, 30)
    taken = desk.order(order("t", action, key=key, original_request_no="ours", **({"amount_fen": 40_000} if action == "deduct" else {})))
    assert (taken.state, taken.quantity, taken.waiting_quantity, taken.until_on, taken.rank) == ("waiting", 0, 30, None, 2)
    desk.order(order("r", "release", key=key, original_request_no="head"))
    assert (desk.effect("ours").state, desk.effect("ours").quantity) == ("in_force", 30)
    last = desk.order(order("l", action, key=key, original_request_no="ours", **({"amount_fen": 30_000} if action == "deduct" else {})))
    assert last.state == ended
