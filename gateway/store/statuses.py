"""Ask agencies how controls stand: one task row a control, armed anew each time, so that asking leaves no heap of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.status_answers import MayAsk
from gateway.store.accept import NewTask
from gateway.store.database import COMMANDS_CHANNEL, notify
from gateway.store.unnest import arrays, rows


@dataclass(frozen=True, slots=True)
class ToAsk:
    """A control to be asked about; `command` is that of the step it is about, `status_task_id` the row to arm again, if there is one."""

    control_id: str
    request_id: str
    status_task_id: str | None
    agency: str
    asset_type: str
    subject: int
    topic: str
    key: bytes
    command: str
    agency_ref: str | None
    due_at: datetime


#: The step asked about: the measure itself, or what is in doubt; of a measure that was adopted there is the question alone. What an agency acknowledged, the relay goes on asking for.
STEP = """
    JOIN LATERAL (
        SELECT t.topic, t.key, t.command, t.agency_ref FROM tasks t
        WHERE t.control_id = c.control_id
          AND CASE WHEN c.in_doubt THEN t.action = c.pending ELSE t.request_no = c.request_no END
        ORDER BY (t.action = 'status'), t.task_id DESC LIMIT 1) step ON NOT (c.in_doubt AND step.agency_ref IS NOT NULL)
    LEFT JOIN tasks status ON status.control_id = c.control_id AND status.action = 'status'
    WHERE (status.task_id IS NULL OR status.outcome IS NOT NULL) AND c.control_id <> ALL(CAST(:aside AS text[]))"""
_TO_ASK = text(f"""
    SELECT c.control_id, c.request_id, status.task_id AS status_task_id, c.agency, c.asset_type, c.subject, step.topic, step.key, step.command,
           step.agency_ref, a.due_at
    FROM {rows("a", agency="text", watch="text", before="timestamptz", due_at="timestamptz")}
    JOIN controls c ON c.watch = a.watch AND c.agency = a.agency AND c.status_asked_at <= a.before
    {STEP}
    ORDER BY c.status_asked_at LIMIT :most""")  # noqa: S608 - constants
_TASK = {"task_id": "text", "request_id": "text", "control_id": "text", "agency": "text", "asset_type": "text", "subject": "int",
         "action": "text", "request_no": "text", "topic": "text", "key": "bytea", "command": "text", "next_attempt_at": "timestamptz",
         "answer_due_at": "timestamptz", "agency_ref": "text"}
_EMPTIED = ("sent_at", "asked_at", "suspended_since", "outcome", "code", "detail", "as_of", "answered_at", "elapsed_s", "raw_sha256", "raw", "raw_bytes", "raw_media_type", "raw_size",
            "raw_kept_sha256", "overdue_at", "late_version")
_ARM = text(f"""
    INSERT INTO tasks AS held ({", ".join(_TASK)})
    SELECT {", ".join(f"t.{name}" for name in _TASK)} FROM {rows("t", **_TASK)} ORDER BY t.task_id
    ON CONFLICT (control_id) WHERE action = 'status' DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in ("request_no", "command", "next_attempt_at", "answer_due_at", "agency_ref"))},
        {", ".join(f"{name} = NULL" for name in _EMPTIED)}, attempts = 0
    WHERE held.task_id = excluded.task_id AND held.outcome IS NOT NULL
    RETURNING held.control_id""")  # noqa: S608 - constants
_ASKED = text("""
    WITH held AS (SELECT control_id FROM controls WHERE control_id = ANY(CAST(:control_ids AS text[])) ORDER BY control_id FOR UPDATE)
    UPDATE controls c SET status_asked_at = :now, thing = COALESCE(c.thing, (
        SELECT convert_from(t.key, 'UTF8') FROM tasks t WHERE t.control_id = c.control_id AND t.action = 'status'))
    FROM held WHERE c.control_id = held.control_id""")

_SOON = text("""
    WITH held AS (SELECT control_id FROM controls WHERE control_id = ANY(CAST(:control_ids AS text[])) ORDER BY control_id FOR UPDATE)
    UPDATE controls c SET status_asked_at = 'epoch' FROM held WHERE c.control_id = held.control_id""")


async def to_ask(connection: AsyncConnection, agencies: Sequence[MayAsk], most: int, aside: Sequence[str] = ()) -> list[ToAsk]:
    """Return the controls whose agencies are to be asked, those not asked for longest first, but for those set aside."""
    parameters = arrays("a", agencies, "agency", "watch", "before", "due_at")
    return [ToAsk(**row) for row in (await connection.execute(_TO_ASK, {**parameters, "most": most, "aside": list(aside)})).mappings()]


async def ask(connection: AsyncConnection, tasks: Sequence[tuple[NewTask, str | None]], now: datetime) -> int:
    """Put status tasks, each with the agency's reference, into the outbox; return how many nobody else has put there."""
    ordered = sorted(tasks, key=lambda one: one[0].task_id)
    references = {"t_agency_ref": [reference for _, reference in ordered]}
    plain = arrays("t", [task for task, _ in ordered], *(name for name in _TASK if name != "agency_ref"))
    armed = list((await connection.execute(_ARM, plain | references)).scalars())
    await connection.execute(_ASKED, {"control_ids": armed, "now": now})
    await notify(connection, COMMANDS_CHANNEL)
    return len(armed)


async def ask_soon(connection: AsyncConnection, control_ids: Sequence[str]) -> None:
    """Have agencies asked as soon as they may be how these controls stand; an answer that is under way is not waited for."""
    if control_ids:
        await connection.execute(_SOON, {"control_ids": list(control_ids)})
