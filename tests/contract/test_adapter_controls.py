"""What every adapter and its mock agency must do when told to hold an asset, and when they answer later."""

import pytest

from contracts.agency import Agency
from contracts.failures import AgencyProtocolError, AgencyUnsupported
from contracts.registry import asset_type
from services.runtime.mock.happenings import Inflow, Reversal
from services.runtime.port import Accepted, OutsideProtocol, Refused
from tests.contract.exchange import Exchange
from tests.contract.suite import (
    AGENCIES,
    assert_is_the_truth,
    controlled,
    exchange_of,
    follow_up,
    hold,
    name_of,
    second,
    subject_with,
    whole,
)


@pytest.fixture(params=AGENCIES, ids=name_of)
def agency(request: pytest.FixtureRequest) -> Agency:
    return request.param


@pytest.fixture
def exchange(agency: Agency) -> Exchange:
    return exchange_of(agency, answers_by="response", mode="automatic")


def test_the_first_court_has_the_asset_and_the_second_waits(exchange):
    command, held = hold(exchange)
    first = controlled(exchange.ask_one(command))
    waiting = controlled(exchange.ask_one(second(exchange, command, held)))
    assert (first.state, first.rank) == ("in_force", 1)
    assert (waiting.state, waiting.rank, waiting.until_on) == ("waiting", 2, None)
    assert first.until_on is not None
    assert first.agency_control_no
    assert [one.rank for one in waiting.prior_measures] == [1]


def test_an_asset_known_by_its_key_alone_is_held_the_same(exchange):
    command, _ = hold(exchange)
    kind = exchange.asset_type
    clue = kind.known_by(kind.key_text(command.control.asset))
    named = command.model_copy(update={"control": command.control.model_copy(update={"asset": clue})})
    assert controlled(exchange.ask_one(named)).state == "in_force"
    assert controlled(exchange.ask_one(command)).state == "in_force"
    (effect,) = exchange.simulation.effects(exchange.agency, command.request_no, None)
    assert effect["times_received"] == 2


def test_what_the_agency_confirms_is_what_its_ledger_has(exchange):
    command, _ = hold(exchange)
    control = controlled(exchange.ask_one(command))
    effect = exchange.desk.effect(command.request_no)
    assert (control.state, control.rank, control.until_on, control.agency_control_no) == (
        effect.state, effect.rank, effect.until_on, effect.agency_control_no)
    assert (control.actual_fen, control.unfunded_fen or 0, control.actual_quantity) == (
        effect.actual_fen, effect.unfunded_fen or 0, effect.quantity)


def test_asked_twice_by_one_request_number_it_acts_once(exchange):
    command, (subject, holding) = hold(exchange)
    once, again = exchange.ask_one(command), exchange.ask_one(command)
    assert controlled(once) == controlled(again)
    assert [one.request_no for one in exchange.desk.measures(holding.key, subject.id_no)] == [command.request_no]
    (effect,) = exchange.simulation.effects(exchange.agency, command.request_no, None)
    assert effect["times_received"] == 2


def test_a_measure_of_ours_is_reported_on_the_asset(exchange):
    command, (subject, _) = hold(exchange)
    exchange.ask_one(command)
    assert_is_the_truth(exchange, subject, exchange.ask_one(exchange.command("query", subject)))


def test_a_release_lets_the_next_move_up(exchange):
    command, held = hold(exchange)
    if not exchange.agency.can("release"):
        with pytest.raises(AgencyUnsupported):
            exchange.call(exchange.order("release", *held))
        return
    waits = second(exchange, command, held)
    exchange.ask_one(command)
    exchange.ask_one(waits)
    assert controlled(exchange.ask_one(follow_up(exchange, "release", command, held))).state == "released"
    moved_up = controlled(exchange.ask_one(exchange.status_of(waits)))
    assert (moved_up.state, moved_up.rank) == ("in_force", 1)
    assert moved_up.until_on is not None


def test_a_confirmation_taken_back_is_told_and_the_next_moves_up(exchange):
    command, held = hold(exchange)
    waits = second(exchange, command, held)
    exchange.ask(command)
    exchange.ask(waits)
    exchange.simulation.happen(exchange.agency, Reversal(kind="reversed", request_no=command.request_no))
    assert controlled(exchange.ask_one(exchange.status_of(command))).state == "reversed"
    moved_up = controlled(exchange.ask_one(exchange.status_of(waits)))
    assert (moved_up.state, moved_up.rank) == ("in_force", 1)


@pytest.mark.parametrize("agency", [one for one in AGENCIES if asset_type(one.asset_type).counted_in == "amount_fen"], ids=name_of)
def test_money_that_comes_in_is_told(exchange):
    _, (subject, holding) = hold(exchange)
    there = holding.record.available_fen()
    command = exchange.order("freeze", subject, holding, amount_fen=there + 5_000)
    first = controlled(exchange.ask_one(command))
    assert (first.state, first.actual_fen, first.unfunded_fen) == ("in_force", there, 5_000)
    exchange.simulation.happen(exchange.agency, Inflow(kind="inflow", key=holding.key, amount_fen=7_000, id_no=subject.id_no))
    after = controlled(exchange.ask_one(exchange.status_of(command)))
    assert (after.actual_fen, after.unfunded_fen, after.until_on) == (there + 5_000, 0, first.until_on)
    assert_is_the_truth(exchange, subject, exchange.ask_one(exchange.command("query", subject)))


