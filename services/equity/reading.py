"""What the registrar's tasks mean, one by one: one that is outside the document takes no other along. Pure.

A query's answer is read stake by stake and field by field (sheet.py); of a matter's a field or code outside the document confirms nothing.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, assert_never

from pydantic import ValidationError

from contracts.assets.equity import ASSET_TYPE
from contracts.control import ControlAnswer, ControlState, PriorityRight, PriorMeasure
from contracts.failures import AgencyProtocolError, AgencyUnavailable
from contracts.messages import Unread
from services.equity import agency_api as wire
from services.equity import codes, sheet
from services.runtime.port import (
    Accepted,
    AgencyResponse,
    Answer,
    Asked,
    Controlled,
    Found,
    OutsideProtocol,
    Refused,
    Unsupported,
)
from services.runtime.reading import forms
from services.runtime.reading.envelopes import by_request, json_object, read_or_mark
from services.runtime.reading.items import not_as_many, read_items, unknown_fields, unread
from services.runtime.reading.outside import of_one, why

#: A freeze that lapsed (3) is told apart by its cause.
_STATES: Mapping[codes.FreezeStateCode, ControlState] = {
    "1": "in_force", "2": "released", "4": "waiting", "5": "transferred", "6": "reversed",
}
_LAPSES: Mapping[codes.LapseCode, ControlState] = {"1": "expired", "2": "expired", "9": "lapsed"}
_RIGHTS: Mapping[codes.RightCode, Literal["pledge", "other"]] = {"2": "pledge", "9": "other"}
#: None: the registrar does not do this matter.
_REASONS: Mapping[codes.ReasonCode, str | None] = {
    "01": "document_missing", "02": "document_mismatch", "03": "credential_missing", "04": "identity_mismatch",
    "05": "identity_incomplete", "06": "not_authorised", "07": None, "08": "asset_not_found", "09": "no_original_measure",
    "10": "term_over_cap", "11": "already_expired", "12": "rejected_by_agency", "13": "quota_exceeded", "14": "asset_exempt",
    "15": "no_original_measure",
}
_UNAVAILABLE: Mapping[str, str] = {"1": "office_closed", "2": "busy"}
#: What the document has of an answer, of a task that found something, and of what was found.
_HEAD, _RESULT = frozenset({"fhm", "fhxx", "ddms", "rw"}), frozenset({"sl", "gq"})
_TASK = frozenset({"qqdh", "rwlsh", "zt", "ddms", "fksj", "thsm", "cxjg"})
_DONE, _YUAN = "2", "156"
#: From so many on, where a message leaves its document is only counted.
_MOST_ERRORS = 100
_MOST_DETAIL = 500


def answers(asked: Sequence[Asked], response: AgencyResponse) -> dict[str, Answer]:
    """Read how tasks stand.

    Shape:   an entry for each request number asked
    Raises:  AgencyProtocolError, AgencyUnavailable
    """
    body = json_object(response)
    if asked[0].asks != "query":
        _check(body)
    result, said = str(body.get("fhm")), str(body.get("fhxx") or "")[:_MOST_DETAIL]
    if result == "0":
        return _by_number(asked, body)
    if result in _UNAVAILABLE:
        raise AgencyUnavailable(said, retry_after_s=read_or_mark(forms.whole, body, "ddms", "retry_after_s", []), code=_UNAVAILABLE[result])
    if result == "4":
        return {one.request_no: Refused("not_authorised", said) for one in asked}
    raise AgencyProtocolError(f"the registrar cannot read our message: {said}" if result == "3" else "a result code that the document does not have")


def _check(body: Mapping[str, Any]) -> None:
    """Hold what is said about a matter to the document, its tasks apart."""
    try:
        wire.Answer.model_validate(body)
    except ValidationError as error:
        raise AgencyProtocolError(why(error)) from None  # the cause repeats what the registrar said of people


def _by_number(asked: Sequence[Asked], body: Mapping[str, Any]) -> dict[str, Answer]:
    if not isinstance(body.get("rw"), list):
        raise AgencyProtocolError("an answer without its tasks")
    own, strays = by_request(asked, body["rw"], "qqdh")
    read = partial(_queried, [*unknown_fields(body, _HEAD), *strays]) if asked[0].asks == "query" else _ordered
    return {number: of_one(read, tasks) for number, tasks in own.items()}




def _queried(around: Sequence[Unread], task: Mapping[str, Any]) -> Answer:
    said = {name: value for name, value in task.items() if value is not None}
    return _found(around, said) if said.get("zt") == _DONE else _standing(wire.Task.model_validate(said, extra="ignore"))


def _found(around: Sequence[Unread], task: Mapping[str, Any]) -> Found:
    """Read the stakes that were found; a count of nought is the registrar's statement that there is nothing.

    Raises: ValueError if stakes are neither listed nor stated to be none
    """
    result = task.get("cxjg")
    if not isinstance(result, Mapping):
        raise ValueError("done without what was found")  # noqa: TRY004 - what an agency says is a value
    marks = [*around, *unknown_fields(task, _TASK), *unknown_fields(result, _RESULT)]
    as_of = read_or_mark(forms.instant, task, "fksj", "as_of", marks)
    stated, listed = read_or_mark(forms.whole, result, "sl", "count", marks), result.get("gq")
    if listed is None and stated == 0:
        listed = []
    if not isinstance(listed, list) or (not listed and (stated is None or "thyy" in task)):
        raise ValueError("stakes that are neither listed nor none")
    items = read_items(ASSET_TYPE, sheet.stake, listed)
    unseen = () if stated is None else not_as_many(stated, len(listed), "sl")
    return Found(as_of, items.assets, (*items.unreadable, *unseen), tuple(map(_contradicting, marks)))


def _contradicting(mark: Unread) -> Unread:
    """Say of a reason for sending back, on a task that is done, that it can hardly be meant."""
    return unread("thyy", "thyy", "implausible", mark.raw) if mark.wire == "thyy" else mark


def _standing(task: wire.Task) -> Answer:
    """Read a task that is at work or was sent back."""
    match task.state:
        case "1":
            return Accepted(task.task_no or "", None if task.ask_after_s is None else float(task.ask_after_s))
        case "2":
            return OutsideProtocol("the result is of another kind than what was asked")
        case "9":
            return _sent_back(task)
        case _:
            assert_never(task.state)


def _sent_back(task: wire.Task) -> Answer:
    assert task.reason is not None
    code = _REASONS[task.reason]
    detail = f"{task.reason} {task.remark}" if task.remark else task.reason
    return Unsupported(detail) if code is None else Refused(code, detail)


def _ordered(words: Mapping[str, Any]) -> Answer:
    task = wire.Task.model_validate(words)
    if task.done is None or task.answered_at is None:
        return _standing(task)
    return Controlled(task.answered_at, _controlled(task.done))


def _measures(publicities: Sequence[wire.Publicity]) -> tuple[PriorMeasure, ...]:
    return tuple(PriorMeasure(kind="freeze", authority=one.authority, document_no=one.document_no, amount_fen=one.capital,
                              rank=int(one.rank), from_on=one.from_on, until_on=one.until_on, request_no=one.request_no)
                 for one in publicities)


def _controlled(done: wire.MatterResult) -> ControlAnswer:
    own = {"zxsx": done.matter, "zxzt": done.state, "sxyy": done.lapse, "bz": None if done.currency == _YUAN else done.currency}
    return ControlAnswer(
        state=_STATES[done.state] if done.lapse is None else _LAPSES[done.lapse], actual_fen=done.capital,
        unfunded_fen=done.not_frozen, rank=None if done.rank is None else int(done.rank), waiting_serial=done.waiting_no,
        served_at=done.served_at, effective_at=done.publicised_at, until_on=done.until_on,
        agency_control_no=done.publicity_no, prior_measures=_measures(done.publicities),
        priority_rights=tuple(PriorityRight(kind=_RIGHTS[one.kind], holder=one.holder, amount_fen=one.claim)
                              for one in done.rights),
        wire={name: code for name, code in own.items() if code is not None})
