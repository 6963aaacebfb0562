"""Whoever can write to Kafka can neither answer for an agency nor order a measure: real Kafka, a mesh in one process, forgers beside it."""

import asyncio
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from contracts.kafka import topics
from deploy.kafka import KafkaCluster
from deploy.keys import new_key
from tests.builders import RECORDS
from tests.e2e.topics import read_all, until_read, write
from tests.keyring import add_to, headers_of, keys_in, sender, signed
from tests.running import running_mesh

COMMANDS, WORKER, AGGREGATOR = topics.commands("deposits"), topics.worker_group("deposits"), "chakong.aggregator"
HARBOUR, YUNAN = "harbour-bank", "yunan-rcb"
ROWS = [{"agency": code, "name": {"zh": code, "en": code}, "asset_type": "deposits", "region_code": "000000", "channel": "p2p_local",
         "capabilities": ["query"], "served_by": "external"} for code in (HARBOUR, YUNAN)]
BANKS_KEY = new_key("harbour-1", "ed25519", "agency", [HARBOUR])
YUNANS = [new_key("yunan-rcb-2026", "hmac-sha256", "agency", [YUNAN]), new_key("court-yunan-rcb-2026", "hmac-sha256", "gateway", [YUNAN])]
STRANGERS = new_key("stranger-1", "ed25519", "adapters")
EXTERNAL = {HARBOUR, YUNAN}
DEMO_ID = "445302199001010013"


@pytest.fixture(scope="module")
def kafka(server_dir):
    with KafkaCluster(server_dir / "authentic-kafka") as cluster:
        yield cluster.bootstrap_servers


@pytest.fixture(scope="module")
def mesh(server_dir, kafka, module_database):
    folder = server_dir / "authentic"
    folder.mkdir()
    directory = folder / "agencies.yaml"
    directory.write_text(yaml.safe_dump({"shipped": True, "agencies": ROWS}))
    add_to(folder, BANKS_KEY, *YUNANS)
    with running_mesh(folder, KAFKA_BOOTSTRAP_SERVERS=kafka, DATABASE_URL=module_database, CHAKONG_AGENCIES=str(directory)) as one:
        yield one


@pytest.fixture
def ours(mesh):
    """The keys of the installation itself: gateway and workers."""
    return keys_in(mesh.folder, EXTERNAL)


@pytest.fixture(scope="module")
def workers_key(mesh):
    """A worker, or who stole its secret."""
    return _alone(mesh.folder, "adapters-1")


def _alone(folder, keyid):
    rows = yaml.safe_load((folder / "message-keys/keyring.yaml").read_text())["keys"]
    secrets = json.loads((folder / "message-keys/secrets.json").read_text())
    return sender((next(row for row in rows if row["keyid"] == keyid), secrets[keyid]))


def none_found(task_id, agency):
    return json.dumps({"task_id": task_id, "agency": agency, "kind": "answered", "outcome": "none_found",
                       "as_of": datetime.now(UTC).isoformat()}).encode()


def reply(by, task_id, agency, subject=None):
    """Headers and body of a reply that nothing was found, signed by somebody, or by nobody."""
    value, headers = none_found(task_id, agency), headers_of(subject or task_id)
    return (headers if by is None else signed(by, topics.REPLIES, value, headers)), value


def send(kafka, topic, *messages):
    write(kafka, topic, [(number % 4, b"k", value, headers) for number, (headers, value) in enumerate(messages)])


def alarms(mesh, kind="not_authentic"):
    said = mesh.client.get("/metrics").text
    return sum(float(one) for one in re.findall(rf'^chakong_alarms_total{{kind="{kind}"}} (\S+)$', said, re.MULTILINE))


def letters(kafka, topic):
    """The doubts of what was set aside of a topic."""
    found = [dict(one.headers()) for one in read_all(kafka, topics.DEAD_LETTERS)]
    assert {one["reason"] for one in found} <= {b"not_authentic"}
    return sorted(one["detail"].decode() for one in found if one["origin-topic"] == topic.encode())


