"""The registrar, simulated: it reads tasks, looks into register and ledger, and says how they stand.

It shares no translation with the adapter, so that a wrong table shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

import orjson
from pydantic import ValidationError

from contracts.agency import Agency
from contracts.assets.equity import EquityRecord
from services.equity import said, stakes
from services.equity.agency_api import PATH, Matter, MatterTasks, Query, QueryTasks
from services.runtime.mock.port import Desk, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject

_LISTS: Mapping[str, type[QueryTasks] | type[MatterTasks]] = {"1": QueryTasks, "2": MatterTasks}
_ACTIONS = {"1": "freeze", "2": "renew", "3": "release", "4": "transfer"}
_NO_DOCUMENT, _NO_CREDENTIAL, _OTHER_NAME, _NO_TRANSFEREE, _NOT_OFFERED, _NO_STAKE, _REVIEWED, _UNKNOWN_TASK = (
    "01", "03", "04", "05", "07", "08", "12", "15")
_WAIT_S, _WAIT_MANUAL_S = "1", "3600"


@dataclass(frozen=True, slots=True)
class _Call:
    """What one HTTP call asks: tasks with the numbers they have, or how a number stands (no tasks)."""

    numbers: Sequence[str]
    tasks: Sequence[Query] = ()


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
            {task.request_no: task.callback_url for task in call.tasks if task.callback_url})

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
    if request.method == "GET" and request.path.startswith(f"{PATH}/"):
        return _Call([request.path.removeprefix(f"{PATH}/").removeprefix(said.TASK_PREFIX)])
    if (request.method, request.path) != ("POST", PATH):
        return MockResponse(404, b'{"error":"no such path"}')
    try:
        tasks = _LISTS[orjson.loads(request.body)["rwlx"]].model_validate_json(request.body).tasks
    except (ValidationError, orjson.JSONDecodeError, KeyError, TypeError):
        return said.UNREADABLE
    return _Call([task.request_no for task in tasks], tasks)


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


def _task(desk: Desk, task: Query) -> said.Said:
    subject = desk.subject(task.id_no)
    refusal = _refusal(task, subject)
    if refusal is not None:
        return said.sent_back(task.request_no, desk.now(), refusal)
    if isinstance(task, Matter):
        return _matter(desk, task)
    held = () if subject is None else desk.holdings(subject)
    found = [said.stake(holding, desk.measures(holding.key, task.id_no)) for holding in held]
    return said.query_done(task.request_no, desk.now(), found)


def _refusal(task: Query, subject: RegisteredSubject | None) -> str | None:
    """Say why the registrar sends a task back unread."""
    if not task.documents:
        return _NO_DOCUMENT
    if not task.work_card_no.strip() or not task.duty_card_no.strip():
        return _NO_CREDENTIAL
    return _OTHER_NAME if subject is not None and subject.name != task.name else None


def _matter(desk: Desk, matter: Matter) -> said.Said:
    action = _ACTIONS[matter.matter]
    holding = desk.holding(matter.uscc, matter.id_no)
    if not desk.agency.can(action):
        return said.sent_back(matter.request_no, desk.now(), _NOT_OFFERED)
    if holding is None:
        return said.sent_back(matter.request_no, desk.now(), _NO_STAKE)
    if action == "transfer" and matter.transferee is None:
        return said.sent_back(matter.request_no, desk.now(), _NO_TRANSFEREE)
    effect = desk.order(_order(matter, action, holding))
    return said.matter_done(matter.request_no, desk.now(), effect)


def _order(matter: Matter, action: str, holding: Holding) -> Order:
    return Order(
        request_no=matter.request_no, action=action, key=matter.uscc, authority=matter.court_name,
        document_no=matter.ruling_no or matter.case_no, amount_fen=_capital(matter, holding), term_months=matter.months,
        until_on=matter.until_on, original_request_no=matter.original_request_no, agency_control_no=matter.publicity_no,
        holder_id_no=matter.id_no)


def _capital(matter: Matter, holding: Holding) -> int | None:
    """Return the capital a matter is about; a share of the company is so much of the holder's own capital."""
    record = holding.record
    assert isinstance(record, EquityRecord)
    if matter.share is None:
        return matter.capital
    return int(record.subscribed_capital_fen * matter.share / Fraction(record.share_ratio))
