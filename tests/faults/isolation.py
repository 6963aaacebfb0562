"""Isolation, measured: one agency black-holed and one kind's worker dead; how much longer do all the others take to answer?"""

import asyncio
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import asyncpg

from tests.faults import world
from tests.faults.client_log import ClientLog, read_calls
from tests.faults.court import Load, query
from tests.faults.evidence import accepted_requests
from tests.faults.ground import Ground, ground
from tests.faults.subjects import Town

PLAN: Mapping[str, tuple[str, ...]] = {
    "mock-agencies": ("mock-agencies",), "callbacks": ("callbacks",), "worker-deposits": ("worker:deposits",), "worker-vehicles": ("worker:vehicles",),
    "worker-others": ("worker:equity,provident_fund,real_estate,securities,wealth_products",), "aggregator": ("aggregator",), "relay": ("relay",),
    "schedule": ("schedule",), "api": ("api",)}
SICK, DEAD_KIND, DEAD_WORKER = "icbc", "yunfu-vehicle-office", "worker-vehicles"
WELL = ("abc", "boc", "ccb", "csdc", "yunfu-provident-fund")
PAIRS, MOST_RATIO = 5, 1.25
_RATE_PER_S, _REQUESTS = 12.0, 150


def measure(folder: Callable[[], AbstractContextManager[Path]], seed: int) -> dict[str, Any]:
    """Measure interleaved pairs, well and ill, and return their p99 in seconds and the median of their ratios."""
    pairs = []
    with folder() as place, ground(place, PLAN) as made:
        town = Town(seed)
        _round(made, town, "warm")
        for number in range(PAIRS):
            first_ill = number % 2 == 1
            times = {ill: _pair_of(made, town, f"{number}-{ill}", ill=ill) for ill in (first_ill, not first_ill)}
            pairs.append({"well_s": round(times[False], 4), "ill_s": round(times[True], 4), "ratio": round(times[True] / times[False], 3)})
            print(f"isolation: pair {number + 1}: {pairs[-1]}", flush=True)
    ratio = round(statistics.median(pair["ratio"] for pair in pairs), 3)
    return {"black_holed": SICK, "dead": DEAD_WORKER, "requests_a_round": _REQUESTS, "pairs": pairs, "ratio": ratio, "passed": ratio <= MOST_RATIO}


def _pair_of(made: Ground, town: Town, name: str, *, ill: bool) -> float:
    if ill:
        made.faults(SICK, {"kind": "never"})
        made.kill(DEAD_WORKER)
        time.sleep(2)
    p99_s = _round(made, town, name)
    if ill:
        made.faults(SICK)
        made.start(DEAD_WORKER)
        made.until(lambda: _open_tasks(made) == 0, 180)
    return p99_s


def _round(made: Ground, town: Town, name: str) -> float:
    """Ask the well ones and, beside them, the ill ones; return the 99th percentile of the well ones' time until they ended."""
    orders = []
    for _ in range(_REQUESTS):
        orders += [query(town.people(1), WELL), query(town.people(1), (SICK, DEAD_KIND))]
    log = made.folder / "calls" / f"isolation-{name}"
    calls = ClientLog(log)
    load = Load(lambda: made.url, made.headers(), calls, orders, f"isolation-{name}-{time.time_ns()}", rate_per_s=2 * _RATE_PER_S, impatient=0.0).start()
    load.join()
    calls.close()
    well = {key: call for key, call in read_calls(log).items() if int(key.rpartition("-")[2]) % 2 == 0}
    requests = accepted_requests(well)
    made.until(lambda: len(_times(made, requests)) == len(requests), 120)
    return statistics.quantiles(_times(made, requests), n=100, method="inclusive")[98]


def _times(made: Ground, requests: list[str]) -> list[float]:
    statement = "SELECT EXTRACT(EPOCH FROM ended_at - accepted_at)::float8 AS took FROM requests WHERE request_id = ANY($1) AND ended_at IS NOT NULL"
    return [row["took"] for row in _fetch(made, statement, requests)]


def _open_tasks(made: Ground) -> int:
    return _fetch(made, world.STATEMENTS.open_tasks)[0]["count"]


def _fetch(made: Ground, statement: str, *parameters: Any) -> list[Any]:
    async def fetch() -> list[Any]:
        connection = await asyncpg.connect(made.dsn)
        try:
            return await connection.fetch(statement, *parameters)
        finally:
            await connection.close()

    return asyncio.run(fetch())
