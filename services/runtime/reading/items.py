"""An answer's items read field by field: what can be read stands, what cannot is kept and marked. Pure. interface.md §5.

A *sheet* says how one kind of row is written: its fields by their names on the wire, each with its form. A field of which the record says
that it is deciding (which thing, whose, how much, its state, what is on it before) makes its item unreadable; any other is only marked.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ValidationError

from contracts.asset_type import AssetRecord, AssetType
from contracts.control import DECIDING_WITHIN, PriorityRight, PriorMeasure
from contracts.messages import FoundAsset, Unread, UnreadableItem, UnreadCode
from contracts.raw import MOST_FIELD_CHARS, raw_of
from services.runtime.reading.forms import NOTHING, Form, Garbled, Odd

_MOST_NAME_CHARS = 100
#: More marks than these on one item say nothing more.
_MOST_MARKS = 100
_MEASURES, _RIGHTS = "prior_measures", "priority_rights"


class Entry(NamedTuple):
    """One field of an agency's document: our name for it, and its form, or the sheet of a list's rows.

    `always`: the document says that it is always there. `also`: what else the same words say (a pledge is a fact of the share, and a right).
    """

    name: str
    form: "Form | Sheet"
    always: bool = False
    also: "Entry | None" = None


@dataclass(frozen=True)
class Sheet:
    """How one kind of row is written: its fields by their names on the wire, and the model they make."""

    model: type[BaseModel]
    entries: Mapping[str, Entry]
    #: Fields of the model that decide; what the model requires decides too.
    deciding: frozenset[str] = frozenset()
    #: Names on the wire that the document has and something else reads.
    passed_over: frozenset[str] = frozenset()
    #: Values that are the same for every row, since the list itself says them.
    stands: Mapping[str, object] = field(default_factory=dict)
    wires: Mapping[str, str] = field(init=False)
    always: Mapping[str, str] = field(init=False)
    fields: frozenset[str] = field(init=False)
    required: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Know each field's name on the wire, what the document always has, and what the model has and requires."""
        object.__setattr__(self, "always", {wire: entry.name for wire, entry in self.entries.items() if entry.always})
        object.__setattr__(self, "fields", frozenset(self.model.model_fields))
        object.__setattr__(self, "wires", {entry.name: wire for wire, entry in self.entries.items()})
        object.__setattr__(self, "required", frozenset(name for name, one in self.model.model_fields.items() if one.is_required()))

    @classmethod
    def of_assets(
        cls, kind: AssetType, entries: Mapping[str, Entry], *, passed_over: Iterable[str] = (), stands: Mapping[str, object] | None = None,
    ) -> Self:
        """Return the sheet of a kind's items; `prior_measures` and `priority_rights` may be among its fields."""
        return cls(kind.record, entries, kind.deciding() | {_MEASURES, _RIGHTS}, frozenset(passed_over), stands or {})

    @classmethod
    def of_measures(cls, entries: Mapping[str, Entry], *, passed_over: Iterable[str] = (), stands: Mapping[str, object] | None = None) -> Self:
        """Return the sheet of measures that stand on an asset."""
        return cls(PriorMeasure, entries, DECIDING_WITHIN[_MEASURES], frozenset(passed_over), stands or {})

    @classmethod
    def of_rights(cls, entries: Mapping[str, Entry], *, passed_over: Iterable[str] = (), stands: Mapping[str, object] | None = None) -> Self:
        """Return the sheet of rights that are paid first."""
        return cls(PriorityRight, entries, DECIDING_WITHIN[_RIGHTS], frozenset(passed_over), stands or {})


@dataclass(slots=True)
class Row:
    """What was read of one row; `lost`: a deciding field of it was not. A list that was read is a list of such values.

    `made`: the model of all of it, if that is one
    """

    values: dict[str, Any] = field(default_factory=dict)
    made: BaseModel | None = None
    unread: list[Unread] = field(default_factory=list)
    lost: bool = False


@dataclass(slots=True)
class Items:
    """The items of one answer, and what of the answer itself was not read."""

    assets: list[FoundAsset] = field(default_factory=list)
    unreadable: list[UnreadableItem] = field(default_factory=list)


