"""Alembic's entry: runs migrations on the database named in the configuration's attributes."""

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.store.difference_tables import differences


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=differences.metadata, compare_server_default=False)
    with context.begin_transaction():
        context.run_migrations()


async def _main() -> None:
    engine = create_async_engine(context.config.attributes["database_url"])
    async with engine.connect() as connection:
        await connection.run_sync(_run)
        await connection.commit()
    await engine.dispose()


asyncio.run(_main())
