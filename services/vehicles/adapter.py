"""Commands become the vehicle office's JSON, its answers ours. Pure. Source: domain.md §5, §6.1; pairs in examples.py.

A code or letter that these tables do not have is never given a meaning.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

from pydantic import ValidationError

from contracts.agency import Agency
from contracts.assets.vehicles import VehicleRecord
from contracts.control import ControlAnswer, ControlOrder, ControlState, PriorityRight, PriorMeasure
from contracts.control import Measure as MeasureKind
from contracts.documents import KIND_NAMES
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported
from contracts.messages import FoundAsset
from contracts.words import Model
from services.runtime import port
from services.vehicles import agency_api as wire

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
_PLATE_KINDS: Mapping[wire.PlateKind, str] = {
    "01": "large", "02": "small", "07": "motorcycle", "15": "trailer", "51": "large_new_energy", "52": "small_new_energy"}
_ASKED_PLATE_KINDS = {ours: theirs for theirs, ours in _PLATE_KINDS.items()}
_VEHICLE_KINDS: Mapping[wire.VehicleKind, str] = {
    "K11": "大型普通客车", "K31": "小型普通客车", "K32": "小型越野客车", "K33": "小型轿车", "H11": "重型普通货车",
    "H21": "中型普通货车", "H31": "轻型普通货车", "Q11": "重型半挂牵引车", "B11": "重型普通半挂车", "M21": "普通二轮摩托车"}
_COLOURS: Mapping[wire.Colour, str] = {
    "A": "白", "B": "灰", "C": "黄", "D": "粉", "E": "红", "F": "紫", "G": "绿", "H": "蓝", "I": "棕", "J": "黑", "Z": "其他"}
_USES: Mapping[wire.Use, str] = {
    "A": "非营运", "B": "公路客运", "C": "公交客运", "D": "出租客运", "E": "旅游客运", "F": "货运", "G": "租赁"}
_STATUSES = {
    "A": "normal", "B": "transferred_out", "C": "stolen", "D": "out_of_service", "E": "deregistered",
    "G": "violation_unsettled", "H": "customs_supervision", "I": "accident_unsettled", "J": "suspect", "K": "sealed",
    "L": "detained", "M": "compulsory_scrap", "N": "hit_and_run", "O": "locked", "P": "scrapped", "Q": "inspection_overdue",
}
_SEALS: Mapping[wire.SealKind, MeasureKind] = {"1": "seal", "2": "seal", "3": "seize", "4": "seize", "5": "watchlist"}
_STATES: Mapping[wire.SealState, ControlState] = {
    "1": "in_force", "2": "waiting", "3": "released", "4": "expired", "5": "lapsed", "6": "transferred", "7": "reversed"}
_UNSUPPORTED = "2001"
_REASONS = {
    "1001": "document_missing", "1002": "document_mismatch", "1003": "credential_missing", "1004": "identity_mismatch",
    "1005": "identity_incomplete", "1006": "not_authorised", "2002": "asset_not_found", "2003": "asset_exempt",
    "2004": "no_original_measure", "2005": "term_over_cap", "2006": "already_expired", "2007": "quota_exceeded",
    "2008": "no_original_measure", "2099": "rejected_by_agency",
}
_UNAVAILABLE = {"9002": "busy", "9003": "office_closed"}
_STATUS_OF_TROUBLE = {"9001": HTTPStatus.BAD_REQUEST, "9004": HTTPStatus.FORBIDDEN}
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
        if isinstance(body, wire.Trouble):
            return _in_trouble(body, asked)
        rows: dict[str, list[dict[str, Any]]] = {one.request_no: [] for one in asked}
        for row in body.jg:
            own = rows.get(str(row.get("qqdh")))
            if own is None:
                raise AgencyProtocolError("an answer to no request that was asked")
            own.append(row)
        read = _read_query if asked[0].asks == "query" else _read_control
        return {number: _answer(own, body, read) for number, own in rows.items()}


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


def _open(response: port.AgencyResponse) -> wire.Answers | wire.Trouble:
    if response.content_type.partition(";")[0].strip().lower() != "application/json":
        raise AgencyProtocolError(f"status {response.status}, {response.content_type[:80]!r}: not JSON")
    try:
        body = wire.BODY.validate_json(response.body)
    except ValidationError as error:
        raise AgencyProtocolError(_what_is_wrong(error)) from error
    if response.status != _STATUS_OF_TROUBLE.get(body.code, HTTPStatus.OK):
        raise AgencyProtocolError(f"status {response.status} with code {body.code}")
    return body


def _in_trouble(body: wire.Trouble, asked: Sequence[port.Asked]) -> Mapping[str, port.Answer]:
    if body.code in _UNAVAILABLE:
        raise AgencyUnavailable(body.msg, code=_UNAVAILABLE[body.code])
    if body.code == "9001":
        raise AgencyProtocolError(f"the agency cannot read our message: {body.msg}")
    return {one.request_no: port.Refused("not_authorised", body.msg) for one in asked}


def _answer(
    rows: Sequence[dict[str, Any]], body: wire.Answers, read: Callable[[wire.Answers, dict[str, Any]], port.Answer],
) -> port.Answer:
    if len(rows) != 1:
        return port.OutsideProtocol(f"{len(rows)} answers to one request")
    try:
        return read(body, rows[0])
    except ValidationError as error:
        return port.OutsideProtocol(_what_is_wrong(error))
    except ValueError as error:
        return port.OutsideProtocol(str(error))


def _what_is_wrong(error: ValidationError) -> str:
    """Name fields and faults, never values: they are personal data."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults)[:_MOST_DETAIL]


