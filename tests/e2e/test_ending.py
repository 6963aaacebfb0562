"""SIGTERM: every role has ended in time and in order, idle, under load, and with Kafka, PostgreSQL or the agencies away or silent."""

import signal
import time
from contextlib import contextmanager

import psutil
import pytest

from deploy.kafka import KafkaCluster
from deploy.postgres import start_postgres
from tests.controlling import Judge
from tests.e2e.flood import BANKS, people
from tests.e2e.installation import Installation
from tests.e2e.spread import spread_mesh

#: A machine that is busy with other things takes long to start processes and to make up for time-outs.
pytestmark = pytest.mark.timeout(900)
#: What is promised (CHAKONG_END_WITHIN_S), and what a machine that is busy with other things may need besides.
WITHIN_S, SLACK_S = 8.0, 8.0
ROLES = {"mock-agencies": ("mock-agencies",), "api": ("api",), "relay": ("relay",), "aggregator": ("aggregator",), "schedule": ("schedule",),
         "worker": ("worker",), "callbacks": ("callbacks",), "together": ("relay", "aggregator", "schedule", "worker:vehicles")}


@pytest.fixture(scope="module")
def installation(server_dir):
    folder = server_dir / "ending"
    with KafkaCluster(folder / "kafka") as kafka, start_postgres(folder / "postgres") as postgres, spread_mesh(
            folder, kafka.bootstrap_servers, postgres.url, CHAKONG_DEFERRAL_S="1") as mesh:
        made = Installation(mesh, kafka, postgres, None)
        yield made
    made.postgres.stop()


@contextmanager
def nothing(_):
    yield


@contextmanager
def kafka_killed(installation):
    installation.kafka.kill()
    yield
    installation.kafka.restart()


@contextmanager
def kafka_silent(installation):
    with silent(psutil.Process(installation.kafka.pid())):
        yield


@contextmanager
def postgres_silent(installation):
    postmaster = psutil.Process(installation.postgres.pid)
    with silent(*postmaster.children(recursive=True), postmaster):
        yield


@contextmanager
def postgres_killed(installation):
    installation.kill_postgres()
    yield
    installation.restart_postgres()


@contextmanager
def agencies_silent(installation):
    for bank in BANKS:
        installation.judge.mesh.faults(bank, "never")
    ask(installation)
    yield


@contextmanager
def silent(*processes):
    """Stop processes as they are: connections stay open and nothing comes back."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            if process.is_running():
                process.resume()


@pytest.mark.parametrize("away", [nothing, agencies_silent, kafka_silent, kafka_killed, postgres_silent, postgres_killed], ids=lambda one: one.__name__)
def test_every_role_ends_in_time_and_in_order(installation, away):
    mesh = installation.mesh
    for name, roles in ROLES.items():
        mesh.start(name, *roles)
    mesh.until_says("mock-agencies", "mock-agencies")
    installation.judge = Judge(mesh.reached())
    ask(installation)
    with away(installation):
        time.sleep(3)
        took_s = ended(mesh)
    print(f"{away.__name__}: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in took_s.items()))
    assert max(took_s.values()) < WITHIN_S + SLACK_S


def ask(installation):
    """Put work on the way for every role."""
    for person in people(300, 5):
        subject = {"kind": "person", "role": "debtor", "name": person.name, "id_type": "resident_id", "id_no": person.id_no}
        answer = installation.judge.post("/v1/requests", {**installation.judge.case(), "subjects": [subject], "asset_types": ["deposits", "vehicles"]})
        assert answer.status_code == 202, answer.text


def ended(mesh):
    """End every process at once; return how long each took. All end as those do that were told to."""
    processes, took_s, began_s = {name: part.process for name, part in mesh.parts.items()}, {}, time.monotonic()
    for process in processes.values():
        process.send_signal(signal.SIGTERM)
    while len(took_s) < len(processes) and time.monotonic() - began_s < 60:
        for name, process in processes.items():
            if name not in took_s and process.poll() is not None:
                took_s[name] = time.monotonic() - began_s
        time.sleep(0.02)
    codes = {name: process.poll() for name, process in processes.items()}
    left = {name: mesh.parts[name].log.read_text()[-1500:] for name, code in codes.items() if code != 0}
    for name, process in processes.items():
        if process.poll() is None:
            process.kill()
        with process:
            mesh.parts.pop(name)
    assert left == {}, codes
    return took_s
