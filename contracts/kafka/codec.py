"""Messages to bytes and back: CloudEvents 1.0 in binary mode. The only place that knows how a body is written and signed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from pydantic import ValidationError

from contracts.failures import MalformedMessage
from contracts.kafka import topics
from contracts.kafka.replies import read_reply, where
from contracts.messages import REPLY_TYPE, Command, Reply
from contracts.signing import Keys

#: Largest dead letter; what is longer is cut.
MOST_LETTER_BYTES = 8 * 1024 * 1024 - 16_384
#: What a letter says of itself, and of the headers it came with, at most.
_LETTER_HEAD_BYTES, _LONG_HEADER_BYTES, _MOST_HEADERS = 32_768, 1_024, 20
#: What the types of commands and of replies begin with.
_COMMAND, _REPLY = "cn.chakong.command.", REPLY_TYPE
_JSON = (("ce_specversion", b"1.0"), ("content-type", b"application/json"))


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message on its way to Kafka."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]]

    @property
    def size_bytes(self) -> int:
        """Return what the broker keeps of it, but for a few bytes."""
        return len(self.value) + len(self.key or b"") + sum(len(name) + len(value) for name, value in self.headers)


@dataclass(frozen=True, slots=True)
class Record:
    """A message from Kafka, not yet decoded."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The CloudEvents attributes of a message, but those that are always the same."""

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    correlation_id: str
    causation_id: str | None = None
    expiry_time: datetime | None = None
    traceparent: str | None = None

    def headers(self) -> list[tuple[str, bytes]]:
        """Return the Kafka headers; every attribute has the prefix `ce_`, extensions too."""
        optional = {"ce_causationid": self.causation_id, "ce_traceparent": self.traceparent,
                    "ce_expirytime": self.expiry_time and self.expiry_time.isoformat()}
        return [
            *_JSON, ("ce_id", self.id.encode()), ("ce_type", self.type.encode()), ("ce_source", self.source.encode()),
            ("ce_subject", self.subject.encode()), ("ce_time", self.time.isoformat().encode()),
            ("ce_correlationid", self.correlation_id.encode()),
            *((name, value.encode()) for name, value in optional.items() if value),
        ]


def command_type(action: str) -> str:
    """Return the CloudEvents type of a command."""
    return f"cn.chakong.command.{action}.v1"


def seal(outbound: Outbound, keys: Keys) -> Outbound:
    """Sign a message with the key of its type; a dead letter, and what is signed already, keeps the headers it has.

    Raises: NoKey
    """
    headers = dict(outbound.headers)
    if outbound.topic == topics.DEAD_LETTERS or "ce_id" not in headers or "ce_signature" in headers:
        return outbound
    keyid, signature = keys.sign(headers, outbound.value, topics.external_agency(outbound.topic))
    return Outbound(outbound.topic, outbound.key, outbound.value, [*outbound.headers, ("ce_keyid", keyid), ("ce_signature", signature)])


def decode_command(record: Record, keys: Keys) -> Command:
    """Read a command that the gateway signed; nothing of another one is read.

    Raises: NotAuthentic, MalformedMessage
    """
    body = record.value or b""
    key = keys.verified(record.headers, body, _COMMAND)
    try:
        command = Command.model_validate_json(body)
    except ValidationError as error:
        raise MalformedMessage(where(error)) from None
    keys.bound(key, record.headers, command.task_id, command.agency)
    return command


def decode_reply(record: Record, keys: Keys) -> Reply:
    """Read a reply that whoever serves its agency signed; nothing of another one is read.

    Raises: NotAuthentic, MalformedMessage
    """
    body = record.value or b""
    key = keys.verified(record.headers, body, _REPLY)
    reply = read_reply(body)
    keys.bound(key, record.headers, reply.task_id, reply.agency)
    return reply


def encode_reply(reply: Reply, asked: Record | None, *, request_id: str, message_id: str, now: datetime) -> Outbound:
    """Write a reply; it goes to the partition of its request and names the command it answers, where there was one."""
    came = asked.headers if asked else {}
    envelope = Envelope(
        id=message_id, type=REPLY_TYPE, source=f"/adapters/{reply.agency}", subject=reply.task_id, time=now,
        correlation_id=request_id, causation_id=_text(came.get("ce_id")), traceparent=_text(came.get("ce_traceparent")),
    )
    body = reply.model_dump_json(exclude_none=True).encode()
    # By the gateway's clock, given back: it tells how far ours is behind, which a message that may have waited in Kafka cannot.
    asked_at = [("ce_commandtime", came["ce_time"])] if "ce_time" in came else []
    return Outbound(topics.REPLIES, request_id.encode(), body, [*envelope.headers(), *asked_at])


def dead_letter(record: Record, reason: str, most_bytes: int = MOST_LETTER_BYTES, *, detail: str | None = None) -> Outbound:
    """Set a message aside with where it came from and why: as it is, or cut where it would be larger than `most_bytes`.

    Shape: `cut`, `original-bytes` and `original-sha256` say of a cut one what it was; a header that is long goes first
    """
    value, origin = record.value or b"", {
        "reason": reason[:500], **({"detail": detail} if detail else {}), "origin-topic": record.topic, "origin-partition": str(record.partition), "origin-offset": str(record.offset)}
    headers = list(record.headers.items())
    whole = len(value) + len(record.key or b"") + sum(len(name.encode("utf-8", "replace")) + len(told) for name, told in headers)
    if whole + _LETTER_HEAD_BYTES > most_bytes:
        origin |= {"cut": "true", "original-bytes": str(len(value)), "original-sha256": sha256(value).hexdigest()}
        headers = [(name, told) for name, told in headers if len(name) + len(told) <= _LONG_HEADER_BYTES][:_MOST_HEADERS]
        value = value[: max(0, most_bytes - 2 * _LETTER_HEAD_BYTES)]
    key = record.key if len(record.key or b"") <= _LONG_HEADER_BYTES else None
    return Outbound(topics.DEAD_LETTERS, key, value, [*headers, *((name, told.encode("utf-8", "replace")) for name, told in origin.items())])


def bare_letter(letter: Outbound) -> Outbound:
    """Return a dead letter without body, key and headers but those that say where it came from and why."""
    said = ("reason", "detail", "origin-", "original-")
    return Outbound(letter.topic, None, b"", [("cut", b"true"), *(one for one in letter.headers if one[0].startswith(said))])


def _text(value: bytes | None) -> str | None:
    return value.decode("ascii", "replace") if value else None
