"""The load command: requests at a fixed rate, or as many as come back, against a mesh started for it on this machine.

A request's time runs from the moment it was meant to be sent until the store says that it has ended.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from typing import Any, Literal

import aiohttp
import uvloop

from contracts.batching import pause
from deploy import issuer
from deploy.clock import mesh_clock, new_id
from deploy.demo import COURT, OFFICER, case
from deploy.layout import Running, running
from deploy.settings import DeploySettings
from gateway.store.database import Database
from gateway.store.progress import ended_among
from gateway.store.settings import StoreSettings
from services.runtime.mock.register import Register
from services.runtime.registry import mock_agencies

#: Six agencies a request, each answering in the response: the path itself is measured, not an agency's pace.
AGENCIES = ("yunfu-real-estate", "yunfu-vehicle-office", "icbc", "abc", "csdc", "yunfu-provident-fund")
_WARM_UP_S = 5.0
_LOOK_EVERY_S = 0.03
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Plan:
    """What to offer: `rate_per_s` requests a second, or without one `in_flight` at a time, for `seconds`."""

    seconds: float
    rate_per_s: float | None
    in_flight: int


@dataclass
class Tally:
    """What came of it, in seconds."""

    accepted_s: list[float] = field(default_factory=list)
    ended_s: list[float] = field(default_factory=list)
    refused: int = 0
    unended: int = 0
    #: mean size of the batches of each hop of the gateway
    batch_sizes: dict[str, float] = field(default_factory=dict)


class Offered:
    """Sends requests and waits for each to end; one look into the store serves all that are waited for."""

    def __init__(self, session: aiohttp.ClientSession, database: Database, bodies: Iterator[bytes]) -> None:
        self._session, self._database, self._bodies = session, database, bodies
        self._waiting: dict[str, asyncio.Future[None]] = {}

    async def one(self, tally: Tally, meant_at: float) -> None:
        """Send one request and wait until it has ended."""
        loop = asyncio.get_running_loop()
        async with self._session.post("/v1/requests", data=next(self._bodies), headers={"Idempotency-Key": new_id()}) as response:
            if response.status != 202:  # noqa: PLR2004 - accepted
                tally.refused += 1
                return
            request_id = json.loads(await response.read())["request_id"]
        tally.accepted_s.append(loop.time() - meant_at)
        ended = self._waiting[request_id] = loop.create_future()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await ended
        except TimeoutError:
            tally.unended += 1
        else:
            tally.ended_s.append(loop.time() - meant_at)

    async def look(self, stop: asyncio.Event) -> None:
        """Look again and again which of the waited-for requests have ended."""
        while not stop.is_set():
            await pause(stop, _LOOK_EVERY_S)
            if self._waiting:
                async with self._database.transaction() as connection:
                    for request_id in await ended_among(connection, list(self._waiting)):
                        self._waiting.pop(request_id).set_result(None)


def run(folder: Path, broker: Literal["embedded", "kafka"], plan: Plan) -> None:
    """Start a mesh, warm it up, load it, print the figures."""
    with running(folder, broker) as mesh:
        uvloop.run(_load(mesh, folder, plan, broker))


async def _load(mesh: Running, folder: Path, plan: Plan, broker: str) -> None:
    token = issuer.token(folder, court_code=COURT, officer=OFFICER, roles=["judge"], now=datetime.now(UTC))
    now = mesh_clock(DeploySettings().clock_start, folder).now()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    database, stop = Database(StoreSettings(DATABASE_URL=mesh.environment["DATABASE_URL"])), asyncio.Event()
    connector = aiohttp.TCPConnector(limit=max(plan.in_flight, 256))
    async with aiohttp.ClientSession(mesh.url, headers=headers, connector=connector, trust_env=False) as session:
        offered = Offered(session, database, cycle(_bodies(now)))
        looking = asyncio.create_task(offered.look(stop))
        await _offer(offered, Plan(_WARM_UP_S, plan.rate_per_s, plan.in_flight))
        before, batches, began = mesh.cpu_s(), await _batches(session), asyncio.get_running_loop().time()
        tally = await _offer(offered, plan)
        took_s, after = asyncio.get_running_loop().time() - began, mesh.cpu_s()
        tally.batch_sizes = _means(batches, await _batches(session))
        stop.set()
        await looking
    await database.close()
    _print(plan, broker, tally, took_s, {name: after[name] - before[name] for name in after})


async def _batches(session: aiohttp.ClientSession) -> dict[str, tuple[float, float]]:
    """Return the number of batches of each hop and what was in them, from the gateway's metrics."""
    async with session.get("/metrics") as response:
        lines = (await response.text()).splitlines()
    read = {name: {line.split('"')[1]: float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"chakong_batch_size_{name}{{")}
            for name in ("count", "sum")}
    return {hop: (count, read["sum"][hop]) for hop, count in read["count"].items()}


