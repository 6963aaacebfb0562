"""What a mesh brings to an end at its most, and what is left of that when three times as much is offered; and another court meanwhile.

`python -m bench.overload`: an embedded mesh of one process, of one run; quote ratios. `CHAKONG_BENCH_S` is how long each part lasts.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy import issuer
from deploy.clock import new_id
from deploy.demo import COURT, OFFICER, case, own_mesh

FLOOD, OTHER = COURT, "粤5303"
EACH_S = float(os.environ.get("CHAKONG_BENCH_S", "40"))
#: At most so many commands wait while the most is measured, and back-pressure begins soon, so that the run is short.
WAITING, LAG_S = 1_500, 5.0
ENVIRONMENT = {"CHAKONG_API_REFUSE_FROM_LAG_S": str(LAG_S), "CHAKONG_API_REFUSE_FROM_BACKLOG": "500", "CHAKONG_CLOCK_START": ""}


@dataclass
class Told:
    """What came of submits: statuses, times of those accepted in seconds, and tasks accepted."""

    statuses: Counter[int] = field(default_factory=Counter)
    taken_s: list[float] = field(default_factory=list)
    tasks: int = 0


@dataclass
class Caller:
    """One court system."""

    client: httpx.AsyncClient
    court: str
    token: str

    async def submit(self, told: Told) -> None:
        """Submit one request about one subject."""
        body = case(datetime.now(UTC))
        body["subjects"], body["case"]["case_no"] = body["subjects"][:1], f"（2026）{self.court}执1234号"
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": new_id()}
        before = time.perf_counter()
        answer = await self.client.post("/v1/requests", json=body, headers=headers)
        told.statuses[answer.status_code] += 1
        if answer.status_code == 202:
            told.taken_s.append(time.perf_counter() - before)
            told.tasks += answer.json()["tasks"]

    async def answered(self) -> float:
        """Return how many tasks have got an answer since the start."""
        text = (await self.client.get("/metrics")).raise_for_status().text
        return sum(sample.value for family in text_string_to_metric_families(text) if family.name == "chakong_tasks_answered"
                   for sample in family.samples if sample.name.endswith("_total"))


async def most(caller: Caller) -> tuple[float, float]:
    """Return tasks answered a second while there is always enough to do, and tasks a request."""
    told, began = Told(), await caller.answered()
    start, measured_from, before = time.monotonic(), EACH_S / 4, 0.0
    while (spent := time.monotonic() - start) < EACH_S:
        done = await caller.answered() - began
        if spent < measured_from:
            before, at = done, time.monotonic()
        if told.tasks - done < WAITING:
            await asyncio.gather(*(caller.submit(told) for _ in range(20)))
        else:
            await asyncio.sleep(0.1)
    return (await caller.answered() - began - before) / (time.monotonic() - at), told.tasks / len(told.taken_s)


async def flood(caller: Caller, per_s: float, told: Told, calls: set[asyncio.Task[None]]) -> None:
    """Offer so many submits a second for a while, whatever becomes of them."""
    start, offered = time.monotonic(), 0
    while (spent := time.monotonic() - start) < 2 * EACH_S:
        while offered < spent * per_s:
            task = asyncio.create_task(caller.submit(told))
            calls.add(task)
            task.add_done_callback(calls.discard)
            offered += 1
        await asyncio.sleep(0.02)


async def one_by_one(caller: Caller, told: Told, for_s: float) -> None:
    start = time.monotonic()
    while time.monotonic() - start < for_s:
        await caller.submit(told)
        await asyncio.sleep(0.25)


async def play(url: str, folder: Path) -> dict[str, Any]:
    tokens = {court: issuer.token(folder, court_code=court, officer=OFFICER, roles=["judge"], now=datetime.now(UTC)) for court in (FLOOD, OTHER)}
    limits = httpx.Limits(max_connections=2_000, max_keepalive_connections=200)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60, limits=limits) as client:
        heavy, light = (Caller(client, court, tokens[court]) for court in (FLOOD, OTHER))
        alone, beside, told = Told(), Told(), Told()
        await one_by_one(light, alone, 10)
        most_per_s, tasks_a_request = await most(heavy)
        calls: set[asyncio.Task[None]] = set()
        flooding = asyncio.create_task(flood(heavy, 3 * most_per_s / tasks_a_request, told, calls))
        await asyncio.sleep(EACH_S)  # until what waits is old enough to be refused for
        before, at = await heavy.answered(), time.monotonic()
        await one_by_one(light, beside, EACH_S * 0.9)
        good_per_s = (await heavy.answered() - before) / (time.monotonic() - at)
        await flooding
        await asyncio.gather(*calls, return_exceptions=True)
    offered = told.statuses.total()
    return {"most_tasks_per_s": round(most_per_s, 1), "goodput_at_3x": round(good_per_s / most_per_s, 2), "offered": offered,
            "share_429": round(told.statuses[429] / offered, 2), "other_statuses": {code: n for code, n in told.statuses.items() if code not in (202, 429)},
            "accepted_p50_ms": round(1000 * statistics.median(told.taken_s)), "accepted_p99_ms": round(1000 * statistics.quantiles(told.taken_s, n=100)[-1]),
            "other_court_p50_ratio": round(statistics.median(beside.taken_s) / statistics.median(alone.taken_s), 2) if beside.taken_s else None,
            "other_court": dict(beside.statuses)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name, own_mesh(Path(name) / "mesh", ENVIRONMENT) as addresses:
        print(json.dumps(asyncio.run(play(addresses["ready"], Path(name) / "mesh"))), flush=True)
