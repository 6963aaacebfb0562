"""What is told while parts of the mesh are dead, through real processes and Kafka: by the API for all of it, by each process for itself."""

import time
import urllib.request

import pytest


def told(installation, reached, within_s=150):
    """Ask until `/readyz` says so."""
    deadline = time.monotonic() + within_s
    while not reached(said := installation.judge.mesh.client.get("/readyz").json()):
        assert time.monotonic() < deadline, said
        time.sleep(0.5)
    return said


@pytest.mark.timeout(600)
def test_a_dead_aggregator_and_dead_workers_are_told_of_by_the_api_which_goes_on_taking_requests(installation):
    told(installation, lambda said: said["degraded"] == [])
    for name in ("aggregator", "worker"):
        installation.kill(name)
    said = told(installation, lambda said: "aggregator" in said["degraded"] and "worker:deposits" in said["degraded"])
    assert said["ready"] is True
    assert installation.post().status_code == 202
    for name in ("aggregator", "worker"):
        installation.start(name)
    said = told(installation, lambda said: said["degraded"] == [])
    assert {"api", "relay", "schedule", "aggregator", "worker", "callbacks"} <= {one["role"] for one in said["roles"] if one["alive"]}


def test_every_process_answers_probes_of_its_own(installation):
    told(installation, lambda said: said["degraded"] == [])
    for part in installation.mesh.parts.values():
        base = part.metrics_url.removesuffix("/metrics")
        for path in ("/healthz", "/metrics"):
            with urllib.request.urlopen(base + path, timeout=20) as answer:
                assert answer.status == 200