def _means(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> dict[str, float]:
    means = {}
    for hop, (count, total) in after.items():
        batches, items = before.get(hop, (0.0, 0.0))
        means[hop] = (total - items) / max(1.0, count - batches)
    return means


def _bodies(now: datetime) -> Sequence[bytes]:
    """Return bodies about persons of the seeded register, six agencies each."""
    register = Register(1, (), mock_agencies())
    persons = [one for one in register.subjects(limit=4_000) if one.kind == "person"]
    return [json.dumps(_body(now, one.name, one.id_type, one.id_no), ensure_ascii=False).encode() for one in persons]


def _body(now: datetime, name: str, id_type: str, id_no: str) -> dict[str, Any]:
    subject = {"kind": "person", "role": "debtor", "name": name, "id_type": id_type, "id_no": id_no}
    return {**case(now), "subjects": [subject], "agencies": list(AGENCIES)}


async def _offer(offered: Offered, plan: Plan) -> Tally:
    tally = Tally()
    if plan.rate_per_s is None:
        await _closed(offered, plan, tally)
    else:
        await _open(offered, plan.seconds, plan.rate_per_s, tally)
    return tally


async def _closed(offered: Offered, plan: Plan, tally: Tally) -> None:
    """Keep so many in flight: each that ends is followed by the next."""
    loop = asyncio.get_running_loop()
    until = loop.time() + plan.seconds

    async def one_after_another() -> None:
        while (now := loop.time()) < until:
            await offered.one(tally, now)

    await asyncio.gather(*(one_after_another() for _ in range(plan.in_flight)))


async def _open(offered: Offered, seconds: float, rate_per_s: float, tally: Tally) -> None:
    """Send on the beat, whatever comes back; lateness of the sender counts too."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(int(seconds * rate_per_s)):
            meant_at = began + number / rate_per_s
            await asyncio.sleep(max(0.0, meant_at - loop.time()))
            group.create_task(offered.one(tally, meant_at))


def _print(plan: Plan, broker: str, tally: Tally, took_s: float, cpu_s: dict[str, float]) -> None:
    ended = len(tally.ended_s)
    kind = f"open loop {plan.rate_per_s:g}/s" if plan.rate_per_s else f"closed loop, {plan.in_flight} in flight"
    print(f"{kind}, {broker} broker, {len(AGENCIES)} agencies a request, {took_s:.1f} s")
    print(f"ended {ended}  refused {tally.refused}  not ended {tally.unended}  = {ended / took_s:.0f} requests/s")
    for name, times in (("accepted (202)", tally.accepted_s), ("ended", tally.ended_s)):
        print(f"{name:<15} p50 {_ms(times, 50)}  p90 {_ms(times, 90)}  p99 {_ms(times, 99)}")
    print("batches         " + "  ".join(f"{hop} {size:.1f}" for hop, size in tally.batch_sizes.items()))
    parts = "  ".join(f"{name} {1000 * used / max(ended, 1):.2f}" for name, used in cpu_s.items())
    print(f"CPU ms/request  total {1000 * sum(cpu_s.values()) / max(ended, 1):.2f}  ({parts})")


def _ms(times: Sequence[float], percent: int) -> str:
    if len(times) < 2:  # noqa: PLR2004 - quantiles needs two
        return "—"
    return f"{1000 * quantiles(times, n=100, method='inclusive')[percent - 1]:7.1f} ms"
