"""What a registry says a subject owns, read right by right and field by field. Pure. Source: domain.md §4.5, §5, §6.1.

A seal or a mortgage is a row of its own beside the rights; it is on the unit it names, or on the certificate where there is no unit code.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from contracts.asset_type import CoOwner
from contracts.assets.real_estate import ASSET_TYPE
from contracts.messages import Unread, UnreadableItem
from services.real_estate import codes
from services.real_estate.places import CERTIFICATE, UNIT, Place, first_of, one_for_each_unit, place_of
from services.runtime.port import Found
from services.runtime.reading import forms
from services.runtime.reading.envelopes import read_or_mark
from services.runtime.reading.items import Entry, Items, Sheet, not_as_many, read_items, unknown_fields, unread

Row = Mapping[str, Any]

_WHERE = ("BDCDYH", "BDCQZH")
_MORTGAGES, _SEALS = "DYAQ", "CFDJ"
_ENCUMBRANCES = (_MORTGAGES, _SEALS)
#: What an answer says beside its lists.
_ANSWER = frozenset({"RESULT", "BDHM", "FKSJ", "JGS"})
#: A list that the document does not have lists rights if its rows say one of these.
_OF_A_RIGHT = frozenset({*_WHERE, "QLLX"})

_SEAL = Sheet.of_measures({
    "CFLX": Entry("kind", forms.code(codes.SEALS), always=True), "CFJG": Entry("authority", forms.text, always=True),
    "CFWH": Entry("document_no", forms.text), "CFSX": Entry("rank", forms.whole), "CFQSSJ": Entry("from_on", forms.day),
    "CFJSSJ": Entry("until_on", forms.day), "BDHM": Entry("request_no", forms.text), "JFSJ": Entry("lifted_on", forms.day),
}, passed_over=(*_WHERE, "JFJG", "JFWH"))
_MORTGAGE = Sheet.of_rights({
    "DYQR": Entry("holder", forms.text, always=True), "DYFS": Entry("kind", forms.code(codes.MORTGAGES), always=True),
    "BDBZZQSE": Entry("amount_fen", forms.unsigned(forms.wan_yuan)),
}, passed_over=_WHERE)
_OWNER = Sheet(CoOwner, {
    "XM": Entry("name", forms.text, always=True), "ZJZL": Entry("id_type", forms.code(codes.ID_TYPES)), "ZJH": Entry("id_no", forms.text),
    "QLBL": Entry("share_ratio", forms.share),
})


def _rights_of(list_name: str) -> Sheet:
    """Return how a right is written in one list."""
    return Sheet.of_assets(ASSET_TYPE, {
        "BDCDYH": Entry("unit_code", UNIT), "QLLX": Entry("right_type", codes.right_in(list_name), always=True),
        "QSZT": Entry("right_status", forms.code(codes.STATUSES), always=True), "ZL": Entry("location", forms.text, always=True),
        "QLR": Entry("holder_name", forms.text, always=True), "GYFS": Entry("co_ownership", forms.code(codes.CO_OWNERSHIPS), always=True),
        "DJJG": Entry("registry", forms.text, always=True), "QXDM": Entry("region_code", forms.compact, always=True),
        "BDCQZH": Entry("certificate_no", CERTIFICATE), "GHYT": Entry("planned_use", forms.text), "FWXZ": Entry("house_nature", forms.text),
        "JZMJ": Entry("area_building_m2", forms.area), "ZYJZMJ": Entry("area_private_m2", forms.area),
        "FTJZMJ": Entry("area_shared_m2", forms.area), "JGSJ": Entry("completed_on", forms.day), "TDSYQSSJ": Entry("land_use_from", forms.day),
        "TDSYJSSJ": Entry("land_use_to", forms.day), "ZCS": Entry("total_floors", forms.whole), "QLBL": Entry("share_ratio", forms.share),
        "YWH": Entry("business_no", forms.text), "PGJ": Entry("assessed_value_fen", forms.wan_yuan), "GYR": Entry("co_owners", _OWNER),
        _SEALS: Entry("prior_measures", _SEAL), _MORTGAGES: Entry("priority_rights", _MORTGAGE),
    })


_RIGHTS = {name: _rights_of(name) for name in codes.LISTS}
_OF_ANY_LIST = _rights_of("")


class _Right(NamedTuple):
    """One row of a list of rights, and how it names its unit."""

    list_name: str
    row: Any
    place: Place


def found(answer: Row, around: Sequence[Unread]) -> Found:
    """Read one subject's rights; `around` is what was not read of the envelope they came in.

    Raises: ValueError if the answer lists none and does not say that there are none
    """
    marks = [*around, *unknown_fields(answer, (*_ANSWER, *codes.LISTS, *_ENCUMBRANCES))]
    as_of = read_or_mark(forms.instant, answer, "FKSJ", "as_of", marks)
    stated = read_or_mark(forms.whole, answer, "JGS", "count", marks)
    rights = list(_rights(answer))
    on_rights, elsewhere = _encumbrances(answer, [one.place for one in rights])
    if stated is None and not rights and not elsewhere:
        raise ValueError("an answer that lists no rights and does not count them")
    items = one_for_each_unit(_read(rights, on_rights), first_of([one.place for one in rights]), _OF_ANY_LIST.wires)
    miscounted = () if stated is None else not_as_many(stated, len(rights), "JGS")
    return Found(as_of, items.assets, (*items.unreadable, *elsewhere, *miscounted), tuple(marks))


def _rights(answer: Row) -> Iterator[_Right]:
    """Give the rows of every list of rights; a list that the document does not have may be one."""
    for name, value in answer.items():
        rows = _rows(value)
        if name in _RIGHTS or (name not in (*_ANSWER, *_ENCUMBRANCES) and any(map(_is_right, rows))):
            yield from (_Right(name, row, place_of(row, *_WHERE)) for row in rows)


def _rows(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_right(row: object) -> bool:
    return isinstance(row, Mapping) and not _OF_A_RIGHT.isdisjoint(row)


def _read(rights: Sequence[_Right], on_rights: Mapping[int, Mapping[str, list[Any]]]) -> Items:
    """Read each list by its sheet; positions count through all lists."""
    read, start = Items(), 0
    while start < len(rights):
        name = rights[start].list_name
        end = next((index for index in range(start, len(rights)) if rights[index].list_name != name), len(rights))
        rows = [_with(rights[index].row, on_rights.get(index, {})) for index in range(start, end)]
        items = read_items(ASSET_TYPE, _RIGHTS.get(name, _OF_ANY_LIST), rows)
        read.assets += items.assets
        read.unreadable += [one.model_copy(update={"position": start + (one.position or 0)}) for one in items.unreadable]
        start = end
    return read


def _with(row: Any, encumbrances: Mapping[str, list[Any]]) -> Any:
    """Return a right with what is on it; what a registry writes inside the right is on it as well."""
    if not isinstance(row, Mapping) or not encumbrances:
        return row
    return {**row, **{name: [*_rows(row.get(name, [])), *rows] for name, rows in encumbrances.items()}}


def _encumbrances(answer: Row, places: Sequence[Place]) -> tuple[Mapping[int, Mapping[str, list[Any]]], list[UnreadableItem]]:
    """Return the seals and mortgages by the rights they are on, and those on what is not listed: each place an item that is not seen."""
    at = _Index(places)
    on_rights: defaultdict[int, defaultdict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    elsewhere: defaultdict[object, defaultdict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for name in _ENCUMBRANCES:
        for number, row in enumerate(one for one in _rows(answer.get(name, [])) if not _is_lifted(one)):
            place = place_of(row, *_WHERE)
            for index in at.rights(place):
                on_rights[index][name].append(row)
            if not at.rights(place):
                elsewhere[place if place.key else (name, number)][name].append(row)
    return on_rights, [_not_listed(rows) for rows in elsewhere.values()]


def _is_lifted(row: object) -> bool:
    """Tell whether a row is of a seal that is on nothing any more; registers list those too."""
    try:
        return isinstance(row, Mapping) and bool(forms.day(row.get("JFSJ")))
    except forms.Odd:
        return False


class _Index:
    """The rights by the units and the certificates they name."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._places = places
        self._units: defaultdict[str, list[int]] = defaultdict(list)
        self._certificates: defaultdict[str, list[int]] = defaultdict(list)
        for index, place in enumerate(places):
            self._units[place.unit or ""].append(index)
            self._certificates[place.certificate or ""].append(index)

    def rights(self, place: Place) -> Sequence[int]:
        """Return the rights that a seal or a mortgage is on: of its unit, else of its certificate where one of both has no unit code."""
        if place.unit and place.unit in self._units:
            return self._units[place.unit]
        if not place.certificate or place.certificate not in self._certificates:
            return ()
        return [index for index in self._certificates[place.certificate] if not (place.unit and self._places[index].unit)]


def _not_listed(encumbrances: Mapping[str, list[Any]]) -> UnreadableItem:
    """Tell of a right that only what is on it tells of."""
    rows = [row for listed in encumbrances.values() for row in listed]
    where = {name: row[name] for row in rows if isinstance(row, Mapping) for name in _WHERE if name in row}
    (item,) = read_items(ASSET_TYPE, _OF_ANY_LIST, [{**where, **encumbrances}]).unreadable
    marks = [mark for mark in item.unread if mark.code != "missing" or mark.field.count(".")]
    untold = unread("right_type", "/".join(encumbrances), "missing")
    return item.model_copy(update={"position": None, "unread": (untold, *marks)})
