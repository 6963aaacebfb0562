"""The group commit of audit entries: refusals and reads are on record before their answer is given."""

import asyncio
from collections.abc import Sequence

from contracts.batching import Batcher, Linger
from gateway.store.audit import AuditEntry, append_group
from gateway.store.database import Database

_MOST = 256


class AuditTrail:
    """Appends entries that come together in one commit."""

    def __init__(self, database: Database, *, linger_s: float) -> None:
        """Take the database and the longest wait for company; `run` starts the commits."""
        self._database = database
        self._group: Batcher[AuditEntry, None] = Batcher(self._append, most=_MOST, linger=Linger(linger_s))

    async def run(self, stop: asyncio.Event) -> None:
        """Commit until told to stop, then what is still waiting."""
        await self._group.run(stop)

    async def record(self, entry: AuditEntry) -> None:
        """Return once the entry is committed.

        Raises: StoreUnavailable
        """
        await self._group.add(entry)

    async def _append(self, entries: Sequence[AuditEntry]) -> list[None]:
        return await append_group(self._database, entries)
