"""What there is to see after a fault, gathered from outside: plain SQL, plain Kafka, plain HTTP. Nothing is judged here."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg
import httpx
import psutil
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.faults import world
from tests.faults.client_log import Call

Row = dict[str, Any]
_READ = world.STATEMENTS


@dataclass(frozen=True)
class Seen:
    """One message of a topic; `body` is null where it is not JSON."""

    topic: str
    partition: int
    offset: int
    at_ms: int
    headers: Mapping[str, str]
    body: Any


@dataclass
class Evidence:
    """Everything the checker judges by. Plain values, so that a test can plant a violation in any of it."""

    calls: dict[str, Call]
    requests: list[Row] = field(default_factory=list)
    tasks: list[Row] = field(default_factory=list)
    controls: list[Row] = field(default_factory=list)
    control_events: list[Row] = field(default_factory=list)
    request_events: list[Row] = field(default_factory=list)
    keys: list[Row] = field(default_factory=list)
    audit: list[Row] = field(default_factory=list)
    filed: list[Row] = field(default_factory=list)
    all_requests: list[str] = field(default_factory=list)
    all_controls: dict[str, str] = field(default_factory=dict)
    effects: dict[str, list[Row]] = field(default_factory=dict)
    #: by id number: (agency, kind, key) of what the subject holds
    truth: dict[str, set[tuple[str, str, str]]] = field(default_factory=dict)
    reports: dict[str, Row] = field(default_factory=dict)
    streams: dict[str, list[tuple[str, Row]]] = field(default_factory=dict)
    messages: list[Seen] = field(default_factory=list)
    kafka_whole: bool = True
    rest: dict[str, int] = field(default_factory=dict)
    lag: dict[str, int] = field(default_factory=dict)
    processes: dict[str, tuple[float, int]] = field(default_factory=dict)
    ended_unasked: dict[str, int] = field(default_factory=dict)


def accepted_requests(calls: Mapping[str, Call]) -> list[str]:
    return sorted({one["request_id"] for call in calls.values() if call.path == world.SUBMIT for one in call.accepted})


def accepted_controls(calls: Mapping[str, Call]) -> list[str]:
    return sorted({one["control_id"] for call in calls.values() if call.path == world.ORDER for body in call.accepted for one in body["controls"]})


class Place(Protocol):
    """Where an installation can be looked at: ground.Ground, or one that is all in one process. Without `bootstrap` Kafka is not looked at."""

    kafka_whole: bool
    processes: Mapping[str, Any]

    @property
    def url(self) -> str: ...
    @property
    def agencies_url(self) -> str: ...
    @property
    def bootstrap(self) -> str: ...
    @property
    def dsn(self) -> str: ...
    def headers(self) -> dict[str, str]: ...


def gather(ground: Place, calls: Mapping[str, Call], *, since: Mapping[tuple[str, int], int] | None = None, filed_after: int = 0) -> Evidence:
    """Gather what there is about these calls; messages from the offsets on that are given by (topic, partition), filed replies after the one given."""
    found = Evidence(dict(calls), kafka_whole=ground.kafka_whole)
    asyncio.run(_from_store(ground, found))
    asyncio.run(_over_http(ground, found))
    found.filed = [row for row in found.filed if row["filed_id"] > filed_after]
    if ground.bootstrap:
        found.messages = list(messages(ground.bootstrap, since or {}))
        found.lag = lag_at_rest(ground.bootstrap)
    found.processes = {name: measured(process.pid) for name, process in ground.processes.items() if process.poll() is None}
    return found


async def _from_store(ground: Place, found: Evidence) -> None:
    requests, controls = accepted_requests(found.calls), accepted_controls(found.calls)
    connection = await asyncpg.connect(ground.dsn)
    try:
        found.controls = [dict(row) for row in await connection.fetch(_READ.controls, controls)]
        ids = sorted({*requests, *(row["request_id"] for row in found.controls)})
        found.requests = [dict(row) for row in await connection.fetch(_READ.requests, ids)]
        found.tasks = [dict(row) for row in await connection.fetch(_READ.tasks, ids)]
        found.control_events = [dict(row) for row in await connection.fetch(_READ.control_events, controls)]
        found.request_events = [dict(row) for row in await connection.fetch(_READ.request_events, ids)]
        found.keys = [dict(row) for row in await connection.fetch(_READ.keys)]
        found.audit = [dict(row) for row in await connection.fetch(_READ.audit, list(world.AUDITED.values()))]
        found.filed = [dict(row) for row in await connection.fetch(_READ.filed)]
        found.all_requests = [row["request_id"] for row in await connection.fetch(_READ.all_requests)]
        found.all_controls = {row["control_id"]: row["request_no"] for row in await connection.fetch(_READ.all_controls)}
        found.rest = await _rest(connection)
    finally:
        await connection.close()


async def _rest(connection: Any) -> dict[str, int]:
    return {name: await connection.fetchval(statement) for name, statement in
            (("open_tasks", _READ.open_tasks), ("pending", _READ.pending), ("held", _READ.held))}


def last_filed(ground: Place) -> int:
    """Return the number of the last reply that was filed."""

    async def ask() -> int:
        connection = await asyncpg.connect(ground.dsn, timeout=5)
        try:
            return await connection.fetchval(_READ.last_filed)
        finally:
            await connection.close()

    return asyncio.run(ask())


def rest(ground: Place) -> dict[str, int]:
    """Return how much is still under way: open tasks, pending controls, held steps."""

    async def ask() -> dict[str, int]:
        connection = await asyncpg.connect(ground.dsn, timeout=5)
        try:
            return await _rest(connection)
        finally:
            await connection.close()

    return asyncio.run(ask())


async def _over_http(ground: Place, found: Evidence) -> None:
    async with httpx.AsyncClient(base_url=ground.agencies_url, timeout=60, trust_env=False, verify=False) as agencies:
        for agency in world.ASKED:
            answer = await agencies.get(f"/admin/agencies/{agency}/ledger")
            found.effects[agency] = answer.raise_for_status().json()["effects"]
        asked = {id_no for call in found.calls.values() if call.path == world.SUBMIT for id_no in call.about}
        found.truth = dict(await _each(sorted(asked), lambda id_no: _truth(agencies, id_no)))
    async with httpx.AsyncClient(base_url=ground.url, headers=ground.headers(), timeout=60, trust_env=False, verify=False) as court:
        requests = accepted_requests(found.calls)
        found.reports = {name: report for name, report in await _each(requests, lambda one: _report(court, one)) if report is not None}
        found.streams = dict(await _each(requests, lambda one: _stream(court, one)))


async def _each(names: Sequence[str], ask: Any) -> list[tuple[str, Any]]:
    room = asyncio.Semaphore(6)

    async def one(name: str) -> tuple[str, Any]:
        async with room:
            return name, await ask(name)

    return await asyncio.gather(*(one(name) for name in names))


async def _truth(agencies: httpx.AsyncClient, id_no: str) -> set[tuple[str, str, str]]:
    answer = await agencies.get("/admin/register", params={"id_no": id_no})
    return {(one["agency"], one["asset_type"], one["key"]) for one in answer.raise_for_status().json()["assets"]}


async def _report(court: httpx.AsyncClient, request_id: str) -> Row | None:
    answer = await court.get(f"/v1/requests/{request_id}/report")
    return answer.json() if answer.is_success else None


async def _stream(court: httpx.AsyncClient, request_id: str) -> list[tuple[str, Row]]:
    """Read a request's events to their end; a stream that does not end is read for as long as everything else had to rest."""
    events: list[tuple[str, Row]] = []
    try:
        async with asyncio.timeout(20), court.stream("GET", f"/v1/requests/{request_id}/events") as answer:
            kind = ""
            async for line in answer.aiter_lines():
                if line.startswith("event:"):
                    kind = line.removeprefix("event:").strip()
                elif line.startswith("data:"):
                    events.append((kind, json.loads(line.removeprefix("data:"))))
    except (TimeoutError, httpx.HTTPError):
        events.append(("cut", {}))
    return events


