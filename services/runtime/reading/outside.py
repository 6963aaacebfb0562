"""An answer that leaves its document: it takes no other along, and where it does is told without what it says there. Pure."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import ValidationError

from services.runtime.port import Answer, OutsideProtocol

#: From so many on, the places are only counted.
_MOST_ERRORS = 100
_MOST_CHARS = 500
_TWICE, _LEFT_OUT = "answered twice in one message", "left out of the answer"
RowT = TypeVar("RowT")


def why(error: ValidationError | KeyError) -> str:
    """Say where a message leaves the document; what it says there may be personal data."""
    if isinstance(error, KeyError):
        return f"no {error}"
    if error.error_count() > _MOST_ERRORS:
        return f"{error.error_count()} times"
    first = error.errors(include_url=False, include_context=False, include_input=False)[:3]
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg' if one['type'] == 'value_error' else 'type']}" for one in first)[:_MOST_CHARS]


def alone(read: Callable[[RowT], Answer], row: RowT) -> Answer:
    """Read one row by itself; `read` raises ValueError for one that concludes nothing."""
    try:
        return read(row)
    except ValidationError as error:
        return OutsideProtocol(why(error))
    except ValueError as error:
        return OutsideProtocol(str(error))


def of_one(read: Callable[[RowT], Answer], rows: Sequence[RowT]) -> Answer:
    """Read the row of one request by itself; with none, or with two, nothing is concluded."""
    if len(rows) == 1:
        return alone(read, rows[0])
    return OutsideProtocol(_TWICE if rows else _LEFT_OUT)


def only(answers: Sequence[Answer]) -> Answer:
    """Return what one request is answered with; with none, or with two, nothing is concluded."""
    if len(answers) == 1:
        return answers[0]
    return OutsideProtocol(_TWICE if answers else _LEFT_OUT)
