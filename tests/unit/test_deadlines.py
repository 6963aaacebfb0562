from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.agency import OfficeHours
from contracts.clock import CHINA, china_date
from gateway.domain.deadlines import CALENDAR, Calendar, answer_due_at, end_of_day, next_open, nth_working_day, term_end

HOURS = OfficeHours(opens=time(8, 30), closes=time(17, 30))
DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))


def china(text):
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def test_three_working_days_after_the_last_of_september_end_after_the_holiday():
    assert nth_working_day(date(2026, 9, 30), 3) == date(2026, 10, 10)


def test_an_answer_is_due_at_the_end_of_the_day_in_china():
    assert answer_due_at(china("2026-09-30T09:00"), 3, None) == china("2026-10-11T00:00")


def test_the_court_may_want_its_answer_earlier():
    assert answer_due_at(china("2026-09-30T09:00"), 3, date(2026, 10, 9)) == china("2026-10-10T00:00")
    assert answer_due_at(china("2026-09-30T09:00"), 3, date(2026, 12, 1)) == china("2026-10-11T00:00")


def test_development_may_want_every_answer_within_seconds():
    received = china("2026-09-30T09:00")
    assert answer_due_at(received, 3, date(2026, 10, 9), within_s=5) == received + timedelta(seconds=5)
    assert answer_due_at(received, 3, None, within_s=99 * 86_400) == china("2026-10-11T00:00")


def test_the_day_of_receipt_is_that_of_china():
    late_in_utc = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # Monday the 23rd in China
    assert answer_due_at(late_in_utc, 1, None) == china("2026-11-25T00:00")


@pytest.mark.parametrize(("received", "due", "opens"), [
    ("2026-11-28T23:40", "2026-12-03T00:00", "2026-11-30T08:30"),  # a Saturday night
    ("2026-12-31T23:59", "2027-01-07T00:00", "2027-01-04T08:30"),  # the last minute of a year, and of what is announced
    ("2027-02-05T16:00", "2027-02-16T00:00", "2027-02-11T08:30"),  # the eve of Spring Festival, provisional
    ("2028-02-29T10:00", "2028-03-04T00:00", "2028-02-29T10:00"),  # a leap day, beyond every table: weekdays are worked
    ("2027-12-31T18:00", "2028-01-06T00:00", "2028-01-03T08:30"),  # into the year beyond every table
])
def test_an_answer_is_due_and_an_office_opens_after_any_day(received, due, opens):
    assert answer_due_at(china(received), 3, None) == china(due)
    assert next_open(china(received), HOURS) == china(opens)


def test_a_make_up_saturday_is_worked():
    assert CALENDAR.is_working_day(date(2024, 10, 12))


@pytest.mark.parametrize(("day", "worked"), [
    (date(2027, 1, 1), False), (date(2027, 2, 8), False), (date(2027, 2, 11), True), (date(2027, 6, 12), False), (date(2027, 6, 14), True),
])
def test_next_year_is_counted_provisionally(day, worked):
    assert CALENDAR.is_working_day(day) is worked
    assert CALENDAR.is_provisional(day)


def test_beyond_the_tables_weekdays_are_worked_and_flagged():
    assert CALENDAR.is_working_day(date(2031, 10, 1))
    assert CALENDAR.is_provisional(date(2031, 10, 1))
    assert not CALENDAR.is_provisional(date(2026, 10, 1))


def test_an_override_stands_over_everything():
    calendar = Calendar("announced", overrides={date(2026, 10, 1): True, date(2027, 2, 11): False})
    assert calendar.is_working_day(date(2026, 10, 1))
    assert not calendar.is_working_day(date(2027, 2, 11))
    assert not calendar.is_provisional(date(2027, 2, 11))


@pytest.mark.parametrize(("at", "opening"), [
    ("2026-11-23T10:00", "2026-11-23T10:00"), ("2026-11-23T07:00", "2026-11-23T08:30"), ("2026-11-23T17:30", "2026-11-24T08:30"),
    ("2026-11-20T18:00", "2026-11-23T08:30"), ("2026-11-22T12:00", "2026-11-23T08:30"), ("2026-09-30T20:00", "2026-10-08T08:30"),
])
def test_an_office_opens_on_the_next_working_day(at, opening):
    assert next_open(china(at), HOURS) == china(opening)


def test_an_office_that_never_closes_is_open():
    assert next_open(china("2026-11-22T03:00"), None) == china("2026-11-22T03:00")


def test_an_office_of_every_day_opens_on_sunday():
    every_day = HOURS.model_copy(update={"every_day": True})
    assert next_open(china("2026-11-21T20:00"), every_day) == china("2026-11-22T08:30")


@pytest.mark.parametrize(("start", "months", "day_before", "corresponding"), [
    ("2006-01-12", 24, "2008-01-11", "2008-01-12"), ("2006-03-01", 24, "2008-02-29", "2008-03-01"), ("2005-03-01", 24, "2007-02-28", "2007-03-01"),
    ("2026-11-22", 12, "2027-11-21", "2027-11-22"), ("2024-02-29", 12, "2025-02-28", "2025-02-28"), ("2026-08-31", 6, "2027-02-28", "2027-02-28"),
    ("2026-01-01", 36, "2028-12-31", "2029-01-01"),
])
def test_a_term_ends_as_the_agency_counts(start, months, day_before, corresponding):
    assert term_end(date.fromisoformat(start), months, "day_before").isoformat() == day_before
    assert term_end(date.fromisoformat(start), months, "corresponding_day").isoformat() == corresponding


@given(DAYS, st.integers(1, 15))
def test_exactly_so_many_working_days_lie_before_a_deadline(day, count):
    due = nth_working_day(day, count)
    passed = [day + timedelta(days=step) for step in range(1, (due - day).days + 1)]
    assert sum(map(CALENDAR.is_working_day, passed)) == count
    assert CALENDAR.is_working_day(due)


@given(st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)), st.integers(1, 15), st.none() | DAYS)
def test_an_answer_is_never_due_after_what_the_court_wants(received, count, answer_by):
    due = answer_due_at(received, count, answer_by)
    assert due.tzinfo is UTC
    assert due <= answer_due_at(received, count, None)
    assert answer_by is None or due <= end_of_day(answer_by)
    assert china_date(due - timedelta(seconds=1)) == nth_working_day(china_date(received), count) or due == end_of_day(answer_by)


@given(st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)))
def test_the_next_opening_is_open_and_not_in_the_past(at):
    opening = next_open(at, HOURS)
    assert opening >= at
    assert next_open(opening, HOURS) == opening


@given(DAYS, st.integers(1, 36), st.integers(1, 36))
def test_a_longer_term_ends_later(day, months, more):
    assert day < term_end(day, months, "corresponding_day") < term_end(day, months + more, "corresponding_day")
