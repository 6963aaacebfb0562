"""Odd but real: an answer with one field written as registers and banks do write it, beside their document. Repeatable by the caller's rng."""

from collections.abc import Iterator, MutableMapping, Sequence
from random import Random
from typing import Any, Final, NamedTuple

#: What a field that is left out is written as.
GONE: Final = object()

Item = MutableMapping[str, Any]


class Oddity(NamedTuple):
    """One field of an item and what stands there instead: a value, or GONE.

    `at`: the field's name on the wire, `cf.0.jsrq` inside the first row of a list; one that the document does not have is added.
    `of`: what must stand there for it to mean the same; None: anything
    `telling`: which thing it is, whose, how much, in what state and what is on it before can be read all the same
    """

    at: str
    written: object
    telling: bool = True
    of: object = None


def write_oddly(items: Sequence[Item], oddities: Sequence[Oddity], rng: Random, *, telling_only: bool = False) -> bool:
    """Write one field of one item oddly; False if there is nothing to write so."""
    chances = [(item, one) for item in items for one in oddities if (one.telling or not telling_only) and _can_stand(item, one)]
    if not chances:
        return False
    item, chosen = rng.choice(chances)
    row, name = _row(item, chosen.at), chosen.at.rpartition(".")[2]
    assert row is not None
    if chosen.written is GONE:
        row.pop(name, None)
    else:
        row[name] = chosen.written
    return True


def _can_stand(item: Item, odd: Oddity) -> bool:
    row = _row(item, odd.at)
    return row is not None and odd.of in (None, row.get(odd.at.rpartition(".")[2]))


def _row(item: Item, at: str) -> Item | None:
    """Return the row of an item that a field stands in, None where the item has no such row."""
    row: Any = item
    for step in _steps(at):
        try:
            row = row[int(step)] if step.isdigit() else row[step]
        except (KeyError, IndexError, TypeError):
            return None
    return row if isinstance(row, MutableMapping) else None


def _steps(at: str) -> Iterator[str]:
    yield from at.split(".")[:-1]
