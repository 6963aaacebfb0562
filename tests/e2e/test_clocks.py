"""Processes whose clocks are wrong, on real Kafka and PostgreSQL: nothing is overdue early, nothing is held back, and operators are told."""

import time
from datetime import datetime

import pytest

from tests.e2e.spread import spread_mesh
from tests.running import until
from tests.servers import own_database

#: A machine that is busy with other things takes long to start processes and to make up for time-outs.
pytestmark = pytest.mark.timeout(900)
BANKS = ["icbc", "abc", "boc", "ccb", "cmb"]
BUREAU = "yunfu-housing-bureau"
DAYS_S, HOUR_S, JUMPS_AFTER_S = 5 * 86_400, 3_600, 12
#: Which roles each process has, and what is wrong with its clock.
PROCESSES = {
    "mock-agencies": (("mock-agencies", "callbacks"), {}), "right": (("relay", "aggregator"), {}),
    "worker": (("worker:deposits,real_estate",), {"CHAKONG_CLOCK_SKEW_S": str(-HOUR_S)}), "api": (("api",), {"CHAKONG_CLOCK_SKEW_S": str(HOUR_S)}),
    "schedule": (("schedule",), {"CHAKONG_CLOCK_SKEW_S": str(DAYS_S), "CHAKONG_CLOCK_SKEW_AFTER_S": str(JUMPS_AFTER_S)})}


@pytest.fixture
def spread(server_dir, spread_kafka, postgres_url):
    with own_database(postgres_url, "clocks") as database, spread_mesh(
            server_dir / "clocks", spread_kafka, database, CHAKONG_CLOCK_EVERY_S="0.5", CHAKONG_DEFERRAL_S="1") as mesh:
        for name, (roles, environment) in PROCESSES.items():
            mesh.start(name, *roles, **environment)
        mesh.until_says("mock-agencies", "mock-agencies")
        yield mesh


def test_clocks_that_are_wrong_decide_nothing(spread):
    began_s, mesh = time.monotonic(), spread.reached()
    mesh.faults("cmb", "error_500", for_s=5)
    request_id = mesh.submit(asset_types=["deposits", "real_estate"], agencies=[*BANKS, BUREAU])
    status = mesh.until(request_id, answered_but_by_hand, within_s=60)
    took_s = time.monotonic() - began_s
    assert abs((datetime.fromisoformat(status["accepted_at"]) - mesh.clock.now()).total_seconds()) < 120
    until(lambda: spread.parts["schedule"].metric("chakong_clock_skew_seconds"), lambda skew_s: abs(skew_s - DAYS_S) < 60, within_s=60)
    time.sleep(3)
    later = mesh.status(request_id)
    assert (later["state"], later["counts"]["overdue"]) == ("in_progress", 0)
    alarms = {name: spread.parts[name].metric("chakong_alarms_total", kind="clock") for name in PROCESSES}
    print(f"answered after {took_s:.1f} s; alarms of clocks {alarms}")
    assert min(alarms["api"], alarms["schedule"]) > 0
    # Its own clock is right: the worker's is what it tells of.
    assert alarms["right"] > 0
    assert abs(spread.parts["right"].metric("chakong_clock_skew_seconds")) < 5
    assert abs(spread.parts["api"].metric("chakong_clock_skew_seconds") - HOUR_S) < 60


def answered_but_by_hand(status):
    """Whether every bank has answered, and the office that works by hand has not."""
    outcomes = {task["agency"]: task["outcome"] for task in status["tasks"]}
    return all(outcome in ("found", "none_found") for agency, outcome in outcomes.items() if agency != BUREAU)
