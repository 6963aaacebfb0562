"""The clock as an argument: whoever needs the time is given one of these. It never reads the time by itself."""

from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

#: Where a court's or an agency's date needs a zone (interface.md, head).
CHINA = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Tells the time; in one embedded process every role shares one, so that a tester can advance it."""

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        ...


def china_date(instant: datetime) -> date:
    """Return the calendar date of an instant in China Standard Time."""
    return instant.astimezone(CHINA).date()
