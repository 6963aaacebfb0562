"""What answers secured beyond the claim, and which measures to release for it: those least useful to keep. Pure.

It proposes; releasing needs a ruling and a notice (LIMIT-RELEASE).
"""

from collections.abc import Sequence

from contracts.registry import asset_type
from contracts.report import ReleaseProposal, ReportControl
from contracts.words import Text
from gateway.domain.allot import Part, allot
from gateway.domain.court_policy import CourtPolicy
from gateway.domain.cover import Whole

#: What is under way that changes how much is secured; its answer is awaited before anything is proposed.
_MOVES = frozenset({"release", "deduct", "transfer"})
_WHOLE = Text(zh="其余措施已足以清偿，建议解除该项措施", en="the other measures suffice: release this one")
_PART = Text(zh="超出债权额，建议解除超出部分", en="it exceeds the claim: release the excess")


def release_proposals(controls: Sequence[ReportControl], claim_fen: int, policy: CourtPolicy) -> tuple[ReleaseProposal, ...]:
    """Return what to release so that no more than the claim stays secured; nothing while the limit is kept.

    Shape:  money is kept first, in the court's order, and released to the fen; shares and things are released whole or kept; of what
            cannot be split the set that covers the rest with the least excess is kept. The order of `controls` does not matter
    """
    secured = sorted((one for one in controls if one.secured_fen > 0), key=lambda one: (policy.place(one.asset_type), -one.secured_fen, one.control_id))
    money = [one for one in secured if _is_money(one)]
    things: dict[str, list[ReportControl]] = {}
    for one in secured:
        if not _is_money(one):
            things.setdefault(_thing(one), []).append(one)
    total = sum(one.secured_fen for one in money) + sum(_worth(held) for held in things.values())
    if total <= policy.limit_fen(claim_fen) or any(one.pending in _MOVES for one in controls):
        return ()
    wholes = [Whole(name, _worth(held), 1 + 1_000 * policy.place(held[0].asset_type)) for name, held in things.items()]
    kept = allot([Part(one.control_id, one.secured_fen) for one in money], wholes, claim_fen, policy.limit_fen(claim_fen))
    needless = [(one, one.secured_fen - kept.fen.get(one.control_id, 0)) for one in money]
    needless += [(one, one.secured_fen) for name, held in things.items() if name not in kept.fen for one in held]
    return tuple(_proposal(one, fen, total - claim_fen, claim_fen) for one, fen in needless if fen)


def _is_money(control: ReportControl) -> bool:
    return asset_type(control.asset_type).counted_in == "amount_fen"


def _thing(control: ReportControl) -> str:
    """Return what is kept or released together: two measures on one house secure it once."""
    return f"asset {control.asset_id}" if asset_type(control.asset_type).counted_in is None else control.control_id


def _worth(held: Sequence[ReportControl]) -> int:
    return max(one.secured_fen for one in held)


def _proposal(control: ReportControl, fen: int, excess_fen: int, claim_fen: int) -> ReleaseProposal:
    part = None if fen == control.secured_fen else fen
    return ReleaseProposal(
        proposal_id=f"{control.control_id}-{'all' if part is None else part}", control_id=control.control_id, asset_id=control.asset_id,
        asset_type=control.asset_type, subject=control.subject, amount_fen=part, secured_fen=control.secured_fen, claim_fen=claim_fen,
        excess_fen=excess_fen, reason=_WHOLE if part is None else _PART)
