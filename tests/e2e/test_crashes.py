"""kill -9 of anything while answers are under way: nothing accepted is lost, nothing happens twice."""

import pytest

from tests.controlling import Judge
from tests.e2e.flood import IMPATIENT, SLOW_BANKS, Flood, people
from tests.running import running_mesh

ROUNDS, REQUESTS = 3, 8


def test_one_process_with_everything_is_killed_again_and_again(server_dir):
    folder, environment = server_dir / "alone", {"CHAKONG_MOCK_FAULTS": SLOW_BANKS, **IMPATIENT}
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
def earlier(installation):
    """Reports whose accounts are frozen while processes die."""
    flood = Flood()
    flood.ask(installation.judge, people(100, 6))
    return flood.settled(installation.judge, "before any kill")


@pytest.mark.parametrize(("name", "first"), [("worker", 110), ("aggregator", 130), ("api", 150)])
def test_one_process_is_killed_while_answers_are_under_way(installation, earlier, name, first):
    flood = Flood()
    flood.ask(installation.judge, people(first, REQUESTS))
    flood.freeze_all(installation.judge, earlier)
    under_way = flood.open_tasks(installation.judge)
    installation.kill(name)
    installation.start(name)
    flood.settled(installation.judge, f"{name} killed with {under_way} answers under way")
    assert under_way > 0
