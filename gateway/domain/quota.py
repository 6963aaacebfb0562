"""Whether what an agency says of a freeze for an amount adds up: requested = actual + unfunded. Pure. Source: domain.md §7.4."""

from gateway.domain.control import Control
from gateway.domain.control_events import Confirmed, Event


def adds_up(after: Control, event: Event) -> bool:
    """Tell whether a control's amounts add up after an event; what was deducted or released in part is out of the sum for ever.

    Shape: only a confirmation that says both amounts is checked, of a freeze for an amount that nothing was taken from
    """
    if not isinstance(event, Confirmed) or event.actual_fen is None or event.unfunded_fen is None:
        return True
    if after.measure != "freeze" or after.requested_fen is None or after.deducted_fen:
        return True
    return event.actual_fen + event.unfunded_fen == after.requested_fen
