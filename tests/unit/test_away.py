"""Whose fault a database error is: every class of SQLSTATE, and what is raised when a connection is cut."""

import asyncio
import socket
import ssl

import asyncpg
import pytest
from asyncpg.exceptions import _base
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.store.away import is_away
from gateway.store.database import EVENTS_CHANNEL, Listener
from gateway.store.settings import StoreSettings


def raised(error):
    """The error as the library wraps what the driver raised."""
    dbapi = AsyncAdapt_asyncpg_dbapi(asyncpg)
    kinds = dbapi._asyncpg_error_translate
    kind = next((kinds[one] for one in type(error).__mro__ if one in kinds), None)
    if kind is None:
        return error
    adapted = kind(str(error), error)
    adapted.__cause__ = error
    return DBAPIError.instance("SELECT", {}, adapted, dbapi.Error, dialect=None)


@pytest.mark.parametrize("error", [
    asyncpg.ConnectionDoesNotExistError, asyncpg.ConnectionFailureError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError, asyncpg.DiskFullError, asyncpg.OutOfMemoryError, asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError, asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.StatementCompletionUnknownError,
    asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError, asyncpg.PostgresIOError, asyncpg.PostgresSystemError, asyncpg.InternalServerError,
    asyncpg.DataCorruptedError, asyncpg.IndexCorruptedError, asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError, asyncpg.IdleInTransactionSessionTimeoutError, asyncpg.InvalidSQLStatementNameError,
    asyncpg.DuplicatePreparedStatementError, asyncpg.InvalidCachedStatementError, asyncpg.InterfaceError, asyncpg.InternalClientError,
    asyncpg.ProtocolError, asyncpg.OutdatedSchemaCacheError, asyncpg.TargetServerAttributeNotMatched,
])
def test_what_the_server_or_the_line_is_at_fault_for_may_be_tried_again(error):
    assert is_away(raised(error("gone")))


@pytest.mark.parametrize("error", [
    asyncpg.UniqueViolationError, asyncpg.NotNullViolationError, asyncpg.CharacterNotInRepertoireError, asyncpg.NumericValueOutOfRangeError,
    asyncpg.InvalidTextRepresentationError, asyncpg.ProgramLimitExceededError, asyncpg.UndefinedColumnError, asyncpg.PostgresSyntaxError,
    asyncpg.InsufficientPrivilegeError, asyncpg.RaiseError, asyncpg.DatetimeFieldOverflowError, _base.DataError, asyncpg.ClientConfigurationError,
    asyncpg.UnsupportedClientFeatureError,
])
def test_what_a_statement_or_its_values_are_at_fault_for_is_not(error):
    assert not is_away(raised(error("never")))


@pytest.mark.parametrize("error", [
    TimeoutError(), ConnectionResetError(), ConnectionRefusedError(), BrokenPipeError(), FileNotFoundError(), socket.gaierror(-2, "no such name"),
    ssl.SSLError(), EOFError(), asyncio.IncompleteReadError(b"", 5), PoolTimeoutError(), PendingRollbackError(),
    RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed"),
])
def test_what_a_cut_connection_raises_may_be_tried_again(error):
    assert is_away(error)


@pytest.mark.parametrize("error", [KeyError("x"), ValueError(), TypeError(), RuntimeError()])
def test_a_fault_of_ours_is_one(error):
    assert not is_away(error)


@pytest.mark.parametrize("error", [
    asyncpg.InternalClientError("unexpected state"), asyncpg.ProtocolError(), asyncio.IncompleteReadError(b"", 5), EOFError(), AttributeError("NoneType"),
    RuntimeError("the handler is closed"), asyncpg.ConnectionDoesNotExistError(), OSError(), TimeoutError(),
])
@pytest.mark.parametrize("at", ["connect", "add_listener"])
async def test_whatever_a_listener_meets_it_wakes_who_waits_and_tries_again(monkeypatch, error, at):
    stop, tried = asyncio.Event(), []

    class Cut:
        def __init__(self):
            self.ended = False

        async def add_listener(self, *_):
            raise error

        def terminate(self):
            self.ended = True

    async def connect(*_, **__):
        tried.append(Cut())
        if len(tried) == 3:
            stop.set()
        if at == "connect":
            raise error
        return tried[-1]

    monkeypatch.setattr(asyncpg, "connect", connect)
    listener = Listener(StoreSettings(DATABASE_URL="postgresql://nobody@127.0.0.1/none"), EVENTS_CHANNEL, every_s=0.01)
    await asyncio.wait_for(listener.run(stop), 20)
    assert len(tried) == 3
    assert listener.woken.is_set()
    assert at == "connect" or all(one.ended for one in tried[:2])