def unread(name: str, wire: str, code: UnreadCode, raw: object = None) -> Unread:
    """Return the mark of a field, its content as it came, cut where it is very long."""
    return Unread(field=_storable(name, _MOST_NAME_CHARS), wire=_storable(wire, _MOST_NAME_CHARS), code=code,
                  raw=None if raw is None else _storable(raw_of(raw), MOST_FIELD_CHARS))


def _storable(text: str, most: int) -> str:
    """Return a text that UTF-8 and PostgreSQL take: lone surrogates and NUL replaced."""
    return text[:most].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def unknown_fields(words: Mapping[str, object], known: Iterable[str]) -> list[Unread]:
    """Return the marks of what an answer says outside its document, beside its items."""
    left = words.keys() - set(known)
    return [unread(name, name, "unknown_field", words[name]) for name in words if name in left][:_MOST_MARKS]


def read_row(sheet: Sheet, words: object, *, field_at: str = "", wire_at: str = "") -> Row:
    """Read one row by its sheet; `…_at` stand before the names of a row inside another (`prior_measures.0.`)."""
    row = Row()
    if not isinstance(words, Mapping):
        row.unread.append(unread(field_at.rstrip("."), wire_at.rstrip("."), "bad_form", words))
        row.lost = True
        return row
    reader = _Reader(sheet, words, row, field_at, wire_at)
    reader.read()
    del row.unread[_MOST_MARKS:]
    return row


@dataclass(slots=True)
class _Reader:
    """One row being read."""

    sheet: Sheet
    words: Mapping[str, Any]
    row: Row
    field_at: str
    wire_at: str

    def read(self) -> None:
        self.row.values.update(self.sheet.stands)
        for wire, raw in self.words.items():
            entry = self.sheet.entries.get(wire)
            if entry is not None:
                self._entry(wire, entry, raw)
            elif wire not in self.sheet.passed_over:
                self._mark(wire, wire, "unknown_field", raw)
        for wire, name in self.sheet.always.items():
            if _is_nothing(self.words.get(wire)):
                self._mark(name, wire, "missing", None)
        self._validate()

    def _entry(self, wire: str, entry: Entry, raw: object) -> None:
        if isinstance(entry.form, Sheet):
            self._rows(wire, entry.name, entry.form, raw)
        elif not _is_nothing(raw):
            self._field(wire, entry.name, entry.form, raw)
        if entry.also is not None:
            marks = self.row.unread
            told, before = {mark.wire for mark in marks}, len(marks)
            self._entry(wire, entry.also, raw)
            marks[before:] = [mark for mark in marks[before:] if mark.wire not in told]

    def _field(self, wire: str, name: str, form: Form, raw: object) -> None:
        try:
            self.row.values[name] = form(raw)
        except Odd as odd:
            if odd.kept is None:
                self._mark(name, wire, odd.code, raw)
            else:
                self.row.values[name] = odd.kept
                self.row.unread.append(unread(self.field_at + name, self.wire_at + wire, odd.code, raw))

    def _rows(self, wire: str, name: str, sheet: Sheet, raw: object) -> None:
        """Read a list; one row that stands alone is a list too."""
        listed = [] if _is_nothing(raw) else [raw] if isinstance(raw, Mapping) else raw
        if not isinstance(listed, Sequence) or isinstance(listed, str):
            self._mark(name, wire, "bad_form", raw)
            return
        read = [read_row(sheet, one, field_at=f"{self.field_at}{name}.{place}.", wire_at=f"{self.wire_at}{wire}.{place}.")
                for place, one in enumerate(listed)]
        self.row.values[name] = self.row.values.get(name, []) + [one.values if one.made is None else one.made for one in read]
        self.row.unread += [mark for one in read for mark in one.unread]
        self.row.lost |= name in self.sheet.deciding and any(one.lost for one in read)

    def _mark(self, name: str, wire: str, code: UnreadCode, raw: object) -> None:
        """Mark a field that has no value."""
        self.row.unread.append(unread(self.field_at + name, self.wire_at + wire, code, raw))
        self.row.lost |= name in self.sheet.deciding or name in self.sheet.required

    def _validate(self) -> None:
        """Let the model check the values together; what it does not take is marked, and is no value."""
        try:
            self.row.made = self.sheet.model.model_validate(_of_model(self.sheet, self.row))
        except ValidationError as error:
            for wrong in {one["loc"][0]: one for one in error.errors(include_url=False, include_context=False)}.values():
                self._refuse(str(wrong["loc"][0]), is_missing=wrong["type"] == "missing")
            if not self.row.lost:
                self.row.made = self.sheet.model.model_validate(_of_model(self.sheet, self.row))

    def _refuse(self, name: str, *, is_missing: bool) -> None:
        wire, within = self.sheet.wires.get(name, name), f"{self.field_at}{name}."
        told = any(mark.field.startswith(within) for mark in self.row.unread)
        if told and self.row.lost:
            return  # a row of this list says it, and what was read of it is kept
        self.row.values.pop(name, None)
        if told:
            return
        if not is_missing:
            self._mark(name, wire, "bad_form", self.words.get(wire))
        elif all(mark.field != self.field_at + name for mark in self.row.unread):
            self._mark(name, wire, "missing", None)


