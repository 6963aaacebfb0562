"""Whether what an agency says of a measure adds up to what was asked: fen, and units. Pure. Source: domain.md §7.3(7)(9), §7.4."""

from gateway.domain.control import Control
from gateway.domain.control_events import AfterStep, Confirmed, Deducted, Event, Holding, Renewed


def adds_up(after: Control, event: Event) -> bool:
    """Tell whether a control's amounts and quantities add up after an event; only what an agency says in full is judged."""
    return _fen_add_up(after, event) and (not isinstance(event, Holding) or _units_add_up(after, event))


def _fen_add_up(after: Control, event: Event) -> bool:
    """Tell whether actual + unfunded = what is asked for still; what was deducted or released in part is out of the sum for ever.

    Shape: only a confirmation that says both amounts is checked, of a freeze for an amount that nothing was deducted from
    """
    if not isinstance(event, Confirmed) or event.actual_fen is None or event.unfunded_fen is None:
        return True
    if after.measure != "freeze" or after.requested_fen is None or after.deducted_fen:
        return True
    return _fits(event.actual_fen + event.unfunded_fen, after.requested_fen, after.remaining_fen)


def _units_add_up(after: Control, event: Holding) -> bool:
    """Tell whether frozen + marked + waiting = what is asked for still; when a part is taken away its answer says what is left."""
    if event.actual_quantity is None or event.marked_quantity is None or event.waiting_quantity is None:
        return True
    if after.requested_quantity is None or isinstance(event, Deducted) or (isinstance(event, AfterStep) and not isinstance(event, Renewed)):
        return True
    return _fits(event.actual_quantity + event.marked_quantity + event.waiting_quantity, after.requested_quantity, after.remaining_quantity)


def _fits(told: int, requested: int, remaining: int | None) -> bool:
    """Compare with what was asked; after a part went, with what then remained, of which the agency may have told more than there is."""
    return told == requested if remaining is None else told <= remaining


def asked_units(control: Control) -> int | None:
    """Return how many units are asked for still: what the court asked less the parts released or deducted."""
    return control.requested_quantity if control.remaining_quantity is None else control.remaining_quantity
