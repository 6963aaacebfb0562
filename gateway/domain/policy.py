"""Who may do what: one table and one function. Pure; whether a token is genuine and in time is the API's business."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from contracts.case import CourtCode
from contracts.words import Message

Right = Literal["judge", "clerk", "approver", "operator", "auditor", "agency", "tester"]
Deed = Literal[
    "request.submit", "request.read", "answer.read", "document.upload", "document.read", "control.order", "control.read",
    "control.renew", "control.release", "control.deduct", "control.transfer", "control.convert", "control.batch",
    "plan.make", "plan.read",
    "agency.read", "asset_type.read", "rule.read", "oddity.read", "dead_letter.read", "dead_letter.redrive",
    "reconciliation.read", "reconciliation.settle", "reconciliation.adopt",
]


class Claims(Message):
    """What a token says of its bearer; `sub` is the work card number, `exp` seconds since the epoch."""

    sub: str
    name: str
    court_code: CourtCode
    roles: tuple[str, ...]
    exp: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed, or the status and code of the refusal."""

    allowed: bool
    status: int = 200
    code: str = "allowed"


#: Anyone with a valid token.
EVERYONE: frozenset[Right] = frozenset({"judge", "clerk", "approver", "operator", "auditor", "agency", "tester"})
READERS: frozenset[Right] = frozenset({"judge", "clerk", "approver", "auditor"})
#: Deed -> roles that may do it in their own court. Source: interface.md §1, rules for every call.
MAY: Mapping[Deed, frozenset[Right]] = {
    "request.submit": frozenset({"judge", "clerk"}),
    "request.read": READERS,
    "answer.read": READERS,
    "document.upload": frozenset({"judge", "clerk"}),
    "document.read": READERS,
    "control.order": frozenset({"judge"}),
    "control.read": READERS,
    **dict.fromkeys(("control.renew", "control.release", "control.deduct", "control.transfer", "control.convert", "control.batch"),
                    frozenset[Right]({"judge"})),
    "plan.make": frozenset({"judge"}),
    "plan.read": READERS,
    "reconciliation.read": READERS,
    "reconciliation.settle": frozenset({"judge"}),
    "reconciliation.adopt": frozenset({"judge"}),
    "agency.read": EVERYONE,
    "asset_type.read": EVERYONE,
    "rule.read": EVERYONE,
    "oddity.read": frozenset({"operator", "auditor", "agency", "tester"}),
    "dead_letter.read": frozenset({"operator", "auditor"}),
    "dead_letter.redrive": frozenset({"operator"}),
}
_ALLOWED = Decision(allowed=True)
_NO_RIGHT = Decision(allowed=False, status=403, code="not_permitted")
#: Another court's object looks like one that does not exist.
_NOT_THERE = Decision(allowed=False, status=404, code="not_found")


def decide(claims: Claims, deed: Deed, target_court: str | None) -> Decision:
    """Decide whether a bearer may do a deed to an object of a court; None: the deed has no object.

    Shape: a missing right is 403 whatever the object, so that nobody learns from it whether the object exists
    """
    if MAY[deed].isdisjoint(claims.roles):
        return _NO_RIGHT
    return _ALLOWED if target_court in (None, claims.court_code) else _NOT_THERE
