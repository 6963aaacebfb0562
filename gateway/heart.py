"""Roles with a database tell every few seconds that they live: one statement for the process, by the database's clock."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from contracts.batching import pause
from contracts.failures import ServiceUnavailable
from contracts.state import BEAT_EVERY_S, RoleState
from gateway.store.database import STATEMENT_FAULTS, Database
from gateway.store.standing import beat, gone

_log = structlog.get_logger()

#: After what the next one tells it all again.
_UNWRITTEN: tuple[type[Exception], ...] = (ServiceUnavailable, *STATEMENT_FAULTS)

#: How often a process looks whether one of its roles has begun, seconds.
_FIRST_S = 0.2

#: What a process tells of one of its roles now.
Tells = Callable[[], RoleState]


class Heart:
    """Writes the heartbeats of the gateway's roles of one process; by that it knows whether the database takes writes."""

    def __init__(self, database: Database, tells: Sequence[Tells], *, every_s: float = BEAT_EVERY_S) -> None:
        """Take what each role tells; roles may join later, by the same list."""
        self._database, self._tells, self._every_s = database, tells, every_s
        self.writable = True

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until told to stop, then take the heartbeats back."""
        while not stop.is_set():
            await self.beat()
            await pause(stop, self._every_s if self._tells else min(self._every_s, _FIRST_S))
        await self._end()

    async def beat(self) -> None:
        """Beat once. A database that is away, full or read-only is not an error of ours: readiness tells of it."""
        states = [tell() for tell in self._tells]
        try:
            if states:
                async with self._database.transaction() as connection:
                    await beat(connection, states)
        except _UNWRITTEN as error:
            self.writable = False
            _log.warning("heartbeat_failed", error=type(error).__name__)
        else:
            self.writable = True

    async def _end(self) -> None:
        states = [tell() for tell in self._tells]
        try:
            async with asyncio.timeout(2), self._database.transaction() as connection:
                for process in {one.process for one in states}:
                    await gone(connection, process, [one.role for one in states])
        except (ServiceUnavailable, TimeoutError):
            _log.warning("heartbeat_stays")
