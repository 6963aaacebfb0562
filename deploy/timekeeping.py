"""Keeps the clock of a process that stores decisions: asks the database what time it is, and tells when clocks differ."""

import asyncio
from dataclasses import dataclass

import structlog

from contracts.batching import pause
from contracts.failures import ServiceUnavailable
from contracts.telemetry import ALARMS, CLOCK_SKEW
from deploy.clock import DatabaseClock, SystemClock, ticks_s
from gateway.domain.timekeeping import Trust, skew_s
from gateway.settings import GatewaySettings
from gateway.store.clock import read_clock
from gateway.store.database import Database
from gateway.store.settings import StoreSettings

_log = structlog.get_logger()

#: How often the database is asked until it has answered once, and how long roles wait for that before they start without (and refuse).
_FIRST_EVERY_S, FIRST_WITHIN_S = 0.25, 5.0
_STATEMENT_S = 5.0


@dataclass(eq=False)
class Timekeeper:
    """Reads the database's clock for the clock that roles are given, and compares that of this machine."""

    database: Database
    clock: DatabaseClock
    machine: SystemClock
    settings: GatewaySettings
    _beyond: bool = False
    _in_doubt: bool = False

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop."""
        while not stop.is_set():
            try:
                await self.read()
            except ServiceUnavailable as error:
                _log.warning("clock_unread", code=error.code)
            await pause(stop, self.settings.clock_every_s if self.clock.known.is_set() else _FIRST_EVERY_S)
        await self.database.close()

    async def read(self) -> None:
        """Read once.

        Raises: StoreUnavailable
        """
        reading = await read_clock(self.database, ticks_s)
        machine = self.machine.machine_now()
        off_s = skew_s(machine, reading)
        self.clock.take(reading, machine)
        CLOCK_SKEW.set(off_s)
        self._beyond = self._tell("machine_clock_differs", off_s, before=self._beyond, now=abs(off_s) - reading.error_s > self.settings.clock_bound_s)
        self._in_doubt = self._tell("database_clock_jumped", off_s, before=self._in_doubt, now=self.clock.in_doubt)

    def _tell(self, what: str, off_s: float, *, before: bool, now: bool) -> bool:
        """Count an alarm as long as it is so, and say once when it begins and when it ends."""
        if now:
            ALARMS.labels("clock").inc()
        if now != before:
            (_log.error if now else _log.warning)(what, so=now, machine_ahead_s=round(off_s, 3))
        return now


def timekeeper(store: StoreSettings, settings: GatewaySettings, machine: SystemClock) -> Timekeeper:
    """Return what keeps the clock of a process that goes by the database's; one connection of its own, so that no burst of calls delays a reading."""
    own = store.model_copy(update={"pool_size": 1, "statement_timeout_s": min(_STATEMENT_S, store.statement_timeout_s)})
    clock = DatabaseClock(machine, Trust(settings.clock_bound_s, settings.clock_settle_s), good_for_s=settings.clock_good_for_s)
    return Timekeeper(Database(own), clock, machine, settings)
