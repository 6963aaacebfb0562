"""The connection pool and the one place that commits. A database that is away becomes StoreUnavailable, never a lost write."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from contracts.batching import pause
from contracts.failures import ServiceUnavailable
from gateway.store.settings import StoreSettings

#: Sent with a group commit, at most once, empty: somebody may look.
COMMANDS_CHANNEL = "chakong_commands"
EVENTS_CHANNEL = "chakong_events"
#: What a transaction yields; nobody outside the store needs the library behind it.
Connection = AsyncConnection
#: What no row is at fault for, and only an operator can mend: a table that is not there, a right that we lack.
OPERATOR_MENDS: tuple[type[Exception], ...] = (ProgrammingError,)


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

        Raises: StoreUnavailable if the database is away, also if it goes away during the commit, or if it ended a deadlock with us
        """
        try:
            async with self.engine.connect() as connection:
                yield connection
                await connection.commit()
        except (TimeoutError, OperationalError, InterfaceError, PoolTimeoutError, OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.InterfaceError) as error:
            raise StoreUnavailable from error
        except DBAPIError as error:
            if error.connection_invalidated or _is_away(error.orig):
                raise StoreUnavailable from error
            raise

    async def ping(self) -> None:
        """Ask the database for an answer.

        Raises: StoreUnavailable
        """
        async with self.transaction() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close the pool."""
        await self.engine.dispose()


def _is_away(error: BaseException | None) -> bool:
    """Tell whether a driver error means that the server or another transaction, and not the statement, is at fault: trying again may help."""
    cause = error.__cause__ if error is not None else None
    away = (asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError,
            asyncpg.TooManyConnectionsError, asyncpg.DiskFullError, asyncpg.ReadOnlySQLTransactionError, asyncpg.DeadlockDetectedError)
    return isinstance(cause, away)


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
        """Listen until told to stop."""
        while not stop.is_set():
            try:
                await self._listen(stop)
            except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self.woken.set()
                await pause(stop, self._every_s)

    async def _listen(self, stop: asyncio.Event) -> None:
        url = async_url(self._settings.database_url).replace("+asyncpg", "")
        connection = await asyncpg.connect(url, timeout=self._settings.connect_timeout_s)
        try:
            await connection.add_listener(self._channel, lambda *_: self.woken.set())
            while not stop.is_set() and not connection.is_closed():
                self.woken.set()
                await pause(stop, self._every_s)
        finally:
            await connection.close(timeout=2)
