"""A statement in the place of an item: that nothing was found, that a system failed, that a query is declined. Pure.

It is about the whole subject where it stands alone. Beside items it takes none of them along: that nothing was found is marked, any other
says that something may not be seen, and is an item that cannot be read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.asset_type import AssetType
from contracts.messages import Unread
from services.runtime.reading.forms import NOTHING, Form, Odd, compact, number
from services.runtime.reading.items import Items, Sheet, read_items, unread


@dataclass(frozen=True)
class Place:
    """Where statements stand: the field that holds an item's key, or else one of these texts."""

    wire: str
    key: Form
    texts: frozenset[str]
    #: That of the texts which says that nothing was found.
    none: str
    #: What else a statement says.
    beside: frozenset[str]
    #: What only an item says. A statement with a balance is an item whose key cannot be read.
    of_items: frozenset[str]


def stated(place: Place, entry: object) -> str | None:
    """Return the text of a statement, of one that is not in the list too; None for an item."""
    if not isinstance(entry, Mapping):
        return None
    try:
        word = compact(entry.get(place.wire))
    except Odd:
        return None
    if word in place.texts:
        return None if any(_says_something(entry.get(name)) for name in place.of_items) else word
    return None if _fits(place.key, word) or any(_says_something(entry[name]) for name in entry.keys() - place.beside - {place.wire}) else word


def _fits(form: Form, word: str) -> bool:
    try:
        form(word)
    except Odd:
        return False
    return True


def _says_something(value: object) -> bool:
    """Tell whether a field says more than nothing, or zero."""
    if value in (None, [], {}) or (isinstance(value, str) and value.strip() in NOTHING):
        return False
    try:
        return number(value) != 0
    except Odd:
        return True


def items_beside(kind: AssetType, sheet: Sheet, place: Place, listed: Sequence[Any], said: Sequence[str | None]) -> tuple[Items, list[Unread]]:
    """Read a list of items with statements among them; return what of the answer itself is marked too."""
    places = [position for position, text in enumerate(said) if text != place.none]
    items = read_items(kind, sheet, [listed[position] for position in places])
    items.unreadable = [one.model_copy(update={"position": None if one.position is None else places[one.position]}) for one in items.unreadable]
    name = sheet.entries[place.wire].name
    return items, [unread(name, place.wire, "implausible", text) for text in said if text == place.none]
