"""Keys for tests, and the one helper that signs what a test writes to Kafka by hand."""

import itertools
import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from contracts.clock import Clock
from contracts.kafka import topics
from contracts.kafka.codec import Envelope, Outbound, Record, seal
from contracts.kafka.settings import MessageSettings
from contracts.messages import REPLY_TYPE
from contracts.signing import Keyring, Keys, parse_keyring, signed_bytes
from deploy.clock import SystemClock
from deploy.keys import KeyringFiles, kept_keyring, new_key

#: Of our own roles: gateway and adapters with HMAC, gateway to the outside with Ed25519.
_MADE = [new_key("gateway-1", "hmac-sha256", "gateway"), new_key("gateway-outside-1", "ed25519", "gateway"),
         new_key("adapters-1", "hmac-sha256", "adapters")]
_numbers = itertools.count(1)
#: A type of command for what is no command.
COMMAND_TYPE = "cn.chakong.command.query.v1"


def keys(*more: tuple[dict, str], external: Collection[str] = (), clock: Clock | None = None, **file) -> Keys:
    """Return keys with which everything of ours is signed and believed; `more` as `new_key` makes them."""
    ring = keyring(*more, **file)
    return Keys(lambda: ring, clock or SystemClock(), frozenset(external))


def keyring(*more: tuple[dict, str], **file) -> Keyring:
    made = [*_MADE, *more]
    return parse_keyring({"keys": [row for row, _ in made], **file}, {row["keyid"]: secret for row, secret in made})


def only(*made: tuple[dict, str], **file) -> Keys:
    """Return keys of a sender who has these alone."""
    ring = parse_keyring({"keys": [row for row, _ in made], **file}, {row["keyid"]: secret for row, secret in made})
    return Keys(lambda: ring, SystemClock())


class Sender(Keys):
    """Somebody who signs whatever they like with the one key they have: an external adapter, or a forger."""

    def sign(self, headers, body, external_agency):
        (key,) = self.current().keys.values()
        return key.row.keyid.encode(), key.sign(signed_bytes(headers, body))


def sender(made: tuple[dict, str]) -> Sender:
    """Return whoever has this key, as `new_key` makes it."""
    return Sender(only(made).current, SystemClock())


def keys_in(folder: Path, external: Collection[str] = ()) -> Keys:
    """Return the keys of an embedded data folder, as a test of a running mesh signs with them."""
    keyring_file, secrets_file = kept_keyring(folder)
    files = KeyringFiles(MessageSettings(message_keys=keyring_file, message_secrets_file=secrets_file), lambda _: None, lambda: 0.0)
    return Keys(files.current, SystemClock(), frozenset(external))


def add_to(folder: Path, *made: tuple[dict, str]) -> None:
    """Put keys of external agencies into the keyring of a data folder, and those secrets that it must have to verify."""
    keyring_file, secrets_file = kept_keyring(folder)
    told, secrets = yaml.safe_load(keyring_file.read_text()), json.loads(secrets_file.read_text())
    secrets |= {row["keyid"]: secret for row, secret in made if row["algorithm"] == "hmac-sha256"}
    secrets_file.write_text(json.dumps(secrets))
    keyring_file.write_text(yaml.safe_dump({**told, "keys": [*told["keys"], *(row for row, _ in made)]}, sort_keys=False))


def told_to(folder: Path, made: tuple[dict, str]) -> dict[str, Any]:
    """Return what an external agency keeps and is told: its own key, and the public keys of the gateway."""
    rows = yaml.safe_load(kept_keyring(folder)[0].read_text())["keys"]
    gateway = {row["keyid"]: row["public"] for row in rows if row["role"] == "gateway" and "public" in row}
    return {"keyid": made[0]["keyid"], "seed": made[1], "gateway": gateway}


def headers_of(subject: str, ce_type: str = REPLY_TYPE, correlation_id: str = "r") -> list[tuple[str, bytes]]:
    """Return the headers of a message of a new id."""
    return Envelope(id=f"test-{next(_numbers)}", type=ce_type, source="/test", subject=subject, time=datetime.now(UTC),
                    correlation_id=correlation_id).headers()


def signed(keys: Keys, topic: str, value: bytes | None, headers: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return headers with the signature of whoever has these keys."""
    return list(seal(Outbound(topic, None, value or b"", list(headers)), keys).headers)


def record_from(message: Outbound, offset: int = 0) -> Record:
    """Return an outbound message as a consumer gets it."""
    return Record(message.topic, 0, offset, message.key, message.value, dict(message.headers))


def reply_record(value: bytes, task_id: str, offset: int = 0) -> Record:
    """Return a reply of our own workers as the aggregator reads it, signed."""
    return record_from(Outbound(topics.REPLIES, None, value, signed(keys(), topics.REPLIES, value, headers_of(task_id))), offset)
