"""One mesh on real Kafka and real PostgreSQL for all tests that only use it; tests that harm theirs start their own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.running import RunningMesh, directory_file, running_mesh
from tests.servers import administer


@pytest.fixture(scope="session")
def mesh_database(postgres_url: str) -> Iterator[str]:
    asyncio.run(administer(postgres_url, "CREATE DATABASE mesh"))
    yield make_url(postgres_url).set(database="mesh").render_as_string(hide_password=False)
    asyncio.run(administer(postgres_url, "DROP DATABASE mesh WITH (FORCE)"))


@pytest.fixture(scope="session")
def shared_mesh(server_dir: Path, kafka_bootstrap: str, mesh_database: str) -> Iterator[RunningMesh]:
    directory = directory_file(server_dir / "mesh" / "agencies.yaml", timeout_s=4)
    environment = {"KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap, "DATABASE_URL": mesh_database, "CHAKONG_AGENCIES": str(directory),
                   "CHAKONG_ANSWER_WITHIN_S": "6", "CHAKONG_DEFERRAL_S": "1"}
    with running_mesh(server_dir / "mesh", **environment) as mesh:
        yield mesh


@pytest.fixture
def mesh(shared_mesh: RunningMesh) -> Iterator[RunningMesh]:
    """The shared mesh, its agencies as they were at the start."""
    shared_mesh.agencies.post("/admin/reset").raise_for_status()
    yield shared_mesh
    shared_mesh.agencies.post("/admin/reset").raise_for_status()
