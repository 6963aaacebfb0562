"""Messages that were set aside: what is known of one, and what becomes of it when somebody wants it sent again. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b, sha256
from typing import Literal

import orjson

from contracts.kafka.topics import carries_commands

#: A message that was sent again so often and came back each time is sent no more by any list.
MOST_REDRIVES = 3
#: How often a message was sent again, carried by the message itself.
REDRIVES = "redrives"
#: Headers that say why and from where a message was set aside; they stay behind when it is sent again.
ASIDE = frozenset({"reason", "detail", "origin-topic", "origin-partition", "origin-offset", "cut", "original-bytes", "original-sha256", REDRIVES})
#: What a caller may be told of a message: codes and ids of ours.
_PLAIN = re.compile(r"[0-9A-Za-z_.:-]{1,64}")
_REASON = re.compile(r"([a-z][a-z_]{0,39})(?:: |$)")
_NUMBER = re.compile(r"[0-9]{1,18}")
_MOST_DETAIL = 500
#: What the column holds; whoever writes to the topic may say anything.
_MOST_PARTITION = 2**31 - 1
_ASKS_ONLY = frozenset({"query", "status"})

State = Literal["open", "due", "redriven", "quarantined"]
Verdict = Literal["redriven", "second_person", "quarantined", "not_whole", "no_topic", "under_way", "already_redriven"]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message as it was set aside. `headers` are those it came with, in base64; no text of it is anybody's name."""

    letter_id: str
    topic: str
    partition: int | None
    offset: int | None
    reason: str
    detail: str
    action: str | None
    agency: str | None
    task_id: str | None
    controls: bool
    whole: bool
    redrives: int
    key: bytes | None
    value: bytes
    headers: Mapping[str, bytes]

    @property
    def sha256(self) -> str:
        """Return the digest of its body."""
        return sha256(self.value).hexdigest()

    @property
    def state(self) -> State:
        """Return how it begins: one that came back too often is quarantined at once."""
        return "quarantined" if self.redrives >= MOST_REDRIVES else "open"


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a letter may be sent again; `asked_by` is the first of two persons, where one asked."""

    state: State
    topic: str
    controls: bool
    whole: bool
    asked_by: str | None


def letter_of(key: bytes | None, value: bytes, headers: Mapping[str, bytes]) -> DeadLetter:
    """Read what was set aside; whatever it holds, what comes of it can be stored and shown.

    Shape: the same message has the same id however often it is read
    """
    said = {name: headers[name].decode("utf-8", "replace") for name in ASIDE if name in headers}
    body = _object(value)
    reason = _REASON.match(said.get("reason", ""))
    return DeadLetter(
        letter_id=_id(key, value, headers), topic=_plain(said.get("origin-topic")) or "unknown",
        partition=_number(said.get("origin-partition"), _MOST_PARTITION), offset=_number(said.get("origin-offset")),
        reason=reason[1] if reason else "malformed_message", detail=_shown("; ".join(said[name] for name in ("reason", "detail") if name in said)),
        action=_plain(body.get("action")), agency=_plain(body.get("agency")), task_id=_plain(body.get("task_id")),
        controls=_controls(said.get("origin-topic", ""), body), whole=bool(value) and "cut" not in said, redrives=min(_number(said.get(REDRIVES)) or 0, MOST_REDRIVES),
        key=key, value=value, headers={name: content for name, content in headers.items() if name not in ASIDE})


def verdict(letter: Standing, officer: str, topics: frozenset[str], *, by_name: bool) -> Verdict:
    """Tell what becomes of a letter that an officer wants sent again: by its id, or as one of those that a filter finds.

    Shape: a command that may change what an agency holds, and one in quarantine, need a second person
    """
    if letter.state in {"due", "redriven"}:
        return "under_way" if letter.state == "due" else "already_redriven"
    if not letter.whole:
        return "not_whole"
    if letter.topic not in topics:
        return "no_topic"
    if letter.state == "quarantined" and not by_name:
        return "quarantined"
    if (letter.controls or letter.state == "quarantined") and letter.asked_by in (None, officer):
        return "second_person"
    return "redriven"


def _controls(topic: str, body: Mapping[str, object]) -> bool:
    """Tell whether it is a command that may change what an agency holds; of one that cannot be read, that it may."""
    return carries_commands(topic) and body.get("action") not in _ASKS_ONLY


def _object(value: bytes) -> Mapping[str, object]:
    try:
        read = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}


def _plain(text: object) -> str | None:
    return text if isinstance(text, str) and _PLAIN.fullmatch(text) else None


def _number(text: str | None, most: int = 2**63 - 1) -> int | None:
    return int(text) if text is not None and _NUMBER.fullmatch(text) and int(text) <= most else None


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text[:_MOST_DETAIL])


def _id(key: bytes | None, value: bytes, headers: Mapping[str, bytes]) -> str:
    made = blake2b(digest_size=16)
    for part in (key or b"", value, *(part for name in sorted(headers) for part in (name.encode(), headers[name]))):
        made.update(len(part).to_bytes(8) + part)
    return made.hexdigest()
