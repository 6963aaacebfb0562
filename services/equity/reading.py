"""What the registrar's tasks mean, one by one: one that is outside the document takes no other along. Pure.

A code that is not in these tables is never given a meaning.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, assert_never

from pydantic import BaseModel, ValidationError

from contracts.assets.equity import EquityPledge, EquityRecord
from contracts.control import ControlAnswer, ControlState, PriorityRight, PriorMeasure
from contracts.failures import AgencyProtocolError, AgencyUnavailable
from contracts.messages import FoundAsset
from services.equity import agency_api as wire
from services.equity import codes
from services.runtime.port import Accepted, Answer, Asked, Controlled, Found, OutsideProtocol, Refused, Unsupported

_COMPANY_STATES: Mapping[codes.CompanyStateCode, Any] = {
    "1": "in_operation", "2": "revoked", "3": "deregistered", "4": "moved_out", "5": "suspended",
}
_CONTRIBUTIONS: Mapping[codes.ContributionCode, str] = {
    "1": "货币", "2": "实物", "3": "知识产权", "4": "债权", "6": "土地使用权", "7": "股权", "9": "其他",
}
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
#: From so many on, where a message leaves its document is only counted.
_MOST_ERRORS = 100


def answers(asked: Sequence[Asked], body: bytes) -> dict[str, Answer]:
    """Read how tasks stand.

    Shape:   an entry for each request number asked
    Raises:  AgencyProtocolError, AgencyUnavailable
    """
    read, tasks = _read(body)
    match read.result:
        case "0":
            return _by_number(asked, tasks)
        case "1" | "2":
            wait_s = None if read.retry_after_s is None else float(read.retry_after_s)
            raise AgencyUnavailable(read.message, retry_after_s=wait_s, code="office_closed" if read.result == "1" else "busy")
        case "3":
            raise AgencyProtocolError(f"the registrar cannot read our message: {read.message}")
        case "4":
            return {one.request_no: Refused("not_authorised", read.message) for one in asked}
        case _:
            assert_never(read.result)


def _read(body: bytes) -> tuple[wire.Answer[Any], Sequence[tuple[str, wire.Task | OutsideProtocol]]]:
    """Read all at once; where something is outside the document, read the envelope and then each task by itself."""
    try:
        read = wire.TaskAnswer.model_validate_json(body)
    except ValidationError:
        raw = _envelope(body)
        return raw, list(_one_by_one(raw.tasks))
    return read, [(task.request_no, task) for task in read.tasks]


def _envelope(body: bytes) -> wire.Answer[Any]:
    try:
        return wire.RawAnswer.model_validate_json(body)
    except ValidationError as error:
        raise AgencyProtocolError(why(error)) from None  # the cause repeats what the registrar said of people


def _one_by_one(raw: Sequence[Any]) -> Iterator[tuple[str, wire.Task | OutsideProtocol]]:
    name = wire.Task.model_fields["request_no"].alias
    for one in raw:
        request_no = one.get(name) if isinstance(one, dict) else None
        if isinstance(request_no, str):
            yield request_no, _alone(one)


def _alone(one: object) -> wire.Task | OutsideProtocol:
    try:
        return wire.Task.model_validate(one)
    except ValidationError as error:
        return OutsideProtocol(why(error))


def why(error: ValidationError | KeyError) -> str:
    """Say where a message leaves the document, without what it says there."""
    if isinstance(error, KeyError):
        return f"no {error}"
    if error.error_count() > _MOST_ERRORS:
        return f"{error.error_count()} times"
    first = error.errors(include_url=False, include_context=False, include_input=False)[:3]
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in first)[:500]


def _by_number(asked: Sequence[Asked], tasks: Sequence[tuple[str, wire.Task | OutsideProtocol]]) -> dict[str, Answer]:
    told: dict[str, wire.Task | OutsideProtocol] = {}
    for request_no, task in tasks:
        told[request_no] = OutsideProtocol("answered twice in one message") if request_no in told else task
    return {one.request_no: _answer(one, told.get(one.request_no, OutsideProtocol("left out of the answer"))) for one in asked}


def _answer(asked: Asked, task: wire.Task | OutsideProtocol) -> Answer:
    if isinstance(task, OutsideProtocol):
        return task
    match task.state:
        case "1":
            return Accepted(task.task_no or "", None if task.ask_after_s is None else float(task.ask_after_s))
        case "2":
            return _done(asked, task)
        case "9":
            return _sent_back(task)
        case _:
            assert_never(task.state)


def _sent_back(task: wire.Task) -> Answer:
    assert task.reason is not None
    code = _REASONS[task.reason]
    detail = f"{task.reason} {task.remark}" if task.remark else task.reason
    return Unsupported(detail) if code is None else Refused(code, detail)


def _done(asked: Asked, task: wire.Task) -> Answer:
    assert task.answered_at is not None
    if asked.asks == "query" and task.found is not None:
        return _checked(_found, task.answered_at, task.found)
    if asked.asks != "query" and task.done is not None:
        return _checked(_controlled, task.answered_at, task.done)
    return OutsideProtocol("the result is of another kind than what was asked")


def _checked(translate: Callable[[datetime, Any], Answer], as_of: datetime, result: BaseModel) -> Answer:
    try:
        return translate(as_of, result)
    except ValidationError as error:
        return OutsideProtocol(why(error))


def _found(as_of: datetime, found: wire.Stakes) -> Answer:
    return Found(as_of, [_asset(stake) for stake in found.stakes])


def _asset(stake: wire.Stake) -> FoundAsset:
    record = EquityRecord(
        uscc=stake.uscc, company_name=stake.company_name, registration_status=_COMPANY_STATES[stake.company_state],
        holder_name=stake.holder_name, subscribed_capital_fen=stake.subscribed, paid_in_capital_fen=stake.paid_in,
        share_ratio=str(stake.share), publicised_on=stake.publicised_on,
        contribution_form=None if stake.contribution is None else _CONTRIBUTIONS[stake.contribution],
        pledges=tuple(EquityPledge(pledgee=one.pledgee, capital_fen=one.capital, registered_on=one.registered_on,
                                   registration_no=one.registration_no) for one in stake.pledges))
    rights = tuple(PriorityRight(kind="pledge", holder=one.pledgee, amount_fen=one.claim) for one in stake.pledges)
    return FoundAsset(record=record.model_dump(mode="json", exclude_none=True), priority_rights=rights,
                      prior_measures=_measures(stake.publicities))


def _measures(publicities: Sequence[wire.Publicity]) -> tuple[PriorMeasure, ...]:
    return tuple(PriorMeasure(kind="freeze", authority=one.authority, document_no=one.document_no, amount_fen=one.capital,
                              rank=int(one.rank), from_on=one.from_on, until_on=one.until_on, request_no=one.request_no)
                 for one in publicities)


def _controlled(as_of: datetime, done: wire.MatterResult) -> Answer:
    control = ControlAnswer(
        state=_STATES[done.state] if done.lapse is None else _LAPSES[done.lapse], actual_fen=done.capital,
        unfunded_fen=done.not_frozen, rank=None if done.rank is None else int(done.rank), waiting_serial=done.waiting_no,
        served_at=done.served_at, effective_at=done.publicised_at, until_on=done.until_on,
        agency_control_no=done.publicity_no, prior_measures=_measures(done.publicities),
        priority_rights=tuple(PriorityRight(kind=_RIGHTS[one.kind], holder=one.holder, amount_fen=one.claim)
                              for one in done.rights),
        wire={"zxsx": done.matter, "zxzt": done.state} | ({} if done.lapse is None else {"sxyy": done.lapse}))
    return Controlled(as_of, control)
