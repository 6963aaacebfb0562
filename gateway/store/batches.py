"""Batches: one step on many controls, with what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.unnest import arrays, rows


@dataclass(frozen=True, slots=True)
class BatchItemRow:
    """One item: the task that asks for it, or none where it is held back, or the problem that refused it."""

    index: int
    control_id: str
    task_id: str | None
    problem: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it was accepted."""

    batch_id: str
    court_code: str
    action: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far one item is; `outcome` is its task's, `state` its control's, null where it was refused."""

    index: int
    control_id: str
    problem: Mapping[str, Any] | None
    task_id: str | None
    outcome: str | None
    state: str | None
    pending: str | None
    held: str | None


_ITEM = {"index": "int", "control_id": "text", "task_id": "text"}
_INSERT = text("""
    INSERT INTO control_batches (batch_id, court_code, action, accepted_at) VALUES (:batch_id, :court_code, :action, :accepted_at)""")
_INSERT_ITEMS = text(f"""
    INSERT INTO control_batch_items (batch_id, index, control_id, task_id, problem)
    SELECT CAST(:batch_id AS text), index, control_id, task_id, problem::jsonb
    FROM {rows("i", **_ITEM, problem="text")}""")  # noqa: S608 - constants
_LOAD = text("SELECT batch_id, court_code, action, accepted_at FROM control_batches WHERE batch_id = :batch_id")
_PROGRESS = text("""
    SELECT i.index, i.control_id, i.problem, i.task_id, t.outcome, c.state, c.pending, c.control ->> 'held' AS held
    FROM control_batch_items i LEFT JOIN tasks t ON t.task_id = i.task_id
    LEFT JOIN controls c ON c.control_id = i.control_id AND i.problem IS NULL
    WHERE i.batch_id = :batch_id ORDER BY i.index""")


async def insert_batch(connection: AsyncConnection, batch: Batch, items: Sequence[BatchItemRow]) -> None:
    """Write a batch with its items."""
    await connection.execute(_INSERT, {"batch_id": batch.batch_id, "court_code": batch.court_code, "action": batch.action,
                                       "accepted_at": batch.accepted_at})
    problems = [None if one.problem is None else orjson.dumps(one.problem).decode() for one in items]
    await connection.execute(_INSERT_ITEMS, {**arrays("i", items, *_ITEM), "i_problem": problems, "batch_id": batch.batch_id})


async def load_batch(connection: AsyncConnection, batch_id: str) -> Batch | None:
    """Return a batch of any court; whose it is, is for the caller to check."""
    row = (await connection.execute(_LOAD, {"batch_id": batch_id})).mappings().one_or_none()
    return Batch(**row) if row else None


async def load_batch_progress(connection: AsyncConnection, batch_id: str) -> list[BatchProgress]:
    """Return how far each item is, in the order of the call."""
    return [BatchProgress(**row) for row in (await connection.execute(_PROGRESS, {"batch_id": batch_id})).mappings()]
