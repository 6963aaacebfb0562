"""Commands become the depository's request files, its feedback files become answers. Pure; it keeps and calls nothing.

Sources: domain.md §3, §6.1; golden pairs in examples.py. A code that these tables do not have is never given a meaning.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from contracts.agency import Agency
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported, ContractError
from contracts.messages import Command, Unread
from contracts.money import fen_to_yuan
from services.runtime import port
from services.runtime.reading.envelopes import read_or_mark
from services.runtime.reading.items import unread
from services.securities import agency_api as wire
from services.securities import codes, feedback, reading
from services.securities.file import CONTENT_TYPE, File, Line, Spoilt, batch_no, institution, pack, unpack

_NO_LINE = Line([], "")


class Securities:
    """The translation for securities depositories."""

    asset_type = "securities"

    def to_call(self, agency: Agency, outgoing: Sequence[port.Outgoing]) -> port.AgencyCall:
        """Write one request file, or ask for the result of an earlier request number. See port.Adapter."""
        command = outgoing[0].command
        if not _able(agency, command.action):
            raise AgencyUnsupported(f"{agency.agency} does not do {command.action}")
        if command.action == "status":
            return port.AgencyCall("GET", f"/results/{_family(command.asks)}/{quote(command.request_no, safe='')}")
        head = wire.Head("00", f"{_family(command.action)}QQ", institution(agency), batch_no(command.request_no))
        lines = [fields for one in outgoing for fields in _request(one)]
        content = pack(head, lines, _attachments(outgoing))
        return port.AgencyCall("POST", f"/files/{head.file_name}.zip", content, CONTENT_TYPE)

    def to_answers(
        self, agency: Agency, asked: Sequence[port.Asked], response: port.AgencyResponse,
    ) -> Mapping[str, port.Answer]:
        """Read a feedback or receipt file. See port.Adapter."""
        file = _file(agency, asked, response)
        if file.first.prefix != "CXFK":
            return _strictly(file, asked)
        marks = list(_around(file))
        as_of = read_or_mark(reading.INSTANT, {"FKSJ": file.first.stamp}, "FKSJ", "as_of", marks)
        own, strays = _by_request(file, asked)
        marks += [unread("request_no", "QQDH", "implausible")] if strays else []
        return {number: feedback.answer(partial(reading.found, as_of, marks), lines) for number, lines in own.items()}


ADAPTER = Securities()


def _able(agency: Agency, action: str) -> bool:
    if action == "freeze_and_deduct":
        return agency.can("freeze") and agency.can("deduct")
    return agency.can(action) and (action in codes.MEASURES or action in ("query", "status"))


def _family(asks: str) -> str:
    return "CX" if asks == "query" else "KZ"


def _request(one: port.Outgoing) -> Iterator[Sequence[str]]:
    command = one.command
    case, officer, subject = command.case, command.officer, command.subject
    yield wire.RequestLine(
        "01", command.request_no, case.court_code, case.court_name, case.case_no, officer.name, officer.work_card_no,
        officer.duty_card_no, officer.phone or "", subject.name, _code(codes.ID_TYPES, subject.id_type), subject.id_no,
        one.callback_url or "")
    for document in command.documents:
        member = _member(document.document_id) if document.document_id in one.contents else ""
        yield wire.DocumentLine("02", command.request_no, _code(codes.DOCUMENTS, document.kind), document.document_no,
                                _yyyymmdd(document.issued_on), member)
    if command.action != "query":
        yield from _order(command)


def _order(command: Command) -> Iterator[Sequence[str]]:
    control = command.control
    if control is None or not {"securities_account", "security_code"} <= control.asset.keys():
        raise ContractError("a control command names its asset")
    measure = codes.MEASURES[command.action]
    if command.action == "release" and control.waiting_serial:
        measure = codes.RELEASE_WAITING
    yield wire.OrderLine(
        "03", command.request_no, measure, str(control.asset["securities_account"]),
        str(control.asset["security_code"]), _text(control.quantity),
        "" if control.amount_fen is None else fen_to_yuan(control.amount_fen), _text(control.term_months),
        _yyyymmdd(control.until_on), control.original_request_no or "", control.original_case_no or "",
        control.agency_control_no or "", control.waiting_serial or "")
    if to := control.transferee:
        yield wire.TransfereeLine("04", command.request_no, to.name, _code(codes.ID_TYPES, to.id_type), to.id_no)
    if into := control.case_funds_account:
        yield wire.PayeeLine("05", command.request_no, into.bank, into.account_no, into.name)


def _code(table: Mapping[str, str], word: str) -> str:
    if word not in table:
        raise ContractError(f"the depository has no code for {word!r}")
    return table[word]


def _yyyymmdd(on: date | None) -> str:
    return f"{on:%Y%m%d}" if on else ""


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


def _member(document_id: str | None) -> str:
    return f"WS{str(document_id).removeprefix('sha256:')}"


def _attachments(outgoing: Sequence[port.Outgoing]) -> dict[str, bytes]:
    return {_member(document_id): content for one in outgoing for document_id, content in one.contents.items()}


def _file(agency: Agency, asked: Sequence[port.Asked], response: port.AgencyResponse) -> File:
    if response.status != HTTPStatus.OK or response.content_type.partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise AgencyProtocolError(f"status {response.status}, {response.content_type[:80]!r}: not a file")
    file = unpack(response.body)
    first = file.first
    if first.prefix not in (f"{_family(asked[0].asks)}FK", f"{_family(asked[0].asks)}HZ"):
        raise AgencyProtocolError("the file is of another kind")
    batches = (batch_no(one.request_no) for one in asked)
    if first.institution != institution(agency) or first.batch not in batches:
        raise AgencyProtocolError("the file answers another institution or batch")
    return file


def _by_request(file: File, asked: Sequence[port.Asked]) -> tuple[dict[str, list[Line]], int]:
    """Return the lines of each request, an empty one where a line of no request stood between them, and how many those are."""
    groups: dict[str, list[Line]] = {one.request_no: [] for one in asked}
    strays, current = 0, list[Line]()
    for line in file.lines:
        number = line.fields[1].strip() if len(line.fields) > 1 else ""
        if number in groups:
            current = groups[number]
            current.append(line)
        else:
            strays += 1
            current.append(_NO_LINE)
    return groups, strays


def _around(file: File) -> Iterator[Unread]:
    """Mark what a query's feedback says beside its document, outside its lines."""
    first = file.first
    if first.code:
        yield unread("code", "JGDM", "unknown_code", first.code)
    if first.message:
        yield unread("message", "JGSM", "unknown_field", first.message)
    for place, more in enumerate(file.head.fields[len(wire.Head._fields):], start=len(wire.Head._fields) + 1):
        yield unread(f"#{place}", f"#{place}", "unknown_field", more)
    for name in sorted(file.attachments):
        yield unread(name, name, "unknown_field")
    if not file.counted:
        yield unread("count", "99", "implausible", file.stated)


