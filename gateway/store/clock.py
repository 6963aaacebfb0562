"""The database's clock, read as NTP reads one: the answer holds for the middle of the time the question took."""

from collections.abc import Callable

from sqlalchemy import text

from gateway.domain.timekeeping import Reading
from gateway.store.database import Database

_NOW = text("SELECT clock_timestamp()")


async def read_clock(database: Database, ticks_s: Callable[[], float]) -> Reading:
    """Return what time the database has; `ticks_s` is a clock of seconds that nobody sets.

    Raises: StoreUnavailable
    """
    async with database.transaction() as connection:
        await connection.execute(_NOW)  # opens connection and transaction and prepares the statement: the next is one way and back
        began_s = ticks_s()
        instant = (await connection.execute(_NOW)).scalar_one()
        half_s = (ticks_s() - began_s) / 2
    return Reading(began_s + half_s, instant, half_s)