def _of_model(sheet: Sheet, row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.values.items() if name in sheet.fields}


def _is_nothing(raw: object) -> bool:
    return raw is None or (isinstance(raw, str) and not isinstance(raw, Garbled) and raw.strip() in NOTHING)


def read_items(kind: AssetType, sheet: Sheet | Callable[[object], Sheet], listed: Iterable[object]) -> Items:
    """Read the items of an answer, each by itself; `sheet` may be chosen by what a row says (amounts of its own currency).

    Shape: one that is told twice in the same words counts once; one told twice in other words stands twice, for the report to merge; both
           are marked
    """
    items, told = Items(), dict[str, list[int]]()
    for position, words in enumerate(listed):
        own = sheet if isinstance(sheet, Sheet) else sheet(words)
        found = _item(kind, own, position, read_row(own, words))
        if isinstance(found, UnreadableItem):
            items.unreadable.append(found)
        else:
            _once(kind, items.assets, found, told, own)
    return items


def _once(kind: AssetType, assets: list[FoundAsset], found: FoundAsset, told: dict[str, list[int]], sheet: Sheet) -> None:
    key = kind.key_text(found.record)
    before = told.setdefault(key, [])
    same = next((index for index in before if assets[index].model_copy(update={"unread": found.unread}) == found), None)
    if before:
        name = kind.key_fields(found.record)[0]
        mark = unread(name, sheet.wires.get(name, name), "implausible", key)
        at = found if same is None else assets[same]
        found = at.model_copy(update={"unread": (*(one for one in at.unread if one != mark), mark)})
    if same is None:
        before.append(len(assets))
        assets.append(found)
    else:
        assets[same] = found


def _item(kind: AssetType, sheet: Sheet, position: int, row: Row) -> FoundAsset | UnreadableItem:
    if not row.lost and not kind.key_fields(row.values):
        row.unread += [unread(name, sheet.wires.get(name, name), "missing") for name in kind.key if all(mark.field != name for mark in row.unread)]
        row.lost = True
    if row.lost:
        return UnreadableItem(position=position, record=_json_of(row.values), unread=tuple(row.unread))
    record = row.made
    assert isinstance(record, AssetRecord)
    doubts = [unread(name, sheet.wires.get(name, name), "implausible", row.values.get(name)) for name in record.doubtful()]
    return FoundAsset.model_construct(
        record=record.model_dump(mode="json", exclude_none=True), prior_measures=tuple(row.values.get(_MEASURES, ())),
        priority_rights=tuple(row.values.get(_RIGHTS, ())), unread=(*row.unread, *doubts))


def _json_of(values: Mapping[str, Any]) -> dict[str, object]:
    read: dict[str, object] = json.loads(json.dumps(values, default=_plain))
    return read


def _plain(value: object) -> object:
    return value.model_dump(mode="json", exclude_none=True) if isinstance(value, BaseModel) else str(value)


def not_as_many(stated: int, listed: int, wire: str) -> Iterator[UnreadableItem]:
    """Tell, if an answer says that it lists more items or fewer than it does, that something of it is not seen."""
    if stated != listed:
        yield UnreadableItem(unread=(unread("count", wire, "implausible", stated),))
