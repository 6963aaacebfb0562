"""What time it is by the database's clock, and when that clock itself is not believed: pure.

One clock for every decision that is stored. Between two readings time is counted by ticks, which no setting of a clock changes;
a reading that does not fit the ticks is a clock that jumped, and deadlines are not decided by it until it has stood for a while.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Reading:
    """The database's instant at a tick of ours, right to `error_s` either way: half the time the question was on its way."""

    ticks_s: float
    instant: datetime
    error_s: float

    def at(self, ticks_s: float) -> datetime:
        """Return the instant at another tick."""
        return self.instant + timedelta(seconds=ticks_s - self.ticks_s)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the database's clock: the reading that is counted from, when it was last heard, and the first of a jump."""

    reading: Reading
    heard_s: float
    jumped: Reading | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """How far clocks may differ, and how long a clock that jumped must stand before it is believed, in seconds."""

    bound_s: float
    settle_s: float


def heard(known: Known | None, new: Reading, local: datetime, trust: Trust) -> Known | None:
    """Return what is known after a reading; `local` is the machine's own instant at the same tick.

    Shape: the first is believed. A small difference is drift. A jump is believed once it has stood for `settle_s` and this machine says the
           same; where only the database says so, a person must look. A reading that took longer than the bound says nothing.
    """
    if new.error_s > trust.bound_s:
        return known
    if known is None:
        return Known(new, new.ticks_s)
    off_s, near_s = _apart_s(new, known.reading), trust.bound_s + new.error_s
    if off_s <= near_s:
        return Known(new if off_s > new.error_s else known.reading, new.ticks_s)
    if known.jumped is None or _apart_s(new, known.jumped) > near_s:
        return replace(known, heard_s=new.ticks_s, jumped=new)
    stood = new.ticks_s - known.jumped.ticks_s >= trust.settle_s
    return Known(new, new.ticks_s) if stood and abs(skew_s(local, new)) <= near_s else replace(known, heard_s=new.ticks_s)


def skew_s(local: datetime, reading: Reading) -> float:
    """Return how far a machine's clock is ahead of the database's, in seconds."""
    return (local - reading.instant) / timedelta(seconds=1)


def _apart_s(one: Reading, other: Reading) -> float:
    return abs((one.instant - other.at(one.ticks_s)) / timedelta(seconds=1))
