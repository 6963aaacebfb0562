"""Wakes event streams: one listener for all of them, one look into the store for all that are open."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from contracts.failures import ServiceUnavailable
from gateway.store.court_events import last_positions
from gateway.store.database import Database, Listener
from gateway.store.stream import last_events

_log = structlog.get_logger()


class TooManyStreams(ServiceUnavailable):
    """打开的事件流过多 / Too many event streams are open."""

    code = "too_many_streams"


@dataclass(eq=False)
class Watch:
    """One open stream: of which request or court, how far it has read, and what wakes it."""

    of: str
    seen: int = 0
    is_court: bool = False
    woken: asyncio.Event = field(default_factory=asyncio.Event)


class Streams:
    """The open streams of this process."""

    def __init__(self, database: Database, listener: Listener, *, most: int) -> None:
        """Take the listener that all streams share, and how many there may be."""
        self._database, self._listener, self._most = database, listener, most
        self._open: set[Watch] = set()
        self.closing = False

    def check_room(self) -> None:
        """Refuse one stream too many.

        Raises: TooManyStreams
        """
        if len(self._open) >= self._most:
            raise TooManyStreams

    @contextmanager
    def watch(self, request_id: str) -> Iterator[Watch]:
        """Watch a request while the block runs."""
        with self._watching(Watch(request_id)) as watch:
            yield watch

    @contextmanager
    def watch_court(self, court_code: str, seen: int) -> Iterator[Watch]:
        """Watch a court while the block runs, from what comes after a position."""
        with self._watching(Watch(court_code, seen, is_court=True)) as watch:
            yield watch

    @contextmanager
    def _watching(self, watch: Watch) -> Iterator[Watch]:
        self._open.add(watch)
        try:
            yield watch
        finally:
            self._open.discard(watch)

    async def run(self, stop: asyncio.Event) -> None:
        """Wake the streams that have something to read until told to stop; then wake them all to end."""
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            waiting = asyncio.create_task(self._listener.woken.wait())
            await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            self._listener.woken.clear()
            await self._wake()
        self.close()

    def close(self) -> None:
        """Let every stream end; a client comes back with the last event it saw."""
        self.closing = True
        for watch in self._open:
            watch.woken.set()

    async def _wake(self) -> None:
        if not self._open:
            return
        requests, courts = ({watch.of for watch in self._open if watch.is_court == is_court} for is_court in (False, True))
        try:
            async with self._database.transaction() as connection:
                last = await last_events(connection, requests) if requests else {}
                told = await last_positions(connection, courts) if courts else {}
        except ServiceUnavailable as error:
            _log.warning("streams_wait", code=error.code)
            return
        for watch in self._open:
            if (told if watch.is_court else last).get(watch.of, 0) > watch.seen:
                watch.woken.set()
