"""A depository lists one security of one account in several lines, by nature and by custody unit. What they make together. Pure.

Each line counts once and none is hidden: quantities add up, what stands on them is put together, and the lines are kept as portions. Lines that
contradict each other are unreadable, each by itself: it is not known how much there is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from contracts.assets.securities import ASSET_TYPE, SecuritiesPortion
from contracts.messages import FoundAsset, Unread, UnreadableItem
from services.runtime.reading.items import Items, Sheet, read_items, unread

#: What is the same in each line of a security in an account, or they contradict each other.
_ONE = ("market", "holder_name")
#: The same, but where these differ they are unread and no more.
_TOLD = ("security_name", "close_price_fen")
_COUNTED = ("quantity", "available_quantity", "frozen_quantity")
_NAMED = ("share_nature", "custody_unit")
_LISTS, _LISTS_BESIDE = ("pledges", "marks"), ("prior_measures", "priority_rights")


@dataclass(slots=True)
class _Line:
    """What one line tells, and its place among the holdings of the answer."""

    position: int
    found: FoundAsset

    @property
    def record(self) -> dict[str, Any]:
        return self.found.record

    @property
    def portion(self) -> tuple[object, ...]:
        return tuple(self.record.get(name) for name in _NAMED)

    def decides_as(self, other: "_Line") -> bool:
        """Tell whether two lines say the same of all that decides."""
        mine, others = ({name: value for name, value in one.record.items() if name not in _TOLD} for one in (self, other))
        return mine == others and all(getattr(self.found, name) == getattr(other.found, name) for name in _LISTS_BESIDE)


def read_whole(sheet: Sheet, listed: Iterable[object]) -> Items:
    """Read an answer's holdings, each by itself, and put those of one account and code together."""
    whole, lines = Items(), dict[str, list[_Line]]()
    for position, words in enumerate(listed):
        read = read_items(ASSET_TYPE, sheet, [words])
        whole.unreadable += [one.model_copy(update={"position": position}) for one in read.unreadable]
        for asset in read.assets:
            lines.setdefault(ASSET_TYPE.key_text(asset.record), []).append(_Line(position, asset))
    incomplete = {ASSET_TYPE.key_text(one.record) for one in whole.unreadable if ASSET_TYPE.key_fields(one.record)}
    for key, told in lines.items():
        _put_together(whole, sheet, _once(told, sheet, key), is_incomplete=key in incomplete)
    whole.unreadable.sort(key=lambda one: one.position or 0)
    return whole


def _once(lines: Sequence[_Line], sheet: Sheet, key: str) -> list[_Line]:
    """Count a line that is told twice once, and mark it."""
    kept: list[_Line] = []
    for one in lines:
        same = next(filter(one.decides_as, kept), None)
        if same is None:
            kept.append(one)
        else:
            same.found = _marked(same.found, _implausible(sheet, "securities_account", key))
    return kept


def _put_together(whole: Items, sheet: Sheet, lines: Sequence[_Line], *, is_incomplete: bool) -> None:
    wrong = _contradicted(lines) if len(lines) > 1 else {}
    right = [one for one in lines if one.position not in wrong]
    try:
        assets = [_together(sheet, right)] if right else []
    except ValidationError:  # more units than there can be
        assets, wrong = [], wrong | dict.fromkeys((one.position for one in right), "quantity")
    whole.unreadable += [_unreadable(sheet, one, wrong[one.position]) for one in lines if one.position in wrong]
    whole.assets += [_marked(one, _implausible(sheet, "quantity", one.record["quantity"])) if wrong or is_incomplete else one for one in assets]


def _contradicted(lines: Sequence[_Line]) -> dict[int, str]:
    """Return the lines that contradict others, by their place, with the field they do it in: whose, where, how much of one portion."""
    for name in _ONE:
        if len({one.record[name] for one in lines}) > 1:
            return dict.fromkeys((one.position for one in lines), name)
    told = Counter(one.portion for one in lines)
    return {one.position: "quantity" for one in lines if told[one.portion] > 1}


def _unreadable(sheet: Sheet, line: _Line, name: str) -> UnreadableItem:
    return UnreadableItem(position=line.position, record=line.record,
                          unread=(*line.found.unread, _implausible(sheet, name, line.record[name])))


def _together(sheet: Sheet, lines: Sequence[_Line]) -> FoundAsset:
    """Return what the lines of one account and code make. Raises: ValidationError if that is more than there can be."""
    if len(lines) == 1:
        return lines[0].found
    records, marks = [one.record for one in lines], list(_marks_of(lines))
    values: dict[str, Any] = {name: records[0][name] for name in (*ASSET_TYPE.key, *_ONE)}
    values |= {name: sum(one[name] for one in records) for name in _COUNTED}
    values |= {name: [row for one in records for row in one[name]] for name in _LISTS}
    values |= {"share_nature": _common(records, "share_nature") or "mixed", "custody_unit": _common(records, "custody_unit")}
    for name in _TOLD:
        told = list(dict.fromkeys(one[name] for one in records if name in one))
        values[name] = told[0] if len(told) == 1 else None
        if len(told) > 1:
            marks.append(_implausible(sheet, name, told))
    values["portions"] = [{name: one[name] for name in SecuritiesPortion.model_fields if name in one} for one in records]
    record = ASSET_TYPE.record.model_validate(values)
    return FoundAsset(
        record=record.model_dump(mode="json", exclude_none=True), unread=tuple(marks),
        prior_measures=tuple(one for line in lines for one in line.found.prior_measures),
        priority_rights=tuple(one for line in lines for one in line.found.priority_rights))


def _common(records: Iterable[dict[str, Any]], name: str) -> object:
    """Return what all say, None if they differ."""
    said = {one.get(name) for one in records}
    return said.pop() if len(said) == 1 else None


def _marks_of(lines: Sequence[_Line]) -> Iterator[Unread]:
    """Give the marks of each line, those of what it counts and lists by their place in what the lines make together."""
    before: Counter[str] = Counter()
    for place, line in enumerate(lines):
        for mark in line.found.unread:
            name, dot, inside = mark.field.partition(".")
            row, _, field = inside.partition(".")
            if name in SecuritiesPortion.model_fields:
                yield mark.model_copy(update={"field": f"portions.{place}.{mark.field}"})
            elif dot and row.isdigit():
                yield mark.model_copy(update={"field": f"{name}.{before[name] + int(row)}.{field}"})
            else:
                yield mark
        before.update({name: len(line.record[name]) for name in _LISTS} | {name: len(getattr(line.found, name)) for name in _LISTS_BESIDE})


def _implausible(sheet: Sheet, name: str, value: object) -> Unread:
    return unread(name, sheet.wires[name], "implausible", value)


def _marked(asset: FoundAsset, mark: Unread) -> FoundAsset:
    return asset if mark in asset.unread else asset.model_copy(update={"unread": (*asset.unread, mark)})
