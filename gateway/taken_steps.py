"""What a step on a control that was taken writes: events, tasks, audit, and what follows; one step and thousands alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from contracts.words import NewId
from gateway.domain.control import Control
from gateway.domain.control_events import Converted, Event, detail_of, kind_of
from gateway.domain.courts import CaseKey
from gateway.domain.follow_up import Action, OrderedStep
from gateway.domain.progress import Happened, advance, told_of
from gateway.store.accept import NewTask, add_tasks
from gateway.store.announcements import About, tell_elsewhere
from gateway.store.audit import AuditEntry, append
from gateway.store.controls import ControlEvent, StoredControl, append_events, last_seqs, save_controls
from gateway.store.database import Connection
from gateway.store.follow_ups import give_case, hold_steps, withdraw_tasks
from gateway.store.progress import lock_progress, save_progress
from gateway.store.proposals import ask_for_checks


@dataclass(frozen=True, slots=True)
class By:
    """Who takes a step: the bearer of the token, his court, and the trace of the call."""

    court_code: str
    officer: str
    roles: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was taken: the control after it, with the task that asks the agency, or kept back, or neither.

    `withdrawn`: the task that does not go out any more
    """

    stored: StoredControl
    before: Control
    event: Event
    action: Action
    task: NewTask | None = None
    held: OrderedStep | None = None
    withdrawn: str | None = None


async def write_steps(connection: Connection, taken: Sequence[Taken], by: By | None, now: datetime, new_id: NewId) -> None:
    """Write steps with all that follows, a few statements for any number; `by` is null for what was on record when it was ordered."""
    if not taken:
        return
    progress = await lock_progress(connection, [one.stored.request_id for one in taken])
    happened: dict[str, list[Happened]] = {one.request_id: [] for one in progress}
    for one in taken:
        happened[one.stored.request_id].append(_happened(one.stored))
    moved = [advance(one, happened[one.request_id], now) for one in progress]
    await save_progress(connection, moved, now)
    await save_controls(connection, {one.stored.control_id: one.stored.control for one in taken})
    shown_in = {of: version for one in moved for of, version in one.shown_in.items()}
    seqs = await last_seqs(connection, [one.stored.control_id for one in taken])
    await append_events(connection, [
        _event(one, new_id(), seqs[one.stored.control_id] + 1, shown_in[one.stored.control_id], now, by=by) for one in taken])
    await tell_elsewhere(connection, [About(one.stored.court_code, one.stored.request_id, "control", _happened(one.stored).data)
                                      for one in taken if one.stored.control.original_case_no], now)
    await _write_what_follows(connection, taken, now)
    await ask_for_checks(connection, {case for one in taken for case in _cases(one)}, now)
    if by is not None:
        await append(connection, [_entry(one, by, now) for one in taken])


async def _write_what_follows(connection: Connection, taken: Sequence[Taken], now: datetime) -> None:
    tasks = [one.task for one in taken if one.task is not None]
    if tasks:
        await add_tasks(connection, tasks)
    withdrawn = [one.withdrawn for one in taken if one.withdrawn is not None]
    if withdrawn:
        await withdraw_tasks(connection, withdrawn, now)
    held = {one.stored.control_id: one.held for one in taken if one.held is not None}
    if held:
        await hold_steps(connection, held, now)
    for one in taken:
        if isinstance(one.event, Converted):
            await give_case(connection, one.stored.control_id, case_no=one.event.case_no, court_code=one.event.court_code)


def _event(one: Taken, event_id: str, seq: int, report_version: int, now: datetime, *, by: By | None) -> ControlEvent:
    return ControlEvent(
        control_id=one.stored.control_id, seq=seq, event_id=event_id, at=now, kind=kind_of(one.event), by="court",
        before=one.before.state, after=one.stored.control.state, detail=_detail(one, by), control=one.stored.control,
        report_version=report_version)


def _detail(one: Taken, by: By | None) -> dict[str, object]:
    """Return what an event tells of a step: with the request number the agency gets, which names nothing else, and a court that is another than the control's."""
    numbers: dict[str, object] = {"request_no": one.task.request_no, "task_id": one.task.task_id} if one.task else {}
    court: dict[str, object] = {"court_code": by.court_code} if by and by.court_code != one.stored.court_code else {}
    return {**court, **detail_of(one.event), **numbers}


def _happened(stored: StoredControl) -> Happened:
    return Happened("control", told_of(stored.control_id, stored.control, stored.case_no), stored.control_id)


def _cases(one: Taken) -> set[CaseKey]:
    """Return the cases whose excess a step may change: that of the control, and the one it left; a renewal changes none."""
    left = {CaseKey(one.event.from_court_code, one.event.from_case_no)} if isinstance(one.event, Converted) else set()
    return {CaseKey(one.stored.court_code, one.stored.case_no), *left} if one.action != "renew" else set()


def _entry(one: Taken, by: By, now: datetime) -> AuditEntry:
    return AuditEntry(now, by.court_code, by.officer, by.roles, f"control.{one.action}", one.stored.control_id,
                      f"{one.stored.case_no} {one.stored.control.measure}", "accepted", by.trace_id)
