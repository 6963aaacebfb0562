"""A bank that another house serves: its adapter is a plain Kafka client that knows our documents and none of our code."""

import asyncio
import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import yaml
from confluent_kafka import Consumer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.keys import new_key
from services.runtime.mock.people import invent
from tests.builders import RECORDS
from tests.e2e.spread import spread_mesh
from tests.keyring import add_to, told_to

BANK, TOPIC = "harbour-bank", "chakong.command.deposits.harbour-bank.v1"
ADAPTER = Path(__file__).with_name("foreign_adapter.py")
PERSONS = list(islice(invent(seed=7), 2, 9))
WRONG = ("by hand", "unknown field", "unknown outcome", "another's task", "not JSON")
ROW = {"agency": BANK, "name": {"zh": "海港银行", "en": "Harbour Bank"}, "asset_type": "deposits", "region_code": "000000",
       "channel": "p2p_local", "capabilities": ["query", "status"], "served_by": "external"}


#: The bank's key, as `chakong keys new harbour-bank-1 --agency harbour-bank` makes it.
MADE = new_key("harbour-bank-1", "ed25519", "agency", [BANK])


def account(person):
    return {**RECORDS["deposits"], "account_no": f"88{person.id_no[:16]}"}


BOOKS = {PERSONS[0].id_no: {"accounts": [account(PERSONS[0])]}, PERSONS[1].id_no: {"accounts": []}}
BOOKS |= {person.id_no: {"accounts": [account(person)], "wrong": wrong} for person, wrong in zip(PERSONS[2:], WRONG, strict=True)}


@pytest.fixture(scope="module")
def spread(server_dir, spread_kafka, module_database):
    """The court side in one process, the foreign adapter in another, and no worker of ours."""
    directory = server_dir / "foreign.yaml"
    directory.write_text(yaml.safe_dump({"agencies": [ROW]}, allow_unicode=True))
    environment = {"CHAKONG_AGENCIES": str(directory), "CHAKONG_RESEND_AFTER_S": "3"}
    with spread_mesh(server_dir / "foreign", spread_kafka, module_database, **environment) as mesh:
        add_to(server_dir / "foreign", MADE)
        keys = told_to(server_dir / "foreign", MADE)
        mesh.start("api", "api", "relay", "aggregator", "schedule")
        command = [sys.executable, "-I", str(ADAPTER), spread_kafka, TOPIC, json.dumps(BOOKS), json.dumps(keys)]
        with (server_dir / "foreign-adapter.log").open("w") as log, subprocess.Popen(command, stderr=log) as adapter:
            yield mesh
            adapter.terminate()


@pytest.fixture(scope="module")
def asked(spread):
    """One request about everybody in the bank's books, once it has ended."""
    mesh = spread.reached()
    subjects = [{"kind": "person", "name": one.name, "id_type": one.id_type, "id_no": one.id_no} for one in PERSONS]
    request_id = mesh.submit(subjects=subjects, asset_types=["deposits"], agencies=[BANK])
    status = mesh.ended(request_id, within_s=40)
    return request_id, {task["subject"]: task for task in status["tasks"]}, mesh.report(request_id)


def messages(spread, topic):
    """Every message of a topic by partition and offset."""
    consumer = Consumer({"bootstrap.servers": spread.environment["KAFKA_BOOTSTRAP_SERVERS"], "group.id": f"test.{topic}",
                         "auto.offset.reset": "earliest", "enable.partition.eof": False})
    consumer.subscribe([topic])
    total, found = spread.messages_in(topic), {}
    while len(found) < total:
        message = consumer.poll(10)
        assert message is not None, f"{len(found)} of {total} messages of {topic}"
        found[message.partition(), message.offset()] = message
    consumer.close()
    return found


def headers(message):
    return {name: value.decode() for name, value in message.headers()}


def accounts_of(report, subject):
    (section,) = report["subjects"][subject]["sections"]
    return [(asset["record"]["account_no"], asset["sources"][0]["agency"]) for asset in section["assets"]]


