"""One step on thousands of controls: each item has its own outcome, all that are taken are written in a few statements."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from contracts.clock import Clock
from contracts.words import NewId
from gateway.domain.batch_body import BatchBody, BatchItem, term_of
from gateway.domain.control_body import ReleaseBody, RenewalBody
from gateway.domain.findings import Finding, refusal
from gateway.domain.follow_up import not_there
from gateway.follow_ups import FollowUps, Locked
from gateway.intake import Submitted, check_same_body
from gateway.store.audit import AuditEntry, append
from gateway.store.batches import Batch, BatchItemRow, insert_batch
from gateway.store.database import Database
from gateway.store.idempotency import IdempotencyKey, keep_answer, load_answer
from gateway.taken_steps import By, Taken

#: After so many items others get a turn.
_TURN = 50


@dataclass(frozen=True, slots=True)
class BatchSubmission:
    """A batch body with who sent it under which key."""

    body: BatchBody
    key: IdempotencyKey
    by: By


class ControlBatches:
    """Takes batches."""

    def __init__(self, database: Database, follow_ups: FollowUps, *, clock: Clock, new_id: NewId) -> None:
        """Take what it works with."""
        self._database, self._follow_ups, self._clock, self._new_id = database, follow_ups, clock, new_id

    async def submit(self, submission: BatchSubmission) -> Submitted:
        """Take a batch, or give again the answer its idempotency key has.

        Raises: Rejected 422 idempotency_key_reused; StoreUnavailable
        """
        now, body, key = self._clock.now(), submission.body, submission.key
        async with self._database.transaction() as connection:
            locked = await self._follow_ups.lock(connection, [item.control_id for item in body.items])
            kept = await load_answer(connection, key)
            if kept is None:
                outcomes = await self._outcomes(submission, locked, now)
                batch = Batch(self._new_id(), submission.by.court_code, body.action, now)
                location, rows = f"/v1/control-batches/{batch.batch_id}", _rows(body.items, outcomes)
                answer = orjson.dumps({"batch_id": batch.batch_id, "items": [_line(row) for row in rows]})
                if await keep_answer(connection, key, status=202, location=location, answer=answer.decode(), now=now):
                    await self._follow_ups.write(connection, [one for one in outcomes if isinstance(one, Taken)], submission.by, now)
                    await insert_batch(connection, batch, rows)
                    await append(connection, [_entry(batch, submission)])
                    return Submitted(answer, location, replayed=False)
                kept = await load_answer(connection, key)
        if kept is None:
            raise KeyError(key.key)
        check_same_body(kept, key)
        return Submitted(orjson.dumps(kept.answer), kept.location or "", replayed=True)

    async def _outcomes(self, submission: BatchSubmission, locked: Locked, now: datetime) -> list[Taken | list[Finding]]:
        """Take what can be taken; an empty list of findings: there is no such control for this court."""
        outcomes: list[Taken | list[Finding]] = []
        for number, item in enumerate(submission.body.items):
            if number % _TURN == 0:
                await asyncio.sleep(0)
            stored, body = locked.controls.get(item.control_id), _body(submission.body, item)
            if stored is None or not self._follow_ups.may_take(stored, body, submission.by, now):
                outcomes.append([])
            else:
                outcomes.append(self._follow_ups.take(stored, locked, body, submission.by, now))
        return outcomes


def _body(batch: BatchBody, item: BatchItem) -> RenewalBody | ReleaseBody:
    """Return the step on one control; the batch was checked as a whole."""
    if batch.action == "release":
        return ReleaseBody.model_construct(officer=batch.officer, documents=batch.documents, reason=batch.reason or "", amount_fen=item.amount_fen)
    months, until_on = term_of(batch, item)
    return RenewalBody.model_construct(officer=batch.officer, documents=batch.documents, term_months=months, until_on=until_on)


def _rows(items: Sequence[BatchItem], outcomes: Sequence[Taken | list[Finding]]) -> list[BatchItemRow]:
    return [BatchItemRow(index, item.control_id, outcome.task.task_id if outcome.task else None, None) if isinstance(outcome, Taken)
            else BatchItemRow(index, item.control_id, None, _problem(outcome))
            for index, (item, outcome) in enumerate(zip(items, outcomes, strict=True))]


def _problem(findings: list[Finding]) -> dict[str, object]:
    refused = refusal(findings) if findings else not_there()
    told: dict[str, object] = {"code": refused.problem_code, "title": refused.title, "status": refused.problem_status,
                               "errors": [one.model_dump(exclude_none=True) for one in refused.errors]}
    return told | ({"rule": refused.rule.model_dump()} if refused.rule else {})


def _entry(batch: Batch, submission: BatchSubmission) -> AuditEntry:
    by = submission.by
    return AuditEntry(batch.accepted_at, by.court_code, by.officer, by.roles, "control.batch", batch.batch_id,
                      f"{batch.action} {len(submission.body.items)}", "accepted", by.trace_id)


def _line(row: BatchItemRow) -> dict[str, object]:
    told: dict[str, object] = {"index": row.index, "control_id": row.control_id}
    return told if row.problem is None else {**told, "problem": row.problem}
