"""Beside the relay: events get their place in the stream of their court, and go to Kafka in that order. It never decides. docs/adr/0024.

Two loops, so that Kafka being away holds up no stream: `place` gives positions under the lock of one row, `publish` sends what has one
under a lease. After a crash an event may go to Kafka again, with the same `ce_id`; positions are given once.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from contracts.batching import pause
from contracts.failures import ServiceUnavailable
from contracts.kafka.events import Told, encode_event
from contracts.kafka.producer import Producer
from contracts.telemetry import BATCH_SIZE, EVENTS_BEHIND
from gateway.store.court_events import (
    events_behind,
    events_of_all,
    give_up_topic,
    lease_topic,
    note_published,
    place_events,
)
from gateway.store.database import Database, Listener
from gateway.telling import Telling, ToldEvent

_log = structlog.get_logger()

#: Most events placed, or sent, together.
_MOST = 500
#: Shortest time between two looks, so that under load a look finds many.
_REST_S = 0.02
#: How often to look without being woken.
_LOOK_EVERY_S = 1.0
#: How long whoever publishes may be silent before another does: longer than a broker may take for a batch.
_LEASE_S = 30.0


class Publisher:
    """Places and publishes the events of all courts. Any number may run: one at a time does each."""

    def __init__(self, database: Database, producer: Producer, *, owner: str) -> None:
        """Take what it works with; `owner` names this process among those that publish."""
        self._database, self._producer, self._owner = database, producer, owner
        self._telling, self._told_up_to = Telling(), -1
        self._placed = asyncio.Event()

    async def run(self, stop: asyncio.Event, committed: Listener) -> None:
        """Place and publish until told to stop; `committed` listens to EVENTS_CHANNEL."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_until(stop, self.place, committed.woken))
            group.create_task(_until(stop, self.publish, self._placed))
        await self._give_up()

    async def place(self) -> int:
        """Give positions to what was committed since; return how many.

        Raises: StoreUnavailable
        """
        async with self._database.transaction() as connection:
            placed = await place_events(connection, _MOST)
        if placed:
            self._placed.set()
            BATCH_SIZE.labels("events").observe(placed)
        return placed

    async def publish(self) -> int:
        """Send the next events to Kafka, if nobody else is at it; return how many it has.

        Raises: StoreUnavailable
        """
        async with self._database.transaction() as connection:
            behind = await events_behind(connection)
            before = await lease_topic(connection, self._owner, _LEASE_S) if behind else None
        EVENTS_BEHIND.set(behind)
        if before is None:
            return 0
        async with self._database.transaction() as connection:
            events = await events_of_all(connection, before, _MOST)
            if before != self._told_up_to:  # somebody else published meanwhile, or a batch is told again
                self._telling = Telling()
            told = await self._telling.tell(connection, events)
        if not told:
            return 0
        acknowledged = await self._producer.send([encode_event(_message(one)) for one in told])
        has = next((at for at, has_it in enumerate(acknowledged) if not has_it), len(told))
        self._told_up_to = told[-1].position if has == len(told) else -1
        if has:
            async with self._database.transaction() as connection:
                await note_published(connection, self._owner, before, told[has - 1].position)
        return has

    async def _give_up(self) -> None:
        try:
            async with self._database.transaction() as connection:
                await give_up_topic(connection, self._owner)
        except ServiceUnavailable as error:
            _log.warning("lease_kept", code=error.code)


def _message(one: ToldEvent) -> Told:
    return Told(one.position, one.court_code, one.kind, one.event.request_id or one.court_code, one.event.at, one.data)


async def _until(stop: asyncio.Event, work: Callable[[], Awaitable[int]], woken: asyncio.Event) -> None:
    """Work as often as there is something to do, at the latest when it is time to look."""
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        woken.clear()
        try:
            done = await work()
        except ServiceUnavailable as error:
            _log.warning("events_wait", code=error.code)
            done = 0
        if done:
            await pause(stop, _REST_S)
            continue
        waiting = asyncio.create_task(woken.wait())
        await asyncio.wait({waiting, stopping}, timeout=_LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
    stopping.cancel()
