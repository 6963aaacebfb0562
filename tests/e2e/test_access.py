"""A broker as production has it (TLS, names and passwords, access rules): the whole path works, and who may not is refused."""

import json
import os
import secrets
import subprocess

import pytest
import yaml
from confluent_kafka import Consumer, KafkaError
from confluent_kafka import Producer as PlainProducer
from confluent_kafka.admin import AdminClient

from contracts.kafka import topics
from contracts.kafka.producer import Producer
from contracts.kafka.settings import KafkaSettings
from deploy import acls, embedded
from deploy.keys import new_key
from deploy.mesh import load_directory
from tests.e2e.spread import SpreadMesh
from tests.keyring import add_to, headers_of, sender, signed
from tests.running import CHAKONG, START
from tests.secure_kafka import ADMIN, allow, client, environment, secure_kafka

HARBOUR = "harbour-bank"
ROW = {"agency": HARBOUR, "name": {"zh": "海港银行", "en": "Harbour Bank"}, "asset_type": "deposits", "region_code": "000000",
       "channel": "p2p_local", "capabilities": ["query"], "served_by": "external"}
KEY = new_key("harbour-1", "ed25519", "agency", [HARBOUR])
PARTS = {"api": ("api", "schedule", "mock-agencies"), "relay": ("relay",), "aggregator": ("aggregator",), "worker-deposits": ("worker:deposits",)}
pytestmark = pytest.mark.timeout(300)  # a broker and six processes are started one after the other
NAMES = (ADMIN, HARBOUR, "chakong-topics-create", "chakong-worker-vehicles", *(f"chakong-{name}" for name in PARTS))
PASSWORDS = {name: secrets.token_hex(12) for name in NAMES}
OWN, DEPOSITS, VEHICLES = topics.commands("deposits", HARBOUR), topics.commands("deposits"), topics.commands("vehicles")


@pytest.fixture(scope="module")
def kafka(server_dir):
    folder = server_dir / "secure-kafka"
    with secure_kafka(folder, PASSWORDS) as cluster:
        yield cluster.bootstrap_servers, folder


@pytest.fixture(scope="module")
def directory(server_dir):
    path = server_dir / "access.yaml"
    path.write_text(yaml.safe_dump({"shipped": True, "agencies": [ROW]}, allow_unicode=True))
    return path


@pytest.fixture(scope="module")
def mesh(server_dir, kafka, directory, module_database):
    """Each role a process of its own under a name of its own, with the rules that `chakong topics acls` prints and no others."""
    bootstrap, authority = kafka
    folder = server_dir / "access"
    folder.mkdir()
    add_to(folder, KEY)
    allow(AdminClient(client(bootstrap, authority, ADMIN, PASSWORDS)), acls.rules(load_directory(directory).agencies))
    shared = {"CHAKONG_DATA_DIR": str(folder), "CHAKONG_CLOCK_START": START, "DATABASE_URL": module_database, "CHAKONG_AGENCIES": str(directory)}
    settings = {**os.environ, **shared, **environment(bootstrap, authority, "chakong-topics-create", PASSWORDS)}
    embedded.secrets_of(settings, folder)
    embedded.addresses_of(settings, folder, 0)
    for step in (["db", "upgrade"], ["topics", "create"]):
        subprocess.run([*CHAKONG, *step], check=True, env=settings, stdout=subprocess.DEVNULL, timeout=60)
    made = SpreadMesh(folder, settings)
    try:
        for name, roles in PARTS.items():
            made.start(name, *roles, **environment(bootstrap, authority, f"chakong-{name}", PASSWORDS))
        yield made
    finally:
        for calls in made.calls:
            calls.close()
        for name in list(made.parts):
            made.end(name)


def test_the_whole_path_works_with_no_more_rights_than_are_printed(mesh, kafka):
    calls = mesh.reached()
    request_id = calls.submit(agencies=["icbc", "abc", HARBOUR], asset_types=["deposits"])
    bootstrap, authority = kafka
    tasks = {one["task_id"] for one in calls.status(request_id)["tasks"] if one["agency"] == HARBOUR}
    with_answers = answer(client(bootstrap, authority, HARBOUR, PASSWORDS), len(tasks))
    assert with_answers == tasks
    status = calls.ended(request_id, within_s=60)
    assert {one["outcome"] for one in status["tasks"]} <= {"found", "none_found"}
    assert status["all_answered"]