def filed(url):
    async def load():
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            rows = (await connection.execute(text("SELECT task_id, why FROM filed_replies"))).all()
        await engine.dispose()
        return [tuple(row) for row in rows]

    return asyncio.run(load())


def the_task(mesh, request_id):
    (task,) = [one for one in mesh.status(request_id)["tasks"] if one["subject"] == 0]
    return task


def ask(mesh, agency):
    """Ask one agency about the demo's person; return the request and its task."""
    subjects = [{"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": DEMO_ID}]
    request_id = mesh.submit(subjects=subjects, agencies=[agency], asset_types=["deposits"])
    return request_id, the_task(mesh, request_id)["task_id"]


def test_a_forged_answer_for_a_bank_is_set_aside_and_the_bank_s_own_stands(mesh, kafka, module_database, ours, workers_key):
    mesh.faults("icbc", "latency", p50_ms=3_000, p99_ms=3_500)
    request_id, task_id = ask(mesh, "icbc")
    genuine, value = reply(ours, task_id, "icbc")
    told = dict(genuine)
    before, known = alarms(mesh), letters(kafka, topics.REPLIES)
    send(kafka, topics.REPLIES,
         reply(None, task_id, "icbc"),
         reply(sender(STRANGERS), task_id, "icbc"),
         reply(sender(BANKS_KEY), task_id, "icbc"),
         reply(_alone(mesh.folder, "gateway-1"), task_id, "icbc"),
         (genuine, value.replace(b"none_found", b"unsupported")),
         (list({**told, "ce_time": b"2030-01-01T00:00:00+00:00"}.items()), value),
         reply(workers_key, task_id, "icbc", subject="another-task"))
    until_read(kafka, topics.REPLIES, AGGREGATOR)
    doubts = ["bad_signature", "bad_signature", "unknown_key", "unsigned", "wrong_sender", "wrong_subject", "wrong_type"]
    assert sorted(set_aside(letters(kafka, topics.REPLIES), known)) == doubts
    assert alarms(mesh) - before == len(doubts)
    status = mesh.ended(request_id)
    mesh.faults("icbc")
    (task,) = status["tasks"]
    assert (task["outcome"], status["all_answered"], mesh.report(request_id)["version"]) == ("found", True, 1)
    (section,) = mesh.report(request_id)["subjects"][0]["sections"]
    truth = mesh.agencies.get("/admin/register", params={"id_no": DEMO_ID}).json()["assets"]
    assert {one["record"]["account_no"] for one in section["assets"]} == {one["key"] for one in truth if one["agency"] == "icbc"}
    assert filed(module_database) == []


def set_aside(now, before):
    left = list(now)
    for one in before:
        left.remove(one)
    return left


def test_an_external_bank_answers_by_its_own_key_and_nobody_else_does(mesh, kafka, module_database, ours, workers_key):
    request_id, task_id = ask(mesh, HARBOUR)
    known = letters(kafka, topics.REPLIES)
    send(kafka, topics.REPLIES, reply(workers_key, task_id, HARBOUR), reply(sender(YUNANS[0]), task_id, HARBOUR), reply(None, task_id, HARBOUR))
    until_read(kafka, topics.REPLIES, AGGREGATOR)
    assert sorted(set_aside(letters(kafka, topics.REPLIES), known)) == ["unsigned", "wrong_sender", "wrong_sender"]
    assert the_task(mesh, request_id)["outcome"] is None
    record = {**RECORDS["deposits"], "account_no": "6223305300045671238"}
    value = json.dumps({"task_id": task_id, "agency": HARBOUR, "kind": "answered", "outcome": "found", "as_of": datetime.now(UTC).isoformat(),
                        "assets": [{"record": record}]}).encode()
    genuine = signed(sender(BANKS_KEY), topics.REPLIES, value, headers_of(task_id))
    send(kafka, topics.REPLIES, (genuine, value))
    assert mesh.ended(request_id)["tasks"][0]["outcome"] == "found"
    send(kafka, topics.REPLIES, (genuine, value), (genuine, value))
    until_read(kafka, topics.REPLIES, AGGREGATOR)
    assert mesh.report(request_id)["version"] == 1
    assert filed(module_database) == []


