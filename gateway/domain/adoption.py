"""A control made of what an agency says it holds for us, and how a control takes an agency's word: pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

from contracts.agency import Agency
from contracts.control import MEASURES, ControlState
from contracts.failures import Rejected
from gateway.domain.control import LIVE, Control
from gateway.domain.control_events import Confirmed, Event, Marked, PartlyConfirmed, Reversed
from gateway.domain.reconciliation import Kind
from gateway.domain.status_answers import NEVER_RECEIVED

#: What an agency holds, by the state a control has: its word is taken in that state.
_HOLDING: Mapping[str, type[Confirmed] | type[PartlyConfirmed] | type[Marked]] = {
    "in_force": Confirmed, "partly_in_force": PartlyConfirmed, "marked": Marked}
_STATES: frozenset[str] = frozenset(get_args(ControlState)) & LIVE


def is_adoptable(kind: Kind, theirs: Mapping[str, Any]) -> bool:
    """Tell whether a difference is about a measure that stands at the agency and that no control stands for; it must go by a number."""
    named = any(theirs.get(name) for name in ("request_no", "agency_control_no", "waiting_serial"))
    return kind in {"not_ours", "state"} and theirs.get("state") in _STATES and named


def adopted(theirs: Mapping[str, Any], ours: Mapping[str, Any], agency: Agency | None, *, shares_number: bool) -> Control:
    """Make the control of a measure as its agency tells of it.

    `shares_number`: other controls go by its request number too; it is then named by the agency's own number alone, where that is known
    """
    measure = theirs.get("measure") or ours.get("measure")
    state, number = str(theirs["state"]), theirs.get("agency_control_no") or theirs.get("waiting_serial")
    amount, units = theirs.get("actual_fen", theirs.get("amount_fen")), theirs.get("actual_quantity", theirs.get("quantity"))
    terms = {} if agency is None else {"last_day": agency.last_day, "term_starts": agency.term_starts}
    held = state != "waiting"
    return Control.model_validate({
        "measure": measure if measure in MEASURES else "freeze", "state": state, "rank": theirs.get("rank"), "requested_fen": amount,
        "actual_fen": amount if held else None, "requested_quantity": units, "actual_quantity": units if held else None,
        "until_on": theirs.get("until_on") if held else None, "agency_control_no": number,
        "waiting_serial": None if held else theirs.get("waiting_serial"), "by_agency_no": bool(shares_number and number), **terms})


def their_word(kind: Kind, control: Control, theirs: Mapping[str, Any]) -> Event:
    """Return what takes an agency's word into a control.

    Raises: Rejected 409 not_takeable, where a control cannot follow from what it is told
    """
    if kind == "missing_there" and control.state in LIVE:
        return Reversed(NEVER_RECEIVED)
    held = _HOLDING.get(control.state)
    if kind not in {"amount", "term"} or held is None or theirs.get("state") != control.state:
        raise Rejected(409, "not_takeable", "该控制不能按协助单位所述更正 / The control cannot take over what the agency says")
    until_on = theirs.get("until_on")
    if kind == "term":
        return held(until_on=date.fromisoformat(str(until_on)))
    return held(actual_fen=theirs.get("actual_fen"), unfunded_fen=theirs.get("unfunded_fen"), actual_quantity=theirs.get("actual_quantity"))
