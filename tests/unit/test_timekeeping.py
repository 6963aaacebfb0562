"""What time it is by the database's clock: drift, jumps, and when a clock that jumped is believed."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.timekeeping import Known, Reading, Trust, heard

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TRUST = Trust(bound_s=5, settle_s=60)
DAY_S = 86_400


def reading(ticks_s, off_s=0.0, error_s=0.01):
    """The database's clock at a tick, so far from where it began at tick 0."""
    return Reading(ticks_s, NOON + timedelta(seconds=ticks_s + off_s), error_s)


def local(ticks_s, off_s=0.0):
    return NOON + timedelta(seconds=ticks_s + off_s)


def after(*readings, machine_off_s=0.0):
    known = None
    for one in readings:
        known = heard(known, one, local(one.ticks_s, machine_off_s), TRUST)
    return known


def at(known, ticks_s):
    return (known.reading.at(ticks_s) - NOON).total_seconds() - ticks_s


@pytest.mark.parametrize("machine_off_s", [0, 5 * DAY_S, -3600])
def test_time_is_the_databases_whatever_the_machine_says(machine_off_s):
    known = after(reading(0), reading(5), reading(10), machine_off_s=machine_off_s)
    assert (at(known, 12), known.jumped) == (0, None)


def test_what_is_within_the_error_moves_nothing_and_drift_is_followed():
    assert at(after(reading(0), reading(5, off_s=0.009)), 6) == 0
    assert at(after(reading(0), reading(5, off_s=0.2)), 6) == pytest.approx(0.2)


def test_a_reading_that_took_too_long_says_nothing():
    assert after(reading(0, error_s=6)) is None
    assert at(after(reading(0), reading(5, off_s=400, error_s=500)), 6) == 0


@pytest.mark.parametrize("off_s", [5 * DAY_S, -5 * DAY_S, 3600, -3600, 6])
def test_a_jump_is_not_followed_and_puts_deadlines_in_doubt(off_s):
    known = after(reading(0), reading(5, off_s))
    assert at(known, 6) == 0
    assert known.jumped == reading(5, off_s)


def test_a_clock_that_comes_back_is_believed_at_once():
    known = after(reading(0), reading(5, off_s=3600), reading(10))
    assert (at(known, 11), known.jumped) == (0, None)


def test_a_jump_that_stands_is_believed_where_the_machine_says_the_same():
    jumped = [reading(0), *(reading(ticks_s, off_s=3600) for ticks_s in range(5, 75, 5))]
    assert at(after(*jumped[:13], machine_off_s=3600), 70) == 0
    assert at(after(*jumped, machine_off_s=3600), 70) == 3600
    assert after(*jumped, machine_off_s=3600).jumped is None


def test_a_jump_that_only_the_database_makes_is_for_a_person():
    known = after(reading(0), *(reading(ticks_s, off_s=3600) for ticks_s in range(5, 5000, 5)))
    assert (at(known, 6), known.jumped is not None) == (0, True)


def test_a_clock_that_jumps_on_and_on_is_never_believed():
    known = after(reading(0), *(reading(ticks_s, off_s=100 * ticks_s) for ticks_s in range(5, 500, 5)), machine_off_s=0)
    assert (at(known, 6), known.jumped is not None) == (0, True)


def test_what_was_heard_last_is_known_also_of_a_clock_in_doubt():
    assert after(reading(0), reading(5, off_s=3600), reading(10, off_s=3600)).heard_s == 10
    assert isinstance(after(reading(3)), Known)