def test_a_forged_freeze_reaches_no_bank(mesh, kafka, ours, workers_key):
    request_id, _ = ask(mesh, "icbc")
    mesh.ended(request_id)
    genuine = next(one for one in read_all(kafka, COMMANDS) if json.loads(one.value())["agency"] == "icbc")
    query = json.loads(genuine.value())
    freeze = {**query, "task_id": "forged", "request_no": "20261122445302999999", "action": "freeze",
              "control": {"control_id": "forged", "measure": "freeze", "asset": mesh.report(request_id)["subjects"][0]["sections"][0]["assets"][0]["record"],
                          "amount_fen": 100, "term_months": 12}}
    value, ce_type = json.dumps(freeze, ensure_ascii=False).encode(), "cn.chakong.command.freeze.v1"
    headers, before, known = headers_of("forged", ce_type), alarms(mesh), letters(kafka, COMMANDS)
    send(kafka, COMMANDS, (headers, value), (genuine.headers(), value),
         *((signed(by, COMMANDS, value, headers), value) for by in (workers_key, sender(BANKS_KEY), sender(STRANGERS), sender(YUNANS[1]))))
    until_read(kafka, COMMANDS, WORKER)
    assert sorted(set_aside(letters(kafka, COMMANDS), known)) == ["bad_signature", "unknown_key", "unsigned", "wrong_sender", "wrong_type", "wrong_type"]
    assert alarms(mesh) - before == 6
    assert [one for one in mesh.effects("icbc") if one["request_no"] == freeze["request_no"]] == []
    # The same, signed by the gateway, is carried out: what was refused was the sender, not the order.
    send(kafka, COMMANDS, (signed(ours, COMMANDS, value, headers), value))
    until_read(kafka, COMMANDS, WORKER)
    assert [one["action"] for one in mesh.effects("icbc") if one["request_no"] == freeze["request_no"]] == ["freeze"]


def test_the_worked_example_runs_as_it_is_printed(mesh, kafka, tmp_path):
    page = (Path(__file__).parents[2] / "docs/adapters.md").read_text(encoding="utf-8")
    program = next(one for one in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "while True" in one)
    (tmp_path / "adapter.py").write_text(program, encoding="utf-8")
    (tmp_path / "secrets.json").write_text(json.dumps({row["keyid"]: secret for row, secret in YUNANS}))
    topic = topics.commands("deposits", YUNAN)
    command = [sys.executable, "-I", str(tmp_path / "adapter.py"), kafka, topic, str(tmp_path / "secrets.json")]
    forged = json.dumps({"task_id": "forged", "agency": YUNAN, "action": "freeze"}).encode()
    # A freeze that nobody signed stands before the court's query in the partition where it will be.
    send(kafka, topic, *[(headers_of("forged", "cn.chakong.command.freeze.v1"), forged)] * 4, *[([], b"{half")] * 4)
    with (tmp_path / "said").open("w") as said, subprocess.Popen(command, stderr=said) as adapter:
        try:
            request_id, _ = ask(mesh, YUNAN)
            status = mesh.ended(request_id)
        finally:
            adapter.terminate()
    (task,) = status["tasks"]
    assert task["outcome"] == "found", (tmp_path / "said").read_text()
    (section,) = mesh.report(request_id)["subjects"][0]["sections"]
    assert [one["record"]["account_no"] for one in section["assets"]] == ["6223305300045671238"]
    assert (tmp_path / "said").read_text().count("not authentic:") >= 1
    assert "Traceback" not in (tmp_path / "said").read_text()
