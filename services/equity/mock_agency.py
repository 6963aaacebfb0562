"""The registrar, simulated: it reads tasks, looks into register and ledger, and says how they stand (registrar.openapi.yaml).

It shares no code with the adapter, so that a wrong table shows.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from random import Random
from urllib.parse import unquote

from contracts.agency import Agency
from contracts.assets.equity import EquityRecord
from services.equity import said, stakes
from services.equity.said import Said
from services.runtime.mock.oddities import GONE, Oddity, write_oddly
from services.runtime.mock.port import Desk, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject

_PATH = "/tasks"
#: Most tasks of one call, by kind: queries, matters.
_MOST_TASKS: Mapping[str, int] = {"1": 20, "2": 1}
_ACTIONS = {"1": "freeze", "2": "renew", "3": "release", "4": "transfer"}
_NO_DOCUMENT, _NO_CREDENTIAL, _OTHER_NAME, _NO_TRANSFEREE, _NOT_OFFERED, _NO_STAKE, _REVIEWED, _UNKNOWN_TASK = (
    "01", "03", "04", "05", "07", "08", "12", "15")
_WAIT_S, _WAIT_MANUAL_S = "1", "3600"
#: What every task says, and a matter besides.
_ASKER, _MATTER = ("qqdh", "mc", "zjlx", "zjhm", "fymc", "fydm", "cbr", "ah"), ("zxsx", "tyshxydm", "bz")
_DAY = re.compile(r"(\d{4})年([1-9]\d?)月([1-9]\d?)日", re.ASCII)
_FORMS = {"gqse": re.compile(r"\d{1,10}\.\d{6}", re.ASCII), "gqbl": re.compile(r"\d{1,3}\.\d{4}%", re.ASCII)}
#: How registrars write beside their document.
ODDITIES = (
    Oddity("qymc", ""), Oddity("sjcze", "50万元"), Oddity("sjcze", "500000"), Oddity("sjcze", "伍拾万元"), Oddity("sjcze", "99999999.000000"),
    Oddity("sjcze", GONE), Oddity("czfs", "5"), Oddity("czfs", "货币"), Oddity("gsrq", "2015年9月1日"), Oddity("gsrq", "20150901"),
    Oddity("gsrq", ""), Oddity("gsrq", "0001-01-01"), Oddity("gsrq", "2015年"), Oddity("bzsm", "新增字段"), Oddity("gqcz.0.djbh", GONE),
    Oddity("gqcz.0.djrq", "2025-06-18"), Oddity("gqcz.0.djrq", "2025年6月"), Oddity("gqcz.0.zt", "有效"), Oddity("sfxz.0.qxz", GONE),
    Oddity("sfxz.0.qxz", "9999-12-31"), Oddity("sfxz.0.wsh", GONE), Oddity("sfxz.0.lhsx", "首封"),
    Oddity("tyshxydm", "445300000012345", telling=False), Oddity("tyshxydm", "91445300MA4UN0001C", telling=False),
    Oddity("tyshxydm", "粤工商注册", telling=False), Oddity("rjcze", "100万元", telling=False), Oddity("rjcze", "100.0000", telling=False),
    Oddity("rjcze", "1000000", telling=False), Oddity("rjcze", "100万美元", telling=False), Oddity("bz", "840", telling=False),
    Oddity("bz", "人民币", telling=False), Oddity("bz", "A01", telling=False), Oddity("cgbl", "50%", telling=False),
    Oddity("cgbl", "0.5", telling=False), Oddity("cgbl", "33.33%", telling=False), Oddity("cgbl", "1", telling=False),
    Oddity("djzt", "存续", telling=False), Oddity("djzt", "8", telling=False), Oddity("gdmc", "", telling=False),
    Oddity("gqcz.0.czse", "见合同", telling=False), Oddity("sfxz.0.gqse", "全部", telling=False), Oddity("sfxz.0.zxfy", "", telling=False),
)


@dataclass(frozen=True, slots=True)
class _Call:
    """What one HTTP call asks: tasks with the numbers they have, or how a number stands (no tasks)."""

    numbers: Sequence[str]
    tasks: Sequence[Said] = ()


class Registrar:
    """Market regulation."""

    asset_type = "equity"

    def holdings(self, agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:  # noqa: ARG002
        """Make one subject's stakes. See port.MockAgency."""
        return stakes.holdings(subject, rng)

    def answer(self, desk: Desk, request: MockRequest) -> MockResponse | Later:
        """Answer one call. See port.MockAgency."""
        call = _read(request)
        if not isinstance(call, _Call):
            return call
        if not call.tasks:
            return _status(desk, call.numbers[0])
        done = [_task(desk, task) for task in call.tasks]
        if desk.agency.answers_by == "response":
            return said.answer(done)
        return Later(
            said.answer([_at_work(desk, number) for number in call.numbers]),
            {number: said.answer([task]) for number, task in zip(call.numbers, done, strict=True)},
            {task["qqdh"]: task["hddz"] for task in call.tasks if task.get("hddz")})

    def odd(self, response: MockResponse, rng: Random) -> MockResponse:
        """Write one field of one stake oddly. See port.MockAgency."""
        message = json.loads(response.body)
        found = [task.get("cxjg", {}).get("gq", ()) for task in message.get("rw", ())]
        write_oddly([stake for held in found for stake in held], ODDITIES, rng)
        return replace(response, body=said.written(message))

    def error(self, desk: Desk, request: MockRequest, kind: str) -> MockResponse:
        """Answer one call with a scripted fault. See port.MockAgency."""
        if kind == "office_closed":
            return said.CLOSED
        call = _read(request)
        if kind == "refused" and isinstance(call, _Call):
            return said.answer([said.sent_back(number, desk.now(), _REVIEWED) for number in call.numbers])
        answered = self.answer(desk, request)
        right = answered.received if isinstance(answered, Later) else answered
        if kind == "malformed":
            return replace(right, body=right.body[:len(right.body) // 2])
        return replace(right, body=said.spoilt(right.body, kind))


MOCK = Registrar()


def _read(request: MockRequest) -> _Call | MockResponse:
    """Read a call; what the registrar cannot read is answered at once."""
    if request.method == "GET" and request.path.startswith(f"{_PATH}/"):
        return _Call([unquote(request.path.removeprefix(f"{_PATH}/")).removeprefix(said.TASK_PREFIX)])
    if (request.method, request.path) != ("POST", _PATH):
        return MockResponse(404, b'{"error":"no such path"}')
    try:
        tasks = _tasks(json.loads(request.body))
    except (KeyError, TypeError, ValueError):
        return said.UNREADABLE
    return _Call([task["qqdh"] for task in tasks], tasks)


def _tasks(message: Said) -> list[Said]:
    """Return the tasks of a message. Raises: KeyError, TypeError or ValueError if it is not what the document asks for."""
    kind, tasks = message["rwlx"], message["rw"]
    if not 1 <= len(tasks) <= _MOST_TASKS[kind]:
        raise ValueError("more tasks than a call may have, or none")
    for task in tasks:
        if any(not isinstance(task[name], str) or not task[name] for name in (*_ASKER, *(_MATTER if kind == "2" else ()))):
            raise ValueError("not what the document asks for")
        if task.get("zxsx", "1") not in _ACTIONS or any(not form.fullmatch(task[name]) for name, form in _FORMS.items() if name in task):
            raise ValueError("a code, an amount or a share in another form")
        _day(task.get("qxz"))
    return list(tasks)


def _at_work(desk: Desk, number: str) -> said.Said:
    return said.at_work(number, _WAIT_MANUAL_S if desk.agency.mode == "manual" else _WAIT_S)


def _status(desk: Desk, number: str) -> MockResponse:
    """Say how a task stands: a matter as it is now, a query as it was answered."""
    effect = desk.effect(number)
    try:
        kept = desk.answer_later(number)
    except KeyError:
        pass
    else:
        if kept is None:
            return said.answer([_at_work(desk, number)])
        if effect is None:
            return kept
    if effect is None:
        return said.answer([said.sent_back(number, desk.now(), _UNKNOWN_TASK)])
    return said.answer([said.matter_done(number, desk.now(), effect)])


def _task(desk: Desk, task: Said) -> Said:
    subject = desk.subject(task["zjhm"])
    refusal = _refusal(task, subject)
    if refusal is not None:
        return said.sent_back(task["qqdh"], desk.now(), refusal)
    if "zxsx" in task:
        return _matter(desk, task)
    held = () if subject is None else desk.holdings(subject)
    found = [said.stake(holding, desk.measures(holding.key, task["zjhm"])) for holding in held]
    if subject is not None and (rng := desk.odd(subject)):
        write_oddly(found, ODDITIES, rng, telling_only=True)
    return said.query_done(task["qqdh"], desk.now(), found)


def _refusal(task: Said, subject: RegisteredSubject | None) -> str | None:
    """Say why the registrar sends a task back unread."""
    if not task.get("ws"):
        return _NO_DOCUMENT
    if not task.get("gzzbh", "").strip() or not task.get("gwzbh", "").strip():
        return _NO_CREDENTIAL
    return _OTHER_NAME if subject is not None and subject.name != task["mc"] else None


def _matter(desk: Desk, matter: Said) -> Said:
    number, action = matter["qqdh"], _ACTIONS[matter["zxsx"]]
    holding = desk.holding(matter["tyshxydm"], matter["zjhm"])
    if not desk.agency.can(action):
        return said.sent_back(number, desk.now(), _NOT_OFFERED)
    if holding is None:
        return said.sent_back(number, desk.now(), _NO_STAKE)
    if action == "transfer" and matter.get("srr") is None:
        return said.sent_back(number, desk.now(), _NO_TRANSFEREE)
    if "gqse" in matter and matter["bz"] != said.currency_of(holding):
        return said.sent_back(number, desk.now(), _REVIEWED)
    return said.matter_done(number, desk.now(), desk.order(_order(matter, action, holding)))


def _order(matter: Said, action: str, holding: Holding) -> Order:
    return Order(
        request_no=matter["qqdh"], action=action, key=matter["tyshxydm"], authority=matter["fymc"],
        document_no=matter.get("cdwsh") or matter["ah"], amount_fen=_capital(matter, holding), term_months=matter.get("qxys"),
        until_on=_day(matter.get("qxz")), original_request_no=matter.get("yqqdh"), agency_control_no=matter.get("gsbh"),
        holder_id_no=matter["zjhm"])


def _day(text: str | None) -> date | None:
    """Read a day. Raises: ValueError."""
    if text is None:
        return None
    parts = _DAY.fullmatch(text)
    if parts is None:
        raise ValueError("no day")
    return date(int(parts[1]), int(parts[2]), int(parts[3]))


def _capital(matter: Said, holding: Holding) -> int | None:
    """Return the capital a matter is about, to the fen; a share of the company is so much of the holder's own capital."""
    record = holding.record
    assert isinstance(record, EquityRecord)
    if "gqbl" not in matter:
        return int(matter["gqse"].replace(".", "")) if "gqse" in matter else None
    share = Fraction(matter["gqbl"].removesuffix("%")) / 100
    return int(record.subscribed_capital_fen * share / Fraction(record.share_ratio))
