"""The state machine of a control: `state` is what the agency confirmed, `pending` what we asked and have not heard about.

Pure: `apply(control, event) -> control`. It never reads a clock, and it never concludes anything from silence: a pending
control past its deadline is in doubt, not failed. Events are in control_events.py. Source: domain.md §7, design.md §3.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from contracts.clock import china_date
from contracts.control import ControlState, Measure
from contracts.failures import IllegalTransition
from contracts.words import Message
from gateway.domain.control_events import (
    AnswerOverdue, Confirmed, Deducted, Event, Holding, Lapsed, Marked, PartlyConfirmed, PartlyDeducted, PartlyReleased,
    Refused, Released, Renewed, Reversed, Sent, TermEnded, Transferred, Waiting, event_of, kind_of,
)
from gateway.domain.deadlines import term_end

#: States in which the agency holds the asset, so that a term runs.
HELD = frozenset({"in_force", "partly_in_force", "marked"})
#: States in which something stands at the agency.
LIVE = HELD | {"waiting"}
#: States that have an end date.
DATED = HELD | {"expired"}
#: What may be asked in which state.
MAY_ASK: Mapping[str, frozenset[str]] = {
    "in_force": frozenset({"renew", "release", "deduct", "transfer"}),
    "partly_in_force": frozenset({"renew", "release", "deduct", "transfer"}),
    "marked": frozenset({"renew", "release"}),
    "waiting": frozenset({"release"}),
}
#: Measures that move the money at once, without a freeze before (民诉法解释 art. 484).
DEDUCTS_AT_ONCE = frozenset({"freeze_and_deduct", "withdraw_income"})


class Control(Message):
    """One measure on one asset over its life. Amounts in fen; stored as JSON and folded from its events."""

    measure: Measure
    state: ControlState = "requested"
    pending: str | None = None
    in_doubt: bool = False
    code: str | None = None
    rank: int | None = None
    waiting_serial: str | None = None
    requested_fen: int | None = None
    requested_quantity: int | None = None
    requested_capital_fen: int | None = None
    requested_ratio: str | None = None
    actual_fen: int | None = None
    unfunded_fen: int | None = None
    actual_quantity: int | None = None
    deducted_fen: int = 0
    term_months: int | None = None
    asked_until_on: date | None = None
    #: how this agency counts the last day of a term (contracts.agency)
    last_day: Literal["day_before", "corresponding_day"] = "day_before"
    until_on: date | None = None
    served_at: AwareDatetime | None = None
    effective_at: AwareDatetime | None = None
    agency_control_no: str | None = None
    surplus_claim: bool = False


def asked(measure: Measure, **terms: object) -> Control:
    """Begin a control: its measure is pending. `terms` are requested_* , term_months, asked_until_on and last_day."""
    return Control.model_validate({"measure": measure, "pending": measure, **terms})


def apply(control: Control, event: Event) -> Control:
    """Return the control after an event.

    Raises: IllegalTransition if the event does not fit; the caller files it with an alarm, it changes nothing
    """
    raise NotImplementedError


def renewal_end(control: Control, term_months: int) -> date:
    """Return the end date of a renewal: the corresponding day so many months after the present end."""
    raise NotImplementedError