def _strictly(file: File, asked: Sequence[port.Asked]) -> Mapping[str, port.Answer]:
    """Read a receipt, or the feedback of a control: a file that is not in all as its document says concludes nothing."""
    spoilt = any(isinstance(field, Spoilt) for line in (file.head, *file.lines) for field in line.fields)
    own, strays = _by_request(file, asked)
    if spoilt or strays or file.attachments or not file.counted or len(file.head.fields) != len(wire.Head._fields):
        raise AgencyProtocolError("the file has what its document does not have, or not what it has")
    if file.first.prefix.endswith("HZ"):
        return _receipt(file.first, own)
    read = partial(feedback.controlled, _stamp(file.first))
    return {number: feedback.answer(read, lines) for number, lines in own.items()}


def _stamp(head: wire.Head) -> datetime:
    if head.code:
        raise AgencyProtocolError(f"a feedback file has no code, not {head.code[:40]!r}")
    try:
        return wire.instant(head.stamp)
    except ValueError as error:
        raise AgencyProtocolError(f"the file's stamp: {error}") from error


def _receipt(head: wire.Head, lines: Mapping[str, list[Line]]) -> dict[str, port.Answer]:
    match head.code:
        case "1000":
            return {request_no: feedback.answer(feedback.accepted, own) for request_no, own in lines.items()}
        case "9001":
            raise AgencyUnavailable(head.message[:500], code="office_closed")
        case "9002":
            raise AgencyUnavailable(head.message[:500], code="busy")
        case "9003":
            return {request_no: port.Refused("not_authorised", head.message[:500]) for request_no in lines}
        case _:
            raise AgencyProtocolError(f"the file as a whole failed: {head.code[:40]!r} {head.message[:200]}")
