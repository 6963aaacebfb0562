"""The connection pool and the one place that commits. A database that is away becomes StoreUnavailable, never a lost write."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog
from sqlalchemy import text
from sqlalchemy.exc import ArgumentError, DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from contracts.batching import pause
from contracts.failures import ChakongError, ServiceUnavailable
from gateway.store.away import is_away
from gateway.store.settings import StoreSettings

_log = structlog.get_logger()

#: Sent with a group commit, at most once, empty: somebody may look.
COMMANDS_CHANNEL = "chakong_commands"
EVENTS_CHANNEL = "chakong_events"
#: What a transaction yields; nobody outside the store needs the library behind it.
Connection = AsyncConnection
#: What no row is at fault for, and only an operator can mend: a table that is not there, a right that we lack.
OPERATOR_MENDS: tuple[type[Exception], ...] = (ProgrammingError,)
#: What a statement fails with for reasons of its own.
STATEMENT_FAULTS: tuple[type[Exception], ...] = (DBAPIError,)
#: How long connections may take to be closed, in seconds; the server ends what is left of them.
_CLOSE_WITHIN_S = 1.0


class StoreUnavailable(ServiceUnavailable):
    """The database is not available."""

    code = "database_unavailable"


def async_url(url: str) -> str:
    """Return a database URL with the driver we use, whatever the conventional one says."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+asyncpg://" + url.removeprefix(prefix)
    return url


class Database:
    """An engine with transactions that commit when their block ends."""

    def __init__(self, settings: StoreSettings) -> None:
        """Make the pool; it connects at first use."""
        self._settings = settings
        self.engine: AsyncEngine = create_async_engine(
            async_url(settings.database_url), pool_size=settings.pool_size, max_overflow=0, pool_timeout=5, pool_pre_ping=False, hide_parameters=True,
            connect_args={"timeout": settings.connect_timeout_s, "command_timeout": settings.statement_timeout_s},
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction; commit at the end of the block, roll back if it raises.

        Raises: StoreUnavailable if the database is away or goes away at any moment, or ended what we did for reasons of its own; after a
                commit that was cut nobody knows whether it happened: the same again, under the same key or for the same task, finds out
        """
        driver: asyncpg.Connection | None = None
        try:
            async with self.engine.connect() as connection:
                driver = _driver_of(connection)
                try:
                    yield connection
                    await connection.commit()
                except TimeoutError:
                    await connection.invalidate()  # a rollback would wait as long again for a server that does not answer
                    raise
        except ChakongError:
            raise
        except Exception as error:
            if is_away(error) or _was_cut(driver, error):
                raise StoreUnavailable from error
            raise

    async def ping(self) -> None:
        """Ask the database for an answer.

        Raises: StoreUnavailable
        """
        async with self.transaction() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close the pool; connections that cannot be closed are left to the server."""
        try:
            await asyncio.wait_for(self.engine.dispose(), _CLOSE_WITHIN_S)
        except Exception as error:  # noqa: BLE001 - nothing is under way; whatever is wrong with a connection, it is not used again
            _log.warning("pool_not_closed", error=type(error).__name__)


def _was_cut(driver: asyncpg.Connection | None, error: Exception) -> bool:
    """Tell whether a connection is gone, or never came to be although our settings are right: whatever was raised then, it is why."""
    return driver.is_closed() if driver is not None else not isinstance(error, (ValueError, ArgumentError))


def _driver_of(connection: AsyncConnection) -> asyncpg.Connection:
    """Return the driver's own connection, which knows whether it was cut."""
    assert connection.sync_connection is not None
    return connection.sync_connection.connection.driver_connection


async def notify(connection: AsyncConnection, channel: str) -> None:
    """Wake whoever listens on a channel, when this transaction commits."""
    await connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel})


class Listener:
    """Turns notifications into an event; while its connection is away it sets the event by time, so nobody sleeps on."""

    def __init__(self, settings: StoreSettings, channel: str, *, every_s: float) -> None:
        """Take the channel, and how often to wake without any notification."""
        self._settings, self._channel, self._every_s = settings, channel, every_s
        self.woken = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until told to stop, whatever happens to the connection: who sleeps is woken by time then."""
        while not stop.is_set():
            listening = asyncio.create_task(self._listen(stop))
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                stopping.cancel()
                listening.cancel()
            await asyncio.wait({listening}, timeout=_CLOSE_WITHIN_S)
            if not stop.is_set():
                _note(listening)
                self.woken.set()
                await pause(stop, self._every_s)

    async def _listen(self, stop: asyncio.Event) -> None:
        url = async_url(self._settings.database_url).replace("+asyncpg", "")
        connection = await asyncpg.connect(url, timeout=self._settings.connect_timeout_s, command_timeout=self._settings.connect_timeout_s)
        try:
            await connection.add_listener(self._channel, lambda *_: self.woken.set())
            while not stop.is_set() and not connection.is_closed():
                self.woken.set()
                await pause(stop, self._every_s)
        finally:
            connection.terminate()


def _note(listening: "asyncio.Task[None]") -> None:
    """Say why nobody listens at present."""
    error = listening.exception() if listening.done() and not listening.cancelled() else None
    _log.warning("listener_waits", error=type(error).__name__ if error else "closed")
