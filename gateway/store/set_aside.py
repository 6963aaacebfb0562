"""Rows that a sweep could not handle: each with its reason and until when it is left out, so that it never stops the others.

Operators find them here; a row goes when its sweep handles it again, and whoever takes it away has it tried at once.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, DateTime, Integer, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.tables import metadata
from gateway.store.unnest import rows

#: A sweep and what of it was set aside; `again_at` moves out with each try.
set_aside = Table(
    "set_aside", metadata,
    Column("kind", Text, primary_key=True, comment="the sweep: command, overdue, term, warning, held, status, case"),
    Column("object_id", Text, primary_key=True, comment="task, control, or court and case"),
    Column("reason", Text, nullable=False, comment="a code, never what a row says"),
    Column("tries", Integer, nullable=False, server_default=text("1")),
    Column("first_at", DateTime(timezone=True), nullable=False),
    Column("again_at", DateTime(timezone=True), nullable=False, comment="until when it is left out"),
)

#: A minute, doubling to about a day.
_PUT = text(f"""
    INSERT INTO set_aside AS a (kind, object_id, reason, first_at, again_at)
    SELECT :kind, object_id, reason, CAST(:now AS timestamptz), CAST(:now AS timestamptz) + interval '1 minute'
    FROM {rows("s", object_id="text", reason="text")} ORDER BY object_id
    ON CONFLICT (kind, object_id) DO UPDATE SET reason = excluded.reason, tries = a.tries + 1,
        again_at = excluded.first_at + interval '1 minute' * (2 ^ least(a.tries, 10))
    RETURNING object_id, again_at""")  # noqa: S608 - constants
_STANDING = text("SELECT object_id FROM set_aside WHERE kind = :kind AND again_at > :now")
_CLEAR = text("DELETE FROM set_aside WHERE kind = :kind AND object_id = ANY(CAST(:object_ids AS text[]))")


async def put_aside(connection: AsyncConnection, kind: str, why: Sequence[tuple[str, str]], now: datetime) -> dict[str, datetime]:
    """Leave objects, each (id, reason), out of a sweep for a while; return until when, by id."""
    parameters = {"kind": kind, "now": now, "s_object_id": [one for one, _ in why], "s_reason": [reason for _, reason in why]}
    return {row.object_id: row.again_at for row in await connection.execute(_PUT, parameters)}


async def load_aside(connection: AsyncConnection, kind: str, now: datetime) -> list[str]:
    """Return what a sweep leaves out now; an empty list is what is usual."""
    return list((await connection.execute(_STANDING, {"kind": kind, "now": now})).scalars())


async def clear_aside(connection: AsyncConnection, kind: str, object_ids: Sequence[str]) -> None:
    """Forget that objects were set aside: they were handled."""
    await connection.execute(_CLEAR, {"kind": kind, "object_ids": list(object_ids)})
