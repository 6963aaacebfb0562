"""What follows from a database that was taken back to an earlier instant: agencies may have done what it does not know."""

from datetime import datetime

from sqlalchemy import text

from gateway.store.audit import AuditEntry, append
from gateway.store.database import Database

#: Also what was not sent then may have been since: it is never taken back as something that nobody can have got.
_SEND_AGAIN = text("UPDATE tasks SET next_attempt_at = :now, sent_at = COALESCE(sent_at, :now), asked_at = NULL WHERE outcome IS NULL")
_ASK = text("""
    UPDATE controls SET status_asked_at = CASE WHEN watch IS NULL THEN status_asked_at ELSE 'epoch' END, reconciled_at = LEAST(reconciled_at, 'epoch')
    WHERE watch IS NOT NULL OR reconciled_at < 'infinity'""")
#: Whoever listens goes on after the last event it saw, which may be one that is gone.
_STREAMS = text("""
    UPDATE requests r SET event_seq = event_seq + :ahead
    WHERE ended_at IS NULL OR EXISTS (SELECT FROM controls c WHERE c.request_id = r.request_id)""")
_POSITIONS = text("UPDATE event_cursors SET position = position + :ahead WHERE name = 'placing'")
_AHEAD = 1_000_000


async def after_restore(database: Database, now: datetime, what: str) -> None:
    """Have everything unanswered sent again, every control asked about and every subject of one, and put the restore on record, in one transaction.

    Raises: StoreUnavailable
    """
    async with database.transaction() as connection:
        await connection.execute(_SEND_AGAIN, {"now": now})
        await connection.execute(_ASK)
        await connection.execute(_STREAMS, {"ahead": _AHEAD})
        await connection.execute(_POSITIONS, {"ahead": _AHEAD})
        entry = AuditEntry(now, "-", "-", "operator", "store.restore", what, None, "accepted", "-")
        await append(connection, [entry])
