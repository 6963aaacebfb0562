"""Replies that hypothesis makes, straight into a running aggregator: no process ends, no partition stands still, every report can be read."""

import asyncio
import json
import random

import pytest

from contracts.kafka import topics
from deploy.kafka import KafkaCluster
from tests import fuzzing
from tests.builders import RECORDS
from tests.controlling import Judge, freeze
from tests.e2e.spread import spread_mesh
from tests.e2e.topics import read_all, until_read
from tests.keyring import keys_in
from tests.servers import own_database

_GOOD = {"kind": "answered", "outcome": "none_found", "as_of": "2026-11-23T02:00:00Z"}
_PARTITIONS = 4


@pytest.fixture
def mesh(server_dir, postgres_url):
    """A mesh on a Kafka of its own whose agencies nobody asks: the test answers for them."""
    with (KafkaCluster(server_dir / "fuzz-kafka") as cluster, own_database(postgres_url, "fuzz_replies") as url,
          spread_mesh(server_dir / "fuzz", cluster.bootstrap_servers, url) as spread):
        spread.start("court", "api", "relay", "schedule")
        spread.start("aggregator", "aggregator")
        yield spread, spread.reached("court"), cluster.bootstrap_servers, url


def send(calls, bootstrap, messages, **more):
    asyncio.run(fuzzing.deliver(bootstrap, keys_in(calls.folder), messages, **more))


def open_tasks(url, request_id="%"):
    """Return tasks without an outcome, of one request or of all, with their agencies."""
    found = fuzzing.rows(url, "SELECT task_id, agency FROM tasks WHERE outcome IS NULL AND request_id LIKE $1 ORDER BY task_id", request_id)
    return [(row["task_id"], row["agency"]) for row in asyncio.run(found)]


def good(task, partition=None, **said):
    return partition, b"r", json.dumps({"task_id": task[0], "agency": task[1], **_GOOD, **said}).encode(), []


def with_controls(calls, bootstrap, url):
    """Freeze accounts whose freezes nobody has answered yet."""
    request_id = calls.submit()
    accounts = [{"record": RECORDS["deposits"] | {"account_no": f"62220245302{number:08d}"}} for number in range(40)]
    tasks = open_tasks(url)
    found = next(one for one in tasks if one[1] == "icbc")
    send(calls, bootstrap, [good(found, outcome="found", assets=accounts), *(good(one) for one in tasks if one is not found)])
    calls.ended(request_id)
    assets = [asset for subject in calls.report(request_id)["subjects"] for section in subject["sections"] for asset in section["assets"]]
    Judge(calls).ordered(request_id, *(freeze(asset, 10_000) for asset in assets))


def message(tasks, one, again):
    """Return a message; the same content goes to another task each time: a query, a freeze, one that was answered."""
    which, odd, said, how, noise, headers = one
    which += 7_919 * again
    task_id, agency = tasks[which % len(tasks)]
    named = {"task_id": task_id, "agency": agency} if odd else {"task_id": said.get("detail", "nobody"), "agency": "nobody"}
    body = None if odd == 1 and which % 7 == 0 else fuzzing.written({**said, **named}, how, noise)
    return which % _PARTITIONS, None if odd == 2 else b"k", body, headers


@pytest.mark.timeout(300 + fuzzing.MOST)
def test_no_reply_ends_the_aggregator_or_holds_up_a_partition(mesh):
    spread, calls, bootstrap, url = mesh
    most = fuzzing.MOST // 2
    print(f"seed {fuzzing.SEED}, {most} replies")
    with_controls(calls, bootstrap, url)
    asked = [calls.submit() for _ in range(max(4, most // 80))]
    tasks = open_tasks(url)
    contents = fuzzing.made(fuzzing.replies, min(most, max(500, most // 5)), 1)
    print(f"{len(contents)} different contents")
    messages = [message(tasks, contents[at % len(contents)], at // len(contents)) for at in range(most)]
    for at in range(0, len(messages), 500):
        send(calls, bootstrap, messages[at: at + 500])
    # What a broker takes because it is small when compressed.
    bomb = json.dumps({"task_id": tasks[0][0], "agency": tasks[0][1], **_GOOD, "detail": "0" * 60_000_000}).encode()
    send(calls, bootstrap, [(0, b"k", bomb, []), (1, b"k", b" " * 60_000_000, [])], compression_type="gzip")
    send(calls, bootstrap, [(2, b"k", b"x", [("x", b"v" * 20_000_000)])], compression_type="gzip")

    last = calls.submit()
    fresh = open_tasks(url, last)
    send(calls, bootstrap, [good(task, number % _PARTITIONS) for number, task in enumerate(fresh)])
    outcomes = {line["outcome"] for line in calls.ended(last, within_s=300)["tasks"]}
    until_read(bootstrap, topics.REPLIES, "chakong.aggregator", within_s=300)

    assert outcomes == {"none_found"}
    assert {name: part.process.poll() for name, part in spread.parts.items()} == {"court": None, "aggregator": None}
    print("tasks", fuzzing.counted(asyncio.run(fuzzing.rows(url, "SELECT COALESCE(outcome || ':' || code, outcome, 'open') FROM tasks"))))
    print("filed", fuzzing.counted(asyncio.run(fuzzing.rows(url, "SELECT why FROM filed_replies"))))
    letters = read_all(bootstrap, topics.DEAD_LETTERS)
    reasons = [dict(letter.headers())["reason"].decode() for letter in letters]
    print("dead letters", fuzzing.counted([[reason.partition(":")[0]] for reason in reasons]), "cut", len(cut(letters)))
    assert [reason for reason in reasons if reason.startswith("bug")] == []
    assert len(cut(letters)) == 3
    readable(calls, random.Random(fuzzing.SEED).sample(asked, min(len(asked), 30)))


def cut(letters):
    """Return where the letters come from that do not say all; one may be written twice."""
    return {dict(one.headers())["origin-offset"] + dict(one.headers())["origin-partition"] for one in letters if "cut" in dict(one.headers())}


def readable(calls, request_ids):
    """Every report can be read, in every form."""
    for request_id in request_ids:
        for form in ("application/json", "text/html", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"):
            response = calls.client.get(f"/v1/requests/{request_id}/report", headers={"Accept": form})
            assert response.status_code in {200, 406}, (request_id, form, response.text[:500])
        for line in calls.status(request_id)["tasks"]:
            raw = calls.client.get(f"/v1/requests/{request_id}/tasks/{line['task_id']}/raw")
            assert raw.status_code in {200, 404}


def test_the_same_seed_makes_the_same_replies():
    assert repr(fuzzing.made(fuzzing.replies, 40, 1)) == repr(fuzzing.made(fuzzing.replies, 40, 1))


