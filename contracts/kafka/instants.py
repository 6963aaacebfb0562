"""When a message was sent, by its sender's clock, and its command by the gateway's: headers that nobody need believe."""

from datetime import UTC, datetime

from contracts.kafka.codec import Record

SENT_AT, ASKED_AT = "ce_time", "ce_commandtime"
#: An instant with its zone and microseconds has 32 characters.
_MOST_CHARS = 40


def instant_of(record: Record, header: str) -> datetime | None:
    """Return the instant in a header, aware; None where there is none that can be read."""
    written = record.headers.get(header, b"")
    if not written or len(written) > _MOST_CHARS:
        return None
    try:
        instant = datetime.fromisoformat(written.decode("ascii"))
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
