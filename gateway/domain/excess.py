"""What the measures of a case secured beyond its claim, and which to release for it: those least useful to keep. Pure.

All measures of a case secure one claim, whichever of its requests they were ordered under (docs/adr/0011). It proposes; releasing
needs a ruling and a notice (LIMIT-RELEASE).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.registry import asset_type
from contracts.report import ReleaseProposal, ReportControl
from contracts.words import Text
from gateway.domain.allot import Part, allot
from gateway.domain.control import HELD, Control
from gateway.domain.court_policy import CourtPolicy
from gateway.domain.cover import Whole
from gateway.domain.worth import total_secured_fen

#: What is under way that changes how much is secured; its answer is awaited before anything is proposed.
_MOVES = frozenset({"release", "deduct", "transfer"})
_WHOLE = Text(zh="其余措施已足以清偿，建议解除该项措施", en="the other measures suffice: release this one")
_PART = Text(zh="超出债权额，建议解除超出部分", en="it exceeds the claim: release the excess")


def counts_otherwise(before: Control, after: Control) -> bool:
    """Tell whether an event changed what a control counts for, or answered what is awaited before anything is proposed; a renewal did not."""
    said = [(one.state, one.actual_fen, one.actual_quantity, one.priority_rights, one.pending in _MOVES) for one in (before, after)]
    return said[0] != said[1]


@dataclass(frozen=True, slots=True)
class Review:
    """What a look at a case changes: proposals that stand no longer, and new ones."""

    withdrawn: tuple[ReleaseProposal, ...]
    new: tuple[ReleaseProposal, ...]


def review(standing: Sequence[ReleaseProposal], controls: Sequence[ReportControl], claim_fen: int | None, policy: CourtPolicy) -> Review:
    """Compare the proposals of a case that stand with how its live controls are; without a claim nothing exceeds.

    Shape:  a proposal stays while the same is to be released of the same, though claim and excess grow or shrink. While the answer to a
            release, deduction or transfer is awaited nothing is new, and only what it moves is withdrawn
    """
    if any(one.pending in _MOVES for one in controls):
        unmoved = {(one.control_id, one.secured_fen) for one in controls if one.pending not in _MOVES}
        return Review(tuple(one for one in standing if (one.control_id, one.secured_fen) not in unmoved), ())
    wanted = release_proposals(controls, claim_fen, policy) if claim_fen is not None else ()
    before, now = {_what(one) for one in standing}, {_what(one) for one in wanted}
    return Review(tuple(one for one in standing if _what(one) not in now), tuple(one for one in wanted if _what(one) not in before))


def told(proposal: ReleaseProposal, request_id: str, case_no: str, announced_at: datetime) -> dict[str, object]:
    """Return a proposal as an event and the list of those that stand tell it."""
    return {**proposal.model_dump(mode="json"), "request_id": request_id, "case_no": case_no, "announced_at": announced_at}


def _what(proposal: ReleaseProposal) -> tuple[str, int]:
    return proposal.proposal_id, proposal.secured_fen


def release_proposals(controls: Sequence[ReportControl], claim_fen: int, policy: CourtPolicy) -> tuple[ReleaseProposal, ...]:
    """Return what to release so that no more than the claim stays secured; nothing while the limit is kept. `controls`: live ones of the case.

    Shape:  money is kept first, in the court's order, and released to the fen; shares and things are released whole or kept; of what
            cannot be split the set that covers the rest with the least excess is kept. The order of `controls` does not matter
    """
    secured = sorted((one for one in controls if one.secured_fen > 0), key=lambda one: (policy.place(one.asset_type), -one.secured_fen, one.control_id))
    money = [one for one in secured if _is_money(one)]
    things: dict[str, list[ReportControl]] = {}
    for one in secured:
        if not _is_money(one):
            things.setdefault(_thing(one), []).append(one)
    total = total_secured_fen((one.asset_type, one.asset_id, one.secured_fen) for one in secured)
    if total <= policy.limit_fen(claim_fen):
        return ()
    wholes = [Whole(name, _worth(held), 1 + 1_000 * policy.place(held[0].asset_type)) for name, held in things.items()]
    kept = allot([Part(one.control_id, one.secured_fen) for one in money], wholes, claim_fen, policy.limit_fen(claim_fen))
    needless = [(one, fen) for one in money if (fen := one.secured_fen - kept.fen.get(one.control_id, 0))]
    needless += [(one, one.secured_fen) for name in things if name not in kept.fen for one in _holding(name, controls)]
    return tuple(_proposal(one, fen, total - claim_fen, claim_fen) for one, fen in needless)


def _is_money(control: ReportControl) -> bool:
    return asset_type(control.asset_type).counted_in == "amount_fen"


def _thing(control: ReportControl) -> str:
    """Return what is kept or released together: two measures on one house secure it once."""
    return f"asset {control.asset_id}" if asset_type(control.asset_type).counted_in is None else control.control_id


def _holding(thing: str, controls: Sequence[ReportControl]) -> list[ReportControl]:
    """Return every measure in force on a thing, also one that by its own request's report stands behind another of ours."""
    return sorted((one for one in controls if one.state in HELD and _thing(one) == thing), key=lambda one: one.control_id)


def _worth(held: Sequence[ReportControl]) -> int:
    return max(one.secured_fen for one in held)


def _proposal(control: ReportControl, fen: int, excess_fen: int, claim_fen: int) -> ReleaseProposal:
    part = None if fen == control.secured_fen else fen
    return ReleaseProposal(
        proposal_id=f"{control.control_id}-{'all' if part is None else part}", control_id=control.control_id, asset_id=control.asset_id,
        asset_type=control.asset_type, subject=control.subject, amount_fen=part, secured_fen=control.secured_fen, claim_fen=claim_fen,
        excess_fen=excess_fen, reason=_WHOLE if part is None else _PART)
