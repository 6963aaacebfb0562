"""What the API tells of the whole mesh, from what the store knows: on a real PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from prometheus_client import REGISTRY
from sqlalchemy import text

from contracts.kafka.codec import Record, seal
from contracts.kafka.state import encode_state
from contracts.state import BreakerState, RoleState
from gateway.hearing import heard
from gateway.heart import Heart
from gateway.store.database import Database
from gateway.store.outbox import Sent, claim, due_heads, mark_sent
from gateway.store.settings import StoreSettings
from gateway.store.standing import beat
from tests.court_side import reply_to
from tests.keyring import keys
from tests.servers import administer

LEASE = timedelta(seconds=2)
ALIVE = ("relay", "aggregator", "schedule", "worker")


def state(court, role, detail="", **more):
    return RoleState(role=role, detail=detail, process="h:1", started_at=court.clock.now(), **more)


async def told(court, *states):
    async with court.database.transaction() as connection:
        await beat(connection, states)
    later(court)


def later(court):
    court.clock.advance(seconds=30)


async def readyz(court, path="/readyz"):
    answer = await court.get(path)
    return answer.status_code, answer.json()


async def sent(court):
    now = court.clock.now()
    async with court.database.transaction() as connection:
        quotas = {head.agency: 100 for head in await due_heads(connection, now)}
        taken = await claim(connection, now=now, lease=LEASE, quotas=quotas)
        await mark_sent(connection, [Sent(one.task_id, one.lease, now + timedelta(days=1)) for one in taken], now)


async def test_dead_roles_are_told_of_and_a_worker_by_its_kind(court):
    status, said = await readyz(court)
    assert (status, said["ready"]) == (200, True)
    assert said["degraded"][:4] == ["relay", "aggregator", "schedule", "worker:deposits"]
    assert len(said["degraded"]) == 3 + len({one.asset_type for one in court.deps.directory.agencies})
    await told(court, *(state(court, role) for role in ALIVE))
    assert (await readyz(court))[1]["degraded"] == []
    await court.rows("UPDATE heartbeats SET at = now() - interval '1 minute' WHERE role = 'aggregator' RETURNING role")
    later(court)
    status, said = await readyz(court)
    assert (status, said["degraded"]) == (200, ["aggregator"])
    assert {one["role"]: one["alive"] for one in said["roles"]} == {"relay": True, "aggregator": False, "schedule": True, "worker": True}


async def test_a_kind_that_nobody_answers_for_is_told_of_and_requests_are_still_taken(court):
    await told(court, *(state(court, role) for role in ALIVE))
    request_id = (await court.submit())["request_id"]
    court.clock.advance(seconds=5)
    await sent(court)
    lines = (await court.status(request_id))["tasks"]
    await court.answer([one for one in lines if one["asset_type"] != "deposits"])
    court.clock.advance(minutes=5)
    status, said = await readyz(court)
    assert (status, said["degraded"]) == (200, ["unanswered:deposits"])
    assert said["kinds"]["deposits"] == {"backlog": 4, "oldest_unsent_s": None, "oldest_unanswered_s": 300.0, "oldest_unapplied_s": None}
    await court.get("/metrics")
    assert REGISTRY.get_sample_value("chakong_oldest_unanswered_seconds", {"asset_type": "deposits"}) == 300.0
    assert REGISTRY.get_sample_value("chakong_backlog", {"agency": "icbc", "asset_type": "deposits"}) == 2


async def test_an_outbox_that_grows_old_without_a_relay_is_not_ready_and_still_takes(court):
    await court.submit()
    court.clock.advance(hours=1)
    status, said = await readyz(court)
    assert (status, said["ready"]) == (503, False)
    assert "unsent:deposits" in said["degraded"]
    assert (await readyz(court, "/readyz?for=intake"))[0] == 200
    await told(court, state(court, "relay"))
    assert (await readyz(court))[0] == 200


async def test_a_database_that_takes_no_writes_is_not_ready(court, postgres_url):
    reader = Database(StoreSettings(DATABASE_URL=court.database.engine.url.render_as_string(hide_password=False)))
    heart = Heart(reader, [lambda: state(court, "api")])
    court.deps.checks["writable"] = lambda: heart.writable
    await heart.beat()
    assert (await readyz(court))[0] == 200
    name = court.database.engine.url.database
    await administer(postgres_url, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    await reader.close()
    await heart.beat()
    assert (await readyz(court))[0] == 503
    assert (await readyz(court, "/readyz?for=intake"))[0] == 503
    await administer(postgres_url, f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    await reader.close()
    await heart.beat()
    assert (await readyz(court))[0] == 200
    await reader.close()


async def test_a_process_that_ends_in_order_takes_its_heartbeats_back(court):
    stop = asyncio.Event()
    running = asyncio.create_task(Heart(court.database, [lambda: state(court, "schedule")], every_s=0.01).run(stop))
    while not await court.rows("SELECT role FROM heartbeats"):
        await asyncio.sleep(0.01)
    stop.set()
    await running
    assert await court.rows("SELECT role FROM heartbeats") == []


async def test_an_agency_that_workers_do_not_ask_is_suspended_in_the_directory(court):
    since, try_at = court.clock.now(), court.clock.now() + timedelta(seconds=30)
    breaker = BreakerState(agency="icbc", state="suspended", since=since, next_try_at=try_at)
    await told(court, state(court, "worker", breakers=(breaker,)))
    await court.submit()
    court.clock.advance(seconds=5)
    await sent(court)
    later(court)
    items = {one["agency"]: one for one in (await court.get("/v1/agencies")).json()["items"]}
    icbc = items["icbc"]
    assert (icbc["state"], icbc["since"], icbc["next_try_at"]) == ("suspended", "2026-11-22T01:00:00Z", "2026-11-22T01:00:30Z")
    assert (icbc["backlog"], icbc["oldest_unanswered_s"]) == (2, 30.0)
    assert (items["abc"]["state"], items["abc"]["since"], items["abc"]["backlog"]) == ("available", None, 2)
    assert REGISTRY.get_sample_value("chakong_breaker_state", {"agency": "icbc", "state": "open"}) == 1
    await told(court, state(court, "worker"))
    assert (await court.get("/v1/agencies")).json()["items"][0]["state"] == "available"
    await court.get("/metrics")
    assert REGISTRY.get_sample_value("chakong_breaker_state", {"agency": "icbc", "state": "closed"}) == 1


async def test_a_report_says_since_when_an_agency_is_not_asked_also_after_the_deadline(court):
    request_id = (await court.submit())["request_id"]
    lines = (await court.status(request_id))["tasks"]
    task = next(one for one in lines if one["agency"] == "icbc" and one["subject"] == 0)
    since = court.clock.now()
    suspended = {"kind": "deferred", "code": "suspended", "as_of": since, "until": since + timedelta(seconds=30)}
    await reply_to(court, task, **suspended)
    assert await gap_since(court, request_id, task) == "2026-11-22T01:00:00Z"
    page = (await court.get(f"/v1/requests/{request_id}/report", accept="text/html")).text
    assert "自2026年11月22日09:00起暂停询问，不视为无财产" in page
    await reply_to(court, task, kind="deferred", code="busy", until=since + timedelta(seconds=60))
    assert await gap_since(court, request_id, task) is None
    await reply_to(court, task, **suspended)
    await court.answer([one for one in lines if one["task_id"] != task["task_id"]])
    await court.answer([task], "overdue")
    first = await gap_since(court, request_id, task)
    await reply_to(court, task, kind="deferred", code="busy", until=since + timedelta(seconds=60))
    assert await gap_since(court, request_id, task) == first == "2026-11-22T01:00:00Z"


async def gap_since(court, request_id, task):
    report = (await court.get(f"/v1/requests/{request_id}/report")).json()
    gaps = [gap for subject in report["subjects"] for section in subject["sections"] for gap in section["gaps"]]
    return next(gap["suspended_since"] for gap in gaps if gap["task_id"] == task["task_id"])


async def test_heartbeats_are_the_newest_of_each_process_and_old_ones_are_forgotten(court):
    await told(court, state(court, "worker", "deposits"), state(court, "worker", "deposits", idle_s=7.0))
    await court.rows("UPDATE heartbeats SET at = now() - interval '2 days' RETURNING role")
    await told(court, state(court, "relay"))
    async with court.database.transaction() as connection:
        kept = (await connection.execute(text("SELECT role, idle_s FROM heartbeats"))).all()
    assert [tuple(row) for row in kept] == [("relay", 0.0)]


def recorded(outbound):
    return Record(outbound.topic, 0, 0, outbound.key, outbound.value, dict(outbound.headers))


def test_nothing_that_cannot_be_read_or_believed_is_heard(court):
    told = encode_state(state(court, "worker", "deposits"), message_id="m", now=court.clock.now())
    signed = seal(told, keys())
    other = replace(signed, value=signed.value.replace(b"deposits", b"vehicles"))
    garbled = seal(replace(told, value=b"not JSON"), keys())
    assert heard([recorded(one) for one in (told, other, garbled)], keys()) == []
    assert [one.detail for one in heard([recorded(signed)], keys())] == ["deposits"]
