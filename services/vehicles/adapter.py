"""Commands become the vehicle office's JSON, its answers ours. Pure. Source: domain.md §5, §6.1; pairs in examples.py.

A code or letter that these tables do not have is never given a meaning.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Literal, get_args
from urllib.parse import quote

from pydantic import ValidationError

from contracts.agency import Agency
from contracts.control import ControlAnswer, ControlOrder, PriorityRight, PriorMeasure
from contracts.documents import KIND_NAMES
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported
from contracts.messages import Unread
from contracts.words import Model
from services.runtime import port
from services.runtime.reading import forms
from services.runtime.reading.envelopes import by_request, json_object, read_or_mark
from services.runtime.reading.items import unknown_fields
from services.runtime.reading.outside import of_one, why
from services.vehicles import agency_api as wire
from services.vehicles import codes, reading

#: The capability each action needs; a vehicle office that seals also seizes and watches.
_CAPABILITIES = {"query": "query", "seal": "seal", "seize": "seal", "watchlist": "seal", "renew": "renew",
                 "release": "release", "transfer": "transfer", "status": "status"}
_MEASURES: Mapping[str, wire.Measure] = {
    "seal": "01", "renew": "02", "release": "03", "transfer": "04", "seize": "05", "watchlist": "06"}
_ID_KINDS: Mapping[str, wire.IdKind] = {
    "resident_id": "A", "organisation_code": "B", "military_card": "C", "armed_police_card": "C", "passport": "F",
    "foreign_passport": "F", "hk_macao_permit": "F", "hk_macao_return_permit": "F", "taiwan_permit": "F",
    "foreign_permanent_resident": "F",
    "household_book": "H", "uscc": "N", "business_licence": "P", "other": "Z",
}
_ASKED_PLATE_KINDS = {ours: theirs for theirs, ours in codes.PLATE_KINDS.items()}
_UNAVAILABLE = {"9002": "busy", "9003": "office_closed"}
_STATUS_OF_TROUBLE = {"9001": HTTPStatus.BAD_REQUEST, "9004": HTTPStatus.FORBIDDEN}
_OK, _RECEIVED = "0000", "0001"
#: What a body of answers says beside them.
_BODY = frozenset({"code", "sj", "jg"})
#: By the last word of our name for a kind of document.
_DOCUMENTS: Mapping[str, Literal["1", "2"]] = {"ruling": "1", "notice": "2"}
_MOST_DETAIL = 500


class VehicleOffices:
    """The translation for vehicle offices."""

    asset_type = "vehicles"

    def to_call(self, agency: Agency, outgoing: Sequence[port.Outgoing]) -> port.AgencyCall:
        """Write any number of queries, one control step, or one question for a status. See services.runtime.port.Adapter."""
        command = outgoing[0].command
        if command.action not in _CAPABILITIES or not agency.can(_CAPABILITIES[command.action]):
            raise AgencyUnsupported(f"{agency.agency} does not do {command.action}")
        if command.action == "status":
            about = "cx" if command.asks == "query" else "kz"
            return port.AgencyCall("GET", f"{wire.STATUS_PATH}/{about}/{quote(command.request_no, safe='')}")
        if command.action == "query":
            asked = tuple(wire.Asker.model_construct(**_asker(agency, one)) for one in outgoing)
            return _post(wire.QUERY_PATH, wire.Queries.model_construct(qq=asked))
        return _post(wire.CONTROL_PATH, _control(agency, outgoing[0]))

    def to_answers(
        self, agency: Agency, asked: Sequence[port.Asked], response: port.AgencyResponse,  # noqa: ARG002 - one dialect
    ) -> Mapping[str, port.Answer]:
        """Read a body of answers, each by itself. See services.runtime.port.Adapter."""
        body = _open(response)
        if body["code"] != _OK:
            return _in_trouble(body, asked)
        rows, strays = by_request(asked, body["jg"], "qqdh")
        if asked[0].asks != "query":
            as_of = _strict(body).sj
            return {number: of_one(partial(_read_control, as_of), own) for number, own in rows.items()}
        marks = [*unknown_fields(body, _BODY), *strays]
        as_of_or_none = read_or_mark(forms.instant, body, "sj", "as_of", marks)
        return {number: of_one(partial(_read_query, as_of_or_none, marks), own) for number, own in rows.items()}


ADAPTER = VehicleOffices()


def _post(path: str, body: Model) -> port.AgencyCall:
    return port.AgencyCall("POST", path, body.model_dump_json(exclude_none=True).encode())


def _asker(agency: Agency, one: port.Outgoing) -> dict[str, Any]:
    command = one.command
    case, officer, subject = command.case, command.officer, command.subject
    return {
        "qqdh": command.request_no, "xm": subject.name, "sfzmmc": _ID_KINDS[subject.id_type], "sfzmhm": subject.id_no,
        "fymc": case.court_name, "fydm": case.court_code, "ah": case.case_no, "cbr": officer.name,
        "lxdh": officer.phone, "gzzbh": officer.work_card_no, "gwzbh": officer.duty_card_no,
        "hddz": one.callback_url if agency.answers_by == "callback" else None, "ws": tuple(_documents(one)),
    }


def _documents(one: port.Outgoing) -> Iterable[wire.Document]:
    for document in one.command.documents:
        content = one.contents.get(document.document_id or "")
        name = KIND_NAMES.get(document.kind)
        file: dict[str, Any] = {} if content is None else {"jyz": sha256(content).hexdigest(), "wsnr": b64encode(content).decode()}
        yield wire.Document.model_construct(
            wslb=_DOCUMENTS.get(document.kind.rpartition("_")[2], "9"), wsmc=name.zh if name else document.kind,
            wsbh=document.document_no, **file)


def _control(agency: Agency, one: port.Outgoing) -> wire.Control:
    command, order = one.command, one.command.control
    if order is None:
        raise AgencyUnsupported(f"a command to {command.action} without an order")
    record = {name: str(value) for name, value in order.asset.items() if value is not None}
    rulings = [document.document_no for document in command.documents if document.kind.endswith("ruling")]
    return wire.Control.model_construct(
        **_asker(agency, one), kzcs=_MEASURES[command.action], hphm=record["plate_no"],
        hpzl=_ASKED_PLATE_KINDS.get(record.get("plate_type", "")), clsbdh=record.get("vin"),
        cdsh=rulings[0] if rulings else None, cfqx=order.term_months, jsrq=order.until_on, ydjah=order.original_case_no,
        ydjdh=order.original_request_no, ycfdh=order.agency_control_no, gh=_transferee(order))


def _transferee(order: ControlOrder) -> wire.Transferee | None:
    to = order.transferee
    if to is None:
        return None
    return wire.Transferee.model_construct(xm=to.name, sfzmmc=_ID_KINDS[to.id_type], sfzmhm=to.id_no)


def _open(response: port.AgencyResponse) -> dict[str, Any]:
    body = json_object(response)
    code = body.get("code")
    if code == _OK and not isinstance(body.get("jg"), list):
        raise AgencyProtocolError("a body of answers without its list")
    if code != _OK and code not in get_args(wire.TroubleCode):
        raise AgencyProtocolError("a body whose code the document does not have")
    if response.status != _STATUS_OF_TROUBLE.get(str(code), HTTPStatus.OK):
        raise AgencyProtocolError(f"status {response.status} with code {code}")
    return body


def _strict(body: dict[str, Any]) -> wire.Answers:
    try:
        return wire.Answers.model_validate(body)
    except ValidationError as error:
        raise AgencyProtocolError(why(error)) from None


def _in_trouble(body: Mapping[str, Any], asked: Sequence[port.Asked]) -> Mapping[str, port.Answer]:
    code, said = body["code"], str(body.get("msg", ""))[:_MOST_DETAIL]
    if code in _UNAVAILABLE:
        raise AgencyUnavailable(said, code=_UNAVAILABLE[code])
    if code == "9001":
        raise AgencyProtocolError(f"the agency cannot read our message: {said}")
    return {one.request_no: port.Refused("not_authorised", said) for one in asked}




def _read_query(as_of: datetime | None, marks: Sequence[Unread], row: Mapping[str, Any]) -> port.Answer:
    """Read what a query is answered with; a code that is not known says neither what was found nor that nothing was."""
    code, said = row.get("code"), str(row.get("msg", ""))[:_MOST_DETAIL]
    if code == _OK:
        return reading.found(as_of, row, marks)
    if code == _RECEIVED:
        received = wire.Received.model_validate(row, extra="ignore")
        return port.Accepted(received.sldh, received.yjms)
    return _refused(str(code), said)


def _read_control(as_of: datetime, row: Mapping[str, Any]) -> port.Answer:
    match wire.CONTROL_ANSWER.validate_python(row):
        case wire.Done() as done:
            return port.Controlled(as_of, _controlled(done))
        case wire.Received() as received:
            return port.Accepted(received.sldh, received.yjms)
        case wire.Declined() as declined:
            return _refused(declined.code, declined.msg)


def _refused(code: str, said: str) -> port.Answer:
    if code == codes.UNSUPPORTED:
        return port.Unsupported(said)
    if code not in codes.REASONS:
        raise ValueError("a code of an answer that the document does not have")
    return port.Refused(codes.REASONS[code], said)


def _measure(seal: wire.Seal) -> PriorMeasure:
    return PriorMeasure(kind=codes.SEALS[seal.cflx], authority=seal.cfjg, document_no=seal.cfwh, rank=seal.cfsx,
                        from_on=seal.ksrq, until_on=seal.jsrq, request_no=seal.qqdh)


def _priority(mortgage: wire.Mortgage) -> PriorityRight:
    return PriorityRight(kind="mortgage", holder=mortgage.dyqr, amount_fen=mortgage.je)


def _controlled(done: wire.Done) -> ControlAnswer:
    return ControlAnswer(
        state=codes.STATES[done.cfzt], rank=done.cfsx, served_at=done.sdsj, effective_at=done.sxsj, until_on=done.jsrq,
        agency_control_no=done.cfdh, prior_measures=tuple(map(_measure, done.cf)),
        priority_rights=tuple(map(_priority, done.dy)), wire={"cfzt": done.cfzt})
