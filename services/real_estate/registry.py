"""The registry's dialect: commands become SOAP requests, its answers ours. Pure. Source: domain.md §4.1, §4.5, §5.

A code that these tables do not have is never given a meaning; golden pairs are in `examples.py`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import md5
from http import HTTPStatus
from typing import Any, Literal
from xml.etree.ElementTree import Element

from pydantic import ValidationError

from contracts.agency import Agency
from contracts.asset_type import CoOwner
from contracts.assets.real_estate import RealEstateRecord
from contracts.control import ControlAnswer, ControlOrder, ControlState, Measure, PriorityRight, PriorMeasure
from contracts.documents import KIND_NAMES
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported
from contracts.messages import Command, FoundAsset
from contracts.words import Model
from services.real_estate import agency_api as wire
from services.real_estate import envelope
from services.runtime import port

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
#: The other way only where a code has one meaning; the rest is not known.
_ID_TYPES = {"1": "resident_id", "4": "household_book", "6": "organisation_code", "7": "business_licence", "8": "uscc",
             "99": "other"}
_ASKED_RIGHTS: Mapping[str, wire.RightKind] = {
    "house": "4", "construction_land": "3", "homestead": "5", "land_ownership": "1", "contracted_land": "9",
    "forest": "12", "sea": "15", "structure": "16", "advance_notice": "96",
}
#: What a kind of right is to us, and the list it belongs to.
_RIGHTS = {
    "1": ("land_ownership", "TDSYQ"), "2": ("land_ownership", "TDSYQ"), "3": ("construction_land", "JSYDSYQ"),
    "4": ("house", "FDCQ"), "5": ("homestead", "JSYDSYQ"), "6": ("house", "FDCQ"), "7": ("construction_land", "JSYDSYQ"),
    "8": ("house", "FDCQ"), "9": ("contracted_land", "NYDSYQ"), "10": ("forest", "LQ"), "12": ("forest", "LQ"),
    "15": ("sea", "HYSYQ"), "16": ("structure", "GJZWSYQ"), "96": ("advance_notice", "YGDJ"),
}
_LISTS = ("TDSYQ", "JSYDSYQ", "FDCQ", "NYDSYQ", "LQ", "HYSYQ", "GJZWSYQ", "YGDJ")
_STATUSES = {"0": "pending", "1": "current", "2": "historical"}
_CO_OWNERSHIPS = {"0": "sole", "1": "joint", "2": "by_shares", "3": "other"}
_SEALS: Mapping[str, Measure] = {"1": "seal", "2": "seal", "3": "pre_seal", "4": "pre_seal", "5": "seal"}
_STATES: Mapping[str, ControlState] = {
    "1": "in_force", "2": "waiting", "3": "released", "4": "expired", "5": "lapsed", "6": "transferred", "7": "reversed",
}
_UNSUPPORTED = "11"
_REASONS = {
    "01": "document_missing", "02": "document_mismatch", "03": "credential_missing", "04": "identity_mismatch",
    "05": "identity_incomplete", "06": "not_authorised", "12": "asset_not_found", "13": "asset_exempt",
    "14": "no_original_measure", "15": "term_over_cap", "16": "already_expired", "17": "quota_exceeded",
    "18": "no_original_measure", "99": "rejected_by_agency",
}
_UNAVAILABLE = {"9002": "busy", "9003": "office_closed"}
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
    head = _head(received)
    if head.RESPONSECODE == "9004":
        return {one.request_no: port.Refused("not_authorised", head.RESPONSEINFO[:_MOST_DETAIL]) for one in asked}
    if asked[0].asks == "query":
        items = _by_number(asked, received, wire.QUERY_ANSWER, wire.QUERY_ANSWER_ITEM)
        return {number: _answer(rows, _read_query) for number, rows in items.items()}
    items = _by_number(asked, received, wire.CONTROL_ANSWER, wire.CONTROL_ANSWER_ITEM)
    return {number: _answer(rows, _read_control) for number, rows in items.items()}


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
        **_asker(agency, one), KZCS=_MEASURES[command.action], BDCDYH=record["unit_code"],
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


def _head(received: envelope.Envelope) -> wire.Head:
    try:
        head = wire.Head.model_validate(received.head)
    except ValidationError as error:
        raise AgencyProtocolError(f"HEAD: {_what_is_wrong(error)}") from error
    if head.RESPONSECODE in _UNAVAILABLE:
        raise AgencyUnavailable(head.RESPONSEINFO[:_MOST_DETAIL], code=_UNAVAILABLE[head.RESPONSECODE])
    if head.RESPONSECODE == "9001":
        raise AgencyProtocolError(f"the agency cannot read our message: {head.RESPONSEINFO[:_MOST_DETAIL]}")
    return head


def _by_number(
    asked: Sequence[port.Asked], received: envelope.Envelope, operation: str, tag: str,
) -> dict[str, list[Element]]:
    if received.operation != operation:
        raise AgencyProtocolError(f"the answer is {received.operation[:80]!r}, not {operation!r}")
    rows: dict[str, list[Element]] = {one.request_no: [] for one in asked}
    for element in received.items:
        own = rows.get(_number(element)) if element.tag == tag else None
        if own is None:
            raise AgencyProtocolError("an answer to no request that was asked")
        own.append(element)
    return rows


def _number(element: Element) -> str:
    try:
        return envelope.decoded(element.attrib.get("BDHM", ""))
    except ValueError as error:
        raise AgencyProtocolError("an answer without a readable request number") from error


def _answer(rows: Sequence[Element], read: Callable[[dict[str, Any]], port.Answer]) -> port.Answer:
    if len(rows) != 1:
        return port.OutsideProtocol(f"{len(rows)} answers to one request")
    try:
        return read(envelope.words(rows[0]))
    except ValidationError as error:
        return port.OutsideProtocol(_what_is_wrong(error))
    except ValueError as error:
        return port.OutsideProtocol(str(error))


def _what_is_wrong(error: ValidationError) -> str:
    """Name fields and faults, never values: they are personal data."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults)[:_MOST_DETAIL]


