"""A judge takes a measure back before the agency got it: it never takes effect."""

from datetime import timedelta

import pytest

from contracts.clock import CHINA
from services.real_estate.demo import SOLD
from tests import control_side as side
from tests.controlling import PAPERS, Judge
from tests.running import until

CHEN = {"id_no": "445302199001010013", "name": "陈伟"}
BUREAU = {"agency": "yunfu-housing-bureau", "key": SOLD.unit_code, "measure": "pre_seal"}


@pytest.fixture
def evening(mesh):
    """The mesh at eight in the evening."""
    here = mesh.clock.now().astimezone(CHINA)
    mesh.advance_to(here + (here.replace(hour=20, minute=0) - here) % timedelta(days=1))
    return mesh


def test_a_seal_that_waits_for_a_bureau_to_open_is_withdrawn_and_never_takes_effect(evening):
    judge = Judge(evening)
    request_id = judge.report_of(**CHEN, asset_types=["deposits"], agencies=["icbc"])["request_id"]
    (taken_back,) = judge.ordered(request_id, {**BUREAU, "term_months": 12}, papers=PAPERS["seal"])
    released = judge.post(f"/v1/controls/{taken_back}/releases", side.release(officer=judge.case()["officer"]))
    assert (released.status_code, released.json()["state"], released.json()["code"]) == (202, "released", "withdrawn"), released.text
    (later,) = judge.ordered(request_id, {**BUREAU, "term_months": 24}, papers=PAPERS["seal"])
    evening.advance_to_opening(BUREAU["agency"])
    until(lambda: evening.effects(BUREAU["agency"]))  # it has the later one, and works on it for two days
    evening.advance_to_opening(BUREAU["agency"], days=2, minutes=1)
    held = evening.until_office_says(BUREAU["agency"], lambda: judge.control(later), lambda one: one["pending"] is None)
    assert held["state"] == "in_force"
    (effect,) = evening.effects(BUREAU["agency"])
    assert effect["until_on"] == held["until_on"]
    assert judge.control(taken_back)["state"] == "released"
