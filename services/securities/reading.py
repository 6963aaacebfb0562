"""What a depository says a subject holds, read line by line and field by field. Pure. Source: domain.md §6.1; depository.files.yaml.

A line 20 and the lines 21 to 23 below it are one item. A line with more fields than its document is read, and what is more is marked; of one
with fewer it is not certain which field is which, so that its item is unreadable, the line kept as it came.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from unicodedata import normalize

from contracts.assets.securities import ASSET_TYPE, SecuritiesMark, SecuritiesPledge
from contracts.messages import FoundAsset, Unread, UnreadableItem
from services.runtime import port
from services.runtime.reading import forms
from services.runtime.reading.envelopes import read_or_mark
from services.runtime.reading.items import Entry, Sheet, not_as_many, unread
from services.securities import codes
from services.securities.feedback import declined
from services.securities.file import Line, Spoilt
from services.securities.portions import read_whole

ItemT = TypeVar("ItemT", FoundAsset, UnreadableItem)

#: After the tag and the request number, as the document orders them.
_RESULT = ("JGDM", "JGSM", "HS")
_HOLDING = ("ZQZH", "ZQDM", "ZQMC", "SC", "CYR", "GFXZ", "TGDY", "CYSL", "KYSL", "DJSL", "QSPJ")
_BELOW: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "21": ("ZY", ("ZQR", "ZYSL", "DJRQ", "ZYBH", "DBJE")),
    "22": ("SFBJ", ("BJJG", "BJSL", "KSRQ", "JSRQ")),
    "23": ("DJ", ("DJLX", "DJJG", "DJWH", "DJSL", "DJJE", "LHSX", "KSRQ", "JSRQ", "YQQDH")),
}
#: A pledge is said once and is two things to us: so many units pledged, and a right that is paid first.
_PLEDGES, _PLEDGE_RIGHTS, _AMOUNT = "ZY", "ZYQ", "DBJE"
#: The tag and the request number.
_BEFORE = 2
#: A kind of line that a later document may have; what else stands there may be a holding.
_SOME_TAG = re.compile(r"\d\d")
_UNITS = re.compile(r"[股份张]\s*$")


def _plain(form: forms.Form) -> forms.Form:
    """Return the form of a field that a line may hold spoilt."""

    def read(value: object) -> object:
        if isinstance(value, Spoilt):
            raise forms.Odd("bad_form")
        return form(value)

    return read


def _entries(**entries: tuple[str, forms.Form] | tuple[str, forms.Form, bool]) -> dict[str, Entry]:
    return {wire: Entry(name, _plain(form), always=any(always)) for wire, (name, form, *always) in entries.items()}


def _units(value: object) -> int:
    """Read a quantity of units, with the word for them or without. Raises: Odd."""
    return forms.whole(_UNITS.sub("", value) if isinstance(value, str) else value)


def _account(value: object) -> str:
    return forms.compact(value).upper()


_ALWAYS = True
INSTANT = _plain(forms.instant)
_PLEDGE = Sheet(SecuritiesPledge, _entries(
    ZQR=("pledgee", forms.text, _ALWAYS), ZYSL=("quantity", _units, _ALWAYS), DJRQ=("registered_on", forms.day), ZYBH=("serial", forms.text)),
    passed_over=frozenset({_AMOUNT}))
_PLEDGE_RIGHT = Sheet.of_rights(_entries(ZQR=("holder", forms.text, _ALWAYS), DBJE=("amount_fen", forms.yuan)), stands={"kind": "pledge"})
_MARK = Sheet(SecuritiesMark, _entries(
    BJJG=("authority", forms.text, _ALWAYS), BJSL=("quantity", _units, _ALWAYS), KSRQ=("from_on", forms.day), JSRQ=("until_on", forms.day)))
_FREEZE = Sheet.of_measures(_entries(
    DJLX=("kind", forms.code(codes.STANDING), _ALWAYS), DJJG=("authority", forms.text, _ALWAYS), DJWH=("document_no", forms.text),
    DJSL=("quantity", _units), DJJE=("amount_fen", forms.yuan), LHSX=("rank", forms.whole), KSRQ=("from_on", forms.day),
    JSRQ=("until_on", forms.day), YQQDH=("request_no", forms.text)))
HOLDING = Sheet.of_assets(ASSET_TYPE, _entries(
    ZQZH=("securities_account", _account, _ALWAYS), ZQDM=("security_code", forms.compact, _ALWAYS), ZQMC=("security_name", forms.text, _ALWAYS),
    SC=("market", forms.code(codes.MARKETS), _ALWAYS), CYR=("holder_name", forms.text, _ALWAYS),
    GFXZ=("share_nature", forms.code(codes.NATURES), _ALWAYS), TGDY=("custody_unit", forms.text), CYSL=("quantity", _units, _ALWAYS),
    KYSL=("available_quantity", _units, _ALWAYS), DJSL=("frozen_quantity", _units, _ALWAYS), QSPJ=("close_price_fen", forms.yuan),
) | {"ZY": Entry("pledges", _PLEDGE), "ZYQ": Entry("priority_rights", _PLEDGE_RIGHT), "SFBJ": Entry("marks", _MARK),
     "DJ": Entry("prior_measures", _FREEZE)})


def found(as_of: datetime | None, around: Sequence[Unread], lines: Sequence[Line]) -> port.Answer:
    """Read what one query is answered with; `around` is what was not read of the file. An empty line says that a stranger's stood there.

    Raises: ValueError if the lines conclude nothing
    """
    marks = [*around]
    results = [one for one in lines if _tag(one) == "10"]
    if len(results) > 1:
        raise ValueError(f"{len(results)} results of one request")
    code, message, stated = _result(results, marks)
    below = sum(bool(one.fields) for one in lines) - len(results)
    groups = _grouped([one for one in lines if _tag(one) != "10"], marks)
    if code not in (codes.OK, codes.NOTHING, None):
        if groups:
            raise ValueError("a request that was declined with holdings")
        return declined(code, message)
    if not groups and (below or code is None or (code == codes.OK and not stated)):
        raise ValueError("a result that lists no holding and does not say that there is none")
    if code == codes.NOTHING and groups:
        marks.append(unread("outcome", "JGDM", "implausible", code))
    items = read_whole(HOLDING, [_words(group) for group in groups])
    unseen = () if stated is None else not_as_many(stated, below, "HS")
    return port.Found(as_of, list(map(_named_there, items.assets)), (*map(_named_there, items.unreadable), *unseen), tuple(marks))


def _named_there(item: ItemT) -> ItemT:
    """Return an item whose marks name the fields as the document does."""
    if not item.unread:
        return item
    return item.model_copy(update={"unread": tuple(map(_mark_there, item.unread))})


def _mark_there(mark: Unread) -> Unread:
    if not mark.wire:
        return mark.model_copy(update={"field": "line", "wire": "20"})
    return mark.model_copy(update={"wire": re.sub(rf"^{_PLEDGE_RIGHTS}\b", _PLEDGES, mark.wire)})


def _tag(line: Line) -> str:
    return normalize("NFKC", line.fields[0]).strip() if line.fields else ""


def _result(results: Sequence[Line], marks: list[Unread]) -> tuple[str | None, str, int | None]:
    """Return the code, the message and the number of lines that a result states, None for what cannot be read."""
    words = _named(results[0], _RESULT) if results else None
    if not isinstance(words, Mapping):
        marks.append(unread("outcome", "10", "missing" if words is None else "bad_form", words))
        return None, "", None
    marks += [unread(wire, wire, "unknown_field", raw) for wire, raw in words.items() if wire not in _RESULT]
    code = read_or_mark(_plain(forms.compact), words, "JGDM", "outcome", marks)
    return code, words["JGSM"], read_or_mark(_plain(forms.whole), words, "HS", "count", marks)


def _named(line: Line, names: Sequence[str]) -> Mapping[str, Any] | str:
    """Return a line's fields by their names, those that the document does not have by their place; the line itself if it has fewer."""
    own = line.fields[_BEFORE:]
    if len(own) < len(names):
        return line.raw
    more = {f"#{place}": field for place, field in enumerate(own[len(names):], start=len(names) + 1) if field.strip()}
    return dict(zip(names, own, strict=False)) | more