def _read_query(body: wire.Answers, row: dict[str, Any]) -> port.Answer:
    match wire.QUERY_ANSWER.validate_python(row):
        case wire.Vehicles() as owned:
            if owned.sl != len(owned.cl):
                raise ValueError("the vehicles do not agree with their count")
            return port.Found(body.sj, [_asset(vehicle) for vehicle in owned.cl])
        case wire.Received() as received:
            return port.Accepted(received.sldh, received.yjms)
        case wire.Declined() as declined:
            return _refused(declined)


def _read_control(body: wire.Answers, row: dict[str, Any]) -> port.Answer:
    match wire.CONTROL_ANSWER.validate_python(row):
        case wire.Done() as done:
            return port.Controlled(body.sj, _controlled(done))
        case wire.Received() as received:
            return port.Accepted(received.sldh, received.yjms)
        case wire.Declined() as declined:
            return _refused(declined)


def _refused(declined: wire.Declined) -> port.Answer:
    if declined.code == _UNSUPPORTED:
        return port.Unsupported(declined.msg)
    return port.Refused(_REASONS[declined.code], declined.msg)


def _asset(vehicle: wire.Vehicle) -> FoundAsset:
    if vehicle.dy and vehicle.dybj == "0":
        raise ValueError("a mortgage on a vehicle that is marked as free of them")
    return FoundAsset(record=_record(vehicle), prior_measures=tuple(map(_measure, vehicle.cf)),
                      priority_rights=tuple(map(_priority, vehicle.dy)))


def _record(vehicle: wire.Vehicle) -> dict[str, object]:
    return VehicleRecord.model_validate({
        "plate_no": vehicle.hphm, "plate_type": _PLATE_KINDS[vehicle.hpzl], "vin": vehicle.clsbdh, "engine_no": vehicle.fdjh,
        "vehicle_type": _VEHICLE_KINDS[vehicle.cllx], "brand": vehicle.clpp, "model": vehicle.clxh,
        "colour": _COLOURS[vehicle.csys] if vehicle.csys else None, "use_nature": _USES[vehicle.syxz] if vehicle.syxz else None,
        "owner_name": vehicle.syr, "owner_id_no": vehicle.sfzmhm, "first_registered_on": vehicle.ccdjrq,
        "inspection_valid_to": vehicle.yxqz, "scrap_by": vehicle.qzbfqz, "issuing_office": vehicle.fzjg,
        "managing_office": vehicle.glbm, "status_codes": tuple(_STATUSES[letter] for letter in vehicle.zt),
        "mortgage_flag": vehicle.dybj == "1", "registration_certificate_no": vehicle.djzsbh, "archive_no": vehicle.dabh,
    }).model_dump(mode="json", exclude_none=True)


def _measure(seal: wire.Seal) -> PriorMeasure:
    return PriorMeasure(kind=_SEALS[seal.cflx], authority=seal.cfjg, document_no=seal.cfwh, rank=seal.cfsx,
                        from_on=seal.ksrq, until_on=seal.jsrq, request_no=seal.qqdh)


def _priority(mortgage: wire.Mortgage) -> PriorityRight:
    return PriorityRight(kind="mortgage", holder=mortgage.dyqr, amount_fen=mortgage.je)


def _controlled(done: wire.Done) -> ControlAnswer:
    return ControlAnswer(
        state=_STATES[done.cfzt], rank=done.cfsx, served_at=done.sdsj, effective_at=done.sxsj, until_on=done.jsrq,
        agency_control_no=done.cfdh, prior_measures=tuple(map(_measure, done.cf)),
        priority_rights=tuple(map(_priority, done.dy)), wire={"cfzt": done.cfzt})
