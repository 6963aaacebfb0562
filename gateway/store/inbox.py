"""The task row as inbox: an answer is applied only to a task that still awaits one, a late one only to `overdue`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.unnest import arrays, rows


@dataclass(frozen=True, slots=True)
class TaskAnswer:
    """An outcome for a task; `assets`, `unreadable`, `unread` and `oddities` are JSON lists. `overdue` is the schedule's, all others come from replies."""

    task_id: str
    outcome: str
    code: str | None
    detail: str | None
    assets: str | None
    as_of: datetime | None
    elapsed_s: float | None
    raw_sha256: str | None
    raw: bytes | None
    unreadable: str | None = None
    unread: str | None = None
    oddities: str | None = None
    #: of `raw`: its content type as it came, and how long the whole is of which raw_sha256 is
    raw_media_type: str | None = None
    raw_size: int | None = None


@dataclass(frozen=True, slots=True)
class AppliedAnswer:
    """A task that an answer changed; `before` is null for a first answer and `overdue` for a late one."""

    task_id: str
    request_id: str
    control_id: str | None
    agency: str
    asset_type: str
    subject: int
    outcome: str
    code: str | None
    before: str | None
    action: str = "query"
    #: how many items of it are there and cannot be read
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Postponed:
    """A task whose agency answers later: ask again at `next_attempt_at`, for the status if there is a reference."""

    task_id: str
    agency_ref: str | None
    next_attempt_at: datetime
    #: since when the agency is not asked; null: it was
    suspended_since: datetime | None = None


_ANSWER = {"task_id": "text", "outcome": "text", "code": "text", "detail": "text", "assets": "text", "as_of": "timestamptz",
           "elapsed_s": "float8", "raw_sha256": "text", "raw": "bytea", "unreadable": "text", "unread": "text", "oddities": "text",
           "raw_media_type": "text", "raw_size": "bigint"}
_APPLY = text(f"""
    WITH given AS (SELECT * FROM {rows("g", **_ANSWER)}),
    held AS (SELECT task_id, tasks.outcome AS before, late_version FROM tasks JOIN given USING (task_id)
             ORDER BY task_id FOR UPDATE OF tasks)
    UPDATE tasks t SET outcome = given.outcome, code = given.code, detail = given.detail, assets = given.assets::jsonb,
        as_of = given.as_of, answered_at = CASE WHEN given.outcome = 'overdue' THEN NULL ELSE CAST(:now AS timestamptz) END,
        overdue_at = CASE WHEN given.outcome = 'overdue' THEN CAST(:now AS timestamptz) ELSE t.overdue_at END,
        elapsed_s = given.elapsed_s, raw_sha256 = given.raw_sha256, raw = NULL, raw_bytes = given.raw,
        raw_media_type = given.raw_media_type, raw_size = given.raw_size, raw_kept_sha256 = encode(sha256(given.raw), 'hex'),
        unreadable = given.unreadable::jsonb, unread = given.unread::jsonb, oddities = given.oddities::jsonb
    FROM given JOIN held USING (task_id)
    WHERE t.task_id = given.task_id
      AND (held.before IS NULL OR (held.before = 'overdue' AND held.late_version IS NULL AND given.outcome <> 'overdue'))
    RETURNING t.task_id, t.request_id, t.control_id, t.agency, t.asset_type, t.subject, t.outcome, t.code,
              held.before, t.action, COALESCE(jsonb_array_length(t.unreadable), 0) AS unreadable""")  # noqa: S608 - constants
_SAME = text(f"""
    SELECT task_id FROM tasks t JOIN {rows("g", **_ANSWER)} USING (task_id)
    WHERE t.outcome = g.outcome AND t.code IS NOT DISTINCT FROM g.code AND t.assets IS NOT DISTINCT FROM g.assets::jsonb
      AND t.unreadable IS NOT DISTINCT FROM g.unreadable::jsonb
      AND (t.control_id IS NULL OR t.raw_sha256 = g.raw_sha256)""")  # noqa: S608 - constants
