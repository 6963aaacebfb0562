"""What a bank's feedback means, request by request: one that is outside the document takes no other along. Pure.

An answer to a query is read loosely (reading.py); one to a control, and its envelope, strictly.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, get_args

from pydantic import ValidationError

from contracts.failures import AgencyProtocolError, AgencyUnavailable
from contracts.messages import Unread
from services.deposits import agency_api as wire
from services.deposits import reading, results
from services.deposits.codes import ResultCode
from services.deposits.reading import QueryWords
from services.runtime.port import Accepted, Answer, Asked, Refused
from services.runtime.reading import forms
from services.runtime.reading.envelopes import by_request, read_or_mark
from services.runtime.reading.items import unknown_fields
from services.runtime.reading.outside import alone, only, why

_ANSWERED = frozenset({"0000", "0100"})
_UNAVAILABLE = {"9001": "office_closed", "9002": "busy"}
_MOST_DETAIL = 500
_SECONDS = forms.shaped(re.compile("[0-9]{1,6}"))


class _Head(NamedTuple):
    """What stands around the answers."""

    result: str
    message: str
    retry_after_s: float | None


def to_query(words: wire.Words, query: QueryWords, asked: Sequence[Asked], body: Mapping[str, Any]) -> dict[str, Answer]:
    """Read what queries are answered with.

    Shape:   an entry for each request number asked
    Raises:  AgencyProtocolError, AgencyUnavailable
    """
    head, marks = _loose_head(query.name, body)
    declined = _in_trouble(head, asked)
    if declined is not None:
        return declined
    number = query.name("BDHM")
    receipts, no_receipt = by_request(asked, _listed(body, query.name("SLHZ")), number)
    rows, no_row = by_request(asked, _listed(body, query.name("FKLB")), number)
    read = partial(reading.found, query, (*marks, *no_receipt, *no_row))
    answers = {one.request_no: only([*(alone(partial(_receipt, words), row) for row in receipts[one.request_no]),
                                      *(alone(read, row) for row in rows[one.request_no])]) for one in asked}
    if all(answer is reading.NOT_LOOKED_UP for answer in answers.values()):
        raise AgencyUnavailable(reading.ABNORMAL)
    return answers


def _loose_head(name: Callable[[str], str], body: Mapping[str, Any]) -> tuple[_Head, Sequence[Unread]]:
    """Read the head of a body with answers, of which one list must be there.

    Raises: AgencyProtocolError
    """
    result, message, wait, *lists = map(name, ("RESULT", "MSG", "DDMS", "SLHZ", "FKLB"))
    code = body.get(result)
    if not isinstance(code, str) or code not in get_args(ResultCode):
        raise AgencyProtocolError(f"{result}: not a code of the document")
    if code in _ANSWERED and not body.keys() & set(lists):
        raise AgencyProtocolError(f"neither {' nor '.join(lists)}")
    marks = unknown_fields(body, (result, message, wait, *lists))
    wait_s = read_or_mark(_SECONDS, body, wait, "retry_after_s", marks) if wait in body else None
    return _Head(code, str(body.get(message) or "")[:_MOST_DETAIL], None if wait_s is None else float(wait_s)), marks


def _listed(body: Mapping[str, Any], name: str) -> Sequence[Any]:
    listed = body.get(name, [])
    if not isinstance(listed, list):
        raise AgencyProtocolError(f"{name}: not a list")
    return listed


def to_control(words: wire.Words, asked: Sequence[Asked], body: Mapping[str, Any]) -> dict[str, Answer]:
    """Read what a control is answered with. Shape and errors as to_query."""
    try:
        envelope = words.feedback.model_validate(body)
    except ValidationError as error:
        raise AgencyProtocolError(why(error)) from None  # the cause repeats what the bank said of people
    wait_s = None if envelope.retry_after_s is None else float(envelope.retry_after_s)
    declined = _in_trouble(_Head(envelope.result, envelope.message, wait_s), asked)
    if declined is not None:
        return declined
    name = str(words.receipt.model_fields["request_no"].alias)
    told = [*_own(name, envelope.receipts, partial(_receipt, words)), *_own(name, envelope.items, partial(_result, words))]
    return {one.request_no: only([answer for number, answer in told if number == one.request_no]) for one in asked}


def _own(name: str, raw: Sequence[Any], read: Callable[[Mapping[str, Any]], Answer]) -> Iterator[tuple[str, Answer]]:
    for one in raw:
        number = one.get(name) if isinstance(one, dict) else None
        if isinstance(number, str):
            yield number, alone(read, one)


def _in_trouble(head: _Head, asked: Sequence[Asked]) -> dict[str, Answer] | None:
    """Read what a bank says of a message as a whole; None if it answers it.

    Raises: AgencyProtocolError, AgencyUnavailable
    """
    if head.result in _UNAVAILABLE:
        raise AgencyUnavailable(head.message, retry_after_s=head.retry_after_s, code=_UNAVAILABLE[head.result])
    if head.result == "9003":
        raise AgencyProtocolError(f"the bank cannot read our message: {head.message}")
    return {one.request_no: Refused("not_authorised", head.message) for one in asked} if head.result == "9004" else None


def _receipt(words: wire.Words, row: Mapping[str, Any]) -> Answer:
    receipt = words.receipt.model_validate(row)
    return Accepted(receipt.serial, None if receipt.ask_after_s is None else float(receipt.ask_after_s))


def _result(words: wire.Words, row: Mapping[str, Any]) -> Answer:
    return results.controlled(words.control_answer.model_validate(row))
