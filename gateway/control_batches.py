"""One step on thousands of controls: each item has its own outcome, all that are taken are written in a few statements."""

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

import orjson
import structlog

from contracts.batching import Failed, apart
from contracts.clock import Clock
from contracts.failures import ChakongError
from contracts.telemetry import ALARMS
from contracts.words import NewId
from gateway.domain.batch_body import BatchBody, BatchItem, term_of
from gateway.domain.control_body import ReleaseBody, RenewalBody
from gateway.domain.findings import Finding, refusal
from gateway.domain.follow_up import not_there
from gateway.follow_ups import FollowUps, Locked
from gateway.intake import Submitted, check_same_body
from gateway.store.audit import AuditEntry, append
from gateway.store.batches import Batch, BatchItemRow, insert_batch
from gateway.store.database import OPERATOR_MENDS, Database
from gateway.store.idempotency import IdempotencyKey, keep_answer, load_answer
from gateway.taken_steps import By, Taken

_log = structlog.get_logger()

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

        Shape:  an item whose control we cannot read or compute with is refused alone, as a fault of ours, with an alarm
        Raises: Rejected 422 idempotency_key_reused; StoreUnavailable
        """

        async def whole(_: Sequence[None]) -> Sequence[Submitted]:
            return [await self._submit(submission, frozenset())]

        (result,) = await apart(whole, [None], waits=(ChakongError, *OPERATOR_MENDS))
        if not isinstance(result, Failed):
            return result
        broken = [] if isinstance(result.error, (ChakongError, *OPERATOR_MENDS)) else await self._broken(submission)
        if not broken:
            raise result.error
        ALARMS.labels("batch_item").inc(len(broken))
        _log.error("bug", role="control_batches", error=type(result.error).__name__, control_ids=broken)
        return await self._submit(submission, frozenset(broken))

    async def _broken(self, submission: BatchSubmission) -> list[str]:
        """Return the controls of a batch that we fail at, found by halving; nothing is written."""

        async def probe(items: Sequence[BatchItem]) -> Sequence[None]:
            async with self._database.transaction() as connection:
                locked = await self._follow_ups.lock(connection, [item.control_id for item in items])
                await self._outcomes(submission, items, locked, frozenset(), self._clock.now())
            return [None] * len(items)

        results = await apart(probe, submission.body.items, waits=(ChakongError, *OPERATOR_MENDS))
        failed = [(item.control_id, one.error) for item, one in zip(submission.body.items, results, strict=True) if isinstance(one, Failed)]
        for _, error in failed:
            if isinstance(error, (ChakongError, *OPERATOR_MENDS)):
                raise error
        return [control_id for control_id, _ in failed]

    async def _submit(self, submission: BatchSubmission, broken: AbstractSet[str]) -> Submitted:
        now, body, key = self._clock.now(), submission.body, submission.key
        async with self._database.transaction() as connection:
            locked = await self._follow_ups.lock(connection, [item.control_id for item in body.items if item.control_id not in broken])
            kept = await load_answer(connection, key)
            if kept is None:
                outcomes = await self._outcomes(submission, body.items, locked, broken, now)
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

    async def _outcomes(
        self, submission: BatchSubmission, items: Sequence[BatchItem], locked: Locked, broken: AbstractSet[str], now: datetime,
    ) -> list[Taken | list[Finding] | None]:
        """Take what can be taken; an empty list of findings: there is no such control for this court; None: we fail at it."""
        outcomes: list[Taken | list[Finding] | None] = []
        for number, item in enumerate(items):
            if item.control_id in broken:
                outcomes.append(None)
                continue
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


def _rows(items: Sequence[BatchItem], outcomes: Sequence[Taken | list[Finding] | None]) -> list[BatchItemRow]:
    return [BatchItemRow(index, item.control_id, outcome.task.task_id if outcome.task else None, None) if isinstance(outcome, Taken)
            else BatchItemRow(index, item.control_id, None, _problem(outcome))
            for index, (item, outcome) in enumerate(zip(items, outcomes, strict=True))]


def _problem(findings: list[Finding] | None) -> dict[str, object]:
    if findings is None:
        return {"code": "internal", "title": "系统故障，已记录 / A fault of ours, it is on record", "status": 500, "errors": []}
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
