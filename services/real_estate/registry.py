"""The registry's dialect: commands become SOAP requests, its answers ours. Pure. Source: domain.md §4.1, §4.5, §5.

A code that these tables do not have is never given a meaning; golden pairs are in `examples.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from hashlib import md5
from http import HTTPStatus
from typing import Any, Literal, get_args
from xml.etree.ElementTree import Element

from pydantic import ValidationError

from contracts.agency import Agency
from contracts.control import ControlAnswer, ControlOrder, PriorityRight, PriorMeasure
from contracts.documents import KIND_NAMES
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported
from contracts.messages import Command, Unread
from contracts.words import Model
from services.real_estate import agency_api as wire
from services.real_estate import codes, envelope, reading
from services.runtime import port
from services.runtime.reading import forms
from services.runtime.reading.envelopes import by_request, read_or_mark
from services.runtime.reading.items import unknown_fields
from services.runtime.reading.outside import of_one, why

ACTIONS: Mapping[str, str] = {
    "query": "query", "seal": "seal", "pre_seal": "seal", "renew": "renew", "release": "release", "transfer": "transfer",
    "status": "status",
}
#: The registry decides from the right itself whether a seal is a pre-seal.
_MEASURES: Mapping[str, wire.Measure] = {
    "seal": "11", "pre_seal": "11", "renew": "12", "release": "14", "transfer": "15",
}
_ID_KINDS: Mapping[str, wire.IdKind] = {
    "resident_id": "1", "hk_macao_permit": "2", "hk_macao_return_permit": "2", "taiwan_permit": "2", "passport": "3",
    "foreign_passport": "3", "household_book": "4", "military_card": "5", "armed_police_card": "5",
    "organisation_code": "6", "business_licence": "7", "uscc": "8", "foreign_permanent_resident": "99", "other": "99",
}
_ASKED_RIGHTS: Mapping[str, wire.RightKind] = {
    "house": "4", "construction_land": "3", "homestead": "5", "land_ownership": "1", "contracted_land": "9",
    "forest": "12", "grassland": "13", "aquaculture": "14", "sea": "15", "structure": "16", "island": "17", "easement": "19",
    "water_use": "20", "prospecting": "21", "mining": "22", "residence": "92", "advance_notice": "96", "other": "99",
}
_UNAVAILABLE = {"9002": "busy", "9003": "office_closed"}
_OK, _MALFORMED, _BARRED = "0000", "9001", "9004"
#: By the last word of our name for a kind of document.
_DOCUMENTS: Mapping[str, Literal["1", "2"]] = {"ruling": "1", "notice": "2"}
_FILES = {b"%PDF": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG": "png", b"PK\x03\x04": "ofd"}
_MOST_DETAIL = 500


def to_call(agency: Agency, outgoing: Sequence[port.Outgoing]) -> port.AgencyCall:
    """Write one envelope: any number of queries, one control step, or one question for a status."""
    command = outgoing[0].command
    if command.action == "query":
        return _call(wire.QUERY, wire.QUERY_ITEM, (_query(agency, one) for one in outgoing))
    if command.action == "status":
        return _call(wire.STATUS, wire.STATUS_ITEM, [_status(command)])
    return _call(wire.CONTROL, wire.CONTROL_ITEM, [_control(agency, outgoing[0])])


def to_answers(asked: Sequence[port.Asked], response: port.AgencyResponse) -> Mapping[str, port.Answer]:
    """Read an envelope of answers, each by itself."""
    received = _open(response)
    code, info = _code(received)
    if code == _BARRED:
        return {one.request_no: port.Refused("not_authorised", info) for one in asked}
    if asked[0].asks == "query":
        rows, strays = _by_number(asked, received, wire.QUERY_ANSWER, wire.QUERY_ANSWER_ITEM)
        around = [*_around(received.head or {}), *strays]
        return {number: of_one(partial(_read_query, around), _elements(own)) for number, own in rows.items()}
    _check_head(received)
    rows, _ = _by_number(asked, received, wire.CONTROL_ANSWER, wire.CONTROL_ANSWER_ITEM)
    return {number: of_one(_read_control, _elements(own)) for number, own in rows.items()}


def _call(operation: str, tag: str, items: Iterable[Model]) -> port.AgencyCall:
    content = envelope.write(operation, ((tag, item.model_dump(mode="json", exclude_none=True)) for item in items))
    return port.AgencyCall("POST", wire.PATH, content, envelope.CONTENT_TYPE, {"SOAPAction": f'"{operation}"'})


def _asker(agency: Agency, one: port.Outgoing) -> dict[str, Any]:
    command = one.command
    case, officer, subject = command.case, command.officer, command.subject
    return {
        "BDHM": command.request_no, "XM": subject.name, "GJ": subject.nationality, "ZJZL": _ID_KINDS[subject.id_type], "ZJH": subject.id_no,
        "FYMC": case.court_name, "FYDM": case.court_code, "AH": case.case_no, "CBR": officer.name,
        "YHDH": officer.phone, "GZZBH": officer.work_card_no, "GWZBH": officer.duty_card_no,
        "HDDZ": one.callback_url if agency.answers_by == "callback" else None, "WS": tuple(_documents(one)),
    }


def _documents(one: port.Outgoing) -> Iterable[wire.Document]:
    for document in one.command.documents:
        content = one.contents.get(document.document_id or "")
        name = KIND_NAMES.get(document.kind)
        yield wire.Document.model_construct(
            WSLB=_DOCUMENTS.get(document.kind.rpartition("_")[2], "9"), WSMC=name.zh if name else document.kind, WSBH=document.document_no,
            **({} if content is None else _file(content)))


def _file(content: bytes) -> dict[str, Any]:
    kind = next((kind for start, kind in _FILES.items() if content.startswith(start)), "bin")
    return {"WJLX": kind, "MD5": md5(content, usedforsecurity=False).hexdigest(), "WSNR": envelope.file_text(content)}


def _query(agency: Agency, one: port.Outgoing) -> wire.QueryItem:
    return wire.QueryItem.model_construct(**_asker(agency, one))


def _status(command: Command) -> wire.StatusItem:
    return wire.StatusItem.model_construct(
        BDHM=command.request_no, XZ="1" if command.asks == "query" else "2", SLBH=command.agency_ref)


def _control(agency: Agency, one: port.Outgoing) -> wire.ControlItem:
    command, order = one.command, one.command.control
    if order is None:
        raise AgencyUnsupported(f"a command to {command.action} without an order")
    record = {name: str(value) for name, value in order.asset.items() if value is not None}
    rulings = [document.document_no for document in command.documents if document.kind.endswith("ruling")]
    return wire.ControlItem.model_construct(
        **_asker(agency, one), KZCS=_MEASURES[command.action], BDCDYH=record.get("unit_code"),
        BDCQLLX=_ASKED_RIGHTS.get(record.get("right_type", "")), BDCQZH=record.get("certificate_no"),
        ZL=record.get("location"), CKWH=rulings[0] if rulings else None, CFQX=order.term_months, JSRQ=order.until_on,
        YDJAH=order.original_case_no, YDJDH=order.original_request_no, YCFYWH=order.agency_control_no,
        GHDX=_transferees(order))


def _transferees(order: ControlOrder) -> tuple[wire.Transferee, ...]:
    to = order.transferee
    if to is None:
        return ()
    return (wire.Transferee.model_construct(DXXH=1, DXXM=to.name, DXZJLX=_ID_KINDS[to.id_type], DXSFZHM=to.id_no),)


def _open(response: port.AgencyResponse) -> envelope.Envelope:
    if response.status != HTTPStatus.OK or response.content_type.partition(";")[0].strip().lower() != "text/xml":
        raise AgencyProtocolError(f"status {response.status}, {response.content_type[:80]!r}: not an envelope")
    try:
        return envelope.read(response.body)
    except ValueError as error:
        raise AgencyProtocolError(str(error)) from error


def _code(received: envelope.Envelope) -> tuple[str, str]:
    """Return the code of the whole answer and what it says beside it."""
    head = received.head or {}
    code, info = head.get("RESPONSECODE"), head.get("RESPONSEINFO", "")[:_MOST_DETAIL]
    if code not in get_args(wire.ResponseCode):
        raise AgencyProtocolError("HEAD: a code that the document does not have")
    if code in _UNAVAILABLE:
        raise AgencyUnavailable(info, code=_UNAVAILABLE[code])
    if code == _MALFORMED:
        raise AgencyProtocolError(f"the agency cannot read our message: {info}")
    return str(code), info


def _check_head(received: envelope.Envelope) -> None:
    try:
        wire.Head.model_validate(received.head)
    except ValidationError as error:
        raise AgencyProtocolError(f"HEAD: {why(error)}") from error


def _around(head: Mapping[str, str]) -> list[Unread]:
    """Return what was not read of the head of an answer."""
    marks = unknown_fields(head, wire.Head.model_fields)
    read_or_mark(forms.instant, head, "CREATETIME", "created_at", marks)
    return marks


def _by_number(
    asked: Sequence[port.Asked], received: envelope.Envelope, operation: str, tag: str,
) -> tuple[Mapping[str, Sequence[Mapping[str, Any]]], tuple[Unread, ...]]:
    """Return the elements that answer each request; what answers none takes no other along, but is marked."""
    if received.operation != operation:
        raise AgencyProtocolError(f"the answer is {received.operation[:80]!r}, not {operation!r}")
    rows = [{"BDHM": _number(one) if one.tag.removeprefix(envelope.SERVICE) == tag else None, "element": one} for one in received.items]
    return by_request(asked, rows, "BDHM")


def _number(element: Element) -> str | None:
    try:
        return envelope.decoded(element.attrib.get("BDHM", ""))
    except ValueError:
        return None




def _elements(rows: Sequence[Mapping[str, Any]]) -> list[Element]:
    return [row["element"] for row in rows]


def _read_query(around: Sequence[Unread], element: Element) -> port.Answer:
    """Read what a query is answered with; a result that is not known says neither what was found nor that nothing was."""
    answer = envelope.as_written(element)
    if answer.get("RESULT") == _OK:
        return reading.found(answer, around)
    match wire.QUERY_ANSWERS.validate_python(envelope.words(element)):
        case wire.Received() as received:
            return port.Accepted(received.SLBH, received.YJSC)
        case wire.Declined() as declined:
            return _refused(declined.CWDM, declined.MESSAGE)


def _read_control(element: Element) -> port.Answer:
    match wire.CONTROL_ANSWERS.validate_python(envelope.words(element)):
        case wire.Done() as done:
            return port.Controlled(done.FKSJ, _controlled(done))
        case wire.NotDone() as not_done:
            return _refused(not_done.CWDM, not_done.WNKZYY)
        case wire.Received() as received:
            return port.Accepted(received.SLBH, received.YJSC)
        case wire.Declined() as declined:
            return _refused(declined.CWDM, declined.MESSAGE)


def _refused(code: wire.Refusal, text: str) -> port.Answer:
    return port.Unsupported(text) if code == codes.UNSUPPORTED else port.Refused(codes.REASONS[code], text)


def _measure(seal: wire.Seal) -> PriorMeasure:
    return PriorMeasure(kind=codes.SEALS[seal.CFLX], authority=seal.CFJG, document_no=seal.CFWH, rank=seal.CFSX,
                        from_on=seal.CFQSSJ, until_on=seal.CFJSSJ, request_no=seal.BDHM)


def _priority(mortgage: wire.Mortgage) -> PriorityRight:
    kind = "mortgage" if mortgage.DYFS == "1" else "maximum_mortgage"
    return PriorityRight(kind=kind, holder=mortgage.DYQR, amount_fen=mortgage.BDBZZQSE)


def _controlled(done: wire.Done) -> ControlAnswer:
    return ControlAnswer(
        state=codes.STATES[done.CFZT], rank=done.CFSX, served_at=done.SDSJ, effective_at=done.CSKSRQ, until_on=done.CSJSRQ,
        agency_control_no=done.CFYWH, prior_measures=tuple(_measure(seal) for seal in done.CFDJ if seal.JFSJ is None),
        priority_rights=tuple(map(_priority, done.DYAQ)), wire={"KZZT": done.KZZT, "CFZT": done.CFZT})