def filed(url):
    async def load():
        engine = create_async_engine(url)
        async with engine.connect() as connection:
            rows = (await connection.execute(text("SELECT task_id, why FROM filed_replies"))).all()
        await engine.dispose()
        return [tuple(row) for row in rows]

    return asyncio.run(load())


def test_the_script_imports_nothing_of_ours():
    lines = [line.split()[1].partition(".")[0] for line in ADAPTER.read_text().splitlines() if line.startswith(("import ", "from "))]
    assert set(lines) == {"base64", "hashlib", "cryptography", "json", "signal", "sys", "uuid", "datetime", "confluent_kafka"}


def test_the_report_has_the_answer_of_a_foreign_adapter(asked):
    _, tasks, report = asked
    assert tasks[0]["outcome"] == "found"
    assert accounts_of(report, 0) == [(account(PERSONS[0])["account_no"], BANK)]
    assert tasks[1]["outcome"] == "none_found"
    assert accounts_of(report, 1) == []


def test_what_it_acknowledged_is_asked_for_its_status(asked):
    _, tasks, report = asked
    assert (tasks[2]["outcome"], tasks[2]["attempts"]) == ("found", 2)
    assert accounts_of(report, 2) == [(account(PERSONS[2])["account_no"], BANK)]


def test_an_unknown_field_of_a_record_is_kept_and_marked_and_its_asset_stands(asked):
    _, tasks, report = asked
    assert (tasks[3]["outcome"], tasks[3]["code"]) == ("found", None)
    (section,) = report["subjects"][3]["sections"]
    assert (section["gaps"], section["unreadable"]) == ([], [])
    (asset,) = section["assets"]
    assert "loyalty_points" not in asset["record"]
    assert [(mark["field"], mark["code"]) for mark in asset["unread"]] == [("loyalty_points", "unknown_field")]


def test_what_is_no_answer_leaves_the_task_open_until_the_command_comes_again(asked):
    _, tasks, _ = asked
    assert [(tasks[n]["outcome"], tasks[n]["attempts"]) for n in (4, 5, 6)] == [("found", 2)] * 3


def test_a_reply_to_no_task_is_filed_as_foreign_with_an_alarm(spread, asked):
    assert filed(spread.environment["DATABASE_URL"]) == [("01JNOTASKOFTHISINSTALLATION", "foreign")]
    assert spread.parts["api"].metric("chakong_alarms_total", kind="foreign") == 1


def test_replies_that_cannot_be_read_become_dead_letters_that_say_where_they_came_from(spread, asked):
    _, tasks, _ = asked
    replies = messages(spread, "chakong.reply.v1")
    letters = [(headers(one), one.value()) for one in messages(spread, "chakong.dead-letter.v1").values()]
    assert {came["ce_subject"] for came, _ in letters} == {tasks[4]["task_id"], tasks[6]["task_id"]}
    for came, value in letters:
        assert came["origin-topic"] == "chakong.reply.v1"
        assert replies[int(came["origin-partition"]), int(came["origin-offset"])].value() == value
    reasons = {came["ce_subject"]: came["reason"] for came, _ in letters}
    assert "outcome" in reasons[tasks[4]["task_id"]]
    assert not any(person.id_no in reason or person.name in reason for person in PERSONS for reason in reasons.values())


def test_commands_carry_the_attributes_the_document_names(spread, asked):
    request_id, tasks, _ = asked
    commands = list(messages(spread, TOPIC).values())
    came = [headers(one) for one in commands]
    assert len({one["ce_id"] for one in came}) == len(commands) == len(PERSONS) + 4
    assert {one["ce_type"] for one in came} == {"cn.chakong.command.query.v1", "cn.chakong.command.status.v1"}
    assert {(one["ce_specversion"], one["content-type"], one["ce_correlationid"]) for one in came} == {("1.0", "application/json", request_id)}
    assert {one["ce_subject"] for one in came} == {task["task_id"] for task in tasks.values()}
    told = b"".join(one.key() for one in commands) + "".join(map(str, came)).encode()
    assert not any(person.id_no.encode() in told or person.name.encode() in told for person in PERSONS)
