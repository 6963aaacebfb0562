"""A reply read field by field, within the bounds (contracts.bounds): what of it is none is kept and marked, and takes nothing else along.

An adapter may be anybody's, so both sides read every reply here: who sends it, before it is sent, and who believes it. The fast way takes a
reply that is right; only one that is not is read slowly.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any, TypeVar

from pydantic import ValidationError

from contracts.bounds import (
    MOST_DEPTH,
    MOST_ENTRIES,
    MOST_ITEMS,
    MOST_NAME_CHARS,
    MOST_RAW_BYTES,
    MOST_REPLY_BYTES,
    is_storable,
)
from contracts.control import DECIDING_WITHIN
from contracts.failures import MalformedMessage
from contracts.messages import FoundAsset, Reply, Unread, UnreadableItem
from contracts.raw import NOT_STORED, in_whole_characters, raw_of

#: Marks kept of one item that cannot be decoded.
_MOST_MARKS = 20
_MOST_NAME_CHARS = 100
#: Marks kept that a reply brings along, of one item or of the answer itself.
_MOST_TOLD = 1_000
ItemT = TypeVar("ItemT", FoundAsset, UnreadableItem)
#: What an answer says beside its outcome; a reply without one of them still answers.
_TELLING = frozenset({"code", "detail", "as_of", "elapsed_s", "raw", "raw_sha256", "raw_size", "raw_base64", "raw_media_type", "agency_ref", "until"})
#: What a reply that ends nothing can do without: when to ask again is ours to say then.
_MAY_LACK = {"answered": _TELLING, "acknowledged": _TELLING - {"agency_ref"}, "deferred": _TELLING}
#: What is no answer where it is none: the task has failed, and nothing is guessed.
_ANSWERS = frozenset({"control"})


def read_reply(raw: bytes) -> Reply:
    """Read a reply; an asset of it that is none is an item that cannot be read, a field that is none is marked.

    Shape:  `failed` (`protocol`), with the reply as its raw answer, where what it answers is beyond the bounds
    Raises: MalformedMessage if it does not say what the outcome of which task is
    """
    if len(raw) > MOST_REPLY_BYTES:
        raise MalformedMessage(f"body: {len(raw)} bytes")
    if b"\\u00" not in raw:
        try:
            return _within_bounds(Reply.model_validate_json(raw, extra="forbid"), raw)
        except ValidationError:
            pass
    body = _loaded(raw)
    try:
        return _within_bounds(_field_by_field(body, raw), raw)
    except RecursionError:
        raise MalformedMessage("body: nested too deep") from None


def failed(task_id: str, agency: str, why: str, raw: bytes) -> Reply:
    """Return the reply that says that an answer is none, with it as evidence."""
    kept = raw[:MOST_RAW_BYTES]
    return Reply(task_id=task_id, agency=agency, kind="answered", outcome="failed", code="protocol", detail=why[:2000], raw_sha256=sha256(raw).hexdigest(),
                 raw_size=len(raw), raw_base64=b64encode(kept).decode(), raw_media_type="application/json")


def _within_bounds(reply: Reply, raw: bytes) -> Reply:
    """Return a reply whose items can be stored; one with too many has failed."""
    assets, unreadable = reply.assets or (), reply.unreadable or ()
    if len(assets) + len(unreadable) > MOST_ITEMS:
        return failed(reply.task_id, reply.agency, f"{len(assets) + len(unreadable)} items, more than {MOST_ITEMS}", raw)
    items: list[FoundAsset | UnreadableItem] = [*assets, *unreadable]
    if all(is_storable(one.record) and _marks_fit(one) for one in items):
        return reply
    return reply.model_copy(update={"assets": tuple(map(_bounded, assets)) or None, "unreadable": tuple(map(_bounded, unreadable)) or None})


def _marks_fit(item: FoundAsset | UnreadableItem) -> bool:
    return len(item.unread) <= MOST_ENTRIES and all(len(one.field) <= MOST_NAME_CHARS and len(one.wire) <= MOST_NAME_CHARS for one in item.unread)


def _bounded(item: ItemT) -> ItemT:
    """Return an item without what of its record cannot be stored, that marked."""
    lost = {name for name, value in islice(item.record.items(), MOST_ENTRIES) if len(name) > MOST_NAME_CHARS or not is_storable(value, MOST_DEPTH - 1)}
    kept = {name: value for name, value in islice(item.record.items(), MOST_ENTRIES) if name not in lost}
    marks: list[Unread] = [Unread(field=name[:_MOST_NAME_CHARS], wire=name[:_MOST_NAME_CHARS], code="bad_form", raw=raw_of(item.record[name])) for name in sorted(lost)[:_MOST_MARKS]]
    told: list[Unread] = [one.model_copy(update={"field": one.field[:_MOST_NAME_CHARS], "wire": one.wire[:_MOST_NAME_CHARS]}) for one in item.unread[:_MOST_TOLD]]
    return item.model_copy(update={"record": kept, "unread": (*told, *marks)})


def _loaded(raw: bytes) -> dict[str, Any]:
    try:
        body = _storable(json.loads(raw.decode("utf-8", "replace")))
    except (ValueError, RecursionError, OverflowError):
        raise MalformedMessage("body: no JSON") from None
    if not isinstance(body, dict):
        raise MalformedMessage("body: no JSON object")
    return body


def _storable(value: Any) -> Any:
    """Return a JSON value with U+FFFD for what neither UTF-8 nor PostgreSQL takes: NUL and lone surrogates."""
    if isinstance(value, str):
        return in_whole_characters(value).translate(NOT_STORED)
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    return [_storable(one) for one in value] if isinstance(value, list) else value


def _field_by_field(body: dict[str, Any], raw: bytes) -> Reply:
    head, marks = _head({name: value for name, value in body.items() if name not in ("assets", "unreadable", "unread")}, raw)
    if head.outcome == "failed" and head.raw_media_type and body.get("outcome") != "failed":
        return head
    items = [*_items(body, "assets", _asset), *_items(body, "unreadable", _unreadable)]
    marks += [_mark_told(place, one) for place, one in enumerate(_listed(body, "unread")[:_MOST_TOLD])]
    return head.model_copy(update={
        "assets": tuple(one for one in items if isinstance(one, FoundAsset)) or None,
        "unreadable": tuple(one for one in items if isinstance(one, UnreadableItem)) or None, "unread": tuple(marks) or None})


def _head(told: dict[str, Any], raw: bytes) -> tuple[Reply, list[Unread]]:
    """Read what stands beside the lists.

    Raises: MalformedMessage
    """
    try:
        return Reply.model_validate(told, extra="forbid"), []
    except ValidationError as error:
        wrong = _errors(error)
        lost = {str(one["loc"][0]) for one in wrong if one["type"] != "extra_forbidden"}
        may_lack = _MAY_LACK.get(str(told.get("kind")), frozenset())
        if lost and lost <= may_lack | _ANSWERS and not lost.isdisjoint(_ANSWERS) and told["kind"] == "answered":
            return failed(told["task_id"], told["agency"], f"no answer: {where(error)}", raw), []
        if not lost <= may_lack:
            raise MalformedMessage(where(error)) from None
        return Reply.model_validate({name: value for name, value in told.items() if name not in lost}), _marks(wrong)


def _listed(body: dict[str, Any], name: str) -> Sequence[Any]:
    """Return a list of a reply; what stands in its place is its one element."""
    value = body.get(name)
    return [] if value is None else value if isinstance(value, list) else [value]


def _items(body: dict[str, Any], name: str, read: Any) -> Iterable[FoundAsset | UnreadableItem]:
    listed = isinstance(body.get(name), list)
    return (read(position if listed else None, one) for position, one in enumerate(_listed(body, name)))


def _asset(position: int | None, told: object) -> FoundAsset | UnreadableItem:
    """Read an asset; what it says besides is marked."""
    try:
        return FoundAsset.model_validate(told, extra="forbid")
    except ValidationError as error:
        wrong = _errors(error)
        if not isinstance(told, dict) or not all(map(_only_tells, wrong)):
            return _as_far_as_read(position, told, wrong)
        found = FoundAsset.model_validate(told | _without(told, {one["loc"] for one in wrong}))
        return found.model_copy(update={"unread": (*found.unread, *_marks(wrong))})


def _only_tells(one: Any) -> bool:
    """Tell whether an asset stands without a field: it is none of ours, or one of a measure or a right that does not decide."""
    loc = one["loc"]
    return one["type"] == "extra_forbidden" or (len(loc) == 3 and loc[2] not in DECIDING_WITHIN.get(loc[0], {loc[2]}))  # noqa: PLR2004 - list, place, field


def _without(told: dict[str, Any], lost: set[tuple[int | str, ...]]) -> dict[str, Any]:
    """Return the measures and rights of an asset without fields that are none."""
    return {name: [{field: value for field, value in row.items() if (name, place, field) not in lost} for place, row in enumerate(told[name])]
            for name in DECIDING_WITHIN if name in told}


def _unreadable(_: int | None, told: object) -> UnreadableItem:
    """Read an item that its adapter could not read; what of that is none is one mark more."""
    try:
        return UnreadableItem.model_validate(told)
    except ValidationError as error:
        return _as_far_as_read(None, told, _errors(error))


def _as_far_as_read(position: int | None, told: object, wrong: Sequence[Any]) -> UnreadableItem:
    record = told.get("record") if isinstance(told, dict) else None
    return UnreadableItem(position=position, record=record if isinstance(record, dict) else {}, unread=tuple(_marks(wrong)))


def _mark_told(place: int, told: object) -> Unread:
    try:
        return Unread.model_validate(told)
    except ValidationError:
        return Unread(field=f"unread.{place}", wire=f"unread.{place}", code="bad_form", raw=raw_of(told))


def _errors(error: ValidationError) -> Sequence[Any]:
    return error.errors(include_url=False, include_context=False)


def _marks(wrong: Sequence[Any]) -> list[Unread]:
    return [Unread(field=name, wire=name, code="unknown_field" if one["type"] == "extra_forbidden" else "bad_form", raw=raw_of(one["input"]))
            for one in wrong[:_MOST_MARKS] for name in [".".join(map(str, one["loc"]))[:_MOST_NAME_CHARS]]]


def where(error: ValidationError) -> str:
    """Name the fields that are wrong, never their values: a dead letter's reason carries no personal data."""
    return "; ".join(f"{'.'.join(map(_shown, one['loc'])) or 'body'}: {one['type']}" for one in error.errors(include_input=False)[:5])


def _shown(name: int | str) -> str:
    """Return a name of a field; one that is no name may be somebody's."""
    return str(name) if isinstance(name, int) or (name.isascii() and name.isidentifier() and len(name) <= MOST_NAME_CHARS) else "?"
