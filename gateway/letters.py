"""What the aggregator cannot read, believe or apply: each such reply is a dead letter, and the others go on."""

import asyncio
from collections.abc import Sequence

import structlog

from contracts.failures import MalformedMessage, NotAuthentic
from contracts.kafka.codec import Outbound, Record, bare_letter, dead_letter, decode_reply
from contracts.kafka.forged import forged
from contracts.kafka.producer import Producer
from contracts.messages import Reply
from contracts.signing import Keys
from contracts.telemetry import ALARMS, DEAD_LETTERS

_log = structlog.get_logger()


def read_replies(records: Sequence[Record], keys: Keys) -> tuple[list[tuple[Record, Reply]], list[Outbound]]:
    """Read replies; what cannot be read, or believed, becomes a dead letter, and no other waits for it."""
    come, undecodable = [], []
    for record in records:
        try:
            come.append((record, decode_reply(record, keys)))
        except NotAuthentic as error:
            undecodable.append(forged(record, error))
        except MalformedMessage as error:
            undecodable.append(letter(record, error.code, str(error)))
        # Anything else is a bug of ours; one message that meets it must not stop the answers of everybody else. style.md §2.7.
        except Exception as error:  # noqa: BLE001
            undecodable.append(letter(record, "bug", f"it cannot be read, {type(error).__name__}"))
    return come, undecodable


def letter(record: Record, code: str, reason: str) -> Outbound:
    """Return the dead letter of a reply, counted and told of."""
    DEAD_LETTERS.labels(record.topic, code).inc()
    ALARMS.labels("dead_letter").inc()
    _log.error("dead_letter", topic=record.topic, partition=record.partition, offset=record.offset, why=reason)
    return dead_letter(record, f"{code}: {reason}")


async def write_letters(producer: Producer, messages: Sequence[Outbound], stop: asyncio.Event) -> bool:
    """Write dead letters until the broker has them; False if told to stop before it had.

    Shape: a letter that the broker never takes is written once more without its body, and then only told of: its message is still where it came from
    """
    left = list(messages)
    while left and not stop.is_set():
        told = list(zip(left, await producer.deliver(left), strict=True))
        refused = [message for message, what in told if what == "refused"]
        for message in refused:
            _log.error("letter_refused", bytes=message.size_bytes, origin={name: str(value, "utf-8", "replace") for name, value in message.headers if name.startswith("origin-")})
        left = [message for message, what in told if what == "away"] + [bare_letter(one) for one in refused if one.value]
        if left and not refused:
            await asyncio.sleep(0.5)
    return not left
