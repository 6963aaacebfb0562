"""A subject who is liable for so much only: a plan counts on no more of its property. Pure.

A debtor who was added may be liable for a part, as a shareholder within the capital not paid in. Source: LIABLE-AMOUNT (法释〔2016〕21号 art. 17).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import floor

from contracts.subject import Subject
from gateway.domain.candidates import Candidate
from gateway.domain.court_policy import SOLE_HOME, CourtPolicy
from gateway.domain.cover import Whole, least_cover


def liabilities(subjects: Sequence[Subject]) -> dict[int, int]:
    """Return what each subject of a request is liable for, in fen, where there is a limit."""
    return {index: one.liability_fen for index, one in enumerate(subjects) if one.liability_fen is not None}


def capped(found: Sequence[Candidate], liable_fen: Mapping[int, int], policy: CourtPolicy) -> list[Candidate]:
    """Limit what the property of subjects counts for to what each is still liable for.

    Shape:  what divides first, in the court's order; of what cannot be split the things that cover the rest with the least excess,
            together counted for no more than the rest; things without a value while something is left. The order of `found` does not matter
    """
    limited: dict[str, Candidate] = {}
    for subject, fen in liable_fen.items():
        usable = sorted((one for one in found if one.subject == subject and one.left_out is None),
                        key=lambda one: (policy.place(one.kind), -(one.free_fen or 0), one.asset_id))
        limited |= {one.asset_id: one for one in _limited(usable, fen, policy)}
    return [limited.get(one.asset_id, one) for one in found]


def _limited(usable: Sequence[Candidate], liable_fen: int, policy: CourtPolicy) -> Iterator[Candidate]:
    left = max(0, liable_fen)
    for one in usable:
        if one.divides:
            divided = _divided(one, left)
            left -= 0 if divided.left_out else (divided.free_fen or 0) + divided.rights_fen
            yield divided
    wholes = [one for one in usable if not one.divides and one.free_fen is not None]
    yield from _counted(wholes, left, policy)
    if not left:
        yield from (_covered(one) for one in usable if not one.divides and one.free_fen is None)


def _divided(one: Candidate, left: int) -> Candidate:
    """Take no more than is left, of units whole ones; what is frozen besides for those who are paid first is not beyond it either."""
    most = max(0, left - one.rights_fen)
    if (one.free_fen or 0) <= most:
        return one
    units = floor(most / one.unit_fen) if one.unit_fen else 0
    fen = floor(units * one.unit_fen) if one.unit_fen else most
    return replace(one, free_fen=fen, units=units, limited=True) if fen else _covered(one)


def _counted(wholes: Sequence[Candidate], left: int, policy: CourtPolicy) -> Iterator[Candidate]:
    """Keep things that cannot be split, as many as are needed; the one that is worth most counts for what the others leave."""
    ids = least_cover(wholes_for(wholes, left, policy), left).ids if left and wholes else frozenset()
    kept = needed([(one.free_fen or 0, one.asset_id) for one in wholes if one.asset_id in ids], left)
    over = sum(fen for fen, _ in kept) - left
    for one in wholes:
        fen = one.free_fen or 0
        if (fen, one.asset_id) not in kept:
            yield _covered(one)
        elif over > 0 and (fen, one.asset_id) == max(kept):
            yield replace(one, free_fen=fen - over, limited=True)


def needed(things: Sequence[tuple[int, str]], need_fen: int) -> list[tuple[int, str]]:
    """Return things (worth, id) without those that the others make needless, the smallest first: at most one goes beyond the need."""
    kept = sorted(things)
    for one in sorted(things):
        if sum(fen for fen, _ in kept) - one[0] >= need_fen:
            kept.remove(one)
    return kept


def _covered(one: Candidate) -> Candidate:
    return replace(one, left_out="liability_covered")


def wholes_for(wholes: Sequence[Candidate], need_fen: int, policy: CourtPolicy) -> list[Whole]:
    """Return things that cannot be split with the harm of taking each: the court's order, then how many are touched.

    Shape: dwellings of people who have no other only if all else does not suffice
    """
    others = [one for one in wholes if one.kind != SOLE_HOME]
    enough = sum(one.free_fen or 0 for one in others) >= need_fen
    return [Whole(one.asset_id, one.free_fen or 0, 1 + 1_000 * policy.place(one.kind) + 10**9 * (one.kind == SOLE_HOME))
            for one in (others if enough else wholes)]
