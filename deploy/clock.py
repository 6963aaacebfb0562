"""The machine's clock and identifiers: the only place that reads them."""

import asyncio
import secrets
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ulid import StrictMonotonicPolicy, ULIDGenerator

from contracts.clock import china_date
from contracts.failures import ServiceUnavailable
from gateway.domain.timekeeping import Known, Reading, Trust, heard

#: Seconds since the machine started, its sleep included where the system counts it.
_TICKS = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class ClockUnknown(ServiceUnavailable):
    """The time of the database is not known."""

    code = "clock_unknown"


class ClockInDoubt(ServiceUnavailable):
    """The database's clock jumped; no deadline is decided by it until it has stood for a while, or a person has looked."""

    code = "clock_in_doubt"


def ticks_s() -> float:
    """Return seconds of a clock that nobody sets."""
    return time.clock_gettime(_TICKS)


class _RandomSteps(StrictMonotonicPolicy):
    """Of one millisecond each identifier stands a random step of 63 bits above the one before: rising, and not to be guessed from it."""

    @staticmethod
    def _increment(value: bytes) -> bytes:
        return (int.from_bytes(value) + 1 + secrets.randbits(63)).to_bytes(len(value))


def _room_above(_: int) -> bytes:
    """Return the random part of a millisecond's first identifier: 79 bits, so that the steps of 65,000 others fit above it."""
    return secrets.randbits(79).to_bytes(10)


_IDENTIFIERS = ULIDGenerator(randomness=_room_above, policy=_RandomSteps())


class SystemClock:
    """The machine's time, or one that runs on beside it, plus what a tester advanced it by (both development only)."""

    def __init__(self, apart: timedelta = timedelta(), *, wrong_by: timedelta = timedelta(), wrong_after_s: float = 0.0) -> None:
        """Begin so far from the machine's own time; for tests the machine's time itself is wrong, from the start or from later on."""
        self._apart = self._ahead = apart
        self._wrong_by, self._wrong_from_s = wrong_by, ticks_s() + wrong_after_s

    @property
    def ahead(self) -> timedelta:
        """Return how far it was set apart and put forward."""
        return self._ahead

    def machine_now(self) -> datetime:
        """Return what the machine's own clock says."""
        wrong_by = self._wrong_by if self._wrong_by and ticks_s() >= self._wrong_from_s else timedelta()
        return datetime.now(UTC) + wrong_by

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        return self.machine_now() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move ahead; never back."""
        self._ahead += timedelta(seconds=max(0.0, seconds))

    def reset(self) -> None:
        """Take back what it was advanced by."""
        self._ahead = self._apart


class DatabaseClock:
    """The database's time, counted on by ticks since it was last read, plus what a tester put the process's clock apart and forward by."""

    def __init__(self, process: SystemClock, trust: Trust, *, good_for_s: float) -> None:
        """Take the process's clock, for what was put forward only, how far clocks may differ, and how long a reading is good for."""
        self._process, self._trust, self._good_for_s = process, trust, good_for_s
        self._known: Known | None = None
        #: set once the database has been asked
        self.known = asyncio.Event()

    def now(self) -> datetime:
        """Return the present instant, aware, UTC.

        Raises: ClockUnknown before the first reading, and when the last is too old
        """
        known, now_s = self._known, ticks_s()
        if known is None or now_s - known.heard_s > self._good_for_s:
            raise ClockUnknown
        return known.reading.at(now_s) + self._process.ahead

    @property
    def in_doubt(self) -> bool:
        """Tell whether the database's clock jumped and is not believed yet."""
        return self._known is not None and self._known.jumped is not None

    def take(self, reading: Reading, machine: datetime) -> None:
        """Take a reading, with what the machine's own clock says at the same time."""
        self._known = heard(self._known, reading, machine, self._trust)
        if self._known is not None:
            self.known.set()

    def advance(self, seconds: float) -> None:
        """Move ahead; never back."""
        self._process.advance(seconds)

    def reset(self) -> None:
        """Take back what it was advanced by."""
        self._process.reset()


class SureClock:
    """The same clock for whoever decides deadlines: while it is in doubt there is no time for them."""

    def __init__(self, clock: DatabaseClock) -> None:
        """Look at another clock."""
        self._clock = clock

    def now(self) -> datetime:
        """Return the present instant, aware, UTC.

        Raises: ClockUnknown, ClockInDoubt
        """
        if self._clock.in_doubt:
            raise ClockInDoubt
        return self._clock.now()

    def advance(self, seconds: float) -> None:
        """Move ahead; never back."""
        self._clock.advance(seconds)

    def reset(self) -> None:
        """Take back what it was advanced by."""
        self._clock.reset()


def mesh_clock(start_at: datetime | None, folder: Path, *, wrong_by_s: float = 0.0, wrong_after_s: float = 0.0) -> SystemClock:
    """Return the clock of the mesh that has this data folder: the machine's, or one that began at `start_at` when its first process did.

    Shape: whatever starts later, or again after a crash, is as far from the machine's time as that first process, to the microsecond
    """
    apart = start_at - _begun_at(folder / f"clock-{start_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}") if start_at else timedelta()
    return SystemClock(apart, wrong_by=timedelta(seconds=wrong_by_s), wrong_after_s=wrong_after_s)


def _begun_at(kept: Path) -> datetime:
    """Return the machine's instant in a file, which is made with the present one by whoever comes first."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    ours = kept.with_name(f"{kept.name}.{new_message_id()}")
    ours.write_text(datetime.now(UTC).isoformat())
    with suppress(FileExistsError):
        kept.hardlink_to(ours)  # whole or not at all: nobody reads half an instant
    ours.unlink()
    return datetime.fromisoformat(kept.read_text())


def new_id() -> str:
    """Return a new identifier: 26 characters, rising with time; who knows one cannot guess another."""
    return str(_IDENTIFIERS.generate())


def new_message_id() -> str:
    """Return an identifier for a message: 32 characters, in no order."""
    return secrets.token_hex(16)


def new_request_nos(now: datetime, region_code: str, count: int) -> list[str]:
    """Return request numbers: yyyymmdd + region + 20 digits. Source: domain.md §12 (a longer serial, of up to 45 characters)."""
    first = f"{china_date(now):%Y%m%d}{region_code}{secrets.randbelow(10**14):014d}"
    return [f"{first}{number:06d}" for number in range(count)]
