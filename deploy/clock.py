"""The machine's clock and identifiers: the only place that reads them."""

import secrets
from datetime import UTC, datetime, timedelta

from ulid import ULID

from contracts.clock import china_date


class SystemClock:
    """The machine's time, plus what a tester advanced it by (development only)."""

    def __init__(self) -> None:
        """Begin with the machine's own time."""
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the present instant, aware, UTC."""
        return datetime.now(UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Move ahead; never back."""
        self._ahead += timedelta(seconds=max(0.0, seconds))

    def reset(self) -> None:
        """Return to the machine's own time."""
        self._ahead = timedelta()


def new_id() -> str:
    """Return a new identifier: 26 characters, rising with time."""
    return str(ULID())


def new_message_id() -> str:
    """Return an identifier for a message: 32 characters, in no order."""
    return secrets.token_hex(16)


def new_request_nos(now: datetime, region_code: str, count: int) -> list[str]:
    """Return request numbers: yyyymmdd + region + 20 digits. Source: domain.md §12 (a longer serial, of up to 45 characters)."""
    first = f"{china_date(now):%Y%m%d}{region_code}{secrets.randbelow(10**14):014d}"
    return [f"{first}{number:06d}" for number in range(count)]
