"""One mesh on real Kafka and real PostgreSQL for all tests that only use it; tests that harm theirs start their own."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.kafka import KafkaCluster
from tests.e2e.installation import Installation, installed
from tests.running import RunningMesh, directory_file, running_mesh
from tests.servers import own_database

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def mesh_database(postgres_url: str) -> Iterator[str]:
    with own_database(postgres_url, "mesh") as url:
        yield url


@pytest.fixture(scope="session")
def shared_mesh(server_dir: Path, kafka_bootstrap: str, mesh_database: str) -> Iterator[RunningMesh]:
    directory = directory_file(server_dir / "mesh" / "agencies.yaml", timeout_s=3)
    environment = {"KAFKA_BOOTSTRAP_SERVERS": kafka_bootstrap, "DATABASE_URL": mesh_database, "CHAKONG_AGENCIES": str(directory),
                   "CHAKONG_ANSWER_WITHIN_S": "5", "CHAKONG_DEFERRAL_S": "1", "CHAKONG_RECONCILE_LOOK_EVERY_S": "0.5"}
    with running_mesh(server_dir / "mesh", **environment) as mesh:
        yield mesh


@pytest.fixture
def mesh(shared_mesh: RunningMesh) -> Iterator[RunningMesh]:
    """The shared mesh, its agencies as they were at the start."""
    shared_mesh.reset()
    yield shared_mesh
    shared_mesh.reset()


@pytest.fixture(scope="session")
def spread_kafka(server_dir: Path) -> Iterator[str]:
    """A Kafka of its own for meshes of separate processes: two meshes on one would share its topics and groups."""
    with KafkaCluster(server_dir / "spread-kafka") as cluster:
        yield cluster.bootstrap_servers


@pytest.fixture(scope="module")
def module_database(postgres_url: str) -> Iterator[str]:
    """An empty database for the mesh of one module."""
    with own_database(postgres_url, f"mesh_{next(_numbers)}") as url:
        yield url


@pytest.fixture(scope="session")
def installation(server_dir: Path) -> Iterator[Installation]:
    """Processes and servers that a test may kill, and starts again."""
    with installed(server_dir / "killed") as one:
        yield one
