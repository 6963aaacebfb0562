"""What steps on controls need besides the controls: whom a request is about, steps that are held back, a change of case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.registry import asset_type
from contracts.subject import Subject
from contracts.words import STORED
from gateway.domain.follow_up import OrderedStep
from gateway.store.controls import StoredControl
from gateway.store.unnest import rows


@dataclass(frozen=True, slots=True)
class AboutRequest:
    """Whom a request is about, and the cause of its case."""

    subjects: tuple[Subject, ...]
    cause: str | None


_ABOUT = text("""
    SELECT request_id, body -> 'subjects' AS subjects, body #>> '{case,cause}' AS cause FROM requests
    WHERE request_id = ANY(CAST(:request_ids AS text[]))""")
_NAMES = text("""
    SELECT DISTINCT ON (control_id) control_id, CAST(command AS jsonb) #>> '{subject,name}' AS name FROM tasks
    WHERE control_id = ANY(CAST(:control_ids AS text[])) AND action NOT IN ('status', 'query') ORDER BY control_id, task_id""")
_FOUND = text("""
    SELECT assets FROM tasks
    WHERE request_id = :request_id AND control_id IS NULL AND asset_type = :asset_type AND subject = :subject AND outcome = 'found'
    ORDER BY as_of DESC, task_id""")
_HOLD = text(f"""
    INSERT INTO held_steps (control_id, step, held_at) SELECT control_id, step::jsonb, CAST(:now AS timestamptz)
    FROM {rows("h", control_id="text", step="text")}
    ON CONFLICT (control_id) DO UPDATE SET step = excluded.step, held_at = excluded.held_at""")  # noqa: S608 - constants
_READY = text("""
    SELECT h.control_id, h.step FROM held_steps h JOIN controls c USING (control_id)
    WHERE h.control_id <> ALL(CAST(:aside AS text[])) AND (c.pending IS NULL
       OR (c.state = 'requested' AND h.step #>> '{step,amount_fen}' IS NULL AND h.step #>> '{step,quantity}' IS NULL
           AND EXISTS (SELECT FROM tasks t WHERE t.control_id = c.control_id AND t.action = c.pending AND t.outcome IS NULL AND t.sent_at IS NULL)))
    ORDER BY h.held_at LIMIT :most""")
_UNSENT = text("""
    SELECT control_id, task_id FROM tasks
    WHERE control_id = ANY(CAST(:control_ids AS text[])) AND action NOT IN ('status', 'query') AND outcome IS NULL AND sent_at IS NULL
    ORDER BY task_id FOR UPDATE SKIP LOCKED""")
_WITHDRAW = text("UPDATE tasks SET outcome = 'withdrawn', code = 'withdrawn', answered_at = :now WHERE task_id = ANY(CAST(:task_ids AS text[]))")
_DROP = text("DELETE FROM held_steps WHERE control_id = ANY(CAST(:control_ids AS text[]))")
_CONVERT = text("UPDATE controls SET case_no = :case_no, court_code = :court_code WHERE control_id = :control_id")


async def about_requests(connection: AsyncConnection, request_ids: Sequence[str]) -> Mapping[str, AboutRequest]:
    """Return whom requests are about, by id."""
    found = await connection.execute(_ABOUT, {"request_ids": sorted(set(request_ids))})
    return {row.request_id: AboutRequest(tuple(Subject.model_validate(one, context=STORED) for one in row.subjects), row.cause) for row in found}


async def names_ordered(connection: AsyncConnection, control_ids: Sequence[str]) -> Mapping[str, str]:
    """Return by which name of its holder each control was ordered: its agency may know no other."""
    return {row.control_id: row.name for row in await connection.execute(_NAMES, {"control_ids": list(control_ids)})}


async def newest_record(connection: AsyncConnection, stored: StoredControl) -> Mapping[str, object]:
    """Return what the newest answer of the control's request says of its asset; what it was ordered on, if none tells of it."""
    kind = asset_type(stored.asset_type)
    key, parameters = kind.key_text(stored.record), {"request_id": stored.request_id, "asset_type": kind.code, "subject": stored.subject}
    records = (one["record"] for row in await connection.execute(_FOUND, parameters) for one in row.assets)
    return next((record for record in records if kind.key_text(record) == key), stored.record)


async def hold_steps(connection: AsyncConnection, steps: Mapping[str, OrderedStep], now: datetime) -> None:
    """Keep steps, by control, until what is pending there is answered."""
    written = [orjson.dumps(step.model_dump(mode="json", exclude_none=True)).decode() for step in steps.values()]
    await connection.execute(_HOLD, {"h_control_id": list(steps), "h_step": written, "now": now})


async def lock_unsent(connection: AsyncConnection, control_ids: Sequence[str]) -> Mapping[str, str]:
    """Lock the tasks of controls that no agency can have got, so that no relay takes them, and return them by control.

    One that somebody else has locked counts as sent; nobody is waited for, so the order of locks does not matter here.
    """
    return {row.control_id: row.task_id for row in await connection.execute(_UNSENT, {"control_ids": list(control_ids)})}


async def withdraw_tasks(connection: AsyncConnection, task_ids: Sequence[str], now: datetime) -> None:
    """End tasks that are not to go out any more; the caller has them locked."""
    await connection.execute(_WITHDRAW, {"task_ids": list(task_ids), "now": now})


async def ready_steps(connection: AsyncConnection, most: int, aside: Sequence[str] = ()) -> list[tuple[str, object]]:
    """Return held steps, each with its control and as it is stored, where nothing is pending any more, or nothing that an agency can have got."""
    return [(row.control_id, row.step) for row in await connection.execute(_READY, {"most": most, "aside": list(aside)})]


def held_step(stored: object) -> OrderedStep:
    """Read a held step as it was stored."""
    return OrderedStep.model_validate(stored, context=STORED)


async def drop_held(connection: AsyncConnection, control_ids: Sequence[str]) -> None:
    """Forget held steps that were sent or are needed no more."""
    await connection.execute(_DROP, {"control_ids": list(control_ids)})


async def give_case(connection: AsyncConnection, control_id: str, *, case_no: str, court_code: str) -> None:
    """Let a control belong to another case, perhaps of another court."""
    await connection.execute(_CONVERT, {"control_id": control_id, "case_no": case_no, "court_code": court_code})
