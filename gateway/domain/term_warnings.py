"""The due list: how long a term still runs, by which working day to act, and when to warn (rule RENEW-WARN). Pure."""

from dataclasses import dataclass
from datetime import date, timedelta

from gateway.domain import law
from gateway.domain.control import HELD, Control
from gateway.domain.deadlines import CALENDAR, Calendar


@dataclass(frozen=True, slots=True)
class Due:
    """How a running term stands on a day; `provisional`: the working day may move, its year is not announced."""

    due_in_days: int
    last_working_day_on: date
    provisional: bool


def due(control: Control, today: date, calendar: Calendar = CALENDAR) -> Due | None:
    """Return how a running term stands, None where none runs.

    Shape: the last working day on or before the last day of the term, on which the agency can still act
    """
    if control.state not in HELD or control.until_on is None:
        return None
    day = last_working_day(control.until_on, calendar)
    return Due((control.until_on - today).days, day, calendar.is_provisional(day))


def last_working_day(until_on: date, calendar: Calendar = CALENDAR) -> date:
    """Return the last working day on or before a day."""
    day = until_on
    while not calendar.is_working_day(day):
        day -= timedelta(days=1)
    return day


def is_beyond(day: date, calendar: Calendar = CALENDAR) -> bool:
    """Tell whether nothing is known of a day's year, not even provisionally: its working days are guessed by the week."""
    return calendar.is_provisional(day) and day.year not in {known.year for known in calendar.provisional}


def next_warning_on(control: Control) -> date | None:
    """Return the day of the next warning, which may have passed; None if none is left or no term runs."""
    if control.state not in HELD or control.until_on is None:
        return None
    left = [days for days in _warn_days(control.until_on) if control.warned_days is None or days < control.warned_days]
    return control.until_on - timedelta(days=max(left)) if left else None


def warning_days(until_on: date, today: date) -> int:
    """Return which warning is due on a day: the nearest to the end of those whose day has come, so that none is given late."""
    return min(days for days in _warn_days(until_on) if (until_on - today).days <= days)


def _warn_days(until_on: date, calendar: Calendar = CALENDAR) -> frozenset[int]:
    """Return how many days before the end it is warned of, the last working day among them: after it nobody can act."""
    row = law.rules(until_on)["RENEW-WARN"].parameters
    days = row["days"]
    assert isinstance(days, tuple)
    last = {(until_on - last_working_day(until_on, calendar)).days} if row["last_working_day"] else set()
    return frozenset(days) | last
