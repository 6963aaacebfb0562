import pytest

from gateway.domain.control import Control
from gateway.domain.control_events import Confirmed, Released
from gateway.domain.quota import adds_up


def control(**other):
    return Control.model_validate({"measure": "freeze", "state": "in_force", "requested_fen": 100, **other})


@pytest.mark.parametrize(("actual", "unfunded", "right"), [(100, 0, True), (60, 40, True), (0, 100, True), (60, 0, False), (110, 0, False)])
def test_what_is_held_and_what_is_not_make_what_was_asked(actual, unfunded, right):
    assert adds_up(control(), Confirmed(actual_fen=actual, unfunded_fen=unfunded)) is right


@pytest.mark.parametrize("event", [Released(), Confirmed(), Confirmed(actual_fen=60), Confirmed(unfunded_fen=7)])
def test_what_says_not_both_is_not_judged(event):
    assert adds_up(control(), event)


@pytest.mark.parametrize("other", [{"measure": "seal"}, {"requested_fen": None}, {"deducted_fen": 5}])
def test_what_has_no_quota_is_not_judged(other):
    assert adds_up(control(**other), Confirmed(actual_fen=1, unfunded_fen=1))
