"""What follows from answers and control events, in one transaction: progress, stream, report versions, controls.

Rows are locked in one order by everybody: tasks, requests, controls. The rules are `domain.progress` and `domain.control`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.control import FINAL_STATES
from contracts.failures import IllegalTransition
from contracts.telemetry import ALARMS, TASKS_ANSWERED
from contracts.words import NewId
from gateway.domain.control import Control, apply
from gateway.domain.control_events import Event, TermWarned, detail_of, kind_of
from gateway.domain.courts import CaseKey
from gateway.domain.excess import counts_otherwise
from gateway.domain.making_room import makes_room
from gateway.domain.progress import Happened, Moved, advance, told_of
from gateway.domain.quota import adds_up
from gateway.domain.status_answers import news
from gateway.store.announcements import About, tell_elsewhere
from gateway.store.comparing import Told, compare_statuses, keeps_its_word
from gateway.store.controls import (
    ControlEvent,
    StoredControl,
    append_events,
    last_changes,
    last_seqs,
    lock_controls,
    save_controls,
)
from gateway.store.differences import end_adopted
from gateway.store.freed import Freed, note_freed
from gateway.store.inbox import AppliedAnswer, Filed, file_replies, set_late_versions
from gateway.store.progress import lock_progress, save_progress
from gateway.store.proposals import ask_for_checks, with_proposals
from gateway.store.statuses import ask_soon

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ControlHappening:
    """An event for a control; `by` is court, agency or clock, `task_id` the step it answers, where there was one.

    `is_status`: the agency told how it stands; only what that changes is an event. `wire`: the agency's own codes, kept with it.
    """

    control_id: str
    request_id: str
    event: Event
    by: str
    task_id: str = ""
    is_status: bool = False
    wire: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Step:
    """A control event that was applied."""

    happening: ControlHappening
    before: Control
    after: Control
    case: CaseKey
    agency: str
    thing: str | None


async def settle(
    connection: AsyncConnection, answers: Sequence[AppliedAnswer], happenings: Sequence[ControlHappening], *, now: datetime, new_id: NewId
) -> None:
    """Move requests and controls on. `answers` are those of queries; the steps of controls come as `happenings`."""
    request_ids = {one.request_id for one in answers} | {one.request_id for one in happenings}
    if not request_ids:
        return
    progress = await lock_progress(connection, sorted(request_ids))
    told: list[Told] = []
    steps = await _apply_happenings(connection, happenings, told, now)
    happened = _by_request(answers, steps)
    moved = [advance(one, happened[one.request_id], now) for one in progress if happened[one.request_id]]
    cases = await save_progress(connection, moved, now) if moved else set()
    shown_in = {of: version for one in moved for of, version in one.shown_in.items()}
    late = [(one.task_id, shown_in[one.task_id]) for one in answers if one.before == "overdue"]
    if late:
        await set_late_versions(connection, late)
    await _append(connection, steps, moved, now, new_id)
    await tell_elsewhere(connection, [_elsewhere(step) for step in steps if step.after.original_case_no], now)
    await note_freed(connection, [Freed(step.agency, step.thing, step.happening.control_id) for step in steps
                                  if step.thing and makes_room(step.before, step.after)], now)
    await compare_statuses(connection, told, now, new_id)
    await end_adopted(connection, [one.happening.control_id for one in steps if one.after.state in FINAL_STATES], now)
    cases |= {step.case for step in steps if counts_otherwise(step.before, step.after)}
    # What is proposed may have waited for this answer: one step at a time is under way.
    cases |= await with_proposals(connection, {step.case for step in steps if step.before.pending and not step.after.pending} - cases)
    await ask_for_checks(connection, cases, now)
    for one in answers:
        TASKS_ANSWERED.labels(one.agency, one.outcome).inc()


async def _apply_happenings(connection: AsyncConnection, happenings: Sequence[ControlHappening], told: list[Told], now: datetime) -> list[_Step]:
    """Apply events to their controls; one that does not fit is filed with an alarm and changes nothing. `told` gets what agencies say of controls."""
    if not happenings:
        return []
    stored = await lock_controls(connection, [one.control_id for one in happenings])
    current = {control_id: one.control for control_id, one in stored.items()}
    changed = await last_changes(connection, [one.control_id for one in happenings if one.is_status])
    steps, misfits = [], []
    stale = {one.control_id for one in happenings if one.is_status and _is_stale(stored[one.control_id], changed)}
    await ask_soon(connection, sorted(stale))
    for one in happenings:
        before = current[one.control_id]
        try:
            if one.is_status and one.control_id in stale:
                continue
            if one.is_status:
                told.append(Told(stored[one.control_id], one.event))
                if keeps_its_word(stored[one.control_id], one.event) or news(before, one.event) is None:
                    continue
            after = apply(before, one.event)
        except IllegalTransition as error:
            misfits.append(_misfit(one, error))
            continue
        if not adds_up(after, one.event):
            ALARMS.labels("amounts").inc()
            _log.error("amounts_do_not_add_up", control_id=one.control_id, agency=stored[one.control_id].agency)
        current[one.control_id] = after
        of = stored[one.control_id]
        steps.append(_Step(one, before, after, CaseKey(of.court_code, of.case_no), of.agency, of.thing))
    if misfits:
        await file_replies(connection, misfits, now)
    if steps:
        await save_controls(connection, {step.happening.control_id: current[step.happening.control_id] for step in steps})
    return steps


def _is_stale(stored: StoredControl, changed: Mapping[str, datetime]) -> bool:
    """Tell whether a control changed after its agency was asked: the answer may be about what stood before; it is asked again."""
    return stored.status_asked_at is None or changed[stored.control_id] > stored.status_asked_at


def _misfit(one: ControlHappening, error: IllegalTransition) -> Filed:
    ALARMS.labels("contradiction").inc()
    _log.error("control_event_does_not_fit", control_id=one.control_id, kind=kind_of(one.event), why=str(error))
    return Filed(one.task_id or one.control_id, "contradiction", orjson.dumps({"event": kind_of(one.event), **detail_of(one.event)}).decode())


def _by_request(answers: Sequence[AppliedAnswer], steps: Sequence[_Step]) -> Mapping[str, list[Happened]]:
    happened: dict[str, list[Happened]] = defaultdict(list)
    for one in answers:
        data = {"task_id": one.task_id, "agency": one.agency, "asset_type": one.asset_type, "subject": one.subject,
                "outcome": one.outcome, "code": one.code} | ({"unreadable": one.unreadable} if one.unreadable else {})
        happened[one.request_id].append(Happened("late_task" if one.before else "task", data, one.task_id))
    for step in steps:
        happened[step.happening.request_id].append(_happened(step))
    return happened


def _happened(step: _Step) -> Happened:
    control_id, event = step.happening.control_id, step.happening.event
    told = told_of(control_id, step.after, step.case.case_no)
    if isinstance(event, TermWarned):
        return Happened("warning", {**told, "term_warning_days": event.days, "until_on": step.after.until_on}, control_id)
    return Happened("control", told, control_id)


def _elsewhere(step: _Step) -> About:
    happened = _happened(step)
    return About(step.case.court_code, step.happening.request_id, "control", happened.data)


async def _append(
    connection: AsyncConnection, steps: Sequence[_Step], moved: Sequence[Moved], now: datetime, new_id: NewId
) -> None:
    if not steps:
        return
    shown_in = {of: version for one in moved for of, version in one.shown_in.items()}
    seqs = await last_seqs(connection, [step.happening.control_id for step in steps])
    events = []
    for step in steps:
        control_id = step.happening.control_id
        seqs[control_id] = seqs.get(control_id, 0) + 1
        events.append(ControlEvent(
            control_id=control_id, seq=seqs[control_id], event_id=new_id(), at=now, kind=kind_of(step.happening.event),
            by=step.happening.by, before=step.before.state, after=step.after.state, detail=_detail(step.happening),
            control=step.after, report_version=shown_in[control_id]))
    await append_events(connection, events)


def _detail(one: ControlHappening) -> dict[str, object]:
    return detail_of(one.event) | ({"wire": dict(one.wire)} if one.wire else {})