def topics(bootstrap: str) -> dict[str, list[int]]:
    """Return our topics with their partitions."""
    listed = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3}).list_topics(timeout=20).topics
    return {name: sorted(one.partitions) for name, one in listed.items() if name.startswith(world.OUR_TOPICS)}


def ends(bootstrap: str) -> dict[tuple[str, int], int]:
    """Return where each partition ends."""
    consumer = _plain(bootstrap)
    try:
        return {(topic, number): consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=20)[1]
                for topic, numbers in topics(bootstrap).items() for number in numbers}
    finally:
        consumer.close()


def messages(bootstrap: str, since: Mapping[tuple[str, int], int], *, named: str = "") -> Iterable[Seen]:
    """Read our topics (or one) to where they end now."""
    until = {place: end for place, end in ends(bootstrap).items() if not named or place[0] == named}
    wanted = {place: end for place, end in until.items() if end > since.get(place, 0)}
    if not wanted:
        return
    consumer = _plain(bootstrap)
    try:
        consumer.assign([TopicPartition(topic, number, since.get((topic, number), 0)) for topic, number in wanted])
        silent = 0
        while wanted and silent < 40:
            batch = consumer.consume(2_000, timeout=0.5)
            silent = 0 if batch else silent + 1
            for one in batch:
                if one.error() is None:
                    yield Seen(one.topic(), one.partition(), one.offset(), one.timestamp()[1], _text(one.headers()), _json(one.value()))
                    if one.offset() + 1 >= wanted.get((one.topic(), one.partition()), -1) > 0:
                        wanted.pop((one.topic(), one.partition()), None)
    finally:
        consumer.close()


def _plain(bootstrap: str) -> Consumer:
    return Consumer({"bootstrap.servers": bootstrap, "group.id": "harness-reads", "enable.auto.commit": False, "auto.offset.reset": "earliest"})


def _text(headers: list[tuple[str, bytes]] | None) -> dict[str, str]:
    return {name: value.decode(errors="replace") if value else "" for name, value in headers or ()}


def _json(value: bytes | None) -> Any:
    try:
        return json.loads(value or b"null")
    except (ValueError, RecursionError):
        return None


def lag(bootstrap: str) -> dict[str, int]:
    """Return how far each group that has members is behind, by group and partition; what is not behind is left out."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 3})
    groups = [one.group_id for one in admin.list_consumer_groups().result().valid if one.group_id.startswith(world.OUR_GROUPS)]
    last, behind = ends(bootstrap), {}
    for group in groups:
        if not admin.describe_consumer_groups([group])[group].result().members:
            continue
        kept = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result().topic_partitions
        for one in kept:
            left = last.get((one.topic, one.partition), 0) - max(0, one.offset)
            if left > 0:
                behind[f"{group} {one.topic}/{one.partition}"] = left
    return behind


def lag_at_rest(bootstrap: str, within_s: float = 20) -> dict[str, int]:
    """Return how far groups are behind that do not catch up: a command that was sent again may still come and be read."""
    until_s = time.monotonic() + within_s
    while (behind := lag(bootstrap)) and time.monotonic() < until_s:
        time.sleep(0.5)
    return behind


def measured(pid: int) -> tuple[float, int]:
    """Return the resident memory of a process in MB and its open files."""
    process = psutil.Process(pid)
    return process.memory_info().rss / 2**20, process.num_fds()
