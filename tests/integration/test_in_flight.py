"""What the relay counts as in the broker, by what the rows say, and what it sends while others are silent: on a real PostgreSQL."""

from datetime import timedelta

from contracts.kafka import topics
from gateway.domain.in_flight import Head
from gateway.relay import Relay
from gateway.settings import GatewaySettings
from gateway.store.outbox import (
    Sent,
    claim,
    claim_late,
    due_heads,
    late_heads,
    mark_sent,
    send_all_again,
    still_in_flight,
)

LEASE = timedelta(seconds=30)


class Broker:
    """Takes every command; what comes of it is for the test to say."""

    def __init__(self):
        self.sent = []

    async def deliver(self, messages):
        self.sent += messages
        return ["taken"] * len(messages)

    def tasks(self, asset_type):
        return [dict(one.headers)["ce_subject"].decode() for one in self.sent if one.topic == topics.commands(asset_type)]


def relay_of(court, broker, *, commands):
    settings = GatewaySettings(signing_key="a secret of the tests, long enough for its use", in_flight_bytes=commands * 4_500)
    return Relay(court.database, broker, settings, clock=court.clock, new_id=court.deps.new_id)


async def sweep(relay, times=20):
    for _ in range(times):
        await relay._sweep()


async def looked(relay):
    """Let the relay ask once what was answered."""
    asked = relay._in_flight.waiting(10_000)
    async with relay._database.transaction() as connection:
        relay._in_flight.keep(asked, await still_in_flight(connection, asked))


async def submitted(court, count, **other):
    return [(await court.submit(key=f"k{number}", **other))["request_id"] for number in range(count)]


async def test_a_command_is_in_the_broker_from_its_claim_to_its_answer(court):
    request_id = (await court.submit())["request_id"]
    court.clock.advance(seconds=60)
    now = court.clock.now()
    claimed = await taken(court, now)
    marks = [Sent(one.task_id, one.lease, now + timedelta(seconds=90)) for one in claimed]
    sendings = {one.sending for one in marks}
    assert len(sendings) == 6
    assert await waiting(court, sendings) == sendings
    async with court.database.transaction() as connection:
        await mark_sent(connection, marks[:3], now)
    assert await waiting(court, sendings) == sendings
    answered, *others = (await court.status(request_id))["tasks"]
    await court.answer([answered])
    assert {task_id for task_id, _, _ in await waiting(court, sendings)} == {one["task_id"] for one in others}


async def taken(court, now, most=100):
    async with court.database.transaction() as connection:
        heads = await due_heads(connection, now)
        return await claim(connection, now=now, lease=LEASE, quotas={head.agency: most for head in heads})


async def waiting(court, sendings):
    async with court.database.transaction() as connection:
        return await still_in_flight(connection, sorted(sendings))


async def test_a_kind_whose_worker_is_dead_does_not_hold_up_another(court):
    """Deposits are never answered; real estate is, and goes on being asked for however many deposits wait."""
    broker = Broker()
    relay = relay_of(court, broker, commands=8)
    await submitted(court, 20)
    court.clock.advance(seconds=5)
    for _ in range(20):
        await sweep(relay, 3)
        for request in await court.rows("SELECT DISTINCT request_id FROM tasks WHERE outcome IS NULL AND asset_type <> 'deposits'"):
            lines = (await court.status(request["request_id"]))["tasks"]
            await court.answer([one for one in lines if one["asset_type"] != "deposits" and one["task_id"] in set(sent_ids(broker))])
        await looked(relay)
    assert len(set(broker.tasks("real_estate"))) == 40
    assert 1 <= len(set(broker.tasks("deposits"))) <= 4


def sent_ids(broker):
    return [dict(one.headers)["ce_subject"].decode() for one in broker.sent]


async def test_a_broker_that_was_emptied_is_given_everything_again_though_nothing_was_answered(court):
    broker = Broker()
    relay = relay_of(court, broker, commands=4)
    await submitted(court, 10, asset_types=["deposits"], agencies=["icbc"])
    court.clock.advance(seconds=5)
    await sweep(relay)
    first = broker.tasks("deposits")
    assert 1 <= len(first) < 20
    broker.sent.clear()
    court.clock.advance(seconds=31)
    await looked(relay)
    await sweep(relay)
    assert sorted(broker.tasks("deposits")) == sorted(first)
    broker.sent.clear()
    async with court.database.transaction() as connection:
        await send_all_again(connection, court.clock.now())
    await looked(relay)
    await sweep(relay)
    assert broker.tasks("deposits")


async def test_when_the_answers_come_the_rest_is_sent(court):
    broker = Broker()
    relay = relay_of(court, broker, commands=4)
    requests = await submitted(court, 10, asset_types=["deposits"], agencies=["icbc"])
    court.clock.advance(seconds=5)
    for _ in range(30):
        await sweep(relay, 2)
        for request_id in requests:
            lines = (await court.status(request_id))["tasks"]
            await court.answer([one for one in lines if one["task_id"] in set(sent_ids(broker))])
        await looked(relay)
    assert len(set(broker.tasks("deposits"))) == 20


async def test_an_agency_has_one_head_however_long_its_backlog(court):
    await submitted(court, 5)
    court.clock.advance(seconds=5)
    now = court.clock.now()
    async with court.database.transaction() as connection:
        heads = await due_heads(connection, now)
    assert len(heads) == len({head.agency for head in heads}) == 3
    assert all(isinstance(head, Head) and head.due_at <= now for head in heads)
    assert [len(await taken(court, now, most=4)) for _ in range(4)] == [12, 12, 6, 0]


async def test_what_agencies_owe_since_their_deadline_is_counted_too(court):
    request_id = (await court.submit())["request_id"]
    await court.rows("UPDATE tasks SET agency_ref = 'ref', outcome = 'overdue' WHERE agency = 'icbc' RETURNING task_id")
    court.clock.advance(days=30)
    now = court.clock.now()
    async with court.database.transaction() as connection:
        (head,) = await late_heads(connection, now)
        late = await claim_late(connection, now=now, lease=LEASE, since=now - timedelta(days=60), quotas={head.agency: 5})
        marks = [Sent(one.task_id, one.lease, now + timedelta(seconds=90)) for one in late]
        await mark_sent(connection, marks, now)
    assert len(marks) == 2
    assert await waiting(court, [one.sending for one in marks]) == {one.sending for one in marks}
    lines = (await court.status(request_id))["tasks"]
    await court.answer([one for one in lines if one["agency"] == "icbc"])
    assert await waiting(court, [one.sending for one in marks]) == set()


async def test_a_row_says_since_when_its_command_is_unanswered(court):
    await court.submit()
    court.clock.advance(seconds=5)
    now = court.clock.now()
    claimed = await taken(court, now)
    async with court.database.transaction() as connection:
        await mark_sent(connection, [Sent(one.task_id, one.lease, now + LEASE) for one in claimed], now)
    assert {row["asked_at"] for row in await court.rows("SELECT asked_at FROM tasks")} == {now}
    court.clock.advance(seconds=60)
    later = court.clock.now()
    again = await taken(court, later)
    async with court.database.transaction() as connection:
        await mark_sent(connection, [Sent(one.task_id, one.lease, later + LEASE) for one in again], later)
    assert {row["asked_at"] for row in await court.rows("SELECT asked_at FROM tasks")} == {now}
