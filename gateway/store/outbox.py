"""The task row as outbox and retry store: what is to be sent now, and what was sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.telemetry import ALARMS
from gateway.domain.in_flight import Head, Sending
from gateway.store.unnest import arrays, rows

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class DueTask:
    """A command to be sent; `lease` is the instant its row shows until it is marked as sent."""

    task_id: str
    request_id: str
    agency: str
    asset_type: str
    action: str
    topic: str
    key: bytes
    command: str
    attempts: int
    agency_ref: str | None
    answer_due_at: datetime
    trace_id: str
    lease: datetime


def _heads(which: str) -> TextClause:
    """One probe of the index an agency, however many commands it has: a long backlog is not read before others are reached."""
    next_head = f"""SELECT agency, topic, next_attempt_at FROM tasks WHERE {which} %s ORDER BY agency, next_attempt_at LIMIT 1"""  # noqa: S608 - constants
    return text(f"""
        WITH RECURSIVE heads AS (
            ({next_head % ""})
            UNION ALL
            SELECT n.* FROM heads h CROSS JOIN LATERAL ({next_head % "AND agency > h.agency"}) n)
        SELECT agency, topic, next_attempt_at AS due_at FROM heads WHERE next_attempt_at <= :now ORDER BY next_attempt_at, agency""")  # noqa: S608 - constants


def _claiming(which: str, and_when: str = "") -> TextClause:
    return _taking(f"""
            SELECT t.task_id FROM {rows("q", agency="text", most="int")} CROSS JOIN LATERAL (
                SELECT task_id FROM tasks WHERE {which} AND agency = q.agency AND next_attempt_at <= :now {and_when}
                ORDER BY next_attempt_at LIMIT q.most FOR UPDATE SKIP LOCKED) t
            UNION ALL
            SELECT t.task_id FROM (
                SELECT task_id FROM tasks WHERE {which} AND task_id = ANY(CAST(:again AS text[])) AND next_attempt_at <= :now {and_when}
                ORDER BY task_id FOR UPDATE SKIP LOCKED) t""")  # noqa: S608 - constants


def _taking(which: str) -> TextClause:
    return text(f"""
        WITH due AS ({which})
        UPDATE tasks t SET next_attempt_at = :lease, sent_at = COALESCE(t.sent_at, :now) FROM due, requests r
        WHERE t.task_id = due.task_id AND r.request_id = t.request_id
        RETURNING t.task_id, t.request_id, t.agency, t.asset_type, t.action, t.topic, t.key, t.command, t.attempts, t.agency_ref,
                  t.answer_due_at, r.trace_id, t.next_attempt_at AS lease""")  # noqa: S608 - constants


_OPEN, _OWED = "outcome IS NULL", "outcome = 'overdue' AND agency_ref IS NOT NULL"
_HEADS, _CLAIM = _heads(_OPEN), _claiming(_OPEN)
_LATE_HEADS, _CLAIM_LATE = _heads(_OWED), _claiming(_OWED, "AND answer_due_at > :since")
#: Rare: a clock was wrong. The index has them by deadline, so that what is rightly overdue is not looked through.
_CLAIM_EARLY = _taking("""
    SELECT task_id FROM tasks WHERE outcome = 'overdue' AND agency_ref IS NULL AND answer_due_at > :now AND next_attempt_at <= :now
    ORDER BY answer_due_at LIMIT :most FOR UPDATE SKIP LOCKED""")
_SENT = text(f"""
    WITH sent AS (SELECT * FROM {rows("s", task_id="text", lease="timestamptz", again_at="timestamptz")}),
    held AS (SELECT task_id FROM tasks JOIN sent USING (task_id) ORDER BY task_id FOR UPDATE OF tasks)
    UPDATE tasks t SET sent_at = :now, attempts = t.attempts + 1,
        asked_at = CASE WHEN t.next_attempt_at = sent.lease THEN COALESCE(t.asked_at, :now) ELSE t.asked_at END,
        next_attempt_at = CASE WHEN t.next_attempt_at = sent.lease THEN sent.again_at ELSE t.next_attempt_at END
    FROM sent JOIN held USING (task_id) WHERE t.task_id = sent.task_id""")  # noqa: S608 - constants
#: A row shows the lease until it is marked as sent.
_STILL_IN_FLIGHT = text(f"""
    SELECT task_id, lease, again_at FROM tasks JOIN {rows("w", task_id="text", lease="timestamptz", again_at="timestamptz")} USING (task_id)
    WHERE (outcome IS NULL OR (outcome = 'overdue' AND agency_ref IS NOT NULL)) AND next_attempt_at IN (lease, again_at)""")  # noqa: S608 - constants
_PUT_OFF = text(f"""
    WITH given AS (SELECT * FROM {rows("p", task_id="text", again_at="timestamptz")}),
    held AS (SELECT task_id FROM tasks JOIN given USING (task_id) ORDER BY task_id FOR UPDATE OF tasks)
    UPDATE tasks t SET next_attempt_at = given.again_at FROM given JOIN held USING (task_id)
    WHERE t.task_id = given.task_id AND (t.outcome IS NULL OR t.outcome = 'overdue')""")  # noqa: S608 - constants
_OLDEST = text("SELECT min(next_attempt_at) FROM tasks WHERE outcome IS NULL AND next_attempt_at <= :now")
_SEND_ALL_AGAIN = text("UPDATE tasks SET next_attempt_at = :now, asked_at = NULL WHERE outcome IS NULL AND sent_at IS NOT NULL")


async def due_heads(connection: AsyncConnection, now: datetime) -> list[Head]:
    """Return every agency with commands that are due, the longest waiting first."""
    return [Head(*row) for row in await connection.execute(_HEADS, {"now": now})]


async def claim(
    connection: AsyncConnection, *, now: datetime, lease: timedelta, quotas: Mapping[str, int], again: Sequence[str] = (),
) -> list[DueTask]:
    """Take the oldest commands that are due and that nobody else is sending: so many of each agency, and those to be sent again.

    Shape: they come back after the lease; from now on the broker may have them
    """
    return await _claimed(connection, _CLAIM, quotas, again, now=now, lease=now + lease)


async def late_heads(connection: AsyncConnection, now: datetime) -> list[Head]:
    """Return every agency that owes, since its deadline, what it acknowledged, and may be asked how it stands."""
    return [Head(*row) for row in await connection.execute(_LATE_HEADS, {"now": now})]


async def claim_late(
    connection: AsyncConnection, *, now: datetime, lease: timedelta, since: datetime, quotas: Mapping[str, int], again: Sequence[str] = (),
) -> list[DueTask]:
    """Take what agencies acknowledged and owe since their deadline, but not since before `since`: asked how it stands."""
    return await _claimed(connection, _CLAIM_LATE, quotas, again, now=now, lease=now + lease, since=since)


async def claim_early(connection: AsyncConnection, *, now: datetime, lease: timedelta, most: int) -> list[DueTask]:
    """Take what was declared overdue although its deadline has not passed (a clock was wrong): it is asked again, with an alarm."""
    early = (await connection.execute(_CLAIM_EARLY, {"now": now, "lease": now + lease, "most": most})).mappings().all()
    if early:
        ALARMS.labels("overdue_too_early").inc(len(early))
        _log.error("overdue_too_early", tasks=len(early))
    return [DueTask(**row) for row in early]


async def _claimed(
    connection: AsyncConnection, statement: TextClause, quotas: Mapping[str, int], again: Sequence[str], **instants: datetime,
) -> list[DueTask]:
    parameters = {"q_agency": list(quotas), "q_most": list(quotas.values()), "again": list(again), **instants}
    found = (await connection.execute(statement, parameters)).mappings()
    return sorted((DueTask(**row) for row in found), key=lambda task: task.task_id)


@dataclass(frozen=True, slots=True)
class Sent:
    """A command the broker has; it is sent again at `again_at` if nothing is heard."""

    task_id: str
    lease: datetime
    again_at: datetime

    @property
    def sending(self) -> Sending:
        """Return what the broker's room is counted by."""
        return self.task_id, self.lease, self.again_at


