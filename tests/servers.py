"""Servers for tests, each started once per session when a test first asks: real Kafka, PostgreSQL, the embedded broker.

`KAFKA_BOOTSTRAP_SERVERS` and `DATABASE_URL` put servers of your own in their place.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.broker import EmbeddedBroker
from deploy.kafka import KafkaCluster
from deploy.postgres import start_postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server_dir() -> Iterator[Path]:
    """A short path (Unix sockets), gone after the session, also when it fails."""
    folder = Path(tempfile.mkdtemp(prefix="chakong-test-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka_bootstrap(server_dir: Path) -> Iterator[str]:
    """Bootstrap servers of a real Apache Kafka. Topics must be created; use names of your own."""
    if given := os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield given
        return
    with KafkaCluster(server_dir / "kafka") as cluster:
        yield cluster.bootstrap_servers


@pytest.fixture(scope="session")
def embedded_broker() -> Iterator[str]:
    """Bootstrap servers of the broker of the embedded mode: topics appear on first use."""
    with EmbeddedBroker() as broker:
        yield broker.bootstrap_servers


@pytest.fixture(scope="session")
def postgres_url(server_dir: Path) -> Iterator[str]:
    """SQLAlchemy URL of a PostgreSQL whose user may create databases."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    with start_postgres(server_dir / "postgres") as server:
        yield server.url


@pytest.fixture
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    """A fresh, empty database for one test."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    await administer(postgres_url, f"CREATE DATABASE {name}")
    yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    await administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def own_database(postgres_url: str, name: str) -> Iterator[str]:
    """Make an empty database, yield its URL, and drop it whoever is still connected."""
    asyncio.run(administer(postgres_url, f"CREATE DATABASE {name}"))
    yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    asyncio.run(administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def administer(url: str, statement: str) -> None:
    """Run one statement outside a transaction."""
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text(statement))
    finally:
        await engine.dispose()


async def copy_database(postgres_url: str, template: str, name: str) -> str:
    """Copy a prepared database, which nobody may be connected to, and return the URL of the copy."""
    await administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
