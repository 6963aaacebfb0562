"""A judge takes a measure back before the agency got it: it never takes effect."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from contracts.agency import OfficeHours
from contracts.clock import CHINA
from gateway.domain.deadlines import next_open
from services.real_estate.demo import SOLD
from tests import control_side as side
from tests.controlling import PAPERS, Judge
from tests.running import RunningMesh

CHEN = {"id_no": "445302199001010013", "name": "陈伟"}
BUREAU = {"agency": "yunfu-housing-bureau", "key": SOLD.unit_code, "measure": "pre_seal"}
HOURS = OfficeHours.model_validate({"opens": "08:30", "closes": "17:30"})


@dataclass
class Evening:
    """A mesh at eight in the evening; `at` is about what its clock says."""

    mesh: RunningMesh
    at: datetime

    def until_open(self, **after: float) -> None:
        """Put the clock on, and then to the second before the bureau opens."""
        then = next_open(self.at + timedelta(**after), HOURS) - timedelta(seconds=1)
        self.mesh.advance(seconds=(then - self.at) / timedelta(seconds=1))
        self.at = then


@pytest.fixture
def evening(mesh):
    now = datetime.now(UTC).astimezone(CHINA)
    at = now + (now.replace(hour=20, minute=0) - now) % timedelta(days=1)
    mesh.advance(seconds=(at - now) / timedelta(seconds=1))
    return Evening(mesh, at)


def test_a_seal_that_waits_for_a_bureau_to_open_is_withdrawn_and_never_takes_effect(evening):
    judge = Judge(evening.mesh)
    request_id = judge.report_of(**CHEN, asset_types=["deposits"], agencies=["icbc"])["request_id"]
    (taken_back,) = judge.ordered(request_id, {**BUREAU, "term_months": 12}, papers=PAPERS["seal"])
    released = judge.post(f"/v1/controls/{taken_back}/releases", side.release(officer=judge.case()["officer"]))
    assert (released.status_code, released.json()["state"], released.json()["code"]) == (202, "released", "withdrawn"), released.text
    (later,) = judge.ordered(request_id, {**BUREAU, "term_months": 24}, papers=PAPERS["seal"])
    evening.until_open()
    time.sleep(3)  # the bureau gets the later one, and works on it for two days
    evening.until_open(days=3)
    assert judge.answered(later)["state"] == "in_force"
    (effect,) = judge.mesh.effects("yunfu-housing-bureau")
    assert effect["until_on"] == judge.control(later)["until_on"]
    assert judge.control(taken_back)["state"] == "released"
