"""Stage 1 for the steps on controls: one transaction writes events, tasks, audit and the answer. It never sends; the relay does.

What is lawful says domain.follow_up. One step and thousands take the same way: a few statements for all of them. Rows are
locked in the order of store.settlement: requests, then controls.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from contracts.clock import Clock, china_date
from contracts.failures import Rejected
from contracts.subject import Identity
from contracts.words import NewId
from gateway.control_tasks import Asking, control_task, follow_up_order
from gateway.domain.control import apply
from gateway.domain.control_body import ConversionBody, DeductionBody
from gateway.domain.control_events import Converted, Event, Held, Sent, Withdrawn
from gateway.domain.courts import CaseKey
from gateway.domain.directory import Directory
from gateway.domain.findings import Finding, refusal
from gateway.domain.follow_up import (
    OnControl,
    OrderedStep,
    StepBody,
    action_of,
    check,
    may_take,
    narrowed,
    not_there,
    step_of,
    withdraws,
)
from gateway.domain.law.overrides import NONE, Overrides, table_of
from gateway.intake import NewRequestNos, Submitted, check_same_body
from gateway.owed import may_deduct_fen
from gateway.settings import GatewaySettings
from gateway.store.controls import (
    StoredControl,
    load_controls,
    lock_controls,
)
from gateway.store.database import Connection, Database
from gateway.store.follow_ups import (
    AboutRequest,
    about_requests,
    drop_held,
    held_step,
    lock_unsent,
    names_ordered,
    newest_record,
    ready_steps,
)
from gateway.store.idempotency import IdempotencyKey, keep_answer, load_answer
from gateway.store.plans import lock_court
from gateway.store.progress import lock_progress
from gateway.sweeping import Sweep, swept
from gateway.taken_steps import By, Taken, write_steps

#: Writes a control as callers read it; its tag changes with every event.
Shown = Callable[[Connection, StoredControl], Awaitable[tuple[bytes, str]]]
#: Most held steps that are sent in one transaction.
_MOST = 200


@dataclass(frozen=True, slots=True)
class StepSubmission:
    """A step on one control; `if_match` are the tags of which the control must have one, none for any."""

    control_id: str
    body: StepBody
    if_match: Sequence[str]
    key: IdempotencyKey
    by: By


@dataclass(frozen=True, slots=True)
class Locked:
    """Controls that are locked, with whom their requests are about, and their tasks that no agency can have got."""

    controls: Mapping[str, StoredControl]
    about: Mapping[str, AboutRequest]
    unsent: Mapping[str, str]
    #: by which name each was ordered, of subjects that have several
    names: Mapping[str, str]


class FollowUps:
    """Takes steps on controls."""

    def __init__(
        self, database: Database, directory: Directory, settings: GatewaySettings, *, clock: Clock, new_id: NewId,
        new_request_nos: NewRequestNos, overrides: Overrides = NONE,
    ) -> None:
        """Take what it works with; `overrides` are what courts set for themselves in the legal table."""
        self._overrides = overrides
        self._database, self._directory, self._settings = database, directory, settings
        self._clock, self._new_id, self._new_request_nos = clock, new_id, new_request_nos

    async def submit(self, submission: StepSubmission, shown: Shown) -> Submitted:
        """Take a step, or give again the answer its idempotency key has.

        Raises: Rejected 404 not_found as not_there, 412 precondition_failed, 422 control_refused with the rule, 422 idempotency_key_reused;
                StoreUnavailable
        """
        now, location = self._clock.now(), f"/v1/controls/{submission.control_id}"
        moves_money = isinstance(submission.body, DeductionBody)
        async with self._database.transaction() as connection:
            locked = await self.lock(connection, [submission.control_id], moves_money=moves_money)
            kept = await load_answer(connection, submission.key)
            if kept is not None:
                check_same_body(kept, submission.key)
                return Submitted(orjson.dumps(kept.answer), location, replayed=True)
            stored = locked.controls.get(submission.control_id)
            if stored is None or not self.may_take(stored, submission.body, submission.by, now):
                raise not_there()
            await _check_tag(connection, stored, submission.if_match, shown)
            owed = None
            if moves_money:  # what the law protects may be known only since the measure was ordered
                stored = replace(stored, record=await newest_record(connection, stored))
                owed = await may_deduct_fen(connection, CaseKey(stored.court_code, stored.case_no), now)
            taken = self.take(stored, locked, submission.body, submission.by, now, owed=owed)
            if isinstance(taken, list):
                raise refusal(taken)
            await self.write(connection, [taken], submission.by, now)
            answer, _ = await shown(connection, taken.stored)
            await keep_answer(connection, submission.key, status=202, location=location, answer=answer.decode(), now=now)
        return Submitted(answer, location, replayed=False)

    async def lock(self, connection: Connection, control_ids: Sequence[str], *, moves_money: bool = False) -> Locked:
        """Lock controls, their requests, and before both what was not sent of them; no two deductions at once may take what is left of a claim."""
        known = await load_controls(connection, control_ids)
        for court_code in sorted({one.court_code for one in known.values()}) if moves_money else ():
            await lock_court(connection, court_code)
        request_ids = [one.request_id for one in known.values()]
        unsent = await lock_unsent(connection, list(known))
        await lock_progress(connection, request_ids)
        about = await about_requests(connection, request_ids)
        several = any(len(subject.names) > 1 for one in about.values() for subject in one.subjects)
        names = await names_ordered(connection, list(known)) if several else {}
        return Locked(await lock_controls(connection, list(known)), about, unsent, names)

    def may_take(self, stored: StoredControl, body: StepBody, by: By, now: datetime) -> bool:
        """Tell whether a court may take a step on a control; to one that may not it is not there."""
        return may_take(action_of(body), by.court_code, CaseKey(stored.court_code, stored.case_no), body.documents, china_date(now),
                        known=self._directory.courts)

    def take(
        self, stored: StoredControl, locked: Locked, body: StepBody, by: By, now: datetime, *, owed: int | None = None,
    ) -> Taken | list[Finding]:
        """Return a step on a locked control, or everything that is wrong with it; `owed` is what a deduction may take for the case, in fen."""
        about = locked.about[stored.request_id]
        on = OnControl(
            control=stored.control, asset_type=stored.asset_type, record=stored.record, case_no=stored.case_no,
            court_code=stored.court_code, agency=self._directory.by_code.get(stored.agency), today=china_date(now), cause=about.cause,
            table=table_of(by.court_code, self._overrides), unsent=stored.control_id in locked.unsent,
            owed_fen=owed)
        if findings := list(dict.fromkeys(check(on, body))):
            return findings
        if isinstance(body, ConversionBody):
            return _converted(stored, body, by)
        ordered = OrderedStep(step=step_of(on, body), court_code=by.court_code, case_no=stored.case_no, officer=body.officer,
                              documents=body.documents)
        if stored.control.pending is None:
            return self._asked(stored, ordered, _holder(stored, locked), now)
        if stored.control_id in locked.unsent and withdraws(stored.control, ordered.step):
            return _withdrawn(stored, locked)
        event = Held()
        return Taken(_after(stored, event), stored.control, event, action_of(body), held=ordered)

    def _asked(self, stored: StoredControl, ordered: OrderedStep, who: Identity, now: datetime) -> Taken:
        """Return a step that is asked for now."""
        step, control = ordered.step, stored.control
        (request_no,) = self._new_request_nos(now, self._directory.courts.seat(ordered.court_code), 1)
        asking = Asking(
            task_id=self._new_id(), request_no=request_no, action=step.action, court_code=ordered.court_code,
            court_name=self._directory.courts.name(ordered.court_code), case_no=ordered.case_no,
            officer=ordered.officer, documents=ordered.documents, subject=who,
            order=follow_up_order(stored, step))
        event = Sent(step.action, step.until_on)
        agency = self._directory.by_code[stored.agency]
        return Taken(_after(stored, event), control, event, step.action, control_task(asking, stored, agency, self._settings, now))

    async def send_held(self) -> int:
        """Send the steps that were held back and need be no longer; return how many were looked after; an agency that left the directory gets nothing.

        Raises: StoreUnavailable
        """
        now, done = self._clock.now(), 0

        async def find(connection: Connection, aside: Sequence[str]) -> Sequence[tuple[str, object]]:
            return await ready_steps(connection, _MOST, aside)

        async def send(connection: Connection, found: Sequence[tuple[str, object]]) -> None:
            nonlocal done
            done += await self._send_held(connection, {control_id: held_step(stored) for control_id, stored in found}, now)

        await swept(self._database, Sweep("held", find, send, lambda one: one[0]), now)
        return done

    async def _send_held(self, connection: Connection, ready: Mapping[str, OrderedStep], now: datetime) -> int:
        locked = await self.lock(connection, list(ready))
        withdrawn = [_withdrawn(one, locked) for one in locked.controls.values()
                     if one.control_id in locked.unsent and one.control.held and withdraws(one.control, ready[one.control_id].step)]
        answered = [one for one in locked.controls.values() if one.control.pending is None and one.agency in self._directory.by_code]
        sent = [self._asked(one, _narrowed(one, ready[one.control_id]), _holder(one, locked), now)
                for one in answered if one.control.held]
        await self.write(connection, [*withdrawn, *sent], None, now)
        done = [*(one.stored.control_id for one in withdrawn), *(one.control_id for one in answered)]
        await drop_held(connection, done)
        return len(done)

    async def write(self, connection: Connection, taken: Sequence[Taken], by: By | None, now: datetime) -> None:
        """Write steps with all that follows; `by` is null for what was on record when it was ordered."""
        await write_steps(connection, taken, by, now, self._new_id)


def _holder(stored: StoredControl, locked: Locked) -> Identity:
    """Return whose asset a step is about, by the name that the control was ordered by."""
    subject = locked.about[stored.request_id].subjects[stored.subject]
    return subject.known_as(locked.names.get(stored.control_id, subject.name))


async def _check_tag(connection: Connection, stored: StoredControl, if_match: Sequence[str], shown: Shown) -> None:
    if not if_match or "*" in if_match:
        return
    _, tag = await shown(connection, stored)
    if tag not in if_match:
        raise Rejected(412, "precondition_failed", "控制已有变化 / The control has changed", detail=f"it has {tag}")


def _after(stored: StoredControl, event: Event) -> StoredControl:
    return replace(stored, control=apply(stored.control, event))


def _withdrawn(stored: StoredControl, locked: Locked) -> Taken:
    event = Withdrawn()
    return Taken(_after(stored, event), stored.control, event, "release", withdrawn=locked.unsent[stored.control_id])


def _converted(stored: StoredControl, body: ConversionBody, by: By) -> Taken:
    claim = body.case.claim.model_dump(mode="json") if body.case.claim else None
    event = Converted(stored.case_no, stored.court_code, body.case.case_no, by.court_code, claim)
    after = replace(_after(stored, event), case_no=event.case_no, court_code=event.court_code)
    return Taken(after, stored.control, event, "convert")


def _narrowed(stored: StoredControl, ordered: OrderedStep) -> OrderedStep:
    """Return a held release as it is sent now: a deduction may have left less than the part that it names."""
    return ordered.model_copy(update={"step": narrowed(stored.control, ordered.step)})
