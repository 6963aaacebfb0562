"""When a measure lets go of an asset, wholly or in part, whoever waits for it may have moved up. Pure. domain.md §7.3(2)."""

from contracts.control import FINAL_STATES
from gateway.domain.control import LIVE, Control

#: What a measure takes hold of, in fen or units; less of it is left to those behind.
_HELD = ("actual_fen", "actual_quantity", "marked_quantity", "waiting_quantity")


def makes_room(before: Control, after: Control) -> bool:
    """Tell whether what an agency told of a control, or the end of its term, may let others on the same asset move up.

    Shape: a measure that held or waited ended (released, expired, deducted, transferred, lapsed, reversed), or holds less; a claim to what a
           disposal left was settled
    """
    if before.state in LIVE and after.state in FINAL_STATES:
        return True
    if before.surplus_claim and not after.surplus_claim:
        return True
    return before.state in LIVE and any(_less(getattr(after, name), getattr(before, name)) for name in _HELD)


def _less(now: int | None, before: int | None) -> bool:
    return now is not None and before is not None and now < before
