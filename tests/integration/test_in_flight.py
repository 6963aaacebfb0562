"""What the relay counts as in the broker, by what the rows say: on a real PostgreSQL."""

from datetime import timedelta

from gateway.store.outbox import Sent, claim, mark_sent, still_in_flight


async def test_a_command_is_in_the_broker_from_its_claim_to_its_answer(court):
    request_id = (await court.submit())["request_id"]
    court.clock.advance(seconds=60)
    now = court.clock.now()
    async with court.database.transaction() as connection:
        claimed = await claim(connection, now=now, lease=timedelta(seconds=30), most=100)
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


async def waiting(court, sendings):
    async with court.database.transaction() as connection:
        return await still_in_flight(connection, sorted(sendings))
