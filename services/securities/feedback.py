"""One request's lines of a receipt or of a control's feedback become one answer, strictly: an unknown state is never success. Pure.

What a query is answered with is reading.py. Source: domain.md §6.1; golden pairs in examples.py.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from pydantic import ValidationError

from contracts.control import ControlAnswer, PriorityRight, PriorMeasure
from services.runtime import port
from services.securities import agency_api as wire
from services.securities import codes
from services.securities.file import Line

_MOST_DETAIL = 500


def answer(read: Callable[[Sequence[Line]], port.Answer], lines: Sequence[Line]) -> port.Answer:
    """Read one request's lines; what is wrong with them stays with this request."""
    if not lines:
        return port.OutsideProtocol("the file has no line for this request")
    try:
        return read(lines)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        return port.OutsideProtocol("; ".join(f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in wrong))
    except ValueError as error:
        return port.OutsideProtocol(str(error))


def accepted(lines: Sequence[Line]) -> port.Answer:
    """Read one request of a receipt. Raises: ValueError."""
    first, *more = (one.fields for one in lines)
    if first[0] != "11" or more:
        raise ValueError("a receipt has one line 11 for a request")
    taken = wire.line(wire.TakenLine, first)
    return port.Accepted(taken.reference, wire.known(wire.digits, taken.ask_after_s))


def declined(code: str, message: str) -> port.Answer:
    """Say why a request was declined. Raises: ValueError if the document does not have the code."""
    if code == codes.UNSUPPORTED:
        return port.Unsupported(message[:_MOST_DETAIL])
    return port.Refused(wire.one_of(codes.REASONS, code, "result code"), message[:_MOST_DETAIL])


def controlled(as_of: datetime, lines: Sequence[Line]) -> port.Answer:
    """Read the result of one control step. Raises: ValueError."""
    first, *more = (one.fields for one in lines)
    if first[0] != "30":
        raise ValueError("the lines of a control begin with a line 30")
    result = wire.line(wire.ControlLine, first)
    if wire.digits(result.lines) != len(more):
        raise ValueError("the result does not agree with the number of its lines")
    if result.code == codes.OK:
        return port.Controlled(as_of, _control(result, more))
    return declined(result.code, result.message)


def _control(own: wire.ControlLine, more: list[list[str]]) -> ControlAnswer:
    measures = tuple(_measure(wire.line(wire.FreezeLine, fields)) for fields in more if fields[0] == "23")
    rights = tuple(_right(wire.line(wire.PledgeLine, fields)) for fields in more if fields[0] == "21")
    if len(measures) + len(rights) != len(more):
        raise ValueError("a control has lines 21 and 23 only")
    return ControlAnswer(
        state=wire.one_of(codes.STATES, own.state, "state"), actual_quantity=wire.known(wire.digits, own.quantity),
        marked_quantity=wire.known(wire.digits, own.marked), waiting_quantity=wire.known(wire.digits, own.waiting),
        actual_fen=wire.known(wire.fen, own.amount), unfunded_fen=wire.known(wire.fen, own.unfunded),
        deducted_fen=wire.known(wire.fen, own.deducted), rank=wire.known(wire.digits, own.rank),
        agency_control_no=own.freeze_serial or None, waiting_serial=own.waiting_serial or None,
        served_at=wire.known(wire.instant, own.served), effective_at=wire.known(wire.instant, own.effective),
        until_on=wire.known(wire.day, own.until), prior_measures=measures, priority_rights=rights,
        wire={"code": own.code, "state": own.state})


def _right(own: wire.PledgeLine) -> PriorityRight:
    return PriorityRight(kind="pledge", holder=own.pledgee, amount_fen=wire.known(wire.fen, own.amount))


def _measure(own: wire.FreezeLine) -> PriorMeasure:
    return PriorMeasure(
        kind=wire.one_of(codes.STANDING, own.measure, "measure"), authority=own.authority,
        document_no=own.document_no or None, quantity=wire.known(wire.digits, own.quantity),
        amount_fen=wire.known(wire.fen, own.amount), rank=wire.known(wire.digits, own.rank),
        from_on=wire.known(wire.day, own.starts), until_on=wire.known(wire.day, own.ends),
        request_no=own.original_request_no or None)
