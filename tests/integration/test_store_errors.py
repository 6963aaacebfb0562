"""What a database may answer besides rows: whose fault it is decides whether a caller is told to come again, on every route, at every statement."""

import asyncio
from collections import Counter

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.database import Database, StoreUnavailable
from tests import builders as build
from tests.court_side import problem, running

PATHS = ("/v1/requests", "/v1/requests/{id}", "/v1/requests/{id}/report", "/v1/requests/{id}/events", "/v1/controls", "/v1/agencies", "/v1/asset-types",
         "/v1/release-proposals", "/v1/oddities", "/v1/requests/{id}/left-out", "/v1/documents/{id}", "/v1/control-plans/{id}", "/v1/controls/{id}")


@pytest.mark.parametrize("statement", [
    "SELECT pg_terminate_backend(pg_backend_pid())", "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(20)", "SELECT pg_sleep(20)",
    "SET LOCAL statement_timeout = 1; SELECT pg_sleep(20)", "SET TRANSACTION READ ONLY; CREATE TABLE x (y int)",
    "DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", "DO $$ BEGIN RAISE SQLSTATE 'XX000'; END $$",
    "DO $$ BEGIN RAISE SQLSTATE '58030'; END $$",
])
async def test_what_the_server_is_at_fault_for_is_the_database_being_away_and_the_next_works(store, statement):
    database = Database(store.model_copy(update={"statement_timeout_s": 2.0}))
    with pytest.raises(StoreUnavailable):
        await execute(database, *([statement] if statement.startswith("DO") else statement.split("; ")))
    await database.ping()
    await database.close()


@pytest.mark.parametrize(("statement", "value"), [
    ("SELECT CAST(:value AS int)", 2**40), ("SELECT CAST(:value AS text)", "a\x00b"), ("SELECT CAST(:value AS text)", 7), ("SELECT CAST(:value AS jsonb)", "{"),
    ("SELECT CAST(:value AS text[])", ["\ud800"]), ("SELECT nobody FROM nowhere WHERE :value = 1", 1),
])
async def test_what_a_value_or_a_statement_is_at_fault_for_is_not(store, statement, value):
    """Told as the database being away, one such row would be tried for ever, and everything behind it would wait."""
    database = Database(store)
    with pytest.raises((DBAPIError, UnicodeEncodeError)):
        await execute(database, statement, value=value)
    await database.ping()
    await database.close()


async def execute(database, *statements, **values):
    async with database.transaction() as connection:
        for one in statements:
            await connection.execute(text(one), values)


class FailsAt:
    """Makes the n-th statement from now on fail, once."""

    def __init__(self, monkeypatch):
        self.left, self.error, real = 0, None, AsyncConnection.execute

        async def execute(*given, **more):
            self.left -= 1
            if self.left == 0:
                raise self.error
            return await real(*given, **more)

        monkeypatch.setattr(AsyncConnection, "execute", execute)


@pytest.mark.parametrize("error", [asyncpg.InternalClientError("unexpected"), RuntimeError("the handler is closed"), asyncio.IncompleteReadError(b"", 1),
                                   asyncpg.TooManyConnectionsError("53300"), ConnectionResetError()], ids=lambda one: type(one).__name__)
async def test_whichever_statement_of_whichever_route_meets_it_the_caller_is_told_to_come_again(store, monkeypatch, error):
    async with running(store) as court:
        request_id, fails, said = (await court.submit())["request_id"], FailsAt(monkeypatch), Counter()
        fails.error = error
        for at in range(1, 7):
            for path in PATHS:
                fails.left = at
                said[await answered(court.get(path.format(id=request_id)))] += 1
            fails.left = at
            said[await answered(court.post(build.request_body(), key=f"n{at}"))] += 1
        fails.left = 0
        for at in range(1, 7):
            assert (await court.post(build.request_body(), key=f"n{at}")).status_code == 202
    print(f"{type(error).__name__}: {dict(said)}")
    assert said[503] > 15
    assert set(said) <= {200, 202, 403, 404, 503, 0}


async def answered(call):
    """The status of an answer, which is a problem document where it is a fault; 0 for a stream that goes on."""
    try:
        response = await asyncio.wait_for(call, 1)
    except TimeoutError:
        return 0
    if response.status_code >= 500:
        assert problem(response) == (503, "database_unavailable")
        assert int(response.headers["retry-after"]) > 0
    return response.status_code
