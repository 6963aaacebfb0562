"""Spread an amount over what can secure it: what divides first, whole things for the rest, no more than is needed. Pure, exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from gateway.domain.cover import Whole, least_cover


@dataclass(frozen=True, slots=True)
class Part:
    """What divides: money to the fen, or so many units at `unit_fen` each (fen, exact)."""

    id: str
    free_fen: int
    unit_fen: Fraction | None = None
    units: int = 0

    @property
    def whole_fen(self) -> int:
        """Return what all of it is worth."""
        return self.free_fen if self.unit_fen is None else floor(self.units * self.unit_fen)


@dataclass(frozen=True, slots=True)
class Allotment:
    """How much of each thing (fen, and units where it has them); `over` is the one that exceeds the limit, since it cannot be split."""

    fen: Mapping[str, int]
    units: Mapping[str, int]
    over: str | None = None
    proven: bool = True

    @property
    def total_fen(self) -> int:
        """Return what all of it is worth."""
        return sum(self.fen.values())


def allot(parts: Sequence[Part], wholes: Sequence[Whole], need_fen: int, limit_fen: int) -> Allotment:
    """Secure `need_fen`, never more than `limit_fen` but for one thing that cannot be split and that nothing smaller replaces.

    Shape:  `parts` the preferred first; whole things only for what the parts cannot cover, with the least excess; where those
            exceed, the least preferred parts give way, so that the sum is the need to the fen
    Source: 查扣冻规定 art. 19 (LIMIT, LIMIT-SPLIT)
    """
    if need_fen <= 0:
        return Allotment({}, {})
    divisible = sum(one.whole_fen for one in parts)
    if divisible >= need_fen or not wholes:
        return _filled(parts, min(need_fen, divisible), limit_fen, {})
    cover = least_cover(wholes, need_fen - divisible)
    taken = {one.id: one.fen for one in wholes if one.id in cover.ids}
    if cover.fen > limit_fen:
        fen = {**{one.id: one.whole_fen for one in parts if one.whole_fen}, **taken}
        return Allotment(fen, {one.id: one.units for one in parts if one.units}, max(taken, key=lambda one: (taken[one], one)), cover.proven)
    filled = _filled(parts, max(0, min(divisible, need_fen - cover.fen)), limit_fen - cover.fen, taken)
    return Allotment(filled.fen, filled.units, filled.over, cover.proven)


def _filled(parts: Sequence[Part], need_fen: int, limit_fen: int, taken: Mapping[str, int]) -> Allotment:
    """Fill from the first part on; a last unit that is worth too much takes from the money before it, the last first."""
    fen: dict[str, int] = {}
    units: dict[str, int] = {}
    for one in parts:
        left = min(need_fen - sum(fen.values()), one.whole_fen)
        if left > 0 and one.unit_fen is not None:
            units[one.id] = min(one.units, ceil(left / one.unit_fen))
        if left > 0:
            fen[one.id] = left if one.unit_fen is None else floor(units[one.id] * one.unit_fen)
    _trim([one for one in parts if one.unit_fen is None], fen, sum(fen.values()) - need_fen)
    over = next(reversed(units)) if sum(fen.values()) > limit_fen else None
    return Allotment({**fen, **taken}, units, over)


def _trim(money: Sequence[Part], fen: dict[str, int], over_fen: int) -> None:
    """Take from money what is too much, from the least preferred first."""
    for one in reversed(money):
        less = min(over_fen, fen.get(one.id, 0))
        if less > 0:
            fen[one.id] -= less
            over_fen -= less
            if not fen[one.id]:
                del fen[one.id]
