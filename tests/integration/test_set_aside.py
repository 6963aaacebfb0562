"""One row that a sweep cannot handle stops no other: it is set aside with its reason, tried again later, and found by an operator. On a real PostgreSQL."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from contracts.kafka.codec import Outbound
from gateway.proposing import Proposing
from gateway.relay import Relay
from gateway.schedule import Schedule
from gateway.store.outbox import Sent, claim, mark_sent
from gateway.watching import Watching
from tests.control_side import answer, in_force, ordered, release, send, step

GOOD, BAD = "（2026）粤5302执1234号", "（2026）粤5302执77号"
BROKEN_CONTROL = "UPDATE controls SET control = control || '{\"state\": \"gone\"}' WHERE control_id = :id"
WHOLE_CONTROL = "UPDATE controls SET control = control || jsonb_build_object('state', state) WHERE control_id = :id"


async def do(court, statement, **parameters):
    async with court.database.transaction() as connection:
        await connection.execute(text(statement), parameters)


def schedule(court):
    agencies = [one.model_copy(update={"capabilities": (*one.capabilities, "status")}) for one in court.deps.directory.agencies]
    watching = Watching(court.database, agencies, court.deps.settings, clock=court.clock, new_id=court.deps.new_id)
    return Schedule(court.database, clock=court.clock, new_id=court.deps.new_id, send_held=court.deps.follow_ups.send_held, ask_status=watching.ask)


async def aside(court, kind):
    return [(row["object_id"], row["reason"], row["tries"]) for row in await court.rows("SELECT * FROM set_aside WHERE kind = :kind ORDER BY object_id", kind=kind)]


async def overdue(court):
    good, bad = await ordered(court, "g", GOOD), await ordered(court, "b", BAD)
    await send(court)
    court.clock.advance(days=30)
    return good, bad, "in_doubt"


async def ended(court):
    good, bad = await in_force(court, "g", GOOD, until_on="2026-12-31"), await in_force(court, "b", BAD, until_on="2026-12-31")
    court.clock.advance(days=60)
    return good, bad, "state = 'expired'"


async def warned(court):
    good, bad = await in_force(court, "g", GOOD, until_on="2026-12-31"), await in_force(court, "b", BAD, until_on="2026-12-31")
    court.clock.advance(days=30)
    return good, bad, "control ->> 'warned_days' IS NOT NULL"


async def asked(court):
    good, bad = await in_force(court, "g", GOOD), await in_force(court, "b", BAD)
    court.clock.advance(days=2)
    return good, bad, "control_id IN (SELECT control_id FROM tasks WHERE action = 'status')"


async def held(court):
    good, bad = await ordered(court, "g", GOOD), await ordered(court, "b", BAD)
    await send(court)
    for control_id in (good, bad):
        assert (await step(court, control_id, "releases", release(), key=control_id)).status_code == 202
        await answer(court, control_id)
    return good, bad, "pending = 'release'"


#: By sweep: what makes two controls due, what breaks the row of one, what mends it, and whether the row named is the task's.
SWEEPS = {
    "overdue": (overdue, BROKEN_CONTROL, WHOLE_CONTROL), "term": (ended, BROKEN_CONTROL, WHOLE_CONTROL), "warning": (warned, BROKEN_CONTROL, WHOLE_CONTROL),
    "status": (asked, "UPDATE tasks SET command = '{' || command WHERE control_id = :id", "UPDATE tasks SET command = substr(command, 2) WHERE control_id = :id"),
    "held": (held, "UPDATE held_steps SET step = jsonb_build_object('lost', step) WHERE control_id = :id", "UPDATE held_steps SET step = step -> 'lost' WHERE control_id = :id"),
}


@pytest.mark.parametrize("kind", SWEEPS)
async def test_a_row_that_a_sweep_cannot_handle_is_set_aside_and_the_others_are_handled(court, kind):
    due, breaks, mends = SWEEPS[kind]
    good, bad, reached = await due(court)
    await do(court, breaks, id=bad)

    async def have():
        return {row["control_id"] for row in await court.rows(f"SELECT control_id FROM controls WHERE {reached}")}

    role = schedule(court)
    await role.tick()
    assert await have() == {good}
    ((object_id, reason, tries),) = await aside(court, kind)
    assert (reason.startswith("bug:"), tries) == (True, 1)
    assert bad in {object_id, *(row["control_id"] for row in await court.rows("SELECT control_id FROM tasks WHERE task_id = :id", id=object_id))}
    await role.tick()
    assert await aside(court, kind) == [(object_id, reason, 1)]
    court.clock.advance(minutes=2)
    await role.tick()
    assert await aside(court, kind) == [(object_id, reason, 2)]
    await do(court, mends, id=bad)
    court.clock.advance(minutes=5)
    await role.tick()
    assert await have() == {good, bad}
    assert await aside(court, kind) == []


async def test_a_case_that_cannot_be_looked_at_is_set_aside_and_the_others_are_looked_at(court):
    await in_force(court, "g", GOOD)
    await in_force(court, "b", BAD)
    await do(court, "UPDATE requests SET body = '{}' WHERE case_no = :case_no", case_no=BAD)
    await do(court, "INSERT INTO excess_checks (court_code, case_no, asked_at) VALUES ('粤5302', :good, now()), ('粤5302', :bad, now()) ON CONFLICT DO NOTHING", good=GOOD, bad=BAD)
    await do(court, "UPDATE excess_checks SET asked_at = :at", at=court.clock.now())
    assert await Proposing(court.database, court.deps.reports, court.deps.follow_ups, clock=court.clock).tick() == 1
    assert [object_id for object_id, _, _ in await aside(court, "case")] == [f"粤5302 {BAD}"]
    assert [row["case_no"] for row in await court.rows("SELECT case_no FROM excess_checks")] == [BAD]
    assert await Proposing(court.database, court.deps.reports, court.deps.follow_ups, clock=court.clock).tick() == 0


async def test_a_control_that_we_fail_at_takes_no_other_of_its_batch_along(court):
    good, bad = await in_force(court, "g", GOOD), await in_force(court, "b", BAD)
    other = "01TEST00000000000000009999"
    await do(court, BROKEN_CONTROL, id=bad)
    body = {"action": "release", **release(), "items": [{"control_id": one} for one in (good, bad, other)]}
    response = await court.post(body, key="batch", path="/v1/control-batches")
    assert response.status_code == 202, response.text
    told = {one["control_id"]: one.get("problem", {}).get("code") for one in response.json()["items"]}
    assert told == {good: None, bad: "internal", other: "not_found"}
    assert [row["control_id"] for row in await court.rows("SELECT control_id FROM tasks WHERE action = 'release'")] == [good]
    again = await court.post(body, key="batch", path="/v1/control-batches")
    assert again.json() == response.json()


class Broker:
    """Takes what it is given, but refuses the commands of one task."""

    def __init__(self, refuses):
        self.refuses, self.has = refuses, []

    async def deliver(self, messages: list[Outbound]):
        told = ["refused" if dict(one.headers)["ce_subject"].decode() == self.refuses else "taken" for one in messages]
        self.has += [dict(one.headers)["ce_subject"].decode() for one, what in zip(messages, told, strict=True) if what == "taken"]
        return told


async def test_a_command_that_cannot_be_written_and_one_the_broker_never_takes_are_in_nobodys_way(court):
    request_id = (await court.submit())["request_id"]
    lines = sorted(one["task_id"] for one in (await court.status(request_id))["tasks"])
    court.clock.advance(seconds=60)
    now = court.clock.now()
    async with court.database.transaction() as connection:
        claimed = await claim(connection, now=now, lease=timedelta(seconds=2), quotas=dict.fromkeys(court.deps.directory.by_code, 100))
        await mark_sent(connection, [Sent(one.task_id, one.lease, now) for one in claimed], now)
    await do(court, "UPDATE tasks SET command = 'no JSON' WHERE task_id = :id", id=lines[0])
    broker = Broker(lines[1])
    court.clock.advance(seconds=60)
    relay = Relay(court.database, broker, court.deps.settings, clock=court.clock, new_id=court.deps.new_id)
    await relay._sweep()
    assert sorted(broker.has) == lines[2:]
    assert [(one, reason.partition(":")[0]) for one, reason, _ in await aside(court, "command")] == [(lines[0], "bug"), (lines[1], "refused_by_broker")]
    await relay._sweep()
    assert sorted(broker.has) == lines[2:]
    court.clock.advance(seconds=90)
    await relay._sweep()
    assert {tries for _, _, tries in await aside(court, "command")} == {2}
    court.clock.advance(days=30)
    await schedule(court).tick()
    assert {one["outcome"] for one in (await court.status(request_id))["tasks"]} == {"overdue"}
