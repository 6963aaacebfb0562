"""The audit trail: append-only. An accepted write is audited in its own commit, a refusal or a read in a group commit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.database import Database
from gateway.store.unnest import arrays, rows


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which object on which basis; no personal data of subjects."""

    at: datetime
    court_code: str
    officer: str
    roles: str
    action: str
    object: str
    basis: str | None
    decision: str
    trace_id: str


_COLUMNS = {"at": "timestamptz", "court_code": "text", "officer": "text", "roles": "text", "action": "text", "object": "text",
            "basis": "text", "decision": "text", "trace_id": "text"}
_INSERT = text(f"""
    INSERT INTO audit ({", ".join(_COLUMNS)}) SELECT {", ".join(f"a.{name}" for name in _COLUMNS)}
    FROM {rows("a", **_COLUMNS)}""")  # noqa: S608 - constants


async def append(connection: AsyncConnection, entries: Sequence[AuditEntry]) -> None:
    """Append entries inside a transaction of the caller."""
    await connection.execute(_INSERT, arrays("a", entries, *_COLUMNS))


async def append_group(database: Database, entries: Sequence[AuditEntry]) -> list[None]:
    """Append entries in a commit of their own; the handler of the audit's group commit.

    Raises: StoreUnavailable
    """
    async with database.transaction() as connection:
        await append(connection, entries)
    return [None] * len(entries)
