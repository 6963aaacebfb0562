"""Bring the database to the newest schema: the explicit step `chakong db upgrade`, safe to run twice and by two at once."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.store.database import async_url
from gateway.store.settings import StoreSettings

#: Advisory lock that one migration holds, so that roles starting together do not migrate together.
_LOCK = 0x6368616B


def config(database_url: str) -> Config:
    """Return Alembic's configuration for a database."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    made.attributes["database_url"] = async_url(database_url)
    return made


async def upgrade(settings: StoreSettings) -> None:
    """Run every migration that has not run yet."""
    engine = create_async_engine(async_url(settings.database_url))
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
            await asyncio.to_thread(command.upgrade, config(settings.database_url), "head")
    finally:
        await engine.dispose()
