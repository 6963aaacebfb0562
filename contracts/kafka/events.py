"""What a court is told, as a message: one topic for all courts, the court is the key. interface.md §5."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from contracts.kafka import topics
from contracts.kafka.codec import Envelope, Outbound


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a court; `about` is its request, or the court where it is in no stream of a request."""

    position: int
    court_code: str
    kind: str
    about: str
    at: datetime
    data: Mapping[str, object]


def event_type(kind: str) -> str:
    """Return the CloudEvents type of an event."""
    return f"cn.chakong.event.{kind}.v1"


def event_body(data: Mapping[str, object]) -> bytes:
    """Write what is told: the same bytes in the stream of the court and on the topic."""
    return orjson.dumps(data, option=orjson.OPT_UTC_Z)


def encode_event(told: Told) -> Outbound:
    """Write an event; written again, it has the same id, for the position makes it."""
    envelope = Envelope(id=f"event-{told.position}", type=event_type(told.kind), source="/gateway", subject=told.about, time=told.at,
                        correlation_id=told.about)
    return Outbound(topics.EVENTS, told.court_code.encode(), event_body(told.data), envelope.headers())
