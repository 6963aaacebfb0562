"""A simulated depository: request files in, feedback and receipt files out. It must not import the adapter.

Its tables are its own, so that a wrong code in the adapter is found by asking it. Source: domain.md §6.1, §7.3, §7.4.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from urllib.parse import unquote

from contracts.agency import Agency
from contracts.assets.securities import ASSET_TYPE, SecurityRecord
from contracts.clock import CHINA
from contracts.control import PriorMeasure
from contracts.documents import missing
from contracts.failures import AgencyProtocolError
from services.runtime.mock.port import Desk, Effect, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject
from services.securities import agency_api as wire
from services.securities.file import CONTENT_TYPE, File, batch_no, institution, pack, unpack
from services.securities.portfolio import invent

Lines = list[Sequence[str]]

_ACTIONS = {"01": "freeze", "02": "renew", "04": "release", "05": "release", "06": "deduct", "08": "freeze_and_deduct",
            "09": "transfer"}
_KINDS = {
    "01": "assist_query_notice", "02": "assist_freeze_notice", "03": "assist_execution_notice",
    "04": "assist_publicity_notice", "05": "assist_release_notice", "06": "assist_deduct_notice", "11": "ruling",
    "12": "release_ruling", "13": "deduct_ruling", "14": "transfer_ruling", "21": "application",
    "22": "written_confirmation", "23": "transfer_letter", "24": "ownership_proof",
}
_REFUSALS = {
    "document_missing": "1001", "document_mismatch": "1002", "credential_missing": "1003", "identity_mismatch": "1004",
    "identity_incomplete": "1005", "not_authorised": "1006", "asset_not_found": "2001", "asset_exempt": "2002",
    "no_original_measure": "2003", "term_over_cap": "2004", "already_expired": "2005", "measure_unsupported": "2006",
    "quota_exceeded": "2007", "rejected_by_agency": "2008", "funds_account_missing": "2010",
}
_PAID_OUT = frozenset({"deduct", "freeze_and_deduct"})
_STATES = {"in_force": "01", "waiting": "02", "partly_in_force": "03", "marked": "04", "released": "05", "expired": "06",
           "lapsed": "07", "deducted": "08", "transferred": "09", "reversed": "10"}
_STANDING = {"freeze": "01", "freeze_and_deduct": "08"}
_MARKETS = {"shenzhen": "0", "shanghai": "1", "beijing": "2"}
_NATURES = {"tradable": "00", "restricted": "01", "bond": "02", "fund": "03"}
#: When a person works through the requests, the agency does not say how long that takes.
_ASK_AFTER_S = {"automatic": "1", "semi_automatic": "1", "manual": ""}


@dataclass(slots=True)
class _Asked:
    """One request of a file."""

    own: wire.RequestLine
    documents: list[wire.DocumentLine] = field(default_factory=list)
    order: wire.OrderLine | None = None
    transferee: wire.TransfereeLine | None = None
    payee: wire.PayeeLine | None = None

    @property
    def action(self) -> str:
        return _ACTIONS[self.order.measure] if self.order else "query"


class Depository:
    """The simulated depository."""

    asset_type = "securities"

    def holdings(self, agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:  # noqa: ARG002 - the port
        """Give some subjects securities. See MockAgency."""
        return invent(subject, rng)

    def answer(self, desk: Desk, request: MockRequest) -> MockResponse | Later:
        """Answer a request file, or the question for the result of an earlier request number. See MockAgency."""
        parts = request.path.strip("/").split("/", 2)
        if request.method == "GET" and parts[0] == "results" and len(parts) == 3:  # noqa: PLR2004 - results/CX/number
            return _result(desk, parts[1], unquote(parts[2]))
        if request.method == "POST" and parts[0] == "files":
            return _upload(desk, request.body)
        return MockResponse(status=404, content_type="text/plain")

    def error(self, desk: Desk, request: MockRequest, kind: str) -> MockResponse:
        """Answer wrongly, or decline. See MockAgency."""
        family, batch, numbers = _addressed(request)
        if kind == "office_closed":
            return _receipt(desk, family, batch, "9001", [])
        if kind == "refused":
            return _feedback(desk, family, batch, [_declined(family, number, "2008") for number in numbers])
        answer = self.answer(desk, request)
        right = (answer.received if isinstance(answer, Later) else answer).body
        if kind == "malformed":
            return MockResponse(body=right[: len(right) // 2], content_type=CONTENT_TYPE)
        return _spoilt(unpack(right), kind)


MOCK = Depository()


def _upload(desk: Desk, body: bytes) -> MockResponse | Later:
    try:
        file = unpack(body)
        asked = list(_read(file))
    except (AgencyProtocolError, ValueError):
        return _receipt(desk, "CX", "0" * 30, "9004", [])
    family, batch = file.head.prefix[:2], file.head.batch
    if file.head.institution != institution(desk.agency):
        return _receipt(desk, family, batch, "9003", [])
    own = {one.own.request_no: _answer(desk, one) for one in asked}
    if desk.agency.answers_by == "response":
        return _feedback(desk, family, batch, [fields for lines in own.values() for fields in lines])
    return Later(
        received=_taken(desk, family, batch, list(own)),
        answers={number: _feedback(desk, family, batch_no(number), lines) for number, lines in own.items()},
        callbacks={one.own.request_no: one.own.callback for one in asked if one.own.callback})


def _read(file: File) -> Iterator[_Asked]:
    current: _Asked | None = None
    for fields in file.lines:
        if fields[0] == "01":
            if current:
                yield current
            current = _Asked(wire.line(wire.RequestLine, fields))
        elif current:
            _add(current, fields)
        else:
            raise ValueError("a line 01 is missing")
    if current:
        yield current


def _add(asked: _Asked, fields: Sequence[str]) -> None:
    match fields[0]:
        case "02":
            asked.documents.append(wire.line(wire.DocumentLine, fields))
        case "03":
            asked.order = wire.line(wire.OrderLine, fields)
        case "04":
            asked.transferee = wire.line(wire.TransfereeLine, fields)
        case "05":
            asked.payee = wire.line(wire.PayeeLine, fields)
        case _:
            raise ValueError(f"a request file has no line {fields[0]}")


def _answer(desk: Desk, asked: _Asked) -> Lines:
    number, subject = asked.own.request_no, desk.subject(asked.own.id_no)
    if code := _objection(asked, subject):
        return [_declined("KZ" if asked.order else "CX", number, _REFUSALS[code])]
    if asked.order:
        return _effect(number, desk.order(_order(asked, asked.order)))
    return _holdings(desk, number, subject)


def _objection(asked: _Asked, subject: RegisteredSubject | None) -> str | None:
    if missing(ASSET_TYPE.documents[asked.action], {_KINDS[document.kind] for document in asked.documents}):
        return "document_missing"
    if not asked.own.duty_card_no:
        return "credential_missing"
    if asked.action == "transfer" and not asked.transferee:
        return "identity_incomplete"
    if asked.action in _PAID_OUT and not (asked.payee and all(asked.payee)):
        return "funds_account_missing"
    return "identity_mismatch" if subject and subject.name != asked.own.name else None


def _order(asked: _Asked, order: wire.OrderLine) -> Order:
    return Order(
        request_no=asked.own.request_no, action=asked.action, key=f"{order.account}/{order.security}",
        authority=asked.own.court_name, document_no=asked.documents[0].document_no,
        amount_fen=wire.known(wire.fen, order.amount), quantity=wire.known(wire.digits, order.quantity),
        term_months=wire.known(wire.digits, order.months), until_on=wire.known(wire.day, order.until),
        original_request_no=order.original_request_no or None, agency_control_no=order.freeze_serial or None,
        holder_id_no=asked.own.id_no)


def _declined(family: str, number: str, code: str) -> Sequence[str]:
    """Decline one request; a control answers with its own kind of line."""
    result = (code, wire.RESULT_CODES[code], "0")
    return wire.ResultLine("10", number, *result) if family == "CX" else wire.ControlLine("30", number, *result, *[""] * 13)


def _holdings(desk: Desk, number: str, subject: RegisteredSubject | None) -> Lines:
    lines = [fields for holding in (desk.holdings(subject) if subject else ()) for fields in _holding(desk, number, holding, subject)]
    code = "0000" if lines else "0001"
    return [wire.ResultLine("10", number, code, wire.RESULT_CODES[code], str(len(lines))), *lines]


def _holding(desk: Desk, number: str, holding: Holding, subject: RegisteredSubject | None) -> Iterator[Sequence[str]]:
    record = holding.record
    assert isinstance(record, SecurityRecord)
    price = record.close_price_fen
    yield wire.HoldingLine(
        "20", number, record.securities_account, record.security_code, record.security_name, _MARKETS[record.market],
        record.holder_name, _NATURES[record.share_nature], record.custody_unit or "", str(record.quantity),
        str(record.available_quantity), str(record.frozen_quantity), "" if price is None else f"{_yuan(price)}0")
    for pledge, right in zip(record.pledges, holding.priority_rights, strict=True):
        yield wire.PledgeLine("21", number, pledge.pledgee, str(pledge.quantity), _day(pledge.registered_on),
                              pledge.serial or "", _yuan(right.amount_fen))
    for mark in record.marks:
        yield wire.MarkLine("22", number, mark.authority, str(mark.quantity), _day(mark.from_on), _day(mark.until_on))
    yield from _freezes(number, desk.measures(holding.key, subject.id_no if subject else None))


def _freezes(number: str, measures: Sequence[PriorMeasure]) -> Lines:
    return [wire.FreezeLine(
        "23", number, _STANDING[one.kind], one.authority, one.document_no or "", _count(one.quantity),
        _yuan(one.amount_fen), _count(one.rank), _day(one.from_on), _day(one.until_on), one.request_no or "")
        for one in measures]


def _effect(number: str, effect: Effect) -> Lines:
    if effect.state == "refused":
        return [_declined("KZ", number, _REFUSALS[effect.code or "rejected_by_agency"])]
    rights = [wire.PledgeLine("21", number, right.holder, "", "", "", _yuan(right.amount_fen))
              for right in effect.priority_rights]
    more = [*rights, *_freezes(number, effect.prior_measures)]
    waits = bool(effect.waiting_quantity)
    return [wire.ControlLine(
        "30", number, "0000", wire.RESULT_CODES["0000"], str(len(more)), _STATES[effect.state], _count(effect.quantity),
        _count(effect.marked_quantity), _count(effect.waiting_quantity), _yuan(effect.actual_fen), _yuan(effect.unfunded_fen), _yuan(effect.deducted_fen), _count(effect.rank),
        effect.agency_control_no or "", f"LH{effect.agency_control_no}" if waits else "", _instant(effect.served_at),
        _instant(effect.effective_at), _day(effect.until_on)), *more]


def _result(desk: Desk, family: str, number: str) -> MockResponse:
    """Answer how an earlier request number stands: what was kept for it, or the effect as it is now."""
    try:
        kept = desk.answer_later(number)
    except KeyError:
        kept = _feedback(desk, family, batch_no(number), [_declined(family, number, "2009")])
    if kept is None:
        return _taken(desk, family, batch_no(number), [number])
    effect = desk.effect(number)
    return kept if effect is None else _feedback(desk, family, batch_no(number), _effect(number, effect))


def _feedback(desk: Desk, family: str, batch: str, lines: Lines) -> MockResponse:
    head = wire.Head("00", f"{family}FK", institution(desk.agency), batch, _instant(desk.now()))
    return MockResponse(body=pack(head, lines), content_type=CONTENT_TYPE)


def _taken(desk: Desk, family: str, batch: str, numbers: Sequence[str]) -> MockResponse:
    ask_after_s = _ASK_AFTER_S[desk.agency.mode]
    lines: Lines = [wire.TakenLine("11", one, f"SL{batch_no(one)[:12]}", ask_after_s) for one in numbers]
    return _receipt(desk, family, batch, "1000", lines)


def _receipt(desk: Desk, family: str, batch: str, code: str, lines: Lines) -> MockResponse:
    head = wire.Head("00", f"{family}HZ", institution(desk.agency), batch, _instant(desk.now()), code, wire.FILE_CODES[code])
    return MockResponse(body=pack(head, lines), content_type=CONTENT_TYPE)


def _addressed(request: MockRequest) -> tuple[str, str, list[str]]:
    """Return the family, the batch and the request numbers a call is about."""
    if request.method == "GET":
        _, family, number = request.path.strip("/").split("/", 2)
        return family, batch_no(unquote(number)), [unquote(number)]
    file = unpack(request.body)
    return file.head.prefix[:2], file.head.batch, [fields[1] for fields in file.lines if fields[0] == "01"]


def _spoilt(file: File, kind: str) -> MockResponse:
    """Give every request's first line a field too many, or a code its list does not have."""
    for fields in file.lines:
        if kind == "unknown_field":
            fields.append("新增栏目")
        else:
            fields[2] = "8888"
    head = file.head if kind == "unknown_field" else file.head._replace(code="8888" if file.head.code else "")
    return MockResponse(body=pack(head, file.lines), content_type=CONTENT_TYPE)


def _count(number: int | None) -> str:
    return "" if number is None else str(number)


def _yuan(fen: int | None) -> str:
    return "" if fen is None else f"{fen // 100}.{fen % 100:02d}"


def _day(on: date | None) -> str:
    return "" if on is None else f"{on:%Y%m%d}"


def _instant(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(CHINA):%Y%m%d%H%M%S}"
