"""At most one effect of a freeze at slow banks that would do it twice, while workers join, leave, pause and die.

`CHAKONG_ONE_OWNER_FREEZES` says how many freezes the last test orders, `CHAKONG_ONE_OWNER_SEED` repeats a schedule of faults.
"""

import time
from contextlib import closing
from random import Random

import pytest
from confluent_kafka import Consumer, TopicPartition

from contracts.kafka import topics
from deploy.kafka import KafkaCluster
from tests.e2e.topics import until_read
from tests.integration.one_owner import SLOW, Nemesis, Proof, number, slow_banks, told
from tests.servers import own_database

FREEZES = number("CHAKONG_ONE_OWNER_FREEZES", 60)
SEED = number("CHAKONG_ONE_OWNER_SEED", 0) or Random().randrange(10**6)
FEW = 24
#: What the nemesis does in each of the short runs: one thing of it again and again, beside those that keep somebody at work.
KINDS = {"joins": ["join"], "leaves": ["join", "leave"], "is killed in a call": ["join", "kill"], "is paused beyond its session": ["join", "zombie"]}
_PATIENCE_S = 500


@pytest.fixture(scope="module")
def proof(server_dir, postgres_url):
    """A mesh on a Kafka of its own: another that is up would share its topics and groups."""
    with (KafkaCluster(server_dir / "one-owner-kafka") as cluster, own_database(postgres_url, "one_owner") as url,
          slow_banks(server_dir / "one-owner", cluster.bootstrap_servers, url) as made):
        yield made


def storm(proof: Proof, kinds, freezes, seed, *, every_s=(0.5, 2.0)):
    """Order freezes while the nemesis is at work, until few are open, then let everything come to rest."""
    random = Random(seed)
    nemesis = Nemesis(proof.mesh, random, most=4)
    nemesis.end_all()
    nemesis.start("worker")
    nemesis.start("worker:deposits")
    proof.slow([])
    accounts = list(proof.accounts(freezes))
    proof.slow(SLOW)
    began_s = next_s = time.monotonic()
    proof.freeze(accounts)
    while left := proof.open():
        assert time.monotonic() - began_s < max(_PATIENCE_S, 3 * freezes), (left, proof.counts(), nemesis.did)
        if left <= freezes // 10:
            nemesis.rest()
        elif time.monotonic() >= next_s:
            nemesis.act(kinds)
            next_s = time.monotonic() + random.uniform(*every_s)
        time.sleep(0.2)
    nemesis.rest()
    # Whatever an agency was asked and nobody waited for has happened by then.
    time.sleep(4)
    return nemesis, time.monotonic() - began_s


def assert_done_once(counts):
    assert (counts["doubled"], counts["lost"], counts["not_ordered"]) == (0, 0, 0), counts
    assert counts["effects"] == counts["freezes"]
    assert set(counts["outcomes"]) == {"controlled"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", KINDS)
def test_a_freeze_is_done_once_although_a_worker(proof, what):
    nemesis, took_s = storm(proof, KINDS[what], FEW, SEED)
    counts = proof.counts()
    told(what, SEED, counts, nemesis.did, took_s)
    assert_done_once(counts)


@pytest.mark.timeout(600)
def test_commands_whose_commits_were_lost_are_answered_again_and_not_done_again(proof):
    nemesis, _ = storm(proof, ["join"], FEW // 2, SEED)
    nemesis.end_all()
    proof.slow([])
    before, replies = proof.counts(), proof.mesh.messages_in(topics.REPLIES)
    bootstrap, commands, group = proof.mesh.environment["KAFKA_BOOTSTRAP_SERVERS"], topics.commands("deposits"), topics.worker_group("deposits")
    again = forget_commits(bootstrap, commands, group)
    nemesis.start("worker:deposits")
    until_read(bootstrap, commands, group, 240)
    print(f"\n{again} commands came again, {proof.mesh.messages_in(topics.REPLIES) - replies} replies, new effects {proof.counts()['effects'] - before['effects']}")
    assert again >= before["freezes"] > 0
    assert_done_once(proof.counts())
    assert proof.counts()["effects"] == before["effects"]


def forget_commits(bootstrap, topic, group):
    """Let a group without members begin at the first message, and return how many there are."""
    with closing(Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})) as consumer:
        partitions = list(consumer.list_topics(topic).topics[topic].partitions)
        consumer.commit(offsets=[TopicPartition(topic, one, 0) for one in partitions], asynchronous=False)
        return sum(consumer.get_watermark_offsets(TopicPartition(topic, one))[1] for one in partitions)


@pytest.mark.timeout(max(600, 4 * FREEZES))
def test_every_freeze_is_done_once_while_workers_come_and_go(proof):
    nemesis, took_s = storm(proof, ["join", "leave", "kill", "pause", "pause"], FREEZES, SEED)
    counts = proof.counts()
    told(f"{FREEZES} freezes in a storm", SEED, counts, nemesis.did, took_s)
    assert_done_once(counts)
    assert sum(times for what, times in nemesis.did.items() if what != "joined") > 0
