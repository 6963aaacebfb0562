"""How the store is: whether it answers, and since when the oldest due command waits."""

from datetime import datetime

from gateway.store.database import Database
from gateway.store.outbox import oldest_due


async def outbox_age_s(database: Database, now: datetime) -> float:
    """Return the age of the oldest command that should have been sent, in seconds; 0 if none waits.

    Raises: StoreUnavailable
    """
    async with database.transaction() as connection:
        oldest = await oldest_due(connection, now)
    return (now - oldest).total_seconds() if oldest else 0.0
