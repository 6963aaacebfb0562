"""What one group commit of accepted requests writes: key, request, tasks and audit, in one statement for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.audit import AuditEntry
from gateway.store.database import COMMANDS_CHANNEL, notify
from gateway.store.idempotency import IdempotencyKey
from gateway.store.unnest import arrays, rows


@dataclass(frozen=True, slots=True)
class NewTask:
    """One row of the outbox; `command` is the body as JSON, `next_attempt_at` the end of the relay's lease."""

    task_id: str
    request_id: str
    control_id: str | None
    agency: str
    asset_type: str
    subject: int
    action: str
    request_no: str
    topic: str
    key: bytes
    command: str
    next_attempt_at: datetime
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class NewRequest:
    """One accepted request with its tasks; `body`, `left_out` and `answer` are JSON."""

    request_id: str
    court_code: str
    case_no: str
    region_code: str
    body: str
    left_out: str
    trace_id: str
    accepted_at: datetime
    new_tasks: tuple[NewTask, ...]
    key: IdempotencyKey
    answer: str
    location: str
    audit: AuditEntry

    @property
    def tasks(self) -> int:
        """Return how many agencies are asked."""
        return len(self.new_tasks)


_REQUEST = {"request_id": "text", "court_code": "text", "case_no": "text", "region_code": "text", "body": "text", "left_out": "text",
            "trace_id": "text", "accepted_at": "timestamptz", "tasks": "int"}
_TASK = {"task_id": "text", "request_id": "text", "control_id": "text", "agency": "text", "asset_type": "text", "subject": "int",
         "action": "text", "request_no": "text", "topic": "text", "key": "bytea", "command": "text",
         "next_attempt_at": "timestamptz", "answer_due_at": "timestamptz"}
_KEY = {"court_code": "text", "path": "text", "key": "text", "body_sha256": "text", "status": "int", "location": "text",
        "answer": "text", "created_at": "timestamptz", "request_id": "text"}
_AUDIT = {"at": "timestamptz", "court_code": "text", "officer": "text", "roles": "text", "action": "text", "object": "text",
          "basis": "text", "decision": "text", "trace_id": "text"}

_ACCEPT = text(f"""
    WITH given AS (SELECT * FROM {rows("k", **_KEY)}),
    fresh AS (
        INSERT INTO idempotency_keys (court_code, path, key, body_sha256, status, location, answer, created_at)
        SELECT court_code, path, key, body_sha256, status, location, answer::jsonb, created_at FROM given
        ON CONFLICT DO NOTHING RETURNING court_code, path, key),
    accepted AS (
        INSERT INTO requests (request_id, court_code, case_no, region_code, body, left_out, trace_id, accepted_at, tasks, awaiting)
        SELECT r.request_id, r.court_code, r.case_no, r.region_code, r.body::jsonb, r.left_out::jsonb, r.trace_id, r.accepted_at,
               r.tasks, r.tasks
        FROM {rows("r", **_REQUEST)} JOIN given USING (request_id)
        JOIN fresh ON (fresh.court_code, fresh.path, fresh.key) = (given.court_code, given.path, given.key)
        RETURNING request_id),
    outbox AS (
        INSERT INTO tasks ({", ".join(_TASK)})
        SELECT {", ".join(f"t.{name}" for name in _TASK)} FROM {rows("t", **_TASK)} JOIN accepted USING (request_id)),
    audited AS (
        INSERT INTO audit ({", ".join(_AUDIT)})
        SELECT {", ".join(f"a.{name}" for name in _AUDIT)} FROM {rows("a", **_AUDIT)} JOIN accepted ON a.object = accepted.request_id)
    SELECT request_id FROM accepted""")  # noqa: S608 - built from the constants above


@dataclass(frozen=True, slots=True)
class _KeyRow:
    court_code: str
    path: str
    key: str
    body_sha256: str
    status: int
    location: str
    answer: str
    created_at: datetime
    request_id: str


def _key_row(new: NewRequest) -> _KeyRow:
    return _KeyRow(new.court_code, new.key.path, new.key.key, new.key.body_sha256, 202, new.location, new.answer, new.accepted_at,
                   new.request_id)


async def accept(connection: AsyncConnection, requests: Sequence[NewRequest], *, tell_relay: bool) -> set[str]:
    """Write the requests whose idempotency key is new and return their ids; the others leave no trace."""
    parameters = {
        **arrays("k", [_key_row(one) for one in requests], *_KEY),
        **arrays("r", requests, *_REQUEST),
        **arrays("t", [task for one in requests for task in one.new_tasks], *_TASK),
        **arrays("a", [one.audit for one in requests], *_AUDIT),
    }
    accepted = set((await connection.execute(_ACCEPT, parameters)).scalars())
    if accepted and tell_relay:
        await notify(connection, COMMANDS_CHANNEL)
    return accepted


_ADD_TASKS = text(f"""
    INSERT INTO tasks ({", ".join(_TASK)})
    SELECT {", ".join(f"t.{name}" for name in _TASK)} FROM {rows("t", **_TASK)}""")  # noqa: S608 - constants


async def add_tasks(connection: AsyncConnection, tasks: Sequence[NewTask]) -> None:
    """Put the tasks of a control's step into the outbox."""
    await connection.execute(_ADD_TASKS, arrays("t", tasks, *_TASK))
    await notify(connection, COMMANDS_CHANNEL)
