"""What a wrong clock declared overdue before its deadline: asked again, answered late, in a new report version; nothing else is asked."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from gateway.store.outbox import Sent, claim_early, mark_sent

LEASE = timedelta(seconds=30)


async def claimed(court):
    now = court.clock.now()
    async with court.database.transaction() as connection:
        return await claim_early(connection, now=now, lease=LEASE, most=100)


def alarms():
    return REGISTRY.get_sample_value("chakong_alarms_total", {"kind": "overdue_too_early"}) or 0


@pytest.fixture
async def declared(court):
    """A request with every task but one overdue, days before its deadline."""
    request_id = (await court.submit())["request_id"]
    lines = (await court.status(request_id))["tasks"]
    await court.answer(lines[:1])
    await court.answer(lines[1:], "overdue")
    court.clock.advance(minutes=1)
    return request_id, lines[1:]


async def test_they_are_asked_again_with_an_alarm_and_again_until_they_answer(court, declared):
    _, early = declared
    before = alarms()
    asked = await claimed(court)
    assert {one.task_id for one in asked} == {one["task_id"] for one in early}
    assert alarms() == before + len(early)
    assert await claimed(court) == []
    now = court.clock.now()
    async with court.database.transaction() as connection:
        await mark_sent(connection, [Sent(one.task_id, one.lease, now + timedelta(minutes=2)) for one in asked], now)
    court.clock.advance(minutes=3)
    assert len(await claimed(court)) == len(early)


async def test_an_answer_makes_a_new_version_and_the_end_stays_where_it_was(court, declared):
    request_id, early = declared
    before = await court.status(request_id)
    assert (before["state"], before["counts"]["overdue"]) == ("ended", len(early))
    await court.answer(early)
    after = await court.status(request_id)
    assert (after["ended_at"], after["counts"]["overdue"], after["all_answered"]) == (before["ended_at"], 0, True)
    assert after["report_version"] > before["report_version"]
    assert await claimed(court) == []


async def test_what_is_overdue_in_truth_is_not_asked_again(court, declared):
    court.clock.advance(days=30)
    assert await claimed(court) == []