def _grouped(lines: Sequence[Line], marks: list[Unread]) -> list[list[Line]]:
    """Return the lines of each item: a line 20 and those below it.

    Shape: what stands below nothing is an item by itself, since it tells of something that is not listed; so is a line that may have been a
           holding. A line of another kind is of the item above it, or marked
    """
    groups: list[list[Line]] = []
    is_open = False
    for line in lines:
        tag = _tag(line)
        is_new_kind = tag != "20" and tag not in _BELOW and bool(_SOME_TAG.fullmatch(tag))
        if not line.fields:
            is_open = False
        elif is_open and (tag in _BELOW or is_new_kind):
            groups[-1].append(line)
        elif is_new_kind:
            marks.append(unread(tag, tag, "unknown_field", line.raw))
        else:
            groups.append([line])
            is_open = True
    return groups


def _words(group: Sequence[Line]) -> Mapping[str, Any] | str:
    """Return an item's fields by their names, with the rows of its lists; its lines themselves if the first cannot be taken apart."""
    holding, *below = group
    named = _named(holding, _HOLDING)
    if _tag(holding) != "20" or not isinstance(named, Mapping):
        return "\n".join(line.raw for line in group)
    words = dict(named)
    for line in below:
        tag = _tag(line)
        if tag in _BELOW:
            _add(words, *_BELOW[tag], line)
        else:
            words[tag] = "\n".join((*filter(None, [words.get(tag)]), line.raw))
    return words


def _add(words: dict[str, Any], wire: str, names: Sequence[str], line: Line) -> None:
    row = _named(line, names)
    words.setdefault(wire, []).append(row)
    if wire == _PLEDGES and isinstance(row, Mapping):
        words.setdefault(_PLEDGE_RIGHTS, []).append({name: row[name] for name in _PLEDGE_RIGHT.entries})
