"""Read a JSON body into its model, and on failure name everything wrong with it at once. Pure, with bounded work."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json, to_json

from contracts.failures import FieldError, Rejected
from contracts.words import Model
from gateway.domain.field_errors import field_error, translated

Draft = TypeVar("Draft", bound=Model)
Body = TypeVar("Body", bound=Model)

#: More separators than any body of ours can have; beyond them nothing is read (400,000 would cost half a second).
MOST_SEPARATORS = 10_000
#: More errors than a person reads; beyond them only their number is told.
MOST_ERRORS = 1_000
_TITLE = "请求内容有误 / The request body is not valid"


def malformed(why: str) -> Rejected:
    """Make the refusal of a body that is no JSON; `why` comes from the parser and names a position, no content."""
    return Rejected(400, "malformed_json", "请求不是有效的JSON / The body is not valid JSON", detail=why)


def invalid(errors: Sequence[FieldError]) -> Rejected:
    """Make the refusal of a body with wrong fields."""
    return Rejected(422, "invalid_request", _TITLE, errors)


def read_body(
    raw: bytes, model: type[Body], draft: type[Draft], cross: Callable[[Draft], list[FieldError]],
    limits: Mapping[str, tuple[int, str]],
) -> Body:
    """Read a body: one validation in C and cheap cross checks; all else happens only to a body that is wrong.

    Shape:  `model` extends `draft`, whose fields are all optional; `cross` checks a draft whose bad parts are null;
            `limits` names the longest list a part may be and the code for a longer one
    Raises: Rejected 400 malformed_json, 422 invalid_request
    """
    _check_bounds(raw)
    try:
        body = model.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise invalid(_everything_wrong(raw, error, draft, cross, limits)) from None
    whole: object = body
    assert isinstance(whole, draft)
    if errors := cross(whole):
        raise invalid(errors)
    return body


def _check_bounds(raw: bytes) -> None:
    if max(raw.count(b","), raw.count(b":")) > MOST_SEPARATORS:
        parse(raw)
        raise invalid([field_error((), "too_many_fields", "字段过多", "there are too many fields", f"≤ {MOST_SEPARATORS}")])
    if b"\\u0000" in raw and (errors := [
            field_error(path, "control_character", "含有控制字符U+0000", "there is a control character, U+0000", "删去该字符后重新提交")
            for path in islice(_with_nul(parse(raw), ()), MOST_ERRORS)]):
        raise invalid(errors)


def _with_nul(part: object, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Name every text with U+0000, which no table can hold; of a key that has it, where the key stands."""
    if isinstance(part, str) and "\0" in part:
        yield path
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in inside:
        if "\0" in str(key):
            yield path
        else:
            yield from _with_nul(value, (*path, key))


def _everything_wrong(
    raw: bytes, error: ValidationError, draft: type[Draft], cross: Callable[[Draft], list[FieldError]],
    limits: Mapping[str, tuple[int, str]],
) -> list[FieldError]:
    parts = parse(raw)
    wrong = _too_long(parts, limits)
    if error.error_count() > MOST_ERRORS:
        return wrong or [field_error((), "too_many_errors", "错误过多", "there are too many errors", f"≤ {MOST_ERRORS}")]
    bad: set[str | int] = {name for name, (most, _) in limits.items() if _is_longer(parts, name, most)}
    details = [one for one in error.errors(include_url=False, include_input=False) if not bad.intersection(one["loc"][:1])]
    wrong += map(translated, _without_echoes(details))
    if not isinstance(parts, dict):
        return wrong
    bad.update(one["loc"][0] for one in details if one["loc"])
    good = {name: parts[name] for name in draft.model_fields if name in parts and name not in bad}
    return [*wrong, *cross(draft.model_validate_json(to_json(good), strict=True))]


def _without_echoes(details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out `too short` of a list whose entries are wrong: pydantic counts only the right ones."""
    inside = {one["loc"][:depth] for one in details for depth in range(len(one["loc"]))}
    return [one for one in details if one["type"] != "too_short" or one["loc"] not in inside]


def _is_longer(parts: object, name: str, most: int) -> bool:
    return isinstance(parts, dict) and isinstance(parts.get(name), list) and len(parts[name]) > most


def _too_long(parts: object, limits: Mapping[str, tuple[int, str]]) -> list[FieldError]:
    return [field_error((name,), code, f"最多{most}项", f"at most {most} entries", f"≤ {most}")
            for name, (most, code) in limits.items() if _is_longer(parts, name, most)]


def parse(raw: bytes) -> object:
    """Parse strict JSON: no NaN, no infinity, no lone surrogate, bounded depth and digits.

    Raises: Rejected 400 malformed_json
    """
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        raise malformed(str(error)) from None
