"""kill -9 of anything while answers are under way: nothing accepted is lost, nothing happens twice."""

import pytest

from tests.controlling import Judge
from tests.e2e.flood import IMPATIENT, SLOW_BANKS, Flood, people
from tests.e2e.spread import spread_mesh
from tests.running import running_mesh

ROUNDS, REQUESTS = 3, 12
PARTS = {"mock-agencies": ("mock-agencies",), "relay": ("relay",), "aggregator": ("aggregator",), "worker": ("worker", "callbacks"),
         "api": ("api", "schedule")}


def test_one_process_with_everything_is_killed_again_and_again(server_dir):
    folder, environment = server_dir / "killed", {"CHAKONG_MOCK_FAULTS": SLOW_BANKS, **IMPATIENT}
    floods: list[Flood] = []
    reports = []
    for number in range(ROUNDS):
        with running_mesh(folder, **environment) as mesh:
            judge = Judge(mesh)
            if floods:
                reports = floods[-1].settled(judge, f"after kill {number}")
            floods.append(Flood())
            floods[-1].ask(judge, people(number * REQUESTS, REQUESTS))
            floods[-1].freeze_all(judge, reports[:6])
            assert floods[-1].open_tasks(judge) > 0
            mesh.kill()
    with running_mesh(folder, **environment) as mesh:
        for flood in floods:
            flood.settled(Judge(mesh), "at the end, the folder read anew")


@pytest.fixture(scope="module")
def parts(server_dir, spread_kafka, module_database):
    """Every kind of role in a process of its own, on Apache Kafka."""
    with spread_mesh(server_dir / "parts", spread_kafka, module_database, CHAKONG_MOCK_FAULTS=SLOW_BANKS, **IMPATIENT) as mesh:
        for name, roles in PARTS.items():
            mesh.start(name, *roles)
        yield mesh


@pytest.fixture(scope="module")
def judge(parts):
    return Judge(parts.reached())


@pytest.fixture(scope="module")
def earlier(judge):
    """Reports whose accounts are frozen while processes die."""
    flood = Flood()
    flood.ask(judge, people(100, 6))
    return flood.settled(judge, "before any kill")


@pytest.mark.parametrize(("name", "first"), [("worker", 110), ("relay", 130), ("aggregator", 150)])
def test_one_part_is_killed_while_answers_are_under_way(parts, judge, earlier, name, first):
    flood = Flood()
    flood.ask(judge, people(first, REQUESTS))
    flood.freeze_all(judge, earlier)
    under_way = flood.open_tasks(judge)
    with parts.parts.pop(name).process as process:
        process.kill()
    flood.ask(judge, people(first + REQUESTS, 3))
    parts.start(name, *PARTS[name])
    flood.settled(judge, f"{name} killed with {under_way} answers under way")
    assert under_way > 0
