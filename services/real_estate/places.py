"""Which unit a row of an agency is about, and what of several rows on one unit a court needs to see. Pure.

Registers list history beside what stands, an advance notice beside the house it became, and joint owners in rows of their own. A unit is one
asset all the same: what stands best is its record, every other row is kept beside it, and where the rows leave open whose it is, or how
much of it, it is shown as unreadable. The rows do not say which of the owners was asked about.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import chain
from operator import or_
from typing import NamedTuple, TypeVar, cast

from contracts.assets.real_estate import ASSET_TYPE
from contracts.identifiers import certificate_no, unit_code
from contracts.messages import FoundAsset, Unread, UnreadableItem
from services.runtime.reading import forms
from services.runtime.reading.items import Items, unread

Item = TypeVar("Item", bound=Hashable)

#: What stands now before what is under way, and that before what has been; a building before its land, both before a notice in advance.
_STATUSES = ("current", "pending", "historical")
_LAST = ("construction_land", "homestead", "land_ownership", "advance_notice")
#: What of another row on the same unit is kept beside it.
_BESIDE = ("right_type", "right_status", "certificate_no", "holder_name", "co_ownership", "share_ratio", "co_owners", "business_no")
_BETWEEN_NAMES, _CHINESE = re.compile("[、，,;；]"), re.compile("[\u4e00-\u9fff]")
UNIT, CERTIFICATE = forms.fit(unit_code, forms.compact), forms.fit(certificate_no)


class Place(NamedTuple):
    """How a row names its unit; what cannot be read stands as it came, so that rows of one hand still meet."""

    unit: str | None = None
    certificate: str | None = None

    @property
    def key(self) -> str | None:
        """Return the key of the asset, as `AssetType.key_text` has it; None without one."""
        return self.unit or (f"certificate_no:{self.certificate}" if self.certificate else None)


def place_of(row: object, unit: str, certificate: str | None = None) -> Place:
    """Return how a row names its unit, by its fields of these names."""
    if not isinstance(row, Mapping):
        return Place()
    return Place(_named(row.get(unit), UNIT), _named(row.get(certificate), CERTIFICATE) if certificate else None)


def _named(raw: object, form: forms.Form) -> str | None:
    if not isinstance(raw, str) or raw.strip() in forms.NOTHING:
        return None
    try:
        return str(form(raw))
    except forms.Odd:
        return raw


def first_of(places: Sequence[Place]) -> Mapping[str, int]:
    """Return where each unit is told first, by its key."""
    return {place.key: position for position, place in reversed([*enumerate(places)]) if place.key}


def one_for_each_unit(items: Items, first: Mapping[str, int], wires: Mapping[str, str]) -> Items:
    """Return the items with one asset for each unit, however many rows tell of it.

    Shape: `first` has each unit's first row; `wires` are the agency's names of our fields
    """
    rows: defaultdict[str, list[FoundAsset]] = defaultdict(list)
    for asset in map(_each_named, items.assets):
        rows[ASSET_TYPE.key_text(asset.record)].append(asset)
    lost = {ASSET_TYPE.key_text(one.record) for one in items.unreadable if ASSET_TYPE.key_fields(one.record)}
    made = Items(unreadable=list(items.unreadable))
    for key, told in rows.items():
        unit = _Unit(key, told, wires, some_lost=key in lost)
        open_question = unit.open_question()
        if open_question is None:
            made.assets.append(unit.asset() if len(told) > 1 else told[0])
        else:
            made.unreadable.append(unit.unreadable(open_question, first.get(key)))
    return made


class _Unit:
    """The rows of one unit."""

    def __init__(self, key: str, told: Sequence[FoundAsset], wires: Mapping[str, str], *, some_lost: bool) -> None:
        self.key, self.told, self.wires, self.some_lost = key, told, wires, some_lost
        best = min(map(_weight, told))
        self.owners = [one for one in told if _weight(one) == best]
        self.main, self.others = self.owners[0], [one for one in told if _weight(one) != best]

    def open_question(self) -> str | None:
        """Return the field that the rows leave open: whose the unit is, or how much of it is whose; None if they leave none."""
        record = self.main.record
        if any(one.record["co_ownership"] == "sole" and one.record.get("co_owners") for one in self.owners):
            return "co_ownership"
        if record["co_ownership"] != "sole" and not record.get("share_ratio") and (self.some_lost or not list(self._co_owners())):
            return "co_owners"
        holders = [one.record["holder_name"] for one in self.owners]
        shares = {one.record.get("share_ratio") for one in self.owners}
        if any(not _named_in(one) <= _named_in(*self.owners) for one in self.others):
            return "holder_name"
        if len(set(holders)) > 1 and any(one.record["co_ownership"] == "sole" for one in self.owners):
            return "holder_name"
        twice = len(set(holders)) < len(holders) and not shares <= {None, "1"}
        return "share_ratio" if len(shares) > 1 or (twice and len(self._titles()) > 1) else None

    def _titles(self) -> set[object]:
        return {one.record.get("certificate_no") for one in self.owners}

    def asset(self) -> FoundAsset:
        """Return the unit as one asset: the record that stands best, all its owners, all that is on it, and the other rows beside it."""
        co_owners = list(self._co_owners())
        record = self.main.record | ({"co_owners": co_owners} if co_owners else {})
        return FoundAsset(
            record=record, unread=(*self._marks(), *map(self._kept, self._rest())), prior_measures=_all(one.prior_measures for one in self.told),
            priority_rights=_all(one.priority_rights for one in self.told))

    def unreadable(self, field: str, position: int | None) -> UnreadableItem:
        """Return the unit as an item of which one deciding field is open."""
        on_it = self.asset().model_dump(mode="json", include={"prior_measures", "priority_rights"}, exclude_none=True)
        record = {name: value for name, value in self.main.record.items() if name != field} | {name: rows for name, rows in on_it.items() if rows}
        wire = self.wires.get(field, field)
        contradicted = bool(self.main.record.get(field))
        mark = unread(field, wire, "implausible", [_beside(one) for one in self.told]) if contradicted else unread(field, wire, "missing")
        return UnreadableItem(position=position, record=record, unread=(mark, *self._marks()))

    def _co_owners(self) -> Iterator[object]:
        """Give the other owners, each once: those whom a row lists, and those who have rows of their own."""
        seen = {self.main.record["holder_name"]}
        listed = chain.from_iterable(_listed(one) for one in self.owners)
        for owner in (*listed, *map(_as_co_owner, self.owners)):
            if owner["name"] not in seen:
                seen.add(owner["name"])
                yield owner

    def _rest(self) -> Iterable[FoundAsset]:
        """Return the rows that are neither the record nor another owner's."""
        seen: set[object] = set()
        for one in self.owners:
            if one.record["holder_name"] in seen:
                yield one
            seen.add(one.record["holder_name"])
        yield from self.others

    def _marks(self) -> tuple[Unread, ...]:
        """Return what was not read of the rows that stand; that a unit is told in several rows is no fault of theirs."""
        marks = chain.from_iterable(one.unread for one in self.owners)
        return tuple(dict.fromkeys(mark for mark in marks if (mark.code, mark.raw) != ("implausible", self.key) or len(self.told) == 1))

    def _kept(self, row: FoundAsset) -> Unread:
        return unread("right_status", self.wires["right_status"], "implausible", _beside(row))


