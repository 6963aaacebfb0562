from datetime import date

import pytest

from gateway.domain.control import apply, asked
from gateway.domain.control_events import Confirmed, TermWarned, Waiting
from gateway.domain.term_warnings import due, is_beyond, last_working_day, next_warning_on, warning_days


def held(until_on, *events):
    one = asked("freeze", term_months=12)
    for event in (Confirmed(rank=1, until_on=until_on), *events):
        one = apply(one, event)
    return one


@pytest.mark.parametrize(("end", "days"), [
    (date(2026, 12, 31), [date(2026, 12, 1), date(2026, 12, 16), date(2026, 12, 24), date(2026, 12, 30), date(2026, 12, 31)]),
    (date(2026, 11, 22), [date(2026, 10, 23), date(2026, 11, 7), date(2026, 11, 15), date(2026, 11, 20), date(2026, 11, 21)]),
    (date(2026, 10, 5), [date(2026, 9, 5), date(2026, 9, 20), date(2026, 9, 28), date(2026, 9, 30), date(2026, 10, 4)]),
])
def test_a_term_is_warned_of_thirty_fifteen_seven_and_one_days_before_its_end_and_on_the_last_working_day(end, days):
    one, warned = held(end), []
    while (day := next_warning_on(one)) is not None:
        warned.append(day)
        one = apply(one, TermWarned(warning_days(one.until_on, day)))
    assert warned == days


def test_a_schedule_that_slept_gives_the_nearest_warning_only():
    one = apply(held(date(2026, 12, 31)), TermWarned(warning_days(date(2026, 12, 31), date(2026, 12, 27))))
    assert (one.warned_days, next_warning_on(one)) == (7, date(2026, 12, 30))


def test_what_waits_or_has_no_end_is_not_warned_of():
    waiting = apply(asked("freeze", term_months=12), Waiting(rank=2))
    assert next_warning_on(waiting) is None
    assert due(waiting, date(2026, 11, 22)) is None
    assert next_warning_on(apply(asked("freeze"), Confirmed())) is None
    assert due(apply(asked("freeze"), Confirmed()), date(2026, 11, 22)) is None


def test_the_due_list_names_the_last_working_day_before_the_end():
    one = due(held(date(2026, 10, 5)), date(2026, 9, 25))
    assert (one.due_in_days, one.last_working_day_on, one.provisional) == (10, date(2026, 9, 30), False)


@pytest.mark.parametrize(("end", "day"), [
    (date(2026, 11, 22), date(2026, 11, 20)), (date(2026, 11, 20), date(2026, 11, 20)), (date(2026, 10, 10), date(2026, 10, 10)),
    (date(2027, 1, 1), date(2026, 12, 31)), (date(2030, 6, 2), date(2030, 5, 31))])
def test_the_last_working_day_counts_make_up_days_and_refuses_no_year(end, day):
    assert last_working_day(end) == day


def test_next_year_is_provisional_and_the_year_after_is_beyond_the_calendar():
    assert due(held(date(2027, 6, 30)), date(2027, 6, 1)).provisional
    assert [is_beyond(day) for day in (date(2026, 6, 1), date(2027, 6, 1), date(2028, 6, 1))] == [False, False, True]
