"""Stage 1 for controls: one transaction writes the controls, their first tasks and the audit. It never sends; the relay does.

What is lawful was checked before (domain.control_rules); here it is only written down and asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import orjson

from contracts.agency import Agency
from contracts.asset_type import AssetType
from contracts.clock import Clock, china_date
from contracts.control import ControlOrder
from contracts.failures import Rejected
from contracts.registry import asset_type
from contracts.subject import Identity, Subject
from contracts.words import NewId
from gateway.control_tasks import Asking, control_task, thing_of
from gateway.domain import law
from gateway.domain.clues import Ground, with_clues
from gateway.domain.control import DEDUCTS_AT_ONCE, Control, asked
from gateway.domain.control_body import ControlBody, ControlItem
from gateway.domain.control_rules import Limits, Target, agency_for, check_items
from gateway.domain.courts import CaseKey
from gateway.domain.deductions import destination
from gateway.domain.findings import refusal
from gateway.domain.law.overrides import table_of
from gateway.domain.liability import liabilities
from gateway.domain.progress import Happened, advance
from gateway.domain.report_views import asset_ids
from gateway.intake import NewRequestNos, Submitted, check_same_body, subject_hash
from gateway.owed import held_by_case, may_deduct_fen
from gateway.reports import Reports
from gateway.settings import GatewaySettings
from gateway.store.accept import NewTask, add_tasks
from gateway.store.audit import AuditEntry, append
from gateway.store.controls import ControlEvent, StoredControl, append_events, insert_controls
from gateway.store.database import Connection, Database
from gateway.store.deducted import taken_of
from gateway.store.idempotency import IdempotencyKey, keep_answer, load_answer
from gateway.store.plans import execute_plan, lock_court
from gateway.store.progress import lock_progress, save_progress


@dataclass(frozen=True, slots=True)
class ControlSubmission:
    """A control body with the request it is about, the assets of its newest report, and who sent it under which key."""

    body: ControlBody
    case_no: str
    subjects: Sequence[Subject]
    assets: Mapping[str, Target]
    key: IdempotencyKey
    officer: str
    roles: str
    trace_id: str
    #: the plan that this order executes
    plan_id: str | None = None
    #: the cause of the case
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class _Order:
    """One control with the task that asks for it."""

    control: StoredControl
    task: NewTask


class Ordering:
    """Takes orders of measures on assets of a report."""

    def __init__(
        self, database: Database, reports: Reports, settings: GatewaySettings, *, clock: Clock, new_id: NewId, new_request_nos: NewRequestNos,
    ) -> None:
        """Take what it works with; the directory and the legal table are those that reports are compiled with."""
        self._database, self._reports, self._settings = database, reports, settings
        self._clock, self._new_id, self._new_request_nos = clock, new_id, new_request_nos

    async def submit(self, submission: ControlSubmission) -> Submitted:
        """Accept an order, or give again the answer its idempotency key has.

        Raises: Rejected 422 control_refused naming every bad item, 422 idempotency_key_reused, 409 plan_stale; StoreUnavailable
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            if self._is_limited(submission, now):  # no two orders at once may take what is left of a limit
                await lock_court(connection, submission.key.court_code)
            kept = await load_answer(connection, submission.key)
            if kept is None:
                orders = self._orders(submission, await self._limits(connection, submission, now), now)
                answer = _answer(orders)
                location = f"/v1/controls?request_id={submission.body.request_id}"
                if await keep_answer(connection, submission.key, status=202, location=location, answer=answer, now=now):
                    await self._write(connection, submission, orders, now)
                    return Submitted(answer.encode(), location, replayed=False)
                kept = await load_answer(connection, submission.key)
        if kept is None:
            raise KeyError(submission.key.key)
        check_same_body(kept, submission.key)
        return Submitted(orjson.dumps(kept.answer), kept.location or "", replayed=True)

    async def replay(self, key: IdempotencyKey) -> Submitted | None:
        """Give again the answer that was given for this key, None if the key is new.

        Raises: Rejected 422 idempotency_key_reused; StoreUnavailable
        """
        async with self._database.transaction() as connection:
            kept = await load_answer(connection, key)
        if kept is None:
            return None
        check_same_body(kept, key)
        return Submitted(orjson.dumps(kept.answer), kept.location or "", replayed=True)

    def _is_limited(self, submission: ControlSubmission, now: datetime) -> bool:
        return bool(liabilities(submission.subjects)) or _moves_money(submission) or bool(self._shared(submission, now))

    def _shared(self, submission: ControlSubmission, now: datetime) -> list[str]:
        """Return the assets of an order whose holders are liable for a share of them only."""
        table, named = table_of(submission.key.court_code, self._reports.overrides), {one.asset_id for one in submission.body.items}
        return [asset_id for asset_id, target in submission.assets.items()
                if asset_id in named and law.liable_share(target.role, china_date(now), table) is not None]

    async def _limits(self, connection: Connection, submission: ControlSubmission, now: datetime) -> Limits:
        case = CaseKey(submission.key.court_code, submission.case_no)
        owed = await may_deduct_fen(connection, case, now) if _moves_money(submission) else None
        shared = self._shared(submission, now)
        taken = await taken_of(connection, case.court_code, shared) if shared else {}
        if not liabilities(submission.subjects):
            return Limits(owed, taken=taken)
        held = await held_by_case(connection, self._reports, case, now)
        return Limits(owed, held.liable_fen(submission.subjects, self._settings.secret), taken)

    def _orders(self, submission: ControlSubmission, limits: Limits, now: datetime) -> list[_Order]:
        court_code, directory = submission.key.court_code, self._reports.directory
        court = directory.courts.find(court_code)
        assert court is not None, "a caller's court is known"
        ground = Ground(submission.subjects, directory, court, asset_ids(self._settings.secret, court_code))
        named = with_clues(submission.body, submission.assets, ground)
        findings = [*named.findings, *check_items(
            named.body, named.assets, directory, case_no=submission.case_no, today=china_date(now), cause=submission.cause,
            table=table_of(court_code, self._reports.overrides), limits=limits)]
        if findings:
            raise refusal(findings)
        items = named.body.items
        numbers = self._new_request_nos(now, court.seat, len(items))
        return [self._order(submission, item, named.assets[item.asset_id or ""], request_no, now)
                for item, request_no in zip(items, numbers, strict=True)]

    def _order(self, submission: ControlSubmission, item: ControlItem, target: Target, request_no: str, now: datetime) -> _Order:
        agency = agency_for(target, item.measure, self._reports.directory)
        if agency is None:
            raise KeyError(target.asset_id)
        kind, subject, court_code = asset_type(target.asset_type), submission.subjects[target.subject], submission.key.court_code
        control = StoredControl(
            control_id=self._new_id(), request_id=submission.body.request_id, court_code=court_code, case_no=submission.case_no,
            subject=target.subject, subject_hash=subject_hash(self._settings.secret, subject.id_no), asset_id=target.asset_id,
            asset_type=target.asset_type, agency=agency.agency, record=target.record, request_no=request_no, created_at=now,
            control=_begin(item, agency, kind, china_date(now), table_of(court_code, self._reports.overrides)),
            thing=thing_of(self._settings.secret, agency.agency, target.asset_type, target.record),
        )
        who = subject.known_as(target.known_as.get(agency.agency, subject.name))
        return _Order(control, self._task(submission, item, control, agency, now, who=who))

    def _task(
        self, submission: ControlSubmission, item: ControlItem, stored: StoredControl, agency: Agency, now: datetime, *, who: Identity
    ) -> NewTask:
        asking = Asking(
            task_id=self._new_id(), request_no=stored.request_no, action=item.measure, court_code=stored.court_code,
            court_name=self._reports.directory.courts.name(stored.court_code), case_no=stored.case_no, officer=submission.body.officer,
            documents=submission.body.documents, subject=who,
            order=ControlOrder(
                control_id=stored.control_id, measure=item.measure, asset=dict(stored.record), amount_fen=item.amount_fen,
                quantity=item.quantity, capital_fen=item.capital_fen, ratio=item.ratio, term_months=stored.control.term_months,
                until_on=item.until_on, case_funds_account=destination(item), withdrawal_condition=item.withdrawal_condition))
        return control_task(asking, stored, agency, self._settings, now)

    async def _write(
        self, connection: Connection, submission: ControlSubmission, orders: Sequence[_Order], now: datetime
    ) -> None:
        if submission.plan_id is not None and not await execute_plan(connection, submission.plan_id, submission.body.officer, now):
            raise Rejected(409, "plan_stale", "方案已执行、已被替代或已过期 / The plan was executed, replaced or has ended")
        (progress,) = await lock_progress(connection, [submission.body.request_id])
        happened = [Happened("control", {"control_id": one.control.control_id, "state": one.control.control.state,
                                         "pending": one.control.control.pending}, one.control.control_id) for one in orders]
        moved = advance(progress, happened, now)
        await insert_controls(connection, [one.control for one in orders])
        await add_tasks(connection, [one.task for one in orders])
        await save_progress(connection, [moved], now)
        await append_events(connection, [self._ordered(one.control, moved.shown_in[one.control.control_id], now) for one in orders])
        await append(connection, [AuditEntry(
            now, submission.key.court_code, submission.officer, submission.roles, "control.order", one.control.control_id,
            f"{submission.case_no} {one.control.control.measure}", "accepted", submission.trace_id) for one in orders])

    def _ordered(self, stored: StoredControl, report_version: int, now: datetime) -> ControlEvent:
        return ControlEvent(
            control_id=stored.control_id, seq=1, event_id=self._new_id(), at=now, kind="ordered", by="court", before="requested",
            after="requested", detail={}, control=stored.control, report_version=report_version)


def _moves_money(submission: ControlSubmission) -> bool:
    return any(item.measure in DEDUCTS_AT_ONCE for item in submission.body.items)


def _begin(item: ControlItem, agency: Agency, kind: AssetType, today: date, table: law.Table) -> Control:
    """Begin a control; an order without a term takes the longest the law allows in the court."""
    months = item.term_months
    if months is None and item.until_on is None:
        months = law.cap_months(kind.duration_rule, today, table)
    return asked(
        item.measure, requested_fen=item.amount_fen, requested_quantity=item.quantity, requested_capital_fen=item.capital_fen,
        requested_ratio=item.ratio, term_months=months, asked_until_on=item.until_on, last_day=agency.last_day, term_starts=agency.term_starts)


def _answer(orders: Sequence[_Order]) -> str:
    return orjson.dumps({"controls": [
        {"control_id": one.control.control_id, "asset_id": one.control.asset_id, "state": one.control.control.state,
         "pending": one.control.control.pending} for one in orders]}).decode()
