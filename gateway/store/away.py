"""Whose fault a database error is: the server's or the connection's (trying again may help), or the statement's.

Decided by SQLSTATE class, and for what has none by what the client library and the system raise when a connection is cut.
Source: PostgreSQL 16, appendix A (error codes); a new error of a listed class needs no change here.
"""

from asyncio import IncompleteReadError

import asyncpg
from sqlalchemy.exc import DBAPIError, DisconnectionError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

#: SQLSTATE classes that say nothing against a statement: connection, transaction ended or rolled back by the server, sign-in,
#: no such database, resources, operator and time-outs, system, configuration file, corruption and internal errors.
_CLASSES = frozenset({"08", "28", "3D", "40", "53", "57", "58", "F0", "XX"})
#: The same of other classes: read-only (a standby, or a full disk), a transaction ended for its age, a lock not had in time,
#: and statements prepared before a change of the schema or on another server behind the same address.
_CODES = frozenset({"25006", "25P03", "25P04", "55P03", "26000", "42P05"})
#: What is raised without a SQLSTATE when a connection cannot be made or is cut, at whatever await.
_CUT: tuple[type[BaseException], ...] = (
    OSError, TimeoutError, EOFError, IncompleteReadError, asyncpg.InternalClientError, asyncpg.InterfaceError, PoolTimeoutError, DisconnectionError)


def is_away(error: BaseException) -> bool:
    """Tell whether an error means that the database is away, or ended what we did for reasons of its own."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _driver_says_so(error.orig)
    return isinstance(error, PendingRollbackError) or _says_so(error)


def _driver_says_so(error: BaseException | None) -> bool:
    """Look at what the driver raised: SQLAlchemy keeps it as the cause of an error of its own."""
    while error is not None:
        if _says_so(error):
            return True
        error = error.__cause__
    return False


def _says_so(error: BaseException) -> bool:
    if isinstance(error, asyncpg.InterfaceError) and isinstance(error, (ValueError, asyncpg.UnsupportedClientFeatureError)):
        return False  # a value that has no form in the database, or a setting of ours: the same again would fail again
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return True
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return state[:2] in _CLASSES or state in _CODES
    return isinstance(error, _CUT) or (isinstance(error, RuntimeError) and "handler is closed" in str(error))  # what uvloop says of a cut transport
