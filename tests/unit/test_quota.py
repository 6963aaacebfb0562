import pytest

from gateway.domain.control import Control
from gateway.domain.control_events import (
    Confirmed,
    Deducted,
    Marked,
    PartlyConfirmed,
    PartlyReleased,
    Released,
    Renewed,
    Waiting,
)
from gateway.domain.quota import adds_up, asked_units


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


@pytest.mark.parametrize(("actual", "right"), [(60, True), (70, True), (71, False)])
def test_what_was_released_in_part_is_out_of_the_sum(actual, right):
    assert adds_up(control(remaining_fen=70), Confirmed(actual_fen=actual, unfunded_fen=0)) is right


def split(kind, frozen, marked, waiting):
    return kind(actual_quantity=frozen, marked_quantity=marked, waiting_quantity=waiting)


@pytest.mark.parametrize("kind", [Confirmed, PartlyConfirmed, Marked, Waiting, Renewed])
@pytest.mark.parametrize(("frozen", "marked", "waiting", "right"), [
    (100, 0, 0, True), (40, 50, 10, True), (0, 100, 0, True), (0, 0, 100, True), (40, 50, 0, False), (100, 50, 0, False)])
def test_what_is_frozen_marked_and_waited_for_makes_what_was_asked(kind, frozen, marked, waiting, right):
    assert adds_up(units(), split(kind, frozen, marked, waiting)) is right


def units(**other):
    return control(requested_fen=None, requested_quantity=100, **other)


@pytest.mark.parametrize("event", [
    PartlyConfirmed(actual_quantity=60), PartlyConfirmed(actual_quantity=60, marked_quantity=30), PartlyConfirmed(marked_quantity=30, waiting_quantity=1),
    split(PartlyReleased, 10, 0, 0), split(Deducted, 0, 0, 0)])
def test_a_split_that_is_not_told_in_full_or_tells_what_is_left_is_not_judged(event):
    assert adds_up(units(), event)
    assert adds_up(control(requested_fen=None), split(PartlyConfirmed, 1, 2, 3))


def test_after_a_part_went_the_rest_is_compared_with_what_remained():
    rest = units(remaining_quantity=70)
    assert (asked_units(units()), asked_units(rest)) == (100, 70)
    assert adds_up(rest, split(PartlyConfirmed, 30, 40, 0))
    assert not adds_up(rest, split(PartlyConfirmed, 30, 40, 30))
