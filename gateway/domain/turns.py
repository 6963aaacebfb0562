"""Turns: who alone may ask an agency and act for a task, for how long, and at which signed address that is granted. Pure. ADR 17."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts.agency import Agency
from contracts.keyed import keyed_hash

_PURPOSE = "turn"
#: What never changes anything at an agency may be asked by anybody at any time.
_HARMLESS = frozenset({"query", "status"})


@dataclass(frozen=True, slots=True)
class TurnLength:
    """How long a turn is, in seconds: all of it, and the part at its end in which nothing is begun or waited for.

    Shape: within `grace_s` an agency may still be at work on a call that was given up
    """

    for_s: float
    grace_s: float


def needs_turn(agency: Agency, action: str) -> bool:
    """Tell whether a step may be done by one worker at a time only: asked twice, the agency would do it twice."""
    return not agency.idempotent and action not in _HARMLESS


def turn_length(timeout_s: float, *, ask_s: float, grace_s: float) -> TurnLength:
    """Return how long a turn at an agency is.

    Units: timeout_s of one call; ask_s in which the question how the step stands may be tried again; grace_s
    Shape: the question, its last try, the act, the grace
    """
    return TurnLength(ask_s + 2 * timeout_s + grace_s, grace_s)


def turn_path(secret: bytes, *, task_id: str, agency: str, ends_at: datetime) -> str:
    """Return the path at which the turns of a task are granted, valid until its answer is due."""
    expires = str(int(ends_at.timestamp()))
    return f"/turns/{task_id}?agency={agency}&expires={expires}&signature={keyed_hash(secret, _PURPOSE, task_id, agency, expires)}"


def turn_holds(secret: bytes, *, task_id: str, agency: str, expires: str, signature: str) -> bool:
    """Tell whether an address is one of ours."""
    right = keyed_hash(secret, _PURPOSE, task_id, agency, expires)
    return hmac.compare_digest(right.encode(), signature.encode()) and expires.isascii() and expires.isdigit()


def turn_ended(expires: str, now: datetime) -> bool:
    """Tell whether the answer of the task is due: nobody begins to act for it any more."""
    return now >= datetime.fromtimestamp(int(expires), UTC)
