"""What a person does about a difference with an agency: explain it, take the agency's word, adopt the measure, release it.

One transaction each, under the difference's row lock: row, control, events, task, audit and the answer. docs/reconciliation.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import orjson

from contracts.case import Officer
from contracts.clock import Clock
from contracts.control import ControlOrder
from contracts.failures import IllegalTransition, NotFound, Rejected
from contracts.words import NewId
from gateway.control_tasks import Asking, control_task, thing_of
from gateway.domain.adoption import adopted, is_adoptable, their_word
from gateway.domain.control import Control
from gateway.domain.control_body import ReleaseBody
from gateway.domain.control_events import Event
from gateway.domain.courts import CaseKey
from gateway.domain.difference_body import AdoptionBody, DifferenceReleaseBody, SettlementBody
from gateway.domain.directory import Directory
from gateway.domain.findings import refusal
from gateway.domain.progress import Happened, advance
from gateway.follow_ups import FollowUps
from gateway.intake import Submitted, check_same_body, subject_hash
from gateway.settings import GatewaySettings
from gateway.store.accept import NewTask
from gateway.store.audit import AuditEntry, append
from gateway.store.controls import ControlEvent, StoredControl, append_events, insert_controls, load_controls
from gateway.store.database import Connection, Database
from gateway.store.differences import StoredDifference, lock_difference, note_adopted, request_of, settle_difference
from gateway.store.idempotency import IdempotencyKey, keep_answer, load_answer
from gateway.store.progress import lock_progress, save_progress
from gateway.store.proposals import ask_for_checks
from gateway.store.reconciling import related
from gateway.store.requests import load_head, load_subjects
from gateway.store.settlement import ControlHappening, settle
from gateway.store.statuses import ToAsk, ask
from gateway.taken_steps import By
from gateway.watching import status_task

#: Writes a difference as callers read it.
Shown = Callable[[StoredDifference], bytes]
Body = SettlementBody | AdoptionBody | DifferenceReleaseBody


@dataclass(frozen=True, slots=True)
class DifferenceSubmission:
    """What a person does about a difference."""

    difference_id: str
    body: Body
    key: IdempotencyKey
    by: By


class Adopting:
    """Takes what is done about differences."""

    def __init__(
        self, database: Database, directory: Directory, follow_ups: FollowUps, settings: GatewaySettings, *, clock: Clock, new_id: NewId,
    ) -> None:
        """Take what it works with."""
        self._database, self._directory, self._follow_ups, self._settings = database, directory, follow_ups, settings
        self._clock, self._new_id = clock, new_id

    async def submit(self, submission: DifferenceSubmission, shown: Shown) -> Submitted:
        """Do it, or give again the answer its idempotency key has.

        Raises: NotFound, also for another court's; Rejected 409 difference_settled, not_adoptable, not_takeable, 422 control_refused,
                422 idempotency_key_reused; StoreUnavailable
        """
        now, location = self._clock.now(), f"/v1/reconciliation/{submission.difference_id}"
        async with self._database.transaction() as connection:
            row = await self._locked(connection, submission)
            kept = await load_answer(connection, submission.key)
            if kept is not None:
                check_same_body(kept, submission.key)
                return Submitted(orjson.dumps(kept.answer), location, replayed=True)
            if row.settled_at is not None:
                raise Rejected(409, "difference_settled", "该差异已处理 / The difference is settled already")
            await self._do(connection, row, submission, now)
            after = await lock_difference(connection, row.difference_id)
            assert after is not None, "it is locked"
            answer = shown(after)
            await keep_answer(connection, submission.key, status=200, location=location, answer=answer.decode(), now=now)
        return Submitted(answer, location, replayed=False)

    async def _locked(self, connection: Connection, submission: DifferenceSubmission) -> StoredDifference:
        """Lock the request, then the difference: the order of whoever compares."""
        request_id = await request_of(connection, submission.difference_id, submission.by.court_code)
        if request_id is None:
            raise NotFound
        await lock_progress(connection, [request_id])
        row = await lock_difference(connection, submission.difference_id)
        assert row is not None, "rows stay"
        return row

    async def _do(self, connection: Connection, row: StoredDifference, submission: DifferenceSubmission, now: datetime) -> None:
        body, by = submission.body, submission.by
        if isinstance(body, SettlementBody):
            if body.reason == "took_theirs":
                await self._take_theirs(connection, row, now)
            await settle_difference(connection, row.difference_id, reason=body.reason, by=by.officer, note=body.note, now=now)
            await append(connection, [_entry(by, "reconciliation.settle", row.difference_id, f"{row.agency} {row.kind} {body.reason}", now)])
            return
        control = await self._adopt(connection, row, body.officer, by, now)
        await note_adopted(connection, row.difference_id, control.control_id)
        if isinstance(body, AdoptionBody):
            await settle_difference(connection, row.difference_id, reason="adopted", by=by.officer, note=body.note, now=now)
        else:
            await self._release(connection, control, body, by, now)

    async def _take_theirs(self, connection: Connection, row: StoredDifference, now: datetime) -> None:
        found = await load_controls(connection, [row.control_id] if row.control_id else [])
        stored = found.get(row.control_id or "")
        if stored is None or stored.control.pending is not None:
            raise Rejected(409, "not_takeable", "该控制现在不能更正 / The control cannot be changed now")
        event: Event = their_word(row.kind, stored.control, row.theirs)
        try:
            await settle(connection, [], [ControlHappening(stored.control_id, stored.request_id, event, "court")], now=now, new_id=self._new_id)
        except IllegalTransition:
            raise Rejected(409, "not_takeable", "该控制不能按协助单位所述更正 / The control cannot take over what the agency says") from None

    async def _adopt(self, connection: Connection, row: StoredDifference, officer: Officer, by: By, now: datetime) -> StoredControl:
        """Let a control stand for the measure: it begins with what the agency says of it, and the agency is asked how it stands."""
        if row.adopted_as is not None or not is_adoptable(row.kind, row.theirs):
            raise Rejected(409, "not_adoptable", "该差异不能转为控制 / The difference is about no measure that a control could be made of",
                           detail="it must stand at the agency, go by a number, and not be adopted already")
        number = str(row.theirs.get("request_no") or "")
        sharing = await related(connection, {number}, ()) if number else []
        control = adopted(row.theirs, row.ours, self._directory.by_code.get(row.agency), shares_number=bool(sharing))
        stored = await self._stored(connection, row, control, number, now)
        (progress,) = await lock_progress(connection, [row.request_id])
        happened = Happened("control", {"control_id": stored.control_id, "state": control.state, "pending": None}, stored.control_id)
        moved = advance(progress, [happened], now)
        await insert_controls(connection, [stored])
        await save_progress(connection, [moved], now)
        await append_events(connection, [ControlEvent(
            control_id=stored.control_id, seq=1, event_id=self._new_id(), at=now, kind="adopted", by="court", before=control.state,
            after=control.state, detail={"difference_id": row.difference_id, **row.theirs}, control=control,
            report_version=moved.shown_in[stored.control_id])])
        if (asking := await self._question(connection, stored, officer, now)) is not None:
            await ask(connection, [(asking, None)], now)
        await ask_for_checks(connection, {CaseKey(stored.court_code, stored.case_no)}, now)
        await append(connection, [_entry(by, "control.adopt", stored.control_id, f"{stored.case_no} {control.measure}", now)])
        return stored

    async def _stored(self, connection: Connection, row: StoredDifference, control: Control, number: str, now: datetime) -> StoredControl:
        """Return the control in its case: that of the control it was found by, else that of the request."""
        beside = (await load_controls(connection, [row.control_id] if row.control_id else [])).get(row.control_id or "")
        head, subjects = await load_head(connection, row.request_id), await load_subjects(connection, row.request_id)
        assert head is not None, "a foreign key"
        return StoredControl(
            control_id=self._new_id(), request_id=row.request_id, court_code=row.court_code, case_no=beside.case_no if beside else head.case_no,
            subject=row.subject, subject_hash=subject_hash(self._settings.secret, subjects[row.subject].id_no), asset_id=row.asset_id,
            asset_type=row.asset_type, agency=row.agency, record=row.record, request_no=number, created_at=now, control=control,
            thing=thing_of(self._settings.secret, row.agency, row.asset_type, row.record))

    async def _question(self, connection: Connection, stored: StoredControl, officer: Officer, now: datetime) -> NewTask | None:
        """Return the first question how an adopted measure stands: no order of ours is on record that could be asked about; None where nobody tells."""
        agency = self._directory.by_code.get(stored.agency)
        if agency is None or not agency.can("status") or not stored.request_no:
            return None
        subject = (await load_subjects(connection, stored.request_id))[stored.subject]
        order = ControlOrder(control_id=stored.control_id, measure=stored.control.measure, asset=dict(stored.record), amount_fen=stored.control.requested_fen)
        asking = Asking(
            task_id=self._new_id(), request_no=stored.request_no, action=stored.control.measure, court_code=stored.court_code,
            court_name=self._directory.courts.name(stored.court_code), case_no=stored.case_no, officer=officer, documents=(),
            subject=subject.known_as(subject.name), order=order)
        asked = control_task(asking, stored, agency, self._settings, now)
        about = ToAsk(stored.control_id, stored.request_id, None, stored.agency, stored.asset_type, stored.subject, asked.topic, asked.key,
                      asked.command, None, asked.answer_due_at)
        return status_task(about, asked.task_id, asked.next_attempt_at)

    async def _release(self, connection: Connection, stored: StoredControl, body: DifferenceReleaseBody, by: By, now: datetime) -> None:
        """Order the release as of any control: rules, documents, task and audit are its own. What becomes of it settles the difference."""
        order = ReleaseBody(officer=body.officer, documents=body.documents, reason=body.reason)
        locked = await self._follow_ups.lock(connection, [stored.control_id])
        taken = self._follow_ups.take(locked.controls[stored.control_id], locked, order, by, now)
        if isinstance(taken, list):
            raise refusal(taken)
        await self._follow_ups.write(connection, [taken], by, now)


def _entry(by: By, action: str, about: str, basis: str, now: datetime) -> AuditEntry:
    return AuditEntry(now, by.court_code, by.officer, by.roles, action, about, basis, "accepted", by.trace_id)
