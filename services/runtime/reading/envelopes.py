"""The body around an agency's answers: taken apart, and its rows given to the requests they answer. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from contracts.failures import AgencyProtocolError
from contracts.messages import Unread
from contracts.raw import in_whole_characters
from services.runtime.port import AgencyResponse, Asked
from services.runtime.reading.forms import Form, Garbled, Odd
from services.runtime.reading.items import unread

_JSON = "application/json"


def json_object(response: AgencyResponse) -> dict[str, Any]:
    """Return a body that is one JSON object.

    Raises: AgencyProtocolError
    """
    if response.content_type.partition(";")[0].strip().lower() != _JSON:
        raise AgencyProtocolError(f"status {response.status}, {response.content_type[:80]!r}: not JSON")
    try:
        body = orjson.loads(response.body)
    except orjson.JSONDecodeError as error:
        body = _garbled_in_places(response.body, error)
    if not isinstance(body, dict):
        raise AgencyProtocolError("not a JSON object")
    return body


def _garbled_in_places(body: bytes, error: orjson.JSONDecodeError) -> Any:
    """Return a body some text of which is no Unicode (half a character), that text as garbled.

    Raises: AgencyProtocolError if it is no JSON for another reason
    """
    try:
        return _marked(json.loads(body))
    except (ValueError, RecursionError):
        raise AgencyProtocolError(f"not JSON: {str(error)[:200]}") from None


def _marked(value: Any) -> Any:
    if isinstance(value, str):
        whole = in_whole_characters(value)
        return value if whole == value else Garbled(whole)
    if isinstance(value, dict):
        return {str(_marked(name)): _marked(one) for name, one in value.items()}
    return [_marked(one) for one in value] if isinstance(value, list) else value


def by_request(
    asked: Sequence[Asked], rows: Sequence[Any], name: str,
) -> tuple[Mapping[str, Sequence[Mapping[str, Any]]], tuple[Unread, ...]]:
    """Return the rows of each request number asked, found by the field `name`; a row of no request takes no other along, but is marked."""
    own: dict[str, list[Mapping[str, Any]]] = {one.request_no: [] for one in asked}
    strays = 0
    for row in rows:
        number = str(row.get(name)).strip() if isinstance(row, Mapping) else ""
        if number in own:
            own[number].append(row)
        else:
            strays += 1
    return own, (unread(name, name, "implausible"),) if strays else ()


def read_or_mark(form: Form, words: Mapping[str, Any], wire: str, name: str, marks: list[Unread]) -> Any:
    """Read one field of a body by its form; None, and a mark, where it cannot be read."""
    try:
        return form(words.get(wire))
    except Odd as odd:
        marks.append(unread(name, wire, odd.code if words.get(wire) is not None else "missing", words.get(wire)))
        return None