async def mark_sent(connection: AsyncConnection, sent: Sequence[Sent], now: datetime) -> None:
    """Note what the broker acknowledged; a reply that was quicker keeps what it wrote."""
    await connection.execute(_SENT, {**arrays("s", sent, "task_id", "lease", "again_at"), "now": now})


async def still_in_flight(connection: AsyncConnection, sendings: Sequence[Sending]) -> set[Sending]:
    """Return which of these were neither answered, acknowledged nor deferred, whether they are marked as sent yet or not."""
    names = ("w_task_id", "w_lease", "w_again_at")
    parameters = {name: [one[at] for one in sendings] for at, name in enumerate(names)}
    return {(row.task_id, row.lease, row.again_at) for row in await connection.execute(_STILL_IN_FLIGHT, parameters)}


async def oldest_due(connection: AsyncConnection, now: datetime) -> datetime | None:
    """Return since when the oldest due command waits to be sent."""
    oldest: datetime | None = (await connection.execute(_OLDEST, {"now": now})).scalar_one()
    return oldest


async def send_all_again(connection: AsyncConnection, now: datetime) -> None:
    """Make every unanswered command due: the broker that had them is gone."""
    await connection.execute(_SEND_ALL_AGAIN, {"now": now})


async def put_off(connection: AsyncConnection, until: Mapping[str, datetime]) -> None:
    """Let commands, by task, be due no sooner than they are set aside for."""
    await connection.execute(_PUT_OFF, {"p_task_id": list(until), "p_again_at": list(until.values())})