def answer(options, count):
    """Be the adapter of the external bank: read its commands, answer each; return the tasks."""
    consumer = Consumer({**options, "group.id": f"{HARBOUR}-1", "auto.offset.reset": "earliest"})
    producer = PlainProducer({**options, "enable.idempotence": True})
    consumer.subscribe([OWN])
    answered = set()
    for _ in range(120):
        message = consumer.poll(0.5)
        if message is not None and message.error() is None:
            command = json.loads(message.value())
            value = json.dumps({"task_id": command["task_id"], "agency": HARBOUR, "kind": "answered", "outcome": "none_found",
                                "as_of": "2026-11-23T01:00:00Z"}).encode()
            producer.produce(topics.REPLIES, key=command["request_id"], value=value,
                             headers=signed(sender(KEY), topics.REPLIES, value, headers_of(command["task_id"])))
            answered.add(command["task_id"])
        if len(answered) == count:
            break
    assert producer.flush(20) == 0
    consumer.close()
    return answered


@pytest.mark.parametrize(("name", "topic"), [
    (HARBOUR, OWN), (HARBOUR, DEPOSITS), (HARBOUR, topics.DEAD_LETTERS), (HARBOUR, topics.EVENTS), ("chakong-worker-deposits", DEPOSITS),
    ("chakong-worker-deposits", OWN), ("chakong-aggregator", topics.REPLIES), ("chakong-aggregator", DEPOSITS), ("chakong-relay", topics.DEAD_LETTERS),
])
def test_who_may_not_write_to_a_topic_is_refused(mesh, kafka, name, topic):
    assert write_as(kafka, name, topic) in {KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED}


def write_as(kafka, name, topic):
    """Write as somebody and return the broker's error code, None if it was taken."""
    failed = []
    producer = PlainProducer({**client(*kafka, name, PASSWORDS), "message.timeout.ms": 20_000})
    producer.produce(topic, b"forged", on_delivery=lambda error, _: failed.append(error))
    producer.flush(30)
    (error,) = failed
    return error.code() if error else None


@pytest.mark.parametrize(("name", "topic"), [
    (HARBOUR, DEPOSITS), (HARBOUR, topics.REPLIES), ("chakong-worker-deposits", VEHICLES), ("chakong-worker-vehicles", DEPOSITS),
    ("chakong-worker-deposits", topics.REPLIES), ("chakong-aggregator", DEPOSITS), ("chakong-relay", DEPOSITS),
])
def test_who_may_not_read_a_topic_is_refused(mesh, kafka, name, topic):
    group = f"{HARBOUR}-2" if name == HARBOUR else "chakong.worker.x"
    consumer = Consumer({**client(*kafka, name, PASSWORDS), "group.id": group, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    refused = {KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED}
    for _ in range(60):
        message = consumer.poll(0.5)
        if message is not None:
            assert message.error() is not None, "it could read"
            if message.error().code() in refused:
                break
    else:
        raise AssertionError("nothing was said")
    consumer.close()


@pytest.mark.parametrize(("changed", "answered"), [
    ({}, True), ({"password": "wrong"}, False), ({"username": "nobody"}, False), ({"ca_file": None}, False), ({"security_protocol": "PLAINTEXT"}, False),
    ({"sasl_mechanism": "PLAIN"}, False)])
async def test_a_client_comes_in_only_under_its_own_name_and_only_to_a_broker_it_can_trust(kafka, changed, answered):
    bootstrap, authority = kafka
    right = {"security_protocol": "SASL_SSL", "username": ADMIN, "password": PASSWORDS[ADMIN], "ca_file": authority / "authority.pem"}
    producer = Producer(KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=bootstrap, request_timeout_ms=4000, **{**right, **changed}), "test")
    assert await producer.ping() is answered
    await producer.stop()