def test_a_renewal_moves_the_end(exchange):
    command, held = hold(exchange)
    if not exchange.agency.can("renew"):
        with pytest.raises(AgencyUnsupported):
            exchange.call(exchange.order("renew", *held))
        return
    before = controlled(exchange.ask_one(command))
    after = controlled(exchange.ask_one(follow_up(exchange, "renew", command, held, term_months=12)))
    assert (after.state, after.until_on) == ("in_force", before.until_on.replace(year=before.until_on.year + 1))


@pytest.mark.parametrize(("action", "state"), [("deduct", "deducted"), ("transfer", "transferred")])
def test_what_leaves_the_debtor_is_no_longer_reported(exchange, action, state):
    command, held = hold(exchange)
    if not exchange.agency.can(action) or action not in exchange.asset_type.documents:
        with pytest.raises(AgencyUnsupported):
            exchange.call(exchange.order(action, *held))
        return
    exchange.ask_one(command)
    amounts = whole(exchange, held[1]) if action == "deduct" else {}
    assert controlled(exchange.ask_one(follow_up(exchange, action, command, held, **amounts))).state == state
    assert_is_the_truth(exchange, held[0], exchange.ask_one(exchange.command("query", held[0])))


def test_a_release_of_what_was_never_held_is_refused(exchange):
    _, held = hold(exchange)
    if exchange.agency.can("release"):
        refused = exchange.ask_one(exchange.order("release", *held, original_request_no="20200101000000000000"))
        assert isinstance(refused, Refused)
        assert refused.code == "no_original_measure"


def test_a_number_the_agency_never_received_has_no_measure(exchange):
    command, _ = hold(exchange)
    assert exchange.ask_one(exchange.status_of(command)) == Refused("no_original_measure", exchange.ask_one(
        exchange.status_of(command)).detail)
    exchange.ask_one(command)
    assert controlled(exchange.ask_one(exchange.status_of(command))).state == "in_force"


def test_nothing_is_done_without_its_documents(exchange):
    command, (subject, holding) = hold(exchange)
    refused = exchange.ask_one(command.model_copy(update={"documents": ()}))
    assert isinstance(refused, Refused)
    assert refused.code == "document_missing"
    assert not exchange.desk.measures(holding.key, subject.id_no)


def test_a_term_over_the_cap_is_refused(exchange):
    command, held = hold(exchange)
    refused = exchange.ask_one(exchange.order(command.action, *held, **whole(exchange, held[1]), term_months=61))
    assert isinstance(refused, Refused)
    assert refused.code == "term_over_cap"


def test_an_agency_that_cannot_does_not_get_the_call(agency):
    exchange = exchange_of(agency, capabilities=("query",))
    subject = subject_with(exchange, bool)
    holding = exchange.desk.holdings(subject)[0]
    for action in (*exchange.asset_type.measures, "renew", "release", "deduct", "transfer", "status"):
        with pytest.raises(AgencyUnsupported):
            exchange.call(exchange.order(action, subject, holding))


@pytest.mark.parametrize("kind", ["unknown_field", "unknown_code", "malformed"])
def test_a_control_answer_outside_the_document_concludes_nothing(exchange, kind):
    command, _ = hold(exchange)
    try:
        answer = exchange.fail(kind, command)[command.request_no]
    except AgencyProtocolError:
        return
    assert isinstance(answer, OutsideProtocol)


# ---- agencies that answer later


@pytest.fixture(params=["status", "callback"])
def slow(agency: Agency, request: pytest.FixtureRequest) -> Exchange:
    return exchange_of(agency, answers_by=request.param, mode="automatic", batch_size=1)


def test_an_agency_that_answers_later_first_says_that_it_has_the_request(slow):
    command = slow.command("query", subject_with(slow, bool))
    accepted = slow.ask_one(command)
    assert isinstance(accepted, Accepted)
    assert accepted.agency_ref
    assert accepted.ask_after_s is None or accepted.ask_after_s >= 0
    assert isinstance(slow.ask_one(slow.status_of(command)), Accepted)


def test_a_late_answer_to_a_query_is_the_truth(slow):
    for subject in (subject_with(slow, bool), subject_with(slow, lambda count: count == 0)):
        assert_is_the_truth(slow, subject, slow.settle(slow.command("query", subject)))


def test_a_late_answer_to_a_control_is_what_the_ledger_has(slow):
    command, held = hold(slow)
    first, waiting = slow.settle(command), slow.settle(second(slow, command, held))
    assert (controlled(first).state, controlled(first).rank) == ("in_force", 1)
    assert (controlled(waiting).state, controlled(waiting).rank) == ("waiting", 2)


def test_a_late_refusal_is_a_refusal(slow):
    command = slow.command("query", subject_with(slow, bool), documents=())
    assert slow.settle(command).code == "document_missing"


def test_a_slow_agency_that_is_broken_concludes_nothing(slow):
    for kind in ("unknown_code", "malformed"):
        command = slow.command("query", subject_with(slow, bool))
        try:
            answer = slow.fail(kind, command)[command.request_no]
        except AgencyProtocolError:
            continue
        assert isinstance(answer, OutsideProtocol)


def test_a_batch_of_a_slow_agency_is_taken_in_one_by_one(agency):
    slow = exchange_of(agency, answers_by="status", mode="automatic")
    subjects = [subject_with(slow, bool), subject_with(slow, lambda count: count == 0)][:slow.agency.batch_size]
    commands = [slow.command("query", subject) for subject in subjects]
    assert {type(answer) for answer in slow.ask(*commands).values()} == {Accepted}
    slow.clock.advance(60)
    for command, subject in zip(commands, subjects, strict=True):
        assert_is_the_truth(slow, subject, slow.ask_one(slow.status_of(command)))
