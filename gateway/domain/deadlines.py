"""Working days, answer deadlines, office hours and terms, all in China Standard Time. Pure. domain.md §7.5, §10."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from chinese_calendar import is_workday

from contracts.agency import OfficeHours
from contracts.clock import CHINA, china_date
from gateway.domain import law


@dataclass(frozen=True, eq=False)
class Calendar:
    """Which days are working days: the library's years, what stands over them, and what is provisional beyond them.

    `overrides` and `provisional` map a date to whether it is a working day; `version` names the pair of tables.
    """

    version: str
    overrides: Mapping[date, bool] = field(default_factory=lambda: MappingProxyType({}))
    provisional: Mapping[date, bool] = field(default_factory=lambda: MappingProxyType({}))

    def is_working_day(self, day: date) -> bool:
        """Tell whether a day is worked: override, library (make-up Saturdays count), provisional table, weekday."""
        if day in self.overrides:
            return self.overrides[day]
        try:
            return bool(is_workday(day))
        except NotImplementedError:
            return self.provisional.get(day, day.weekday() < 5)  # noqa: PLR2004 - Saturday is 5

    def is_provisional(self, day: date) -> bool:
        """Tell whether nobody has announced the day yet, so that a deadline counted over it may move."""
        if day in self.overrides:
            return False
        try:
            is_workday(day)
        except NotImplementedError:
            return True
        return False


def _days_off(days: Sequence[str]) -> Mapping[date, bool]:
    return MappingProxyType({date.fromisoformat(day): False for day in days})


#: The years that are announced are the library's; the next one is provisional, in a versioned row of the legal table.
CALENDAR = Calendar(
    version=str(law.latest("CALENDAR").parameters["version"]), provisional=_days_off(law.words("CALENDAR", "provisional_days_off")))


def end_of_day(day: date) -> datetime:
    """Return 24:00 of a day in China, as an instant in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), CHINA).astimezone(UTC)


@lru_cache(maxsize=4096)
def nth_working_day(after: date, working_days: int, calendar: Calendar = CALENDAR) -> date:
    """Return the n-th working day after a date, that date excluded."""
    day = after
    while working_days:
        day += timedelta(days=1)
        working_days -= calendar.is_working_day(day)
    return day


def answer_due_at(
    received_at: datetime, working_days: int, answer_by: date | None, calendar: Calendar = CALENDAR, *, within_s: float | None = None,
) -> datetime:
    """Return when an answer is due: the earliest of 24:00 of `answer_by`, 24:00 of the n-th working day, and `within_s`.

    Units:  instants in UTC, days in China, the day of receipt excluded; seconds from receipt (development)
    Source: domain.md §10; three working days after 2026-09-30 end with 2026-10-10
    """
    due = nth_working_day(china_date(received_at), working_days, calendar)
    due_at = end_of_day(due if answer_by is None else min(due, answer_by))
    return due_at if within_s is None else min(due_at, received_at + timedelta(seconds=within_s))


def next_open(at: datetime, hours: OfficeHours | None, calendar: Calendar = CALENDAR) -> datetime:
    """Return the instant itself if the office is open then, else the next opening, in UTC."""
    if hours is None:
        return at
    here = at.astimezone(CHINA)
    day = here.date()
    if _opens_on(day, hours, calendar) and here.time() < hours.closes:
        return max(at, _at(day, hours.opens)).astimezone(UTC)
    day += timedelta(days=1)
    while not _opens_on(day, hours, calendar):
        day += timedelta(days=1)
    return _at(day, hours.opens)


def _opens_on(day: date, hours: OfficeHours, calendar: Calendar) -> bool:
    return hours.every_day or calendar.is_working_day(day)


def _at(day: date, clock_time: time) -> datetime:
    return datetime.combine(day, clock_time, CHINA).astimezone(UTC)


def corresponding_day(start_on: date, months: int) -> tuple[date, bool]:
    """Return the same day so many months later, and whether that month has it; else its last day (民法典 art. 202)."""
    year, month = divmod(start_on.year * 12 + start_on.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start_on.day, last)), start_on.day <= last


def term_end(start_on: date, months: int, last_day: Literal["day_before", "corresponding_day"] = "day_before") -> date:
    """Return the last day of a term; terms never roll for holidays.

    Shape:  the day before the corresponding day, or that day itself, as the agency counts; a month without the
            corresponding day ends the term with its last day either way
    Source: rule END-DATE; 2006-01-12 and two years -> 2008-01-11
    """
    day, exists = corresponding_day(start_on, months)
    return day - timedelta(days=1) if exists and last_day == "day_before" else day
