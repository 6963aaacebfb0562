"""Set aside what is not authentic: a dead letter and an alarm, in the same words wherever it is found."""

import structlog

from contracts.failures import NotAuthentic
from contracts.kafka.codec import MOST_LETTER_BYTES, Outbound, Record, dead_letter
from contracts.telemetry import ALARMS, DEAD_LETTERS

_log = structlog.get_logger()


def forged(record: Record, doubt: NotAuthentic, most_bytes: int = MOST_LETTER_BYTES) -> Outbound:
    """Return the dead letter of a message that is not believed, counted and logged; its task is not touched."""
    DEAD_LETTERS.labels(record.topic, doubt.code).inc()
    ALARMS.labels("not_authentic").inc()
    _log.error("not_authentic", topic=record.topic, partition=record.partition, offset=record.offset, doubt=str(doubt))
    return dead_letter(record, doubt.code, most_bytes, detail=str(doubt))
