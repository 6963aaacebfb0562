"""A second measure that nobody holds a control for is seen at every kind of agency, and released there by what its list and its status tell."""

import pytest

from contracts.failures import AgencyUnsupported
from gateway.domain.adoption import adopted
from gateway.domain.control import apply, asked
from gateway.domain.control_events import event_of
from gateway.domain.reconciliation import Known, by_list, by_status, listed
from tests.contract.exchange import NOW
from tests.contract.suite import AGENCIES, controlled, exchange_of, follow_up, hold, name_of

COURT = "云浮市云城区人民法院"


@pytest.fixture(params=AGENCIES, ids=name_of)
def exchange(request):
    return exchange_of(request.param, answers_by="response", mode="automatic", idempotent=False)


def ours(exchange, command):
    """Our control, as the agency's answer made it."""
    control = asked(command.action, **({"requested_fen": command.control.amount_fen} if command.control.amount_fen else {}))
    confirmed = apply(control, event_of(controlled(exchange.ask_one(command)), command.action))
    return Known("c1", exchange.agency.agency, command.request_no, confirmed, exchange.asset_type.counted_in)


def found_in_list(exchange, command, holder, known):
    answer = exchange.ask_one(exchange.command("query", holder))
    key = exchange.asset_type.key_text(command.control.asset)
    (asset,) = [one for one in answer.assets if exchange.asset_type.key_text(one.record) == key]
    return by_list(listed(exchange.agency.agency, asset, COURT, NOW), [known])


def test_our_own_measure_alone_differs_in_nothing(exchange):
    command, (holder, _) = hold(exchange)
    known = ours(exchange, command)
    assert found_in_list(exchange, command, holder, known) == ()
    assert by_status(known, event_of(controlled(exchange.ask_one(exchange.status_of(command))), command.action)) == ()


def test_a_measure_under_another_number_is_found(exchange):
    command, (holder, holding) = hold(exchange)
    known = ours(exchange, command)
    behind = exchange.order(command.action, holder, holding, **{name: value for name in ("amount_fen", "quantity") if (value := getattr(command.control, name))})
    exchange.ask_one(behind)
    (found,) = found_in_list(exchange, command, holder, known)
    assert (found.kind, found.theirs["request_no"], found.theirs["state"]) == ("not_ours", behind.request_no, "waiting")


def test_a_second_measure_under_one_number_is_found_and_released_by_the_agencys_own_number(exchange):
    command, held = hold(exchange)
    known = ours(exchange, command)
    told = controlled(exchange.ask_one(command))
    number = told.agency_control_no or told.waiting_serial
    (found,) = found_in_list(exchange, command, held[0], known)
    (again,) = by_status(known, event_of(controlled(exchange.ask_one(exchange.status_of(command))), command.action))
    assert (found.kind, again.kind, again.thing) == ("not_ours", "not_ours", found.thing)
    second = adopted(again.theirs, again.ours, exchange.agency, shares_number=True)
    assert (second.agency_control_no, second.by_agency_no, second.state) == (number, True, "waiting")
    if not exchange.agency.can("release"):
        with pytest.raises(AgencyUnsupported):
            exchange.call(exchange.order("release", *held))
        return
    release = follow_up(exchange, "release", command, held)
    by_number = {"original_request_no": None, "agency_control_no": number, "waiting_serial": second.waiting_serial}
    alone = release.model_copy(update={"control": release.control.model_copy(update=by_number)})
    assert controlled(exchange.ask_one(alone)).state == "released"
    assert found_in_list(exchange, command, held[0], known) == ()
    assert [one["state"] for one in exchange.simulation.effects(exchange.agency, command.request_no, None)] == ["in_force", "released"]
