"""Choose the whole things that cover an amount with the least excess. Pure, deterministic, exact; docs/adr/0010 says why.

Sums of two halves are listed and met in the middle (Horowitz and Sahni 1974). Beyond `CORE` things the larger ones are fixed
first and `CORE` of them, the smallest or some of every size, close the rest; the common divisor of all amounts tells when no sum can be closer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd

#: How many things are searched through completely: two lists of 2^16 sums at most.
CORE = 32
#: How many ways of fixing the larger things are tried.
_VARIANTS = 16

#: A sum of some things: fen, harm, and which things as bits.
Sum = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Whole:
    """A thing that is taken whole or not at all: its worth in fen (above 0), and the harm that taking it does."""

    id: str
    fen: int
    harm: int = 1


@dataclass(frozen=True, slots=True)
class Cover:
    """What was chosen. `proven`: no other choice that covers is worth less."""

    ids: frozenset[str]
    fen: int
    proven: bool


def least_cover(things: Sequence[Whole], need_fen: int) -> Cover:
    """Return the things that together are worth `need_fen` (above 0) or as little more as can be, among those the least harm.

    Shape: all of them if they are worth less; the order of `things` does not matter; up to CORE things the harm is the least
           there is, beyond it the least of the ways tried
    """
    ordered = sorted(things, key=lambda one: (one.fen, one.id))
    if _worth(ordered) <= need_fen:
        return Cover(frozenset(one.id for one in ordered), _worth(ordered), proven=True)
    unit, few = gcd(*(one.fen for one in ordered)), len(ordered) <= CORE
    nearest = -(-need_fen // unit) * unit
    chosen = _greedy(ordered, need_fen)
    for core in [ordered] if few else [ordered[:CORE], ordered[::-(-len(ordered) // CORE)]]:
        for found in _closed(core, [one for one in ordered if one not in core], need_fen):
            chosen = min(chosen, found, key=_rank)
            if not few and _worth(chosen) == nearest:
                return Cover(frozenset(one.id for one in chosen), nearest, proven=True)
    return Cover(frozenset(one.id for one in chosen), _worth(chosen), proven=few)


def _worth(things: Sequence[Whole]) -> int:
    return sum(one.fen for one in things)


def _rank(things: Sequence[Whole]) -> tuple[int, int, list[str]]:
    return _worth(things), sum(one.harm for one in things), sorted(one.id for one in things)


def _greedy(things: Sequence[Whole], need_fen: int) -> list[Whole]:
    """Take the least harmful first until the amount is covered."""
    taken: list[Whole] = []
    for one in sorted(things, key=lambda one: (one.harm, -one.fen, one.id)):
        if _worth(taken) < need_fen:
            taken.append(one)
    return taken


def _closed(core: Sequence[Whole], rest: Sequence[Whole], need_fen: int) -> Iterator[list[Whole]]:
    """Give each way of fixing the larger things, with what of the core closes it best."""
    half = len(core) // 2
    left, right = _sums(core[:half]), _sums(core[half:])
    for fixed in _fixed(rest, need_fen, _worth(core)):
        found = _closest(left, right, need_fen - _worth(fixed))
        if found is not None:
            taken = found[2] | found[3] << half
            yield [*fixed, *(one for bit, one in enumerate(core) if taken >> bit & 1)]


def _fixed(rest: Sequence[Whole], need_fen: int, reach_fen: int) -> Iterator[list[Whole]]:
    """Give ways of fixing the larger things so that about half of the core closes the rest; only the empty one without any."""
    fixed: list[Whole] = []
    for one in sorted(rest, key=lambda one: (one.harm, -one.fen, one.id)):
        if _worth(fixed) + one.fen <= need_fen - reach_fen // 2:
            fixed.append(one)
    others = [one for one in rest if one not in fixed]
    while others and _worth(fixed) + reach_fen < need_fen:
        fixed.append(others.pop(0))
    yield fixed
    for one in others[:_VARIANTS]:
        yield [*fixed, one]
    for one in fixed[-_VARIANTS:]:
        yield [kept for kept in fixed if kept is not one]


def _sums(things: Sequence[Whole]) -> list[Sum]:
    """Return every sum of some of the things, rising, each with the least harm that makes it."""
    sums: dict[int, tuple[int, int]] = {0: (0, 0)}
    for bit, one in enumerate(things):
        for fen, (harm, taken) in list(sums.items()):
            grown = (harm + one.harm, taken | 1 << bit)
            sums[fen + one.fen] = min(sums.get(fen + one.fen, grown), grown)
    return sorted((fen, harm, taken) for fen, (harm, taken) in sums.items())


def _closest(left: Sequence[Sum], right: Sequence[Sum], need_fen: int) -> tuple[int, int, int, int] | None:
    """Return the least sum of one of each that covers: fen, harm, and the things of both; None if none covers."""
    best: tuple[int, int, int, int] | None = None
    at = len(right) - 1
    for fen, harm, taken in left:
        while at and fen + right[at - 1][0] >= need_fen:
            at -= 1
        if fen + right[at][0] >= need_fen:
            found = (fen + right[at][0], harm + right[at][1], taken, right[at][2])
            best = found if best is None else min(best, found)
    return best
