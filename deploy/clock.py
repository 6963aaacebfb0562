"""The machine's clock and identifiers: the only place that reads them."""

import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ulid import StrictMonotonicPolicy, ULIDGenerator

from contracts.clock import china_date


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

    def __init__(self, apart: timedelta = timedelta()) -> None:
        """Begin so far from the machine's own time."""
        self._apart = self._ahead = apart

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Move ahead; never back."""
        self._ahead += timedelta(seconds=max(0.0, seconds))

    def reset(self) -> None:
        """Take back what it was advanced by."""
        self._ahead = self._apart


def mesh_clock(start_at: datetime | None, folder: Path) -> SystemClock:
    """Return the clock of the mesh that has this data folder: the machine's, or one that began at `start_at` when its first process did.

    Shape: whatever starts later, or again after a crash, is as far from the machine's time as that first process, to the microsecond
    """
    if start_at is None:
        return SystemClock()
    return SystemClock(start_at - _begun_at(folder / f"clock-{start_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"))


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
