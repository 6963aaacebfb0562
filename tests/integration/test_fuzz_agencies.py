"""Agencies that answer with whatever hypothesis makes, to a running worker: no process ends, no partition stands still, memory is bounded."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from contracts.kafka import topics
from contracts.registry import asset_types
from deploy.kafka import KafkaCluster
from tests import fuzzing
from tests.e2e.spread import spread_mesh
from tests.e2e.topics import read_all, until_read
from tests.hostile import hostile
from tests.integration.test_fuzz_replies import readable
from tests.running import directory_file, until
from tests.servers import own_database

#: How much a worker may grow: some answers of 16 MiB, one for each agency, at once.
_MOST_MB = 1_500
#: The one that answers when somebody is in the office.
BY_HAND = "yunfu-housing-bureau"


@pytest.fixture
def mesh(server_dir, postgres_url):
    """A mesh on a Kafka of its own whose worker reaches its agencies through a server that spoils what they say."""
    folder = server_dir / "fuzz-agencies"
    plans = fuzzing.made(fuzzing.hostile, fuzzing.MOST // 2, 2)
    directory = directory_file(folder / "agencies.yaml", timeout_s=5)
    settings = {"CHAKONG_BREAKER_MOST_PAUSE_S": "1", "CHAKONG_BREAKER_PAUSE_S": "0.5", "CHAKONG_DEFERRAL_S": "0.5", "CHAKONG_MOST_DEFERRAL_S": "2",
                "CHAKONG_BUDGET_S": "3", "CHAKONG_AGENCIES": str(directory), "CHAKONG_MOCK_MANUAL_S": "1"}
    with (KafkaCluster(server_dir / "fuzz-agencies-kafka") as cluster, own_database(postgres_url, "fuzz_agencies") as url,
          spread_mesh(folder, cluster.bootstrap_servers, url, **settings) as spread):
        spread.start("agencies", "mock-agencies")
        with hostile(spread.until_says("agencies", "mock-agencies"), plans) as server:
            spread.start("court", "api", "relay", "aggregator", "schedule", "callbacks")
            spread.start("worker", "worker", CHAKONG_MOCK_AGENCIES_URL=server.url)
            yield spread, spread.reached("court"), server, cluster.bootstrap_servers, url


def resident_mb(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


@pytest.mark.timeout(300 + fuzzing.MOST)
def test_no_answer_ends_a_worker_or_holds_up_a_partition(mesh):
    spread, calls, server, bootstrap, url = mesh
    most = len(server.plans)
    print(f"seed {fuzzing.SEED}, {most} answers")
    asked, give_up_at = [], time.monotonic() + 60 + most
    while server.plans and time.monotonic() < give_up_at:
        before, asked = server.served.total(), [*asked, *(calls.submit() for _ in range(5))]
        until(server.served.total, lambda served, before=before: served >= before + 40 or not server.plans, within_s=120)
    assert server.spoilt >= most, server.served

    last = calls.submit()
    ended = until(lambda: calls.status(last), lambda status: all(line["outcome"] or line["agency"] == BY_HAND for line in status["tasks"]), within_s=300)
    for code in asset_types():
        until_read(bootstrap, topics.commands(code), topics.worker_group(code), within_s=300)
    until_read(bootstrap, topics.REPLIES, "chakong.aggregator", within_s=300)

    assert {name: part.process.poll() for name, part in spread.parts.items()} == dict.fromkeys(spread.parts)
    assert {line["outcome"] for line in ended["tasks"]} <= {"found", "none_found", None}
    print("answers", dict(server.served))
    print("tasks", fuzzing.counted(asyncio.run(fuzzing.rows(url, "SELECT COALESCE(outcome || ':' || code, outcome, 'open') FROM tasks"))))
    reasons = [dict(letter.headers())["reason"].decode() for letter in read_all(bootstrap, topics.DEAD_LETTERS)]
    print("dead letters", fuzzing.counted([[reason] for reason in reasons]))
    assert reasons == []
    grown = resident_mb(spread.parts["worker"].process.pid)
    print(f"worker at most {grown} MB")
    assert grown < _MOST_MB
    readable(calls, random.Random(fuzzing.SEED).sample(asked, min(len(asked), 30)))
