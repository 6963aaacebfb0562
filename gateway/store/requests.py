"""Read requests: one with its tasks, or a page of a court's."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.subject import Subject
from contracts.words import STORED
from gateway.domain.counts import counts_of, no_gap
from gateway.store.snapshot import snapshot


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One agency's part of a request; `late` says that its answer replaced `overdue`."""

    task_id: str
    agency: str
    asset_type: str
    subject: int
    outcome: str | None
    code: str | None
    attempts: int
    answer_due_at: datetime
    answered_at: datetime | None
    late: bool
    unreadable: int
    asked_as: str | None


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request without its tasks."""

    request_id: str
    court_code: str
    case_no: str
    accepted_at: datetime
    ended_at: datetime | None
    report_version: int
    event_seq: int
    tasks: int


@dataclass(frozen=True, slots=True)
class CountedRequest:
    """A request with how its tasks ended."""

    head: RequestHead
    counts: Mapping[str, int]
    #: tasks refused under one name of a subject that their agency answered by another
    known_by_another: int = 0

    @property
    def all_answered(self) -> bool:
        """Tell whether it has ended without a gap."""
        return self.head.ended_at is not None and no_gap(self.counts, self.known_by_another)


@dataclass(frozen=True, slots=True)
class Page:
    """Which requests a list shows: those before `before` (an id), newest first."""

    court_code: str
    case_no: str | None
    ended: bool | None
    before: str | None
    most: int


#: Requests, each looked into once for former names; and the former name that a task `t` of such a request `r` asks by.
RENAMED = "SELECT *, jsonb_path_exists(body, '$.subjects[*].former_names[*]') AS renamed FROM requests"
ASKED_AS = """CASE WHEN r.renamed
    THEN NULLIF(CAST(t.command AS jsonb) #>> '{subject,name}', r.body #>> ARRAY['subjects', CAST(t.subject AS text), 'name']) END"""
_HEAD = "r.request_id, r.court_code, r.case_no, r.accepted_at, r.ended_at, r.report_version, r.event_seq, r.tasks"
#: An answer may be stored before its relay has noted that the command went out: what was answered was sent.
_LINE = f"""t.task_id, t.agency, t.asset_type, t.subject, t.outcome, t.code,
    GREATEST(t.attempts, (t.answered_at IS NOT NULL)::int), t.answer_due_at, t.answered_at, t.late_version IS NOT NULL AS late,
    COALESCE(jsonb_array_length(t.unreadable), 0) AS unreadable, {ASKED_AS} AS asked_as"""
_ONE = text(f"""
    WITH r AS MATERIALIZED ({RENAMED} WHERE request_id = :request_id)
    SELECT {_HEAD}, {_LINE} FROM r LEFT JOIN tasks t ON t.request_id = r.request_id AND t.control_id IS NULL
    ORDER BY t.subject, t.asset_type, t.agency""")  # noqa: S608 - constants
_HEAD_ONLY = text(f"SELECT {_HEAD} FROM requests r WHERE r.request_id = :request_id")  # noqa: S608 - constants
_PAGE = text(f"""
    SELECT {_HEAD} FROM requests r
    WHERE r.court_code = :court_code
      AND (CAST(:case_no AS text) IS NULL OR r.case_no = :case_no)
      AND (CAST(:ended AS boolean) IS NULL OR (r.ended_at IS NOT NULL) = :ended)
      AND (CAST(:before AS text) IS NULL OR r.request_id < :before)
    ORDER BY r.request_id DESC LIMIT :most""")  # noqa: S608 - constants
_OUTCOMES = text("""
    SELECT t.request_id, t.outcome, count(*) AS tasks, COALESCE(sum(jsonb_array_length(t.unreadable)), 0) AS unreadable,
           count(*) FILTER (WHERE t.outcome = 'refused' AND t.code = 'identity_mismatch' AND EXISTS (
               SELECT FROM tasks o WHERE o.request_id = t.request_id AND o.control_id IS NULL AND o.agency = t.agency AND o.subject = t.subject
                                     AND o.outcome IN ('found', 'none_found'))) AS known_by_another
    FROM tasks t WHERE t.request_id = ANY(CAST(:request_ids AS text[])) AND t.control_id IS NULL GROUP BY t.request_id, t.outcome""")
_SUBJECTS = text("SELECT body -> 'subjects' FROM requests WHERE request_id = :request_id")


async def load_head(connection: AsyncConnection, request_id: str) -> RequestHead | None:
    """Return a request of any court; whose it is, is for the caller to check."""
    row = (await connection.execute(_HEAD_ONLY, {"request_id": request_id})).one_or_none()
    return RequestHead(*row) if row else None


async def load_request(connection: AsyncConnection, request_id: str) -> tuple[RequestHead, list[TaskLine]] | None:
    """Return a request of any court with its query tasks by subject, asset type and agency."""
    rows = (await connection.execute(_ONE, {"request_id": request_id})).all()
    if not rows:
        return None
    columns = len(RequestHead.__slots__)
    return RequestHead(*rows[0][:columns]), [TaskLine(*row[columns:]) for row in rows if row.task_id is not None]


async def load_subjects(connection: AsyncConnection, request_id: str) -> tuple[Subject, ...]:
    """Return whom a request is about, in its order."""
    stored = (await connection.execute(_SUBJECTS, {"request_id": request_id})).scalar_one()
    return tuple(Subject.model_validate(one, context=STORED) for one in stored)


async def load_page(connection: AsyncConnection, page: Page) -> list[CountedRequest]:
    """Return a page of a court's requests, newest first, all as of one instant."""
    await snapshot(connection)
    parameters = {"court_code": page.court_code, "case_no": page.case_no, "ended": page.ended, "before": page.before, "most": page.most}
    heads = [RequestHead(*row) for row in await connection.execute(_PAGE, parameters)]
    outcomes: dict[str, Counter[str | None]] = {head.request_id: Counter() for head in heads}
    unreadable, others = Counter[str](), Counter[str]()
    for request_id, outcome, tasks, items, known_by_another in await connection.execute(_OUTCOMES, {"request_ids": list(outcomes)}):
        outcomes[request_id][outcome] = tasks
        unreadable[request_id] += items
        others[request_id] += known_by_another
    return [CountedRequest(head, counts_of(outcomes[head.request_id], unreadable[head.request_id]), others[head.request_id]) for head in heads]
