from datetime import date

import pytest

from contracts.control import FINAL_STATES
from gateway.domain.control import apply, asked
from gateway.domain.control_events import (
    Confirmed,
    Deducted,
    Lapsed,
    Marked,
    PartlyDeducted,
    PartlyReleased,
    Refused,
    Released,
    Renewed,
    Reversed,
    Sent,
    SurplusSettled,
    TermEnded,
    TermWarned,
    Waiting,
    Withdrawn,
)
from gateway.domain.making_room import makes_room

END, LATER = date(2027, 11, 21), date(2028, 11, 21)
HELD = Confirmed(actual_fen=60, unfunded_fen=40, rank=1, until_on=END)
MORE = Confirmed(actual_fen=100, unfunded_fen=0, rank=1, until_on=END)


def told(*events):
    """What a control was before the last of some events, and is after it."""
    before = after = asked("freeze", term_months=12, requested_fen=100)
    for event in events:
        before, after = after, apply(after, event)
    return before, after


@pytest.mark.parametrize("events", [
    (HELD, Sent("release"), Released()), (HELD, Released()), (HELD, TermEnded()), (HELD, Reversed()), (HELD, Lapsed()),
    (HELD, Sent("release"), PartlyReleased(actual_fen=50)), (HELD, Sent("deduct"), Deducted(deducted_fen=60)),
    (HELD, Sent("deduct"), PartlyDeducted(actual_fen=30, deducted_fen=30)), (Waiting(rank=2), Released()), (Waiting(rank=2), Lapsed(surplus_claim=True)),
    (Waiting(rank=2), Lapsed(surplus_claim=True), SurplusSettled(5)), (Marked(marked_quantity=8), Marked(marked_quantity=5))])
def test_what_lets_go_makes_room(events):
    assert makes_room(*told(*events))


@pytest.mark.parametrize("events", [
    (HELD,), (Waiting(rank=2),), (HELD, MORE), (Waiting(rank=2), HELD), (HELD, Sent("renew", LATER), Renewed(until_on=LATER)), (HELD, TermWarned(30)),
    (HELD, Sent("release"), Refused("document_missing")), (Refused("document_missing"),), (Withdrawn(),)])
def test_what_takes_or_keeps_makes_none(events):
    assert not makes_room(*told(*events))


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_whatever_a_measure_ends_as_makes_room_once(state):
    held = told(HELD)[1]
    ended = held.model_copy(update={"state": state})
    assert makes_room(held, ended)
    assert not makes_room(ended, ended)
