"""Every role in a process of its own, two workers of one asset type in one group, on real Kafka."""

import signal
import time
from collections import Counter

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.e2e.spread import spread_mesh
from tests.running import RunningMesh

BANKS = ["icbc", "abc", "boc", "ccb", "bocom", "psbc", "cmb", "cgb", "spdb", "cib"]
GROUP = "chakong.worker.deposits"
REPLIES = "chakong.reply.v1"


@pytest.fixture(scope="module")
def spread(server_dir, spread_kafka, module_database):
    """Nine processes; a member that dies leaves its partitions after six seconds."""
    with spread_mesh(server_dir / "spread", spread_kafka, module_database, CHAKONG_KAFKA_SESSION_TIMEOUT_MS="6000") as mesh:
        for name in ("mock-agencies", "api", "relay", "aggregator", "schedule", "callbacks"):
            mesh.start(name, name)
        for name in ("first", "second"):
            mesh.start(name, "worker:deposits")
        mesh.until_says("mock-agencies", "mock-agencies")
        yield mesh


@pytest.fixture
def mesh(spread):
    """The API, once both workers have partitions; the agencies as they were at the start."""
    calls = spread.calls[0] if spread.calls else spread.reached()
    spread.until_members_read(GROUP, 2)
    calls.reset()
    return calls


def ask(mesh: RunningMesh, requests):
    return [mesh.submit(asset_types=["deposits"], agencies=BANKS) for _ in range(requests)]


def ends(mesh, request_ids, within_s=30):
    """Wait until all have ended and return every task."""
    return [task for request_id in request_ids for task in mesh.ended(request_id, within_s)["tasks"]]


def handled(spread, name):
    return spread.parts[name].metric("chakong_batch_size_sum", hop="worker")


def assert_answered_once(tasks):
    said = Counter((task["outcome"], task["code"], task["attempts"]) for task in tasks)
    assert set(said) <= {("found", None, 1), ("none_found", None, 1)}, said


async def filed(url):
    """Why replies to tasks of ours were filed, and how many; those of meshes before us on this Kafka name none."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT why FROM filed_replies JOIN tasks USING (task_id)"))).scalars().all()
    await engine.dispose()
    return Counter(rows)


def test_two_workers_of_one_type_share_the_commands(spread, mesh):
    before = {name: handled(spread, name) for name in ("first", "second")}
    replies = spread.messages_in(REPLIES)
    tasks = ends(mesh, ask(mesh, 20))
    share = {name: handled(spread, name) - before[name] for name in before}
    print(f"{len(tasks)} commands, shared {share}")
    assert_answered_once(tasks)
    assert sum(share.values()) == len(tasks) == 20 * 2 * len(BANKS)
    assert min(share.values()) > 0
    assert spread.messages_in(REPLIES) - replies == len(tasks)


def test_the_relay_is_woken_by_another_process(spread, mesh):
    ends(mesh, ask(mesh, 1))
    spread.end("relay")
    relay = spread.start("relay", "relay", CHAKONG_RELAY_SWEEP_EVERY_S="60")
    ends(mesh, ask(mesh, 1))
    sent = relay.metric("chakong_tasks_sent_total", asset_type="deposits")
    began_s = time.monotonic()
    (request_id,) = ask(mesh, 1)
    tasks = ends(mesh, [request_id])
    print(f"answered after {time.monotonic() - began_s:.2f} s, though the relay looks only once a minute by itself")
    assert relay.metric("chakong_tasks_sent_total", asset_type="deposits") - sent == len(tasks)
    assert time.monotonic() - began_s < 10


async def test_when_a_worker_is_killed_the_other_ends_every_request(spread, mesh):
    for bank in BANKS:
        slow = {"faults": [{"kind": "latency", "p50_ms": 400, "p99_ms": 800}]}
        mesh.agencies.put(f"/admin/agencies/{bank}/faults", json=slow).raise_for_status()
    request_ids, before = ask(mesh, 30), handled(spread, "first")
    victim = spread.parts["first"]
    while handled(spread, "first") == before:
        time.sleep(0.02)
    with victim.process as process:
        process.send_signal(signal.SIGKILL)
    killed_s = time.monotonic()
    left = sum(task["outcome"] is None for request_id in request_ids for task in mesh.status(request_id)["tasks"])
    for bank in BANKS:
        mesh.agencies.delete(f"/admin/agencies/{bank}/faults").raise_for_status()
    tasks = ends(mesh, request_ids)
    print(f"{left} of {len(tasks)} commands were open when one worker was killed; all answered {time.monotonic() - killed_s:.1f} s later")
    assert left > 0
    assert_answered_once(tasks)
    assert await filed(spread.environment["DATABASE_URL"]) == Counter()
    spread.start("first", "worker:deposits")
