"""Kafka or PostgreSQL away: what is accepted is kept, what cannot be kept is refused, and all of it ends afterwards."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from deploy.clock import SystemClock
from deploy.demo import case
from deploy.kafka import KafkaCluster
from deploy.postgres import EmbeddedPostgres, start_postgres
from tests.controlling import Judge
from tests.e2e.flood import IMPATIENT, SLOW_BANKS, Flood, people
from tests.e2e.spread import SpreadMesh, spread_mesh
from tests.running import CHAKONG


@dataclass
class Installation:
    """A mesh with servers that a test may take away."""

    mesh: SpreadMesh
    kafka: KafkaCluster
    postgres: EmbeddedPostgres
    judge: Judge

    def ready(self) -> tuple[int, dict[str, object]]:
        answer = self.judge.mesh.client.get("/readyz")
        return answer.status_code, answer.json()["checks"]

    def until_ready(self, status: int, within_s: float = 20) -> float:
        """Wait until `/readyz` says so and return how long it took, in seconds."""
        began_s = time.monotonic()
        while (said := self.ready())[0] != status:
            assert time.monotonic() - began_s < within_s, said
            time.sleep(0.1)
        return time.monotonic() - began_s

    def post(self) -> httpx.Response:
        return self.judge.post("/v1/requests", {**case(SystemClock().now()), "agencies": ["icbc"]})


@pytest.fixture(scope="module")
def installation(server_dir) -> Iterator[Installation]:
    """Court side, agency side and agencies in three processes, with servers of their own."""
    with KafkaCluster(server_dir / "away-kafka") as kafka, start_postgres(server_dir / "away-postgres") as postgres:
        environment = {**IMPATIENT, "CHAKONG_RESEND_AFTER_S": "6", "CHAKONG_MOCK_FAULTS": SLOW_BANKS, "CHAKONG_STORE_CONNECT_TIMEOUT_S": "2"}
        with spread_mesh(server_dir / "away", kafka.bootstrap_servers, postgres.url, **environment) as mesh:
            mesh.start("mock-agencies", "mock-agencies")
            mesh.start("workers", "worker", "callbacks")
            mesh.start("api", "api", "relay", "aggregator", "schedule")
            yield (made := Installation(mesh, kafka, postgres, Judge(mesh.reached())))
            made.postgres.stop()


def test_kafka_away_delays_and_loses_nothing(installation):
    judge, flood = installation.judge, Flood()
    flood.ask(judge, people(200, 5))
    installation.kafka.kill()
    flood.ask(judge, people(205, 5))
    away_s = installation.until_ready(503)
    assert installation.ready()[1]["relay"] is False
    flood.ask(judge, people(210, 2))
    installation.kafka.restart()
    back_s = installation.until_ready(200, within_s=30)
    flood.settled(judge, f"kafka killed: not ready after {away_s:.1f} s, ready {back_s:.1f} s after the restart")


def test_a_kafka_that_comes_back_empty_loses_nothing(installation):
    judge, flood = installation.judge, Flood()
    flood.ask(judge, people(220, 6))
    installation.kafka.kill()
    emptied(installation.kafka)
    installation.kafka.restart()
    subprocess.run([*CHAKONG, "topics", "create"], check=True, env=installation.mesh.environment, stdout=subprocess.DEVNULL)
    flood.ask(judge, people(226, 2))
    flood.settled(judge, "kafka back empty")


def emptied(kafka):
    (broker,) = kafka._brokers
    shutil.rmtree(broker.folder / "data")
    broker.format()


def test_postgresql_away_refuses_and_loses_nothing(installation):
    judge, flood = installation.judge, Flood()
    flood.ask(judge, people(240, 6))
    under_way = flood.open_tasks(judge)
    os.kill(installation.postgres.pid or 0, signal.SIGKILL)
    refused = [installation.post() for _ in range(5)]
    assert {answer.status_code for answer in refused} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    assert {answer.json()["code"] for answer in refused} == {"database_unavailable"}
    away_s = installation.until_ready(503)
    time.sleep(2)
    installation.postgres.stop()
    installation.postgres = start_postgres(installation.postgres.data_dir)
    back_s = installation.until_ready(200)
    flood.settled(judge, f"postgresql killed with {under_way} answers under way: not ready after {away_s:.1f} s, ready after {back_s:.1f} s")
    heard = [task for request_id in flood.requests for task in judge.mesh.status(request_id)["tasks"] if task["attempts"] == 1]
    print(f"{len(heard)} replies that came meanwhile were applied without asking again")
    assert heard
    assert installation.post().status_code == 202
