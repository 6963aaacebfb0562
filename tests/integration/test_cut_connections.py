"""Every role of the court side behind a proxy that cuts its connections to a real PostgreSQL at any await: none ends, nothing is lost."""

import asyncio
import itertools
import json
import os
import time
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random

import httpx
import pytest
import uvloop
from sqlalchemy.engine import make_url

from contracts.messages import Reply
from gateway import aggregator as aggregator_role
from gateway import schedule as schedule_role
from gateway.aggregator import Aggregator
from gateway.api.serve import serve
from gateway.relay import Relay
from gateway.schedule import Schedule
from gateway.store.database import COMMANDS_CHANNEL, Database, Listener
from gateway.store.settings import StoreSettings
from tests import builders as build
from tests.court_side import bearer, make_deps, running
from tests.keyring import keys, reply_record
from tests.proxy import HARMS, postgres_behind, proxied, through
from tests.servers import administer, copy_database

#: A machine that is busy with other things takes long to start processes and to make up for time-outs.
pytestmark = pytest.mark.timeout(900)
_ASKED, _ROUNDS, _WITHIN_S = 60, 1, 180
_numbers = itertools.count(1)
_PATIENT = {"statement_timeout_s": 2, "connect_timeout_s": 2}


@pytest.fixture
def store(postgres_url, schema_url):
    """Settings of a fresh database with every table; the tests' own loops are uvloop's, as processes run on: it raises what asyncio's does not."""
    name = f"cut_{os.getpid()}_{next(_numbers)}"
    yield StoreSettings(DATABASE_URL=asyncio.run(copy_database(postgres_url, schema_url, name)), statement_timeout_s=20)
    asyncio.run(administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


class RunsOn:
    """A clock that starts on the tests' day and runs as time does."""

    def __init__(self):
        self._began_s = time.monotonic()

    def now(self):
        return build.NOW + timedelta(seconds=time.monotonic() - self._began_s)


class Agencies:
    """Kafka and all agencies in one: takes commands, answers each with nothing found, some of them twice."""

    connected = True

    def __init__(self, clock):
        self._clock, self._replies, self._offset = clock, asyncio.Queue(), 0
        self.done_records = 0

    async def deliver(self, messages):
        for message in messages:
            command = json.loads(message.value)
            for _ in range(1 + self._offset % 2):
                reply = Reply.model_validate({"task_id": command["task_id"], "agency": command["agency"], "kind": "answered",
                                              "outcome": "none_found", "as_of": build.NOW})
                self._offset += 1
                self._replies.put_nowait(reply_record(reply.model_dump_json(exclude_none=True).encode(), reply.task_id, self._offset))
        return ["taken"] * len(messages)

    async def ping(self):
        return True

    async def poll(self, most, wait_s):
        try:
            records = [await asyncio.wait_for(self._replies.get(), max(wait_s, 0.001))]
        except TimeoutError:
            return []
        while len(records) < most and not self._replies.empty():
            records.append(self._replies.get_nowait())
        return records

    def done(self, records):
        self.done_records += len(records)


@asynccontextmanager
async def court_side(store):
    """Run api, relay, aggregator and schedule in this loop; yield the API's URL, the tasks of the roles, and the agencies."""
    clock, stop, ready = RunsOn(), asyncio.Event(), asyncio.get_running_loop().create_future()
    deps = make_deps(store, clock, [])
    deps.settings.__dict__.update(resend_after_s=1.0, relay_lease_s=1.0, schedule_every_s=0.05)
    agencies, databases = Agencies(clock), [Database(store) for _ in range(3)]
    relay = Relay(databases[0], agencies, deps.settings, clock=clock, new_id=deps.new_id)
    heard = Listener(store, COMMANDS_CHANNEL, every_s=0.25)
    aggregator = Aggregator(databases[1], deps.directory.by_code, clock=clock, new_id=deps.new_id)
    schedule = Schedule(databases[2], clock=clock, new_id=deps.new_id)
    roles = {
        "api": serve(deps, stop, host="127.0.0.1", port=0, on_ready=ready.set_result), "relay": relay.run(stop, heard), "listener": heard.run(stop),
        "aggregator": aggregator_role.run(aggregator, agencies, agencies, deps.settings, stop, keys=keys()),
        "schedule": schedule_role.serve(schedule, deps.settings, stop)}
    tasks = {name: asyncio.create_task(role, name=name) for name, role in roles.items()}
    yield await ready, tasks, agencies
    stop.set()
    await asyncio.wait_for(asyncio.gather(*tasks.values()), 60)
    for database in (*databases, deps.database):
        await database.close()


async def submit(client, key, said, within_s=_WITHIN_S):
    """Submit until it is accepted, as a court system does; every refusal tells it to come again."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            answer = await client.post("/v1/requests", json=build.request_body(), headers={"Idempotency-Key": key})
        except httpx.TransportError as error:
            said[type(error).__name__] += 1
            await asyncio.sleep(0.1)
            continue
        said[answer.status_code] += 1
        if answer.status_code == 202:
            return answer.json()["request_id"]
        assert answer.headers["content-type"] == "application/problem+json", (answer.status_code, answer.text)
        assert answer.status_code in {503, 409}, (answer.status_code, answer.text)
        assert answer.status_code == 409 or int(answer.headers["retry-after"]) > 0
        await asyncio.sleep(0.05)
    raise AssertionError(f"{key} was never accepted: {said}")


async def look_around(client, said, request_ids, stop, draw):
    """Read this and that all the time, event streams among it; a fault is told as a problem."""
    while not stop.is_set():
        of = draw.choice(request_ids) if request_ids else "01NONE"
        path = draw.choice(["/readyz", "/v1/requests", f"/v1/requests/{of}", f"/v1/requests/{of}/report", f"/v1/requests/{of}/events", "/v1/agencies"])
        try:
            answer = await client.get(path, timeout=15)
        except httpx.TransportError as error:
            said[type(error).__name__] += 1
            continue
        said[answer.status_code] += 1
        if answer.status_code >= 500 and path != "/readyz":
            assert answer.headers["content-type"] == "application/problem+json", (path, answer.status_code, answer.text)
            assert answer.status_code == 503, (path, answer.text)
            assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("seed", range(_ROUNDS))
def test_cuts_at_any_byte_end_no_role_and_lose_nothing(store, seed):
    uvloop.run(cut_at_any_byte(store, seed))


async def cut_at_any_byte(store, seed):
    draw, said, looked, ids = Random(seed), Counter(), Counter(), []
    async with proxied(postgres_behind(store.database_url), random=Random(seed), harms=HARMS, most_bytes=40_000) as proxy:
        cut = store.model_copy(update={"database_url": through(proxy, store.database_url), **_PATIENT})
        async with court_side(cut) as (url, roles, agencies), httpx.AsyncClient(base_url=url, headers=bearer("judge"), timeout=30) as client:
            looking = asyncio.Event()
            lookers = [asyncio.create_task(look_around(client, looked, ids, looking, draw)) for _ in range(3)]
            for group in range(_ASKED // 10):
                ids += await asyncio.gather(*(submit(client, f"k{seed}-{group}-{one}", said) for one in range(10)))
                if group % 2:
                    proxy.reset_all()
            looking.set()
            await asyncio.gather(*lookers)
            assert [name for name, task in roles.items() if task.done()] == []
            await until_ended(store, _ASKED)
            assert [name for name, task in roles.items() if task.done()] == []
    print(f"seed {seed}: {proxy.cuts} cuts, submits {dict(said)}, reads {dict(looked)}, {agencies.done_records} replies done")
    await exactly_these(store, ids)
    assert proxy.cuts > 20


@pytest.mark.parametrize("harm", ["reset", "close", "half_close_server", "half_close_client"])
def test_a_listener_that_is_cut_at_any_byte_goes_on_and_hears_again(store, harm):
    uvloop.run(listener_cut(store, harm))


async def listener_cut(store, harm):
    """Cut the first connection after each number of bytes in turn: within sign-in, within LISTEN, after it."""
    ended = []
    async with proxied(postgres_behind(store.database_url), random=Random(1), harms=(harm,)) as proxy:
        cut = store.model_copy(update={"database_url": through(proxy, store.database_url), **_PATIENT})
        for at_byte in range(0, 900, 50):
            proxy.at_byte, proxy.cuts, stop, heard = at_byte, 0, asyncio.Event(), Listener(cut, COMMANDS_CHANNEL, every_s=0.02)
            listening = asyncio.create_task(heard.run(stop))
            for _ in range(100):
                await asyncio.sleep(0.005)
                if (proxy.cuts and heard.woken.is_set()) or listening.done():
                    break
            if listening.done():
                ended.append((at_byte, repr(listening.exception())))
            stop.set()
            await asyncio.wait([listening], timeout=10)
            proxy.reset_all()
    assert ended == []


async def until_ended(store, requests, within_s=_WITHIN_S):
    database, deadline = Database(store), time.monotonic() + within_s
    async with asyncio.timeout(within_s):
        while await ended(database) != requests:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
    await database.close()


async def ended(database):
    async with database.transaction() as connection:
        found = await connection.exec_driver_sql("SELECT count(*) FROM requests WHERE ended_at IS NOT NULL")
        return found.scalar_one()


async def exactly_these(store, request_ids):
    """What was accepted is there, once, and every task of it has its one answer."""
    async with running(store) as court:
        kept = [row["request_id"] for row in await court.rows("SELECT request_id FROM requests")]
        keys = await court.rows("SELECT key FROM idempotency_keys")
        outcomes = {row["outcome"] for row in await court.rows("SELECT outcome FROM tasks")}
        ends = await court.rows("SELECT request_id FROM request_events WHERE kind = 'ended'")
    assert sorted(kept) == sorted(request_ids)
    assert (len(keys), len(ends)) == (len(kept), len(kept))
    assert outcomes == {"none_found"}


def test_the_server_ending_every_connection_ends_no_role(store):
    uvloop.run(every_connection_ended(store))


async def every_connection_ended(store):
    said, ids = Counter(), []
    name = make_url(store.database_url).database
    kill = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    async with court_side(store.model_copy(update=_PATIENT)) as (url, roles, _), httpx.AsyncClient(base_url=url, headers=bearer("judge"), timeout=30) as client:
        killing = asyncio.Event()
        killer = asyncio.create_task(kill_all(store.database_url, kill, killing, Random(7)))
        for group in range(10):
            ids += await asyncio.gather(*(submit(client, f"k{group}-{one}", said) for one in range(20)))
        killing.set()
        killed = await killer
        await until_ended(store, len(ids))
        assert [role for role, task in roles.items() if task.done()] == []
    print(f"seed 7: {killed} times every connection ended, submits {dict(said)}")
    assert killed >= 5
    await exactly_these(store, ids)


async def kill_all(url, statement, stop, draw):
    times = 0
    while not stop.is_set():
        await administer(make_url(url).set(database="postgres").render_as_string(hide_password=False), statement)
        times += 1
        await asyncio.sleep(draw.uniform(0.01, 0.4))
    return times
