"""Days and hours on which the mesh must work like on any other, as what its clock may be told to start at."""

from chinese_calendar.constants import holidays

#: The last year whose holidays the calendar's package knows.
_LAST = max(holidays).year
DAYS = {
    "a Saturday night": "2026-11-28T23:40:00+08:00",
    "the eve of Spring Festival": "2027-02-05T16:00:00+08:00",
    "the last minute of a year": "2026-12-31T23:59:50+08:00",
    "a leap day, of a year nobody has announced": "2028-02-29T10:00:00+08:00",
    "the last day of the calendar's package": f"{_LAST}-12-31T10:00:00+08:00",
    "the day before the last year of the calendar's package": f"{_LAST - 1}-12-31T10:00:00+08:00",
}
