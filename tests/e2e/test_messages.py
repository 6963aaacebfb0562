"""Messages that come twice, and messages that nobody can read."""

import asyncio
import json

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from contracts.kafka import topics
from contracts.messages import REPLY_TYPE
from tests.e2e.flood import BANKS, Flood, people
from tests.e2e.topics import read_all, until_read, write
from tests.keyring import COMMAND_TYPE, headers_of, keys_in, signed

COMMANDS = topics.commands("deposits")
WORKER, AGGREGATOR = topics.worker_group("deposits"), "chakong.aggregator"
PARTITIONS = range(4)
#: No JSON; a command or reply of a future that dropped what we know; a tombstone; a large one; a list.
POISON = (b"\x00\xffnot JSON", b'{"task_id": "t1", "schema": 99, "agency": {"code": "icbc"}}', None, b"x" * 1_000_000, b"[]")


def counts(url):
    return asyncio.run(_counts(url))


async def _counts(url):
    """Return how far all requests and controls are together, in numbers that any change would move."""
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        row = (await connection.execute(text("""
            SELECT (SELECT sum(report_version) FROM requests) AS versions, (SELECT sum(event_seq) FROM requests) AS events,
                   (SELECT count(*) FROM control_events) AS control_events, (SELECT count(*) FROM tasks WHERE outcome IS NULL) AS open"""))).mappings().one()
    await engine.dispose()
    return dict(row)


def test_every_reply_and_command_again_changes_nothing(installation):
    judge, bootstrap = installation.judge, installation.kafka.bootstrap_servers
    flood = Flood()
    flood.ask(judge, people(300, 5))
    flood.freeze_all(judge, flood.settled(judge, "before the replay"))
    flood.settled(judge, "with freezes")
    before, received = standing(installation, flood), times_received(judge)
    replayed = {topic: replay(bootstrap, topic, group) for topic, group in ((topics.REPLIES, AGGREGATOR), (COMMANDS, WORKER))}
    until_read(bootstrap, topics.REPLIES, AGGREGATOR)
    assert standing(installation, flood) == before
    print(f"messages replayed {replayed}, duplicates absorbed at the banks {times_received(judge) - received}, new effects 0")
    assert times_received(judge) > received


def standing(installation, flood):
    """Return everything that a message could have changed."""
    judge = installation.judge
    effects = [{**one, "times_received": 0} for bank in BANKS for one in judge.mesh.effects(bank)]
    return {**counts(installation.postgres.url), "effects": effects, "controls": [judge.control(one) for one in flood.controls],
            "reports": [judge.report(one) for one in flood.requests]}


def times_received(judge):
    return sum(one["times_received"] for bank in BANKS for one in judge.mesh.effects(bank))


def replay(bootstrap, topic, group):
    """Write every message of a topic once more, as it was, and wait until it was read; return how many there were."""
    messages = read_all(bootstrap, topic)
    write(bootstrap, topic, ((one.partition(), one.key(), one.value(), one.headers()) for one in messages))
    until_read(bootstrap, topic, group)
    return len(messages)


@pytest.mark.parametrize(("topic", "group"), [(COMMANDS, WORKER), (topics.REPLIES, AGGREGATOR)])
def test_poison_becomes_dead_letters_and_holds_up_no_partition(mesh, kafka_bootstrap, topic, group):
    known = len(read_all(kafka_bootstrap, topics.DEAD_LETTERS))
    ours, ce_type = keys_in(mesh.folder), COMMAND_TYPE if topic == COMMANDS else REPLY_TYPE
    poison = [(partition, key, value, signed(ours, topic, value, headers_of("t1", ce_type)))
              for partition in PARTITIONS for key in (None, b"k") for value in POISON]
    write(kafka_bootstrap, topic, poison)
    request_ids = [mesh.submit(asset_types=["deposits"], agencies=["icbc", "abc"]) for _ in range(8)]
    assert all(mesh.ended(request_id, within_s=5)["all_answered"] for request_id in request_ids)
    until_read(kafka_bootstrap, topic, group)
    assert len(read_all(kafka_bootstrap, topics.DEAD_LETTERS)) - known == len(poison)


def test_a_dead_letter_says_where_it_came_from_and_why(mesh, kafka_bootstrap):
    mesh.ended(mesh.submit(agencies=["icbc"]))
    command = next(one for one in read_all(kafka_bootstrap, COMMANDS) if b'"request_no"' in (one.value() or b""))
    for value in (b'{"asset_type": "yachts"}', unknown_type(command.value())):
        told = {**dict(headers_of(json.loads(command.value())["task_id"], COMMAND_TYPE)), "ce_id": b"of the test"}
        write(kafka_bootstrap, COMMANDS, [(2, None, value, signed(keys_in(mesh.folder), COMMANDS, value, told.items()))])
    until_read(kafka_bootstrap, COMMANDS, WORKER)
    letters = [dict(one.headers()) for one in read_all(kafka_bootstrap, topics.DEAD_LETTERS)]
    ours = [headers for headers in letters if headers["ce_id"] == b"of the test"]
    ours.sort(key=lambda headers: int(headers["origin-offset"]))
    assert len(ours) == 2
    assert {headers["origin-topic"] for headers in ours} == {COMMANDS.encode()}
    assert {headers["origin-partition"] for headers in ours} == {b"2"}
    assert int(ours[1]["origin-offset"]) == int(ours[0]["origin-offset"]) + 1
    assert b"malformed_message" in ours[0]["reason"]
    assert b"asset_type" in ours[1]["reason"]


def unknown_type(command):
    return json.dumps({**json.loads(command), "agency": "icbc", "asset_type": "yachts"}).encode()
