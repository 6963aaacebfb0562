"""Nothing lost, nothing done twice, in four minutes: the short cut of `make faults` (tests/faults/run.py)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import world
from tests.faults.ground import ground
from tests.faults.short_cut import PARTS
from tests.faults.subjects import Town
from tests.faults.trial import Field

pytestmark = pytest.mark.timeout(900)
SEED = int(os.environ.get("FAULTS_SEED", "20261123"))


@pytest.fixture(scope="module")
def field(server_dir: Path) -> Iterator[Field]:
    with ground(server_dir / "faults", world.FEW_PROCESSES) as made:
        town = Town(SEED)
        town.settle(made, 360)
        yield Field(made, town, SEED)


@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_lost_and_nothing_happens_twice(field, part):
    for result in PARTS[part](field):
        assert result.tasks > 100 or result.numbers["controls"] > 50
        assert result.runs > 0
        assert result.violations == []
        assert not result.late