def _all(lists: Iterable[Iterable[Item]]) -> tuple[Item, ...]:
    """Return what any of the lists has, as often as the one that has it most: each row of a unit tells all that is on it."""
    return tuple(reduce(or_, map(Counter, lists)).elements())


def _each_named(asset: FoundAsset) -> FoundAsset:
    """Return a right with each owner once: holders named in one field (陈伟、林秀珍) apart, and the holder not among the others too."""
    named = _BETWEEN_NAMES.split(str(asset.record["holder_name"]))
    if not all(map(_CHINESE.search, named)):
        named = [str(asset.record["holder_name"])]
    listed = [owner for owner in _listed(asset) if owner["name"] != named[0]]
    others = [{"name": name} for name in named[1:] if name not in {owner["name"] for owner in listed}]
    if len(named) == 1 and len(listed) == len(_listed(asset)):
        return asset
    return asset.model_copy(update={"record": asset.record | {"holder_name": named[0], "co_owners": [*listed, *others]}})


def _weight(asset: FoundAsset) -> tuple[int, int]:
    kind = str(asset.record["right_type"])
    return _STATUSES.index(str(asset.record["right_status"])), _LAST.index(kind) + 1 if kind in _LAST else 0


def _listed(asset: FoundAsset) -> list[dict[str, object]]:
    return cast("list[dict[str, object]]", asset.record.get("co_owners") or [])


def _as_co_owner(asset: FoundAsset) -> dict[str, object]:
    share = asset.record.get("share_ratio")
    return {"name": asset.record["holder_name"]} | ({"share_ratio": share} if share else {})


def _named_in(*rows: FoundAsset) -> set[object]:
    return {owner["name"] for one in rows for owner in (_as_co_owner(one), *_listed(one))}


def _beside(asset: FoundAsset) -> Mapping[str, object]:
    return {name: asset.record[name] for name in _BESIDE if name in asset.record}
