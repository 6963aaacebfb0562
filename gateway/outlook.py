"""How the mesh stands, as the store knows it: asked about every second, however many ask here. It decides nothing."""

import asyncio
from collections.abc import Collection

import structlog

from contracts.clock import Clock
from contracts.failures import ServiceUnavailable
from contracts.telemetry import (
    BACKLOG,
    BREAKER_STATE,
    HEARTBEAT_AGE,
    MESH_OLDEST_UNSENT,
    OLDEST_UNANSWERED,
    OLDEST_UNAPPLIED,
)
from gateway.domain.standing import Standing
from gateway.store.database import Database
from gateway.store.standing import load_standing

_log = structlog.get_logger()

#: A breaker's state for Prometheus, and as workers tell of it; of a closed one they tell nothing.
_BREAKER_STATES = (("closed", None), ("open", "suspended"), ("half_open", "trying"))
#: How old an answer may be, seconds; where it costs much it is asked for less often: a twentieth of the time at most, within limits.
_FRESH_S, _COST_FACTOR, _STALE_S = 1.0, 20.0, 15.0


class Outlook:
    """Keeps the newest standing, and shows it to Prometheus."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take what it asks; `run` keeps it fresh."""
        self._database, self._clock = database, clock
        self._standing: Standing | None = None
        self._taken_s, self._lasts_s = 0.0, 0.0
        self._asking = asyncio.Lock()
        self._shown: set[str] = set()

    @property
    def newest(self) -> Standing | None:
        """Return what was heard last, at once; none before the first time."""
        return self._standing

    async def current(self) -> Standing:
        """Return how the mesh stands, a second ago at most.

        Raises: StoreUnavailable
        """
        async with self._asking:
            kept = self._standing
            if kept is None or not self._is_fresh(kept):
                kept = await self._ask()
        return kept

    def _is_fresh(self, kept: Standing) -> bool:
        apart_s = abs((self._clock.now() - kept.at).total_seconds())
        return _now_s() - self._taken_s < self._lasts_s and apart_s < self._lasts_s

    async def _ask(self) -> Standing:
        began_s = _now_s()
        async with self._database.transaction() as connection:
            standing = await load_standing(connection, self._clock.now())
        self._standing, self._taken_s = standing, _now_s()
        self._lasts_s = min(_STALE_S, max(_FRESH_S, _COST_FACTOR * (self._taken_s - began_s)))
        self._shown |= show(standing, self._shown)
        return standing

    async def run(self, stop: asyncio.Event) -> None:
        """Ask until told to stop; an answer that is not there then is not waited for."""
        asking, stopping = asyncio.create_task(self._ask_on()), asyncio.create_task(stop.wait())
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if asking.done():
            asking.result()
        asking.cancel()
        await asyncio.wait({asking})

    async def _ask_on(self) -> None:
        while True:
            try:
                await self.current()
            except ServiceUnavailable as error:
                _log.warning("outlook_unknown", code=error.code)
            await asyncio.sleep(max(_FRESH_S, self._lasts_s))


def show(standing: Standing, shown: Collection[str]) -> set[str]:
    """Set the metrics of the whole mesh; what is no longer there is no longer shown.

    Shape: returns the agencies whose breakers were shown, so that those that are closed again are shown as closed
    """
    for metric, ages in ((MESH_OLDEST_UNSENT, standing.unsent_s), (OLDEST_UNANSWERED, standing.unanswered_s), (OLDEST_UNAPPLIED, standing.unapplied_s)):
        metric.clear()
        for kind, age_s in ages.items():
            metric.labels(kind).set(age_s)
    BACKLOG.clear()
    for one in standing.waiting:
        BACKLOG.labels(one.agency, one.asset_type).set(one.backlog)
    HEARTBEAT_AGE.clear()
    for beat in standing.heartbeats:
        HEARTBEAT_AGE.labels(beat.role, beat.detail, beat.process).set(beat.age_s + beat.idle_s)
    breakers = {one.agency: one.state for one in standing.breakers()}
    agencies = {*breakers, *shown, *(one.agency for one in standing.waiting)}
    for agency in agencies:
        for name, state in _BREAKER_STATES:
            BREAKER_STATE.labels(agency, name).set(breakers.get(agency) == state)
    return agencies


def _now_s() -> float:
    return asyncio.get_running_loop().time()
