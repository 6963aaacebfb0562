"""The whole state machine of a control, walked: for the test that explores it and for the picture in the docs. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from contracts.control import FINAL_STATES, Measure
from contracts.failures import IllegalTransition
from gateway.domain.control import Control, apply, asked
from gateway.domain.control_events import (
    AnswerOverdue,
    Confirmed,
    Converted,
    Deducted,
    Event,
    Held,
    Lapsed,
    Marked,
    PartlyConfirmed,
    PartlyDeducted,
    PartlyReleased,
    PartlyTransferred,
    Refused,
    Released,
    Renewed,
    Reversed,
    Sent,
    SurplusSettled,
    TermEnded,
    TermWarned,
    Transferred,
    Waiting,
    Withdrawn,
    kind_of,
)

_END, _LATER_END = date(2027, 11, 21), date(2028, 11, 21)
_EFFECT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
#: One event of every kind, and every value that changes where a control goes.
EVENTS: tuple[Event, ...] = (
    *(Sent(action, _LATER_END if action == "renew" else None) for action in ("renew", "release", "deduct", "transfer")),
    Held(), Withdrawn(), Converted("（2026）粤5302执保1号", "粤5302", "（2026）粤5302执1号", "粤5302"),
    Confirmed(actual_fen=100, rank=1, effective_at=_EFFECT, until_on=_END), Confirmed(), Confirmed(rank=2),
    PartlyConfirmed(actual_quantity=60, marked_quantity=30, waiting_quantity=10, rank=2, until_on=_END),
    Marked(actual_quantity=0, marked_quantity=100, waiting_quantity=0, until_on=_END),
    Waiting(rank=1), Waiting(rank=2, waiting_serial="7"), Waiting(rank=3),
    Renewed(until_on=_LATER_END), Renewed(), PartlyReleased(actual_fen=40), PartlyDeducted(deducted_fen=60),
    PartlyReleased(actual_quantity=60, now="in_force"), PartlyDeducted(actual_quantity=0, marked_quantity=30, now="marked"),
    PartlyDeducted(actual_quantity=0, marked_quantity=0, now="waiting"), PartlyTransferred(actual_quantity=0, marked_quantity=0, now="waiting"),
    Renewed(until_on=_LATER_END, now="in_force"), Deducted(deducted_fen=100),
    Refused("rejected_by_agency"), Released(), Transferred(), TermEnded(), TermEnded(told=True), TermWarned(7), AnswerOverdue(), Lapsed(), Lapsed(surplus_claim=True),
    SurplusSettled(40), Reversed(),
)

Walk = Mapping[Control, Mapping[Event, Control]]


def beginnings(measures: Sequence[Measure] = ("freeze", "freeze_and_deduct")) -> list[Control]:
    """Return the controls a walk begins with; the two measures stand for all, by whether money may move at once."""
    return [asked(measure, term_months=12, requested_fen=100) for measure in measures]


def explore(beginnings: Sequence[Control], events: Sequence[Event] = EVENTS) -> Walk:
    """Return every control that can be reached, with what each event that fits makes of it."""
    walk: dict[Control, dict[Event, Control]] = {}
    to_visit = list(beginnings)
    while to_visit:
        control = to_visit.pop()
        if control not in walk:
            walk[control] = dict(_arrows(control, events))
            to_visit += walk[control].values()
    return walk


def _arrows(control: Control, events: Sequence[Event]) -> Iterator[tuple[Event, Control]]:
    for event in events:
        try:
            yield event, apply(control, event)
        except IllegalTransition:
            continue


def mermaid(walk: Walk) -> str:
    """Return a walk as a Mermaid state diagram; arrows that only ask, refuse or refresh stay in their state."""
    labels: dict[tuple[str, str], set[str]] = {}
    for control, arrows in walk.items():
        for event, after in arrows.items():
            labels.setdefault((control.state, after.state), set()).add(kind_of(event))
    arrows_drawn = [f"    {before} --> {after}: {', '.join(sorted(kinds))}" for (before, after), kinds in sorted(labels.items())]
    ends = [f"    {state} --> [*]" for state in sorted(FINAL_STATES)]
    return "\n".join(["stateDiagram-v2", "    [*] --> requested", *arrows_drawn, *ends, ""])