def _read_query(words: dict[str, Any]) -> port.Answer:
    match wire.QUERY_ANSWERS.validate_python(words):
        case wire.Rights() as rights:
            return port.Found(rights.FKSJ, _assets(rights))
        case wire.Received() as received:
            return port.Accepted(received.SLBH, received.YJSC)
        case wire.Declined() as declined:
            return _refused(declined.CWDM, declined.MESSAGE)


def _read_control(words: dict[str, Any]) -> port.Answer:
    match wire.CONTROL_ANSWERS.validate_python(words):
        case wire.Done() as done:
            return port.Controlled(done.FKSJ, _controlled(done))
        case wire.NotDone() as not_done:
            return _refused(not_done.CWDM, not_done.WNKZYY)
        case wire.Received() as received:
            return port.Accepted(received.SLBH, received.YJSC)
        case wire.Declined() as declined:
            return _refused(declined.CWDM, declined.MESSAGE)


def _refused(code: wire.Refusal, text: str) -> port.Answer:
    return port.Unsupported(text) if code == _UNSUPPORTED else port.Refused(_REASONS[code], text)


def _assets(rights: wire.Rights) -> list[FoundAsset]:
    rows = [(name, right) for name in _LISTS for right in getattr(rights, name)]
    encumbered = {mortgage.BDCDYH for mortgage in rights.DYAQ} | {seal.BDCDYH for seal in rights.CFDJ}
    if len(rows) != rights.JGS or not encumbered <= {right.BDCDYH for _, right in rows}:
        raise ValueError("the rows do not agree with their count, or encumber a unit that is not listed")
    return [_asset(name, right, rights) for name, right in rows]


def _asset(list_name: str, right: wire.Right, rights: wire.Rights) -> FoundAsset:
    return FoundAsset(
        record=_record(list_name, right),
        prior_measures=tuple(_measure(seal) for seal in rights.CFDJ if seal.BDCDYH == right.BDCDYH),
        priority_rights=tuple(_priority(mortgage) for mortgage in rights.DYAQ if mortgage.BDCDYH == right.BDCDYH))


def _record(list_name: str, right: wire.Right) -> dict[str, object]:
    right_type, belongs_to = _RIGHTS[right.QLLX]
    if belongs_to != list_name:
        raise ValueError(f"a right of kind {right.QLLX} in the list {list_name}")
    return RealEstateRecord.model_validate({
        "unit_code": right.BDCDYH, "certificate_no": right.BDCQZH, "location": right.ZL, "right_type": right_type,
        "right_status": _STATUSES[right.QSZT], "planned_use": right.GHYT, "house_nature": right.FWXZ,
        "area_building_m2": right.JZMJ, "area_private_m2": right.ZYJZMJ, "area_shared_m2": right.FTJZMJ,
        "completed_on": right.JGSJ, "land_use_from": right.TDSYQSSJ, "land_use_to": right.TDSYJSSJ,
        "total_floors": right.ZCS, "holder_name": right.QLR, "share_ratio": right.QLBL,
        "co_ownership": _CO_OWNERSHIPS[right.GYFS], "co_owners": tuple(_co_owner(owner) for owner in right.GYR),
        "registry": right.DJJG, "region_code": right.QXDM, "business_no": right.YWH, "assessed_value_fen": right.PGJ,
    }).model_dump(mode="json", exclude_none=True)


def _co_owner(owner: wire.Owner) -> CoOwner:
    id_type = _ID_TYPES.get(owner.ZJZL) if owner.ZJZL else None
    return CoOwner(name=owner.XM, id_type=id_type, id_no=owner.ZJH, share_ratio=owner.QLBL)


def _measure(seal: wire.Seal) -> PriorMeasure:
    return PriorMeasure(kind=_SEALS[seal.CFLX], authority=seal.CFJG, document_no=seal.CFWH, rank=seal.CFSX,
                        from_on=seal.CFQSSJ, until_on=seal.CFJSSJ, request_no=seal.BDHM)


def _priority(mortgage: wire.Mortgage) -> PriorityRight:
    kind = "mortgage" if mortgage.DYFS == "1" else "maximum_mortgage"
    return PriorityRight(kind=kind, holder=mortgage.DYQR, amount_fen=mortgage.BDBZZQSE)


def _controlled(done: wire.Done) -> ControlAnswer:
    return ControlAnswer(
        state=_STATES[done.CFZT], rank=done.CFSX, served_at=done.SDSJ, effective_at=done.CSKSRQ, until_on=done.CSJSRQ,
        agency_control_no=done.CFYWH, prior_measures=tuple(map(_measure, done.CFDJ)),
        priority_rights=tuple(map(_priority, done.DYAQ)), wire={"KZZT": done.KZZT, "CFZT": done.CFZT})
