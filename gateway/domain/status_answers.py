"""What an agency's answer to `status` tells of a control: something new, or nothing. Pure. domain.md §7.3(2), design.md §3."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contracts.agency import Agency, Mode
from contracts.control import FINAL_STATES
from contracts.failures import IllegalTransition
from gateway.domain.control import Control, apply
from gateway.domain.control_events import (
    AnswerOverdue,
    Deducted,
    Event,
    Lapsed,
    Refused,
    Released,
    Reversed,
    TermEnded,
    Transferred,
)
from gateway.domain.deadlines import next_open

#: What says of a control that has ended that it has.
_ENDS: Mapping[str, type] = {"refused": Refused, "released": Released, "expired": TermEnded, "lapsed": Lapsed, "deducted": Deducted,
                             "transferred": Transferred, "reversed": Reversed}
#: What an agency says of a request number that it never received.
NEVER_RECEIVED = "no_original_measure"
#: How long an agency has at least to tell how a control stands.
_LEAST_TIME = timedelta(minutes=1)
Watch = Literal["moving", "steady"]


@dataclass(frozen=True, slots=True)
class StatusRule:
    """How often agencies of a mode are asked, in minutes: what may move (waiting, marked, partly held, unfunded, in doubt), and the rest."""

    moving_min: int
    steady_min: int


#: Practice, no law: a machine may be asked every half hour, a person once a day; always inside the office hours.
STATUS_RULES: Mapping[Mode, StatusRule] = {
    "automatic": StatusRule(moving_min=30, steady_min=24 * 60),
    "semi_automatic": StatusRule(moving_min=120, steady_min=24 * 60),
    "manual": StatusRule(moving_min=24 * 60, steady_min=7 * 24 * 60),
}


@dataclass(frozen=True, slots=True)
class MayAsk:
    """An agency that may be asked now about controls so watched and asked about at or before `before`; it should answer by `due_at`."""

    agency: str
    watch: Watch
    before: datetime
    due_at: datetime


def may_ask(agency: Agency, now: datetime, every_s: float | None = None) -> tuple[MayAsk, ...]:
    """Return what an agency may be asked about now: nothing without the capability, nothing outside its office hours.

    Units: `every_s` (development) stands for every interval
    """
    if not agency.can("status") or next_open(now, agency.office_hours) != now:
        return ()
    rule = STATUS_RULES[agency.mode]
    intervals: Mapping[Watch, timedelta] = {"moving": timedelta(minutes=rule.moving_min), "steady": timedelta(minutes=rule.steady_min)}
    if every_s is not None:
        intervals = dict.fromkeys(intervals, timedelta(seconds=every_s))
    return tuple(MayAsk(agency.agency, watched, now - every, now + max(every, _LEAST_TIME)) for watched, every in intervals.items())


def told(event: Event | None) -> Event | None:
    """Return what an answer to `status` says of the control: that it cannot be read, or the question not be asked, says nothing."""
    unsaid = isinstance(event, AnswerOverdue) or event == Refused("measure_unsupported")
    return None if unsaid else event


def news(control: Control, event: Event) -> Event | None:
    """Return the event if it changes the control.

    Shape:  None for what stands as it stood, for a control that has ended meanwhile, for a refusal to tell, and for a
            step in doubt that the agency never received: a person must decide whether to ask anew
    Raises: IllegalTransition for what contradicts the control; also where the agency denies a measure that stands
    """
    if control.state in FINAL_STATES:
        return None
    if isinstance(event, Refused):
        denied = event.code == NEVER_RECEIVED
        if denied if control.pending else not denied:
            return None
    return None if apply(control, event) == control else event


def is_news(control: Control, event: Event | None) -> bool:
    """Tell whether an answer that came once more says something else of a control than what stands; also what contradicts it does."""
    if control.state in _ENDS:
        return not isinstance(event, _ENDS[control.state])
    try:
        return event is not None and news(control, event) is not None
    except IllegalTransition:
        return True


def watch(control: Control) -> Watch | None:
    """Tell how closely a control is watched: `moving` may change without our asking for anything, `steady` stands; else null."""
    if control.state in FINAL_STATES or (control.pending and not control.in_doubt):
        return None
    moving = control.in_doubt or control.state != "in_force" or control.unfunded_fen
    return "moving" if moving else "steady"
