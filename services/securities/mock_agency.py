"""A simulated depository: request files in, feedback and receipt files out, as its document says (depository.files.yaml).

It shares no code with the adapter. Its tables are its own, so that a wrong code in the adapter is found by asking it.
Source: domain.md §3, §6.1, §7.3, §7.4
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from random import Random
from typing import TypeVar
from urllib.parse import unquote

from contracts.agency import Agency
from contracts.assets.securities import ASSET_TYPE
from contracts.documents import missing
from contracts.money import yuan_to_fen
from services.runtime.mock.oddities import write_oddly
from services.runtime.mock.port import Desk, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject
from services.securities.mock_file import Field, Received, Said, item_of, line, lines_of, named, pack, unpack
from services.securities.mock_lines import (
    ODDITIES,
    REFUSALS,
    TEXTS,
    Lines,
    counted,
    declined,
    effect_lines,
    instant,
    items_of,
)
from services.securities.portfolio import invent

T = TypeVar("T")

_CONTENT_TYPE = "application/zip"
_INSTITUTION_CHARS, _BATCH_CHARS = 17, 30
_ACTIONS = {"01": "freeze", "02": "renew", "04": "release", "05": "release", "06": "deduct", "08": "freeze_and_deduct", "09": "transfer"}
_KINDS = {
    "01": "assist_query_notice", "02": "assist_freeze_notice", "03": "assist_execution_notice",
    "04": "assist_publicity_notice", "05": "assist_release_notice", "06": "assist_deduct_notice", "11": "ruling",
    "12": "release_ruling", "13": "deduct_ruling", "14": "transfer_ruling", "21": "application",
    "22": "written_confirmation", "23": "transfer_letter", "24": "ownership_proof",
}
_PAID_OUT = frozenset({"deduct", "freeze_and_deduct"})
#: When a person works through the requests, the agency does not say how long that takes.
_ASK_AFTER_S = {"automatic": "1", "semi_automatic": "1", "manual": ""}
@dataclass(slots=True)
class _Asked:
    """One request of a file."""

    own: Said
    documents: list[Said] = field(default_factory=list)
    #: its lines 03 to 05
    more: dict[str, Said] = field(default_factory=dict)

    @property
    def action(self) -> str:
        return _ACTIONS[self.more["03"]["XZSX"]] if "03" in self.more else "query"


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

    def odd(self, response: MockResponse, rng: Random) -> MockResponse:
        """Write one field of one holding oddly. See MockAgency."""
        file = unpack(response.body)
        groups = list(_groups(file.lines))
        items = {place: item_of(group) for place, group in enumerate(groups) if group[0][0] == "20"}
        if file.head["QZ"] != "CXFK" or not write_oddly(list(items.values()), ODDITIES, rng):
            return response
        lines = [one for place, group in enumerate(groups) for one in (lines_of(items[place]) if place in items else group)]
        return _file(file.head, counted(lines))

    def error(self, desk: Desk, request: MockRequest, kind: str) -> MockResponse:
        """Answer wrongly, or decline. See MockAgency."""
        family, batch, numbers = _addressed(request)
        if kind == "office_closed":
            return _receipt(desk, family, batch, "9001", [])
        if kind == "refused":
            return _feedback(desk, family, batch, [declined(family, number, "2008") for number in numbers])
        answer = self.answer(desk, request)
        right = (answer.received if isinstance(answer, Later) else answer).body
        if kind == "malformed":
            return MockResponse(body=right[: len(right) // 2], content_type=_CONTENT_TYPE)
        return _spoilt(unpack(right), kind)


MOCK = Depository()


def _institution(agency: Agency) -> str:
    return agency.agency.upper().replace("-", "")[:_INSTITUTION_CHARS].ljust(_INSTITUTION_CHARS, "0")


def _batch(number: str) -> str:
    return sha256(number.encode()).hexdigest()[:_BATCH_CHARS].upper()


def _upload(desk: Desk, body: bytes) -> MockResponse | Later:
    try:
        file = unpack(body)
        asked = list(map(_request, _groups(file.lines)))
    except (KeyError, ValueError):
        return _receipt(desk, "CX", "0" * _BATCH_CHARS, "9004", [])
    family, batch = file.head["QZ"][:2], file.head["PCH"]
    if file.head["JGBM"] != _institution(desk.agency):
        return _receipt(desk, family, batch, "9003", [])
    own = {one.own["QQDH"]: _answer(desk, one) for one in asked}
    if desk.agency.answers_by == "response":
        return _feedback(desk, family, batch, [fields for lines in own.values() for fields in lines])
    return Later(
        received=_taken(desk, family, batch, list(own)),
        answers={number: _feedback(desk, family, _batch(number), lines) for number, lines in own.items()},
        callbacks={one.own["QQDH"]: one.own["HDDZ"] for one in asked if one.own["HDDZ"]})


def _groups(lines: Sequence[list[str]]) -> Iterator[list[list[str]]]:
    """Part lines where a request, a result or a holding begins."""
    group: list[list[str]] = []
    for one in lines:
        if one[0] in ("01", "10", "20", "30") and group:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _request(lines: Sequence[list[str]]) -> _Asked:
    """Read a request. Raises: KeyError, ValueError."""
    first, *more = lines
    if first[0] != "01" or any(one[0] not in ("02", "03", "04", "05") for one in more):
        raise ValueError("a request file has lines 01 to 05")
    return _Asked(named(first), [named(one) for one in more if one[0] == "02"], {one[0]: named(one) for one in more if one[0] != "02"})


def _answer(desk: Desk, asked: _Asked) -> Lines:
    number, subject = asked.own["QQDH"], desk.subject(asked.own["ZJHM"])
    if code := _objection(asked, subject):
        return [declined("KZ" if asked.more else "CX", number, REFUSALS[code])]
    if asked.more:
        return effect_lines(number, desk.order(_order(asked, asked.more["03"])))
    return _holdings(desk, number, subject)


def _objection(asked: _Asked, subject: RegisteredSubject | None) -> str | None:
    if missing(ASSET_TYPE.documents[asked.action], {_KINDS[document["WSLB"]] for document in asked.documents}):
        return "document_missing"
    if not asked.own["GWZBH"]:
        return "credential_missing"
    if asked.action == "transfer" and "04" not in asked.more:
        return "identity_incomplete"
    if asked.action in _PAID_OUT and not all(asked.more.get("05", {"ZH": ""}).values()):
        return "funds_account_missing"
    return "identity_mismatch" if subject and subject.name != asked.own["XM"] else None


def _order(asked: _Asked, said: Said) -> Order:
    return Order(
        request_no=asked.own["QQDH"], action=asked.action, key=f"{said['ZQZH']}/{said['ZQDM']}",
        authority=asked.own["FYMC"], document_no=asked.documents[0]["WSWH"],
        amount_fen=_known(yuan_to_fen, said["JE"]), quantity=_known(int, said["SL"]), term_months=_known(int, said["QX"]),
        until_on=_known(_read_day, said["JZRQ"]), original_request_no=said["YQQDH"] or None,
        agency_control_no=said["DJBH"] or None, holder_id_no=asked.own["ZJHM"])


def _holdings(desk: Desk, number: str, subject: RegisteredSubject | None) -> Lines:
    items = [] if subject is None else [
        item for holding in desk.holdings(subject) for item in items_of(number, holding, desk.measures(holding.key, subject.id_no))]
    if subject is not None and (rng := desk.odd(subject)):
        write_oddly(items, ODDITIES, rng, telling_only=True)
    code = "0000" if items else "0001"
    return counted([line("10", {"QQDH": number, "JGDM": code, "JGSM": TEXTS[code], "HS": "0"}),
                     *(one for item in items for one in lines_of(item))])


def _result(desk: Desk, family: str, number: str) -> MockResponse:
    """Answer how an earlier request number stands: what was kept for it, or the effect as it is now."""
    try:
        kept = desk.answer_later(number)
    except KeyError:
        kept = _feedback(desk, family, _batch(number), [declined(family, number, "2009")])
    if kept is None:
        return _taken(desk, family, _batch(number), [number])
    effect = desk.effect(number)
    return kept if effect is None else _feedback(desk, family, _batch(number), effect_lines(number, effect))


def _file(head: Said, lines: Sequence[Sequence[Field]]) -> MockResponse:
    return MockResponse(body=pack(head, lines), content_type=_CONTENT_TYPE)


def _feedback(desk: Desk, family: str, batch: str, lines: Lines) -> MockResponse:
    return _file({"QZ": f"{family}FK", "JGBM": _institution(desk.agency), "PCH": batch, "FKSJ": instant(desk.now())}, lines)


def _taken(desk: Desk, family: str, batch: str, numbers: Sequence[str]) -> MockResponse:
    ask_after_s = _ASK_AFTER_S[desk.agency.mode]
    return _receipt(desk, family, batch, "1000", [line("11", {"QQDH": one, "SLBH": f"SL{_batch(one)[:12]}", "YJMS": ask_after_s}) for one in numbers])


def _receipt(desk: Desk, family: str, batch: str, code: str, lines: Lines) -> MockResponse:
    return _file({"QZ": f"{family}HZ", "JGBM": _institution(desk.agency), "PCH": batch, "FKSJ": instant(desk.now()), "JGDM": code,
                  "JGSM": TEXTS[code]}, lines)


def _addressed(request: MockRequest) -> tuple[str, str, list[str]]:
    """Return the family, the batch and the request numbers a call is about."""
    if request.method == "GET":
        _, family, number = request.path.strip("/").split("/", 2)
        return family, _batch(unquote(number)), [unquote(number)]
    file = unpack(request.body)
    return file.head["QZ"][:2], file.head["PCH"], [fields[1] for fields in file.lines if fields[0] == "01"]


def _spoilt(file: Received, kind: str) -> MockResponse:
    """Give every line a field too many, or a code its list does not have."""
    for fields in file.lines:
        if kind == "unknown_field":
            fields.append("新增栏目")
        else:
            fields[2] = "8888"
    is_code = kind != "unknown_field" and file.head["JGDM"]
    return _file(file.head | {"JGDM": "8888"} if is_code else file.head, file.lines)


def _known(read: Callable[[str], T], text: str) -> T | None:
    return read(text) if text else None


def _read_day(text: str) -> date:
    return date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}")
