import asyncio
import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.kafka import KafkaCluster
from deploy.postgres import DataFolderInUseError, EmbeddedPostgres, start_postgres

MESSAGES = 200

START_AND_HANG = """
import pathlib, sys, time
from deploy.postgres import start_postgres
server = start_postgres(pathlib.Path(sys.argv[1]))
print(server.url, flush=True)
time.sleep(60)
"""


async def execute(url, *statements):
    """Commit the statements and return what the last one says."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        await engine.dispose()


async def produce(bootstrap_servers, topic, count=MESSAGES):
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap_servers, enable_idempotence=True, acks="all")
    await producer.start()
    try:
        sent = [await producer.send(topic, b"%d" % i, key=b"%d" % i, headers=[("ce_id", b"1")]) for i in range(count)]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def consume(bootstrap_servers, topic, group, count=MESSAGES):
    """Read `count` messages as a member of the group, commit their offsets and return their values."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap_servers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        fetch_max_wait_ms=20,
    )
    await consumer.start()
    try:
        values = []
        async with asyncio.timeout(30):
            while len(values) < count:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    values += [int(record.value) for record in records]
                    assert all(record.headers == (("ce_id", b"1"),) for record in records)
        await consumer.commit()
        return sorted(values)
    finally:
        await consumer.stop()


async def committed_total(bootstrap_servers, topic, group, partitions=4):
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        return sum([await consumer.committed(TopicPartition(topic, p)) or 0 for p in range(partitions)])
    finally:
        await consumer.stop()


async def create_topic(bootstrap_servers, topic, partitions=4):
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, partitions, 1)])
    finally:
        await admin.close()


@pytest.fixture
def topic():
    return f"test-{uuid.uuid4()}"


async def test_a_test_database_is_empty_and_takes_rows(database_url):
    assert (
        await execute(database_url, "CREATE TABLE t (x int)", "INSERT INTO t VALUES (1)", "SELECT count(*) FROM t") == 1
    )


async def test_committed_rows_survive_a_killed_postgres(tmp_path):
    with start_postgres(tmp_path) as server:
        assert await execute(server.url, "SHOW synchronous_commit") == "on"
        await execute(server.url, "CREATE TABLE t (x int)", "INSERT INTO t VALUES (1), (2)")
        os.kill(server.pid, signal.SIGKILL)
    with start_postgres(tmp_path) as server:
        assert await execute(server.url, "SELECT count(*) FROM t") == 2


async def test_a_postgres_whose_owner_was_killed_is_taken_over(tmp_path):
    owner = subprocess.Popen([sys.executable, "-c", START_AND_HANG, tmp_path], stdout=subprocess.PIPE, text=True)
    with owner:
        url = owner.stdout.readline().strip()
        await execute(url, "CREATE TABLE t (x int)", "INSERT INTO t VALUES (1)")
        with pytest.raises(DataFolderInUseError):
            start_postgres(tmp_path)
        owner.kill()
    with start_postgres(tmp_path) as server:
        assert await execute(server.url, "SELECT count(*) FROM t") == 1


def test_a_process_number_taken_by_another_program_does_not_stop_postgres(tmp_path):
    start_postgres(tmp_path).stop()
    stale = f"{os.getpid()}\n{tmp_path}/cluster\n1\n5432\n\n\n\n"
    (tmp_path / "cluster" / "postmaster.pid").write_text(stale)
    with start_postgres(tmp_path) as server:
        assert server.pid not in {None, os.getpid()}


async def test_two_data_folders_and_a_long_path_work_at_once(tmp_path):
    long_path = tmp_path / ("x" * 120) / "with 'quotes' and spaces"
    with start_postgres(tmp_path / "short") as first, start_postgres(long_path) as second:
        assert await execute(first.url, "SELECT 1") == await execute(second.url, "SELECT 1")


def test_stopping_postgres_twice_is_harmless(tmp_path: Path):
    server: EmbeddedPostgres = start_postgres(tmp_path)
    server.stop()
    server.stop()
    assert server.pid is None


async def test_the_embedded_broker_carries_messages_and_offsets(embedded_broker, topic):
    await produce(embedded_broker, topic)
    assert await consume(embedded_broker, topic, group=topic) == list(range(MESSAGES))
    assert await committed_total(embedded_broker, topic, group=topic) == MESSAGES


async def test_the_embedded_broker_runs_as_a_process_of_its_own(topic):
    process = subprocess.Popen([sys.executable, "-m", "deploy.broker"], stdout=subprocess.PIPE, text=True)
    with process:
        bootstrap_servers = process.stdout.readline().strip()
        await produce(bootstrap_servers, topic, count=10)
        assert await consume(bootstrap_servers, topic, group="g", count=10) == list(range(10))
        process.terminate()
        assert process.wait(10) == 0


async def test_apache_kafka_carries_messages_and_offsets(kafka_bootstrap, topic):
    await create_topic(kafka_bootstrap, topic)
    await produce(kafka_bootstrap, topic)
    assert await consume(kafka_bootstrap, topic, group=topic) == list(range(MESSAGES))
    assert await committed_total(kafka_bootstrap, topic, group=topic) == MESSAGES


async def test_a_killed_kafka_comes_back_with_everything_it_acknowledged(tmp_path, topic):
    with KafkaCluster(tmp_path) as cluster:
        await create_topic(cluster.bootstrap_servers, topic)
        await produce(cluster.bootstrap_servers, topic)
        await consume(cluster.bootstrap_servers, topic, group="before")
        cluster.kill()
        assert cluster.pid() is None
        cluster.restart()
        # For some 100 ms a restarted coordinator may answer that a group has no offsets, until its high watermark is
        # restored. So a consumer must start at the earliest message where it finds no offset, never at the latest.
        async with asyncio.timeout(10):
            while await committed_total(cluster.bootstrap_servers, topic, group="before") != MESSAGES:
                await asyncio.sleep(0.1)
        assert await consume(cluster.bootstrap_servers, topic, group="after") == list(range(MESSAGES))
