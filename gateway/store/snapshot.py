"""Read several tables as of one instant."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


async def snapshot(connection: AsyncConnection) -> None:
    """Make a transaction that has just begun see one instant; it can no longer write."""
    await connection.execute(_SNAPSHOT)
