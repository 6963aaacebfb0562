"""Which position each event gets: consecutive, in the order of their numbers, none left out. Pure. docs/adr/0024.

An event has a number since it was written, and is seen when its transaction commits: a lower number may be seen later than a higher one,
or never. Numbers that were not there yet are kept as holes until every transaction that may have them has ended.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hole:
    """Numbers `first` to `last` that were not seen; a transaction from `until` on cannot have them. Null: not known yet."""

    first: int
    last: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Placing:
    """How far positions were given: the last one, the highest number seen, and what below it was not there."""

    position: int = 0
    event_no: int = 0
    holes: tuple[Hole, ...] = ()


def place(before: Placing, seen: Sequence[int], *, more: bool, running_from: int) -> tuple[Placing, list[tuple[int, int]]]:
    """Give positions to the events that are seen, lowest number first.

    Shape: `seen` are numbers above `before.event_no` or in its holes, in order; `more`: there may be others beyond the last of them;
           every transaction below `running_from` had ended before they were looked for. Returns pairs (position, number)
    """
    placed = list(enumerate(seen, start=before.position + 1))
    newest = max(before.event_no, seen[-1] if seen else 0)
    kept = [hole for hole in before.holes if more or hole.until is None or hole.until > running_from]
    holes = [Hole(first, last, hole.until) for hole in kept for first, last in _gaps(hole.first, hole.last, seen)]
    holes += [Hole(first, last) for first, last in _gaps(before.event_no + 1, newest, seen)]
    return Placing(before.position + len(seen), newest, tuple(holes)), placed


def dated(placing: Placing, until: int) -> Placing:
    """Return it with what is known now of its new holes: no transaction from `until` on can have them."""
    return Placing(placing.position, placing.event_no, tuple(Hole(one.first, one.last, until if one.until is None else one.until) for one in placing.holes))


def _gaps(first: int, last: int, seen: Sequence[int]) -> Iterable[tuple[int, int]]:
    """Give the runs from `first` to `last` in which nothing was seen."""
    for number in seen[bisect_left(seen, first): bisect_right(seen, last)]:
        if number > first:
            yield first, number - 1
        first = number + 1
    if first <= last:
        yield first, last