_POSTPONE = text(f"""
    WITH given AS (SELECT * FROM {rows("p", task_id="text", agency_ref="text", next_attempt_at="timestamptz", suspended_since="timestamptz")}),
    held AS (SELECT task_id FROM tasks JOIN given USING (task_id) ORDER BY task_id FOR UPDATE OF tasks)
    UPDATE tasks t SET agency_ref = COALESCE(given.agency_ref, t.agency_ref), next_attempt_at = given.next_attempt_at,
        asked_at = NULL, suspended_since = CASE WHEN t.outcome IS NULL THEN given.suspended_since ELSE t.suspended_since END
    FROM given JOIN held USING (task_id)
    WHERE t.task_id = given.task_id AND (t.outcome IS NULL OR t.outcome = 'overdue')""")  # noqa: S608 - constants
_LATE = text(f"""
    WITH given AS (SELECT * FROM {rows("l", task_id="text", late_version="int")})
    UPDATE tasks t SET late_version = given.late_version FROM given WHERE t.task_id = given.task_id""")  # noqa: S608 - constants
_STANDING = text("""
    SELECT task_id, agency, asset_type, action, CASE WHEN action = 'status' THEN command::jsonb ->> 'of_action' ELSE action END AS asks,
           attempts, outcome, code, raw_sha256, control_id, answer_due_at FROM tasks
    WHERE task_id = ANY(CAST(:task_ids AS text[]))""")
_FILE = text(f"""
    INSERT INTO filed_replies (task_id, filed_at, why, reply) SELECT task_id, CAST(:now AS timestamptz), why, reply::jsonb
    FROM {rows("f", task_id="text", why="text", reply="text")}""")  # noqa: S608 - constants
_OVERDUE = text("""
    SELECT task_id FROM tasks WHERE outcome IS NULL AND answer_due_at <= :now AND task_id <> ALL(CAST(:aside AS text[]))
    ORDER BY answer_due_at LIMIT :most""")


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a task when a reply for it comes."""

    task_id: str
    agency: str
    asset_type: str
    action: str
    #: the action an answer is about, through `status`
    asks: str
    attempts: int
    outcome: str | None
    code: str | None
    raw_sha256: str | None
    control_id: str | None
    answer_due_at: datetime


@dataclass(frozen=True, slots=True)
class Filed:
    """A reply that changed nothing, with the reason; `reply` is JSON."""

    task_id: str
    why: str
    reply: str


async def standing(connection: AsyncConnection, task_ids: Sequence[str]) -> dict[str, Standing]:
    """Return the tasks by id; an id that is missing names no task of ours."""
    found = (await connection.execute(_STANDING, {"task_ids": list(task_ids)})).mappings()
    return {row["task_id"]: Standing(**row) for row in found}


async def apply_answers(connection: AsyncConnection, answers: Sequence[TaskAnswer], now: datetime) -> list[AppliedAnswer]:
    """Apply at most one answer a task and return what changed, ordered by task."""
    applied = (await connection.execute(_APPLY, {**arrays("g", answers, *_ANSWER), "now": now})).mappings()
    return sorted((AppliedAnswer(**row) for row in applied), key=lambda one: one.task_id)


async def repeated(connection: AsyncConnection, answers: Sequence[TaskAnswer]) -> set[str]:
    """Return the tasks whose answer stands as it is given here. Bytes may differ, by an instant say, but not of a control step."""
    return set((await connection.execute(_SAME, arrays("g", answers, *_ANSWER))).scalars())


async def postpone(connection: AsyncConnection, postponed: Sequence[Postponed]) -> None:
    """Set when to ask again."""
    await connection.execute(_POSTPONE, arrays("p", postponed, "task_id", "agency_ref", "next_attempt_at", "suspended_since"))


async def set_late_versions(connection: AsyncConnection, versions: Sequence[tuple[str, int]]) -> None:
    """Note in which report version each late answer first shows."""
    await connection.execute(_LATE, {"l_task_id": [one for one, _ in versions], "l_late_version": [two for _, two in versions]})


async def file_replies(connection: AsyncConnection, filed: Sequence[Filed], now: datetime) -> None:
    """Keep replies that changed nothing."""
    await connection.execute(_FILE, {**arrays("f", filed, "task_id", "why", "reply"), "now": now})


async def overdue(connection: AsyncConnection, *, now: datetime, most: int, aside: Sequence[str] = ()) -> list[str]:
    """Return tasks whose deadline has passed without an outcome, but for those set aside."""
    return list((await connection.execute(_OVERDUE, {"now": now, "most": most, "aside": list(aside)})).scalars())
