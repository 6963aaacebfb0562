"""What the reconciliation asks, and what it compares answers with: controls by number and by asset, beside whoever asked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.control import FINAL_STATES
from gateway.store.accept import NewTask
from gateway.store.database import COMMANDS_CHANNEL, notify
from gateway.store.statuses import ToAsk
from gateway.store.unnest import arrays, rows


@dataclass(frozen=True, slots=True)
class MayReconcile:
    """An agency whose office is open: `before` is when its controls were asked about last at the latest, to be asked about again."""

    agency: str
    before: datetime
    due_at: datetime
    can_status: bool


@dataclass(frozen=True, slots=True)
class Due:
    """A control to be asked about; commands are JSON.

    Shape: `step` is the command of its measure, to be asked about by number; `query` a query of its request about its subject at its agency,
           to be asked again; each null where there is none, or where it is not asked
    """

    control_id: str
    request_id: str
    court_code: str
    case_no: str
    agency: str
    asset_type: str
    subject: int
    subject_hash: str
    due_at: datetime
    step: str | None
    step_topic: str | None
    step_key: bytes | None
    agency_ref: str | None
    status_task_id: str | None
    query: str | None
    query_topic: str | None
    query_key: bytes | None
    query_task_id: str | None

    @property
    def by_number(self) -> ToAsk | None:
        """Return the question how its request number stands."""
        if self.step is None or self.step_topic is None or self.step_key is None:
            return None
        return ToAsk(self.control_id, self.request_id, self.status_task_id, self.agency, self.asset_type, self.subject, self.step_topic,
                     self.step_key, self.step, self.agency_ref, self.due_at)


#: By number only what has ended: what stands, `watching` asks about far more often, and its answers are compared too.
_DUE = text(f"""
    WITH due AS (
        SELECT a.due_at, a.can_status, c.* FROM {rows("a", agency="text", before="timestamptz", due_at="timestamptz", can_status="bool")}
        CROSS JOIN LATERAL (
            SELECT control_id, request_id, court_code, case_no, agency, asset_type, subject, subject_hash, state, request_no FROM controls
            WHERE agency = a.agency AND reconciled_at < 'infinity' AND reconciled_at <= a.before
              AND (pending IS NULL OR in_doubt)
            ORDER BY reconciled_at, control_id LIMIT :most) c)
    SELECT d.control_id, d.request_id, d.court_code, d.case_no, d.agency, d.asset_type, d.subject, d.subject_hash, d.due_at,
           step.command AS step, step.topic AS step_topic, step.key AS step_key, step.agency_ref, step.status_task_id,
           query.command AS query, query.topic AS query_topic, query.key AS query_key, asked.task_id AS query_task_id
    FROM due d
    LEFT JOIN LATERAL (
        SELECT t.command, t.topic, t.key, t.agency_ref, status.task_id AS status_task_id FROM tasks t
        LEFT JOIN tasks status ON status.control_id = d.control_id AND status.action = 'status'
        WHERE t.control_id = d.control_id AND t.request_no = d.request_no AND t.action <> 'status' AND t.outcome <> 'withdrawn'
          AND d.can_status AND d.state = ANY(CAST(:final AS text[])) AND (status.task_id IS NULL OR status.outcome IS NOT NULL)
        ORDER BY t.task_id LIMIT 1) step ON true
    LEFT JOIN LATERAL (
        SELECT t.command, t.topic, t.key FROM tasks t
        WHERE t.request_id = d.request_id AND t.control_id IS NULL AND t.agency = d.agency AND t.subject = d.subject
        ORDER BY (t.outcome = 'found') DESC NULLS LAST, t.task_id LIMIT 1) query ON true
    LEFT JOIN tasks asked ON asked.control_id = d.control_id AND asked.action = 'query'""")  # noqa: S608 - constants
#: Not asked about any more: what ended so long ago.
_ASKED = text("""
    WITH held AS (SELECT control_id FROM controls WHERE control_id = ANY(CAST(:control_ids AS text[])) ORDER BY control_id FOR UPDATE)
    UPDATE controls c SET reconciled_at = CASE
        WHEN c.state = ANY(CAST(:final AS text[])) AND (SELECT max(e.at) FROM control_events e WHERE e.control_id = c.control_id) < :ended_before
        THEN 'infinity'::timestamptz ELSE CAST(:now AS timestamptz) END
    FROM held WHERE c.control_id = held.control_id""")
_TASK = {"task_id": "text", "request_id": "text", "control_id": "text", "agency": "text", "asset_type": "text", "subject": "int",
         "action": "text", "request_no": "text", "topic": "text", "key": "bytea", "command": "text", "next_attempt_at": "timestamptz",
         "answer_due_at": "timestamptz"}
_EMPTIED = ("agency_ref", "sent_at", "outcome", "code", "detail", "assets", "unreadable", "unread", "oddities", "as_of", "answered_at", "elapsed_s",
            "raw_sha256", "raw", "overdue_at", "late_version")
_ARM = text(f"""
    INSERT INTO tasks AS held ({", ".join(_TASK)}) SELECT {", ".join(f"t.{name}" for name in _TASK)} FROM {rows("t", **_TASK)} ORDER BY t.task_id
    ON CONFLICT (control_id) WHERE action = 'query' AND control_id IS NOT NULL DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in ("request_no", "command", "next_attempt_at", "answer_due_at"))},
        {", ".join(f"{name} = NULL" for name in _EMPTIED)}, attempts = 0
    WHERE held.task_id = excluded.task_id AND held.outcome IS NOT NULL
    RETURNING held.control_id""")  # noqa: S608 - constants
#: Who asked, in whose name: of a question of the reconciliation the court that the control belongs to.
_ASKERS = text("""
    SELECT t.task_id, t.request_id, t.agency, t.asset_type, t.subject, COALESCE(c.court_code, r.court_code) AS court_code,
           r.court_code AS asked_by, COALESCE(t.sent_at, r.accepted_at) AS asked_at
    FROM tasks t JOIN requests r ON r.request_id = t.request_id LEFT JOIN controls c ON c.control_id = t.control_id
    WHERE t.task_id = ANY(CAST(:task_ids AS text[]))""")
_KNOWN = """SELECT c.control_id, c.request_id, c.subject, c.agency, c.court_code, c.asset_id, c.asset_type, c.subject_hash, c.request_no, c.control, c.record,
    (SELECT max(e.at) FROM control_events e WHERE e.control_id = c.control_id) AS changed_at FROM controls c"""
_RELATED = text(f"""
    {_KNOWN} WHERE c.request_no = ANY(CAST(:numbers AS text[])) AND c.request_no <> ''
    UNION
    {_KNOWN} JOIN {rows("h", court_code="text", subject_hash="text")} ON (c.court_code, c.subject_hash) = (h.court_code, h.subject_hash)""")
_ON_RECORD = text("""
    SELECT DISTINCT request_id FROM differences
    WHERE asset_id = ANY(CAST(:asset_ids AS text[])) AND agency = ANY(CAST(:agencies AS text[])) AND settled_at IS NULL""")


async def due(connection: AsyncConnection, agencies: Sequence[MayReconcile], most: int) -> list[Due]:
    """Return the controls that agencies are to be asked about, those not asked about for longest first, at most so many of each agency."""
    parameters = arrays("a", agencies, "agency", "before", "due_at", "can_status") | {"most": most, "final": sorted(FINAL_STATES)}
    return [Due(**row) for row in (await connection.execute(_DUE, parameters)).mappings()]


async def asked_about(connection: AsyncConnection, control_ids: Collection[str], now: datetime, ended_before: datetime) -> None:
    """Note that controls were asked about; what ended before `ended_before` was asked about for the last time."""
    await connection.execute(_ASKED, {"control_ids": list(control_ids), "now": now, "ended_before": ended_before, "final": sorted(FINAL_STATES)})


async def ask_again(connection: AsyncConnection, tasks: Sequence[NewTask]) -> set[str]:
    """Put questions about subjects into the outbox, one row a control, armed anew each time; return for which controls that was done."""
    armed = set((await connection.execute(_ARM, arrays("t", sorted(tasks, key=lambda one: one.task_id), *_TASK))).scalars())
    if armed:
        await notify(connection, COMMANDS_CHANNEL)
    return armed


@dataclass(frozen=True, slots=True)
class Asker:
    """A query that was answered: for which court, which court asked, about whom (an index of the request's subjects), and when it went out."""

    task_id: str
    request_id: str
    agency: str
    asset_type: str
    subject: int
    court_code: str
    asked_by: str
    asked_at: datetime


async def askers(connection: AsyncConnection, task_ids: Collection[str]) -> dict[str, Asker]:
    """Return who asked what, by task."""
    found = (await connection.execute(_ASKERS, {"task_ids": list(task_ids)})).mappings()
    return {row["task_id"]: Asker(**row) for row in found}


@dataclass(frozen=True, slots=True)
class Related:
    """A control that a listed measure may be, `control` and `record` as JSON values."""

    control_id: str
    request_id: str
    subject: int
    agency: str
    court_code: str
    asset_id: str
    asset_type: str
    subject_hash: str
    request_no: str
    control: Mapping[str, Any]
    record: Mapping[str, Any]
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody as one court knows them."""

    court_code: str
    subject_hash: str


async def related(connection: AsyncConnection, numbers: Collection[str], holders: Collection[Holder]) -> list[Related]:
    """Return the controls of these request numbers, whoever's, and those of courts on these holders."""
    parameters = {"numbers": sorted(numbers), **arrays("h", list(holders), "court_code", "subject_hash")}
    return [Related(**row) for row in (await connection.execute(_RELATED, parameters)).mappings()]


async def requests_told(connection: AsyncConnection, asset_ids: Collection[str], agencies: Collection[str]) -> set[str]:
    """Return the requests whose streams tell of open differences on these assets."""
    found = await connection.execute(_ON_RECORD, {"asset_ids": sorted(asset_ids), "agencies": sorted(agencies)})
    return set(found.scalars())
