"""Reads one group's commands for the worker: with a new client after each failure of the broker, and nothing of an old share of it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Protocol

import structlog

from contracts.batching import pause
from contracts.kafka.codec import Record
from contracts.kafka.consumer import BROKER_ERRORS, GiveUp
from contracts.kafka.moving import StillRead
from contracts.pulse import Pulse
from contracts.telemetry import ALARMS
from services.runtime.settings import WorkerSettings

_log = structlog.get_logger()

_POLL_S = 0.5
_FIRST_PAUSE_S, _MOST_PAUSE_S = 0.5, 10.0


class Source(Protocol):
    """What reads commands: contracts.kafka.consumer.Consumer."""

    @property
    def assigned(self) -> bool:
        """Tell whether there is a partition to read."""
        ...

    @property
    def joined(self) -> bool:
        """Tell whether it has its share, even if that is nothing."""
        ...

    def before_revoked(self, give_up: GiveUp, within_s: float) -> None:
        """Have this called before partitions go to another member."""
        ...

    async def start(self) -> None:
        """Join the group."""
        ...

    async def poll(self, most: int, wait_s: float) -> list[Record]:
        """Return what came."""
        ...

    def done(self, records: Iterable[Record]) -> None:
        """Mark records as finished."""
        ...

    async def stop(self) -> None:
        """Commit what is finished and leave."""
        ...


class Worker(Protocol):
    """What takes what is read: worker.Worker."""

    def take(self, reader: "Reader", records: Sequence[Record]) -> None:
        """Begin with records."""
        ...

    async def give_up(self, reader: "Reader", places: Collection[tuple[str, int]] | None) -> None:
        """Forget what waits of some partitions (None: of all), and let what is under way of them end, within a bound."""
        ...

    async def room(self, stop: asyncio.Event) -> None:
        """Wait while too much is on its way to the broker."""
        ...

    def has_share(self) -> None:
        """Hear that a reader has its share."""
        ...


class Reader:
    """One group's part of a worker."""

    def __init__(self, worker: Worker, connect: Callable[[], Source], settings: WorkerSettings, pulse: Pulse) -> None:
        """Take who takes what is read, what makes a client, and what the loop turns; nothing is opened yet."""
        self._worker, self._connect, self._settings, self._pulse = worker, connect, settings, pulse
        self._source: Source | None = None
        #: of the last messages, which became dead letters
        self._dead: deque[bool] = deque(maxlen=settings.dead_letter_window)
        self.joined = self.assigned = False

    def done(self, records: Iterable[Record]) -> None:
        """Mark records as finished; of those that came to an earlier client nothing is marked, or what it got again."""
        if self._source is not None:
            self._source.done(records)

    def became(self, *, dead: bool) -> None:
        """Note that a message became a dead letter, or did not."""
        self._dead.append(dead)

    async def run(self, stop: asyncio.Event) -> None:
        """Read until told to stop; the client is then still open, for what is under way."""
        pause_s = _FIRST_PAUSE_S
        while not stop.is_set():
            self._pulse.turn()
            self._source = source = self._connect()
            source.before_revoked(self._give_up, self._settings.revoke_within_s)
            try:
                await source.start()
                pause_s = _FIRST_PAUSE_S
                await self._read(source, stop)
            except StillRead as error:
                _log.warning("waits_for_another_group", group=str(error))
            except BROKER_ERRORS as error:
                _log.warning("kafka_away", role="worker", error=type(error).__name__)
            if stop.is_set():
                return
            await self._worker.give_up(self, None)
            await within(self._settings.stop_within_s, source.stop())
            rest_s = self._settings.dead_letter_pause_s if self._too_many_dead() else pause_s
            self._pulse.turn(allow_s=rest_s)
            await pause(stop, rest_s)
            pause_s = min(_MOST_PAUSE_S, pause_s * 2)
            self._dead.clear()

    async def close(self) -> None:
        """Commit what is finished and leave the group."""
        if self._source is not None:
            await within(self._settings.stop_within_s, self._source.stop())

    async def _give_up(self, places: Collection[tuple[str, int]]) -> None:
        await self._worker.give_up(self, places)

    async def _read(self, source: Source, stop: asyncio.Event) -> None:
        """Hand over what comes; return when told to stop or when most messages are dead letters."""
        while not stop.is_set():
            self._pulse.turn()
            self._worker.take(self, await source.poll(self._settings.poll_records, _POLL_S))
            if (source.joined, source.assigned) != (self.joined, self.assigned):
                self.joined, self.assigned = source.joined, source.assigned
                self._worker.has_share()
            if self._too_many_dead():
                ALARMS.labels("dead_letters").inc()
                _log.error("most_messages_are_dead_letters", pause_s=self._settings.dead_letter_pause_s)
                return
            await self._worker.room(stop)

    def _too_many_dead(self) -> bool:
        return len(self._dead) == self._dead.maxlen and 2 * sum(self._dead) > len(self._dead)


async def within(most_s: float, closing: Awaitable[None]) -> None:
    """Close something, but not for ever: a broker that is away must not hold the end of the role."""
    try:
        await asyncio.wait_for(closing, most_s)
    except TimeoutError:
        _log.warning("not_closed_in_time", most_s=most_s)
