"""A reply read field by field: what of it is none is kept and marked, and takes nothing else along.

An adapter may be anybody's. The fast way takes a reply that is right; only one that is not is read slowly.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from contracts.control import DECIDING_WITHIN
from contracts.failures import MalformedMessage
from contracts.messages import FoundAsset, Reply, Unread, UnreadableItem
from contracts.raw import in_whole_characters, raw_of

#: Marks kept of one item that cannot be decoded.
_MOST_MARKS = 20
_MOST_NAME_CHARS = 100
#: What an answer says beside its outcome; a reply without one of them still answers.
_TELLING = frozenset({"code", "detail", "as_of", "elapsed_s", "raw", "raw_sha256", "agency_ref", "until"})


def read_reply(raw: bytes) -> Reply:
    """Read a reply; an asset of it that is none is an item that cannot be read, a field that is none is marked.

    Raises: MalformedMessage if it does not say what the outcome of which task is
    """
    if b"\\u0000" not in raw:
        try:
            return Reply.model_validate_json(raw, extra="forbid")
        except ValidationError:
            pass
    return _field_by_field(_loaded(raw))


def _loaded(raw: bytes) -> dict[str, Any]:
    try:
        body = _storable(json.loads(raw.decode("utf-8", "replace")))
    except (ValueError, RecursionError):
        raise MalformedMessage("body: no JSON") from None
    if not isinstance(body, dict):
        raise MalformedMessage("body: no JSON object")
    return body


def _storable(value: Any) -> Any:
    """Return a JSON value with U+FFFD for what neither UTF-8 nor PostgreSQL takes: NUL and lone surrogates."""
    if isinstance(value, str):
        return in_whole_characters(value).replace("\x00", "\ufffd")
    if isinstance(value, dict):
        return {_storable(name): _storable(one) for name, one in value.items()}
    return [_storable(one) for one in value] if isinstance(value, list) else value


def _field_by_field(body: dict[str, Any]) -> Reply:
    head, marks = _head({name: value for name, value in body.items() if name not in ("assets", "unreadable", "unread")})
    items = [*_items(body, "assets", _asset), *_items(body, "unreadable", _unreadable)]
    marks += [_mark_told(place, one) for place, one in enumerate(_listed(body, "unread"))]
    return head.model_copy(update={
        "assets": tuple(one for one in items if isinstance(one, FoundAsset)) or None,
        "unreadable": tuple(one for one in items if isinstance(one, UnreadableItem)) or None, "unread": tuple(marks) or None})


def _head(told: dict[str, Any]) -> tuple[Reply, list[Unread]]:
    """Read what stands beside the lists.

    Raises: MalformedMessage
    """
    try:
        return Reply.model_validate(told, extra="forbid"), []
    except ValidationError as error:
        wrong = _errors(error)
        lost = {str(one["loc"][0]) for one in wrong if one["type"] != "extra_forbidden"}
        if not lost <= (_TELLING if told.get("kind") == "answered" else frozenset()):
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
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['type']}" for one in error.errors(include_input=False)[:5])
