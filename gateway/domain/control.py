"""The state machine of a control: `state` is what the agency confirmed, `pending` what we asked and have not heard about.

Pure: `apply(control, event) -> control`. It never reads a clock, and it never concludes anything from silence: a pending
control past its deadline is in doubt, not failed. Events are in control_events.py. Source: domain.md §7, design.md §3.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from contracts.clock import china_date
from contracts.control import ControlPart, ControlState, Measure, PriorityRight, PriorMeasure
from contracts.failures import IllegalTransition
from contracts.words import Message
from gateway.domain.control_events import (
    AfterStep,
    AnswerOverdue,
    Confirmed,
    Converted,
    Deducted,
    Event,
    Held,
    Holding,
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
    parts_held,
)
from gateway.domain.deadlines import term_end

#: States in which the agency holds the asset, so that a term runs.
HELD = frozenset({"in_force", "partly_in_force", "marked"})
#: States in which something stands at the agency.
LIVE = HELD | {"waiting"}
DATED = HELD | {"expired"}  #: they have an end date
#: What may be asked in which state.
MAY_ASK: Mapping[str, frozenset[str]] = {
    "in_force": frozenset({"renew", "release", "deduct", "transfer"}),
    "partly_in_force": frozenset({"renew", "release", "deduct", "transfer"}),
    "marked": frozenset({"renew", "release"}),
    "waiting": frozenset({"release"}),
}
#: Measures that move the money at once, without a freeze before (民诉法解释 art. 484).
DEDUCTS_AT_ONCE = frozenset({"freeze_and_deduct", "withdraw_income"})
#: What an agency may say of a measure and we take over as said.
_SAID = ("actual_fen", "unfunded_fen", "actual_quantity", "marked_quantity", "waiting_quantity", "waiting_serial", "served_at",
         "effective_at", "agency_control_no", "deducted_fen", "parts", "priority_rights", "prior_measures")
#: How the units of a control are split; a split holds for one state only.
_SPLIT = ("actual_quantity", "marked_quantity", "waiting_quantity")
#: What together makes up all that a measure is for.
_WHOLES = (("actual_fen", "unfunded_fen"), _SPLIT)


class Control(Message):
    """One measure on one asset over its life. Amounts in fen; stored as JSON and folded from its events."""

    measure: Measure
    state: ControlState = "requested"
    pending: str | None = None
    #: accepted and kept back until what is pending is answered: a release behind a deduction or behind the measure itself
    held: Literal["release"] | None = None
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
    #: units frozen, marked and waited for, as the agency told them
    actual_quantity: int | None = None
    marked_quantity: int | None = None
    waiting_quantity: int | None = None
    #: what is left of the amount and the quantity asked, once a part was released or deducted
    remaining_fen: int | None = None
    remaining_quantity: int | None = None
    deducted_fen: int = 0
    term_months: int | None = None
    asked_until_on: date | None = None
    #: how this agency counts the last day of a term (contracts.agency)
    last_day: Literal["day_before", "corresponding_day"] = "day_before"
    #: from when this agency counts a term that it gives no end (contracts.agency)
    term_starts: Literal["effect", "service"] = "effect"
    until_on: date | None = None
    served_at: AwareDatetime | None = None
    effective_at: AwareDatetime | None = None
    agency_control_no: str | None = None
    by_agency_no: bool = False  #: named by that number alone: another measure goes by its request number too
    #: what became of each part, where the agency takes hold of several apart: a product and the account it pays back to
    parts: tuple[ControlPart, ...] | None = None
    #: rights that are paid first, as the agency told them with its answer
    priority_rights: tuple[PriorityRight, ...] | None = None
    #: measures that stand before it, as the agency told them with its answer
    prior_measures: tuple[PriorMeasure, ...] | None = None
    #: an open claim to what the first court's disposal leaves, and what came of it
    surplus_claim: bool = False
    surplus_fen: int | None = None
    #: within how many days of the end the last warning was given
    warned_days: int | None = None
    #: the case it was ordered in, where a conversion gave it another
    original_case_no: str | None = None


def asked(measure: Measure, **terms: object) -> Control:
    """Begin a control: its measure is pending. `terms` are requested_* , term_months, asked_until_on and last_day."""
    return Control.model_validate({"measure": measure, "pending": measure, **terms})


def apply(control: Control, event: Event) -> Control:  # noqa: C901, PLR0911, PLR0912 - one match is the machine, one line an arrow
    """Return the control after an event.

    Raises: IllegalTransition if the event does not fit; the caller files it with an alarm, it changes nothing
    """
    match event:
        case Sent(action=action) if control.pending is None and action in MAY_ASK.get(control.state, ()):
            return _sent(control, event)
        case Held() if control.held is None and may_be_held_behind(control):
            return _with(control, held="release")
        case Withdrawn() if control.state == "requested" and control.pending is not None:
            return _ended(control, "released", code="withdrawn")
        case Converted(from_case_no=case_no) if control.state in LIVE or control.state == "requested":
            return _with(control, original_case_no=control.original_case_no or case_no)
        case AnswerOverdue(code=code) if control.pending is not None:
            return _with(control, in_doubt=True, code=code)
        case Refused(code=code) if control.state == "requested":
            return _ended(control, "refused", code=code)
        case Refused(code=code) if control.pending is not None:
            return _answered(control, code=code)
        case Confirmed(rank=None | 1) if control.state in LIVE or control.state == "requested":
            return _held(control, "in_force", event)
        case PartlyConfirmed() if control.state in {"requested", "waiting", "marked", "partly_in_force"}:
            return _held(control, "partly_in_force", event)
        case Marked() if control.state in {"requested", "waiting", "marked", "partly_in_force"}:
            return _held(control, "marked", event)
        case Waiting(rank=rank) if control.state in {"requested", "waiting"} and rank != 1:
            return _heard(control, "waiting", event, until_on=None)
        case Renewed(until_on=end) if _awaits(control, "renew") and _is_later(end, control.until_on):
            return _renewed(control, event)
        case PartlyReleased() if _awaits(control, "release") and _holds_less(control, event):
            return _rest(_held(control, event.now or control.state, event))
        case PartlyDeducted(deducted_fen=fen) if _awaits(control, "deduct") and _took_something(control, event):
            return _rest(_held(_less(control, (fen or control.deducted_fen) - control.deducted_fen), event.now or control.state, event))
        case PartlyTransferred() if _awaits(control, "transfer") and _is_less(event.actual_quantity, control.actual_quantity):
            return _rest(_held(control, event.now or control.state, event))
        case Deducted() if _awaits_money(control):
            return _ended(_heard(control, control.state, event), "deducted")
        case Transferred() if _awaits(control, "transfer"):
            return _ended(control, "transferred")
        case Released() if control.state in LIVE:
            return _ended(control, "released")
        case TermEnded(told=told) if control.state in (LIVE if told else HELD) and (told or control.pending is None):
            return _ended(control, "expired", until_on=control.until_on)
        case TermWarned(days=days) if control.state in HELD and (control.warned_days is None or days < control.warned_days):
            return _with(control, warned_days=days)
        case SurplusSettled(amount_fen=fen) if control.surplus_claim:
            return _with(control, surplus_claim=False, surplus_fen=fen)
        case Lapsed(surplus_claim=surplus) if control.state in LIVE:
            return _ended(control, "lapsed", surplus_claim=surplus)
        case Reversed(code=code) if control.state in LIVE:
            return _ended(control, "reversed", code=code)
    raise IllegalTransition(f"{kind_of(event)} does not fit {control.state} with pending {control.pending}")


def _with(control: Control, **changed: object) -> Control:
    return control.model_copy(update=changed)


def _sent(control: Control, event: Sent) -> Control:
    if event.action == "renew" and event.until_on is None:
        raise IllegalTransition("a renewal names its new end")
    return _with(control, pending=event.action, held=None, code=None, asked_until_on=event.until_on or control.asked_until_on)


def _answered(control: Control, **changed: object) -> Control:
    """Take an answer to what was pending."""
    return _with(control, pending=None, in_doubt=False, **{"code": None, **changed})


def _ended(control: Control, state: ControlState, **changed: object) -> Control:
    """Enter a final state: nothing is pending, nothing runs, nothing is ranked."""
    return _answered(control, **{"state": state, "until_on": None, "rank": None, "waiting_serial": None, "held": None,
                                 "marked_quantity": None, "waiting_quantity": None, "parts": None, **changed})


def _heard(control: Control, state: ControlState, event: Holding, **changed: object) -> Control:
    """Take what an agency says of a measure; what it does not say stands, but not a split of the state before.

    A first answer ends the asking for it. When a later step was served says nothing of when the measure was: its rank hangs on that.
    """
    said: dict[str, object] = dict.fromkeys(_SPLIT) if state != control.state else {}
    said |= {name: value for name in _SAID if (value := getattr(event, name)) is not None}
    if control.served_at is not None and isinstance(event, AfterStep | Deducted):
        said.pop("served_at", None)
    first = {"pending": None, "in_doubt": False, "code": None} if control.state == "requested" else {}
    rank = control.rank if event.rank is None and state == control.state else event.rank
    return _with(control, **{**said, **first, "rank": rank, "state": state, **changed})


def _held(control: Control, state: ControlState, event: Holding) -> Control:
    """Take what an agency says of an asset that it holds, with the end of the term."""
    held = _heard(control, state, event, **({"waiting_serial": None} if state == "in_force" else {}))
    return _with(held, until_on=None if state == "waiting" else event.until_on or control.until_on or _own_end(held))


def _own_end(control: Control) -> date | None:
    """Return the end date where the agency gave none: the date asked for, else the term from its effect (or its service)."""
    began_at = control.served_at if control.term_starts == "service" else control.effective_at
    if control.asked_until_on is not None or control.term_months is None or began_at is None:
        return control.asked_until_on
    return term_end(china_date(began_at), control.term_months, control.last_day)


def _renewed(control: Control, event: Renewed) -> Control:
    """Extend the term; the rank stays."""
    renewed = _held(control, event.now or control.state, event)
    rank = control.rank if renewed.state == control.state else renewed.rank
    return _answered(renewed, rank=rank, until_on=event.until_on or control.asked_until_on, warned_days=None)


def _rest(control: Control) -> Control:
    """Take what is left after a part was released or deducted; it is all that is asked for from now on."""
    fen, units = (sum(getattr(control, name) or 0 for name in names) for names in _WHOLES)
    return _answered(control, remaining_fen=None if control.requested_fen is None else fen,
                     remaining_quantity=None if control.requested_quantity is None else units)


def units_held(control: Control) -> int | None:
    """Return the units that the agency froze or marked for us, null where it did not say."""
    return control.marked_quantity if control.actual_quantity is None else control.actual_quantity + (control.marked_quantity or 0)


def _awaits(control: Control, action: str) -> bool:
    return control.state in HELD and control.pending == action


def _is_later(end: date | None, before: date | None) -> bool:
    """Tell whether a renewal moved the end; an answer with the old end says that nothing was done."""
    return end is None or before is None or end > before


def _holds_less(control: Control, event: PartlyReleased) -> bool:
    """Tell whether a part was released; an answer with what was held before says that nothing was done.

    Shape: what came in since we were told last may make up for it, so less of held and lacking together is a release too, and of a whole
           account any other amount
    """
    grown = control.requested_fen is None and event.actual_fen not in (None, control.actual_fen)
    fewer = bool(event.parts) and parts_held(event.parts) < parts_held(control.parts)
    now = None if event.actual_quantity is None else event.actual_quantity + (event.marked_quantity or 0)
    return (grown or fewer or any(_is_less_in_all(control, event, names) for names in _WHOLES)
            or _is_less(event.actual_fen, control.actual_fen) or _is_less(now, units_held(control)))


def _is_less_in_all(control: Control, event: PartlyReleased, names: Sequence[str]) -> bool:
    before, now = ([getattr(one, name) for name in names] for one in (control, event))
    return None not in before and None not in now and sum(now) < sum(before)


def _is_less(now: int | None, before: int | None) -> bool:
    return now is not None and (before is None or now < before)


def _took_something(control: Control, event: PartlyDeducted) -> bool:
    """Tell whether money or units went; an answer with what was there before says that nothing was done."""
    return (event.deducted_fen or 0) > control.deducted_fen or _is_less(event.actual_quantity, control.actual_quantity)


def _less(control: Control, fen: int) -> Control:
    """Take what was deducted off what is held; an agency that says what it still holds stands over this."""
    return _with(control, actual_fen=None if control.actual_fen is None else max(0, control.actual_fen - fen))


def may_be_held_behind(control: Control) -> bool:
    """Tell whether a release is taken though something is pending: a deduction, or the measure itself."""
    return control.pending == "deduct" or (control.state == "requested" and control.pending is not None)


def _awaits_money(control: Control) -> bool:
    if control.state == "requested":
        return control.measure in DEDUCTS_AT_ONCE
    return _awaits(control, "deduct")
