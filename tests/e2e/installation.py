"""An installation whose processes and servers a test may take away: agencies, agency side, court side in two processes."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from deploy.kafka import KafkaCluster
from deploy.postgres import EmbeddedPostgres, start_postgres
from tests.controlling import Judge
from tests.e2e.flood import IMPATIENT, SLOW_BANKS
from tests.e2e.spread import SpreadMesh, spread_mesh
from tests.running import CHAKONG

PARTS = {"mock-agencies": ("mock-agencies",), "worker": ("worker", "callbacks"), "aggregator": ("aggregator",),
         "api": ("api", "relay", "schedule")}


@dataclass
class Installation:
    """A mesh of four processes on servers of its own."""

    mesh: SpreadMesh
    kafka: KafkaCluster
    postgres: EmbeddedPostgres
    judge: Judge

    def kill(self, name: str) -> None:
        """Kill a process as kill -9 does."""
        with self.mesh.parts.pop(name).process as process:
            process.kill()

    def start(self, name: str) -> None:
        """Start a process again; the API is there once it is ready."""
        self.mesh.start(name, *PARTS[name])
        if name == "api":
            self.judge = Judge(self.mesh.reached())

    def empty_kafka(self) -> None:
        """Give Kafka back without a message, an offset or a group: as after the loss of its disk."""
        (broker,) = self.kafka._brokers
        shutil.rmtree(broker.folder / "data")
        broker.format()
        self.kafka.restart()
        subprocess.run([*CHAKONG, "topics", "create"], check=True, env=self.mesh.environment, stdout=subprocess.DEVNULL)

    def kill_postgres(self) -> None:
        """Kill PostgreSQL as a power cut would: a server process left alone would still commit what it is at."""
        postmaster = psutil.Process(self.postgres.pid)
        for process in (postmaster, *postmaster.children(recursive=True)):
            process.kill()

    def restart_postgres(self) -> None:
        """Start PostgreSQL again on its folder and its address."""
        self.postgres.stop()
        self.postgres = start_postgres(self.postgres.data_dir)

    def ready(self) -> tuple[int, dict[str, object]]:
        """Return what `/readyz` says."""
        answer = self.judge.mesh.client.get("/readyz")
        return answer.status_code, answer.json()["checks"]

    def until_ready(self, status: int, within_s: float = 30) -> float:
        """Wait until `/readyz` says so and return how long it took, in seconds."""
        began_s = time.monotonic()
        while (said := self.ready())[0] != status:
            assert time.monotonic() - began_s < within_s, said
            time.sleep(0.1)
        return time.monotonic() - began_s

    def post(self) -> httpx.Response:
        """Submit a small request, whatever comes of it."""
        return self.judge.post("/v1/requests", {**self.judge.case(), "agencies": ["icbc"]})


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """Start everything and end it."""
    with KafkaCluster(folder / "kafka") as kafka, start_postgres(folder / "postgres") as postgres:
        environment = {**IMPATIENT, "CHAKONG_MOCK_FAULTS": SLOW_BANKS, "CHAKONG_STORE_CONNECT_TIMEOUT_S": "2"}
        with spread_mesh(folder, kafka.bootstrap_servers, postgres.url, **environment) as mesh:
            for name, roles in PARTS.items():
                mesh.start(name, *roles)
            made = Installation(mesh, kafka, postgres, Judge(mesh.reached()))
            yield made
        made.postgres.stop()
