"""The keyring of an installation: read from its file, and again when it changes; made for development; new keys for a person."""

import base64
import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contracts.clock import Clock
from contracts.failures import KeyringInvalid
from contracts.kafka.settings import MessageSettings
from contracts.signing import KEY_BYTES, Algorithm, Keyring, Keys, Role, parse_keyring
from contracts.telemetry import ALARMS
from gateway.domain.directory import Directory

_log = structlog.get_logger()

#: What each role signs as, and whom it must be able to believe.
SIGNS_AS: Mapping[str, Role] = {"relay": "gateway", "worker": "adapters", "callbacks": "adapters"}
BELIEVES: Mapping[str, tuple[Role, ...]] = {"worker": ("gateway",), "aggregator": ("adapters", "agency")}
#: How often the files are looked at.
_LOOK_EVERY_S = 2.0


def keys_of(role: str, directory: Directory, clock: Clock) -> Keys:
    """Return what a role signs and verifies with.

    Raises: KeyringInvalid if the file is wrong or a secret is missing that the role needs
    """
    external = frozenset(one.agency for one in directory.agencies if one.served_by == "external")
    files = KeyringFiles(MessageSettings(), lambda ring: check(role, ring, external, clock.now()), time.monotonic)
    if role == "aggregator":
        _warn_of_the_silent(files.current(), external, clock.now())
    return Keys(files.current, clock, external)


def check(role: str, ring: Keyring, external: Collection[str], now: datetime) -> None:
    """Refuse a keyring with which a role could not sign, or would take an authentic message for a forged one.

    Raises: KeyringInvalid
    """
    if (signs := SIGNS_AS.get(role)) and not any(key.row.role == signs and key.can_sign and key.row.signs(now) for key in ring.keys.values()):
        raise KeyringInvalid(f"role {role}: it has the secret of no key of `{signs}` that signs now")
    believed = [key for key in ring.keys.values() if key.row.role in BELIEVES.get(role, ()) and not key.row.ended(now)]
    if role == "worker":
        believed = [key for key in believed if not key.row.agencies]
    unknown = sorted(key.row.keyid for key in believed if not key.can_verify)
    if unknown:
        raise KeyringInvalid(f"role {role}: secrets that are not set: {', '.join(unknown)}")
    if role in BELIEVES and not believed:
        raise KeyringInvalid(f"role {role}: there is no key of {' or '.join(BELIEVES[role])} that it could believe")
    outside = next(iter(external), None)
    if role == "relay" and outside and ring.signer("cn.chakong.command.", outside, now) is None:
        _log.error("no_key_for_external_agencies", agency=outside)


def _warn_of_the_silent(ring: Keyring, external: Collection[str], now: datetime) -> None:
    """Say which external agencies have no key: nothing they say will be believed."""
    named = {agency for key in ring.keys.values() if key.row.role == "agency" and not key.row.ended(now) for agency in key.row.agencies}
    for agency in sorted(set(external) - named):
        _log.error("agency_without_key", agency=agency)


@dataclass
class KeyringFiles:
    """The keyring as its files say; a change that is wrong is not taken, with an alarm."""

    settings: MessageSettings
    check: Callable[[Keyring], None]
    elapsed_s: Callable[[], float]
    _ring: Keyring = field(init=False)
    _stamp: object = field(init=False)
    _look_at_s: float = field(init=False)

    def __post_init__(self) -> None:
        """Read them.

        Raises: KeyringInvalid
        """
        self._stamp, self._look_at_s = self._stamps(), self.elapsed_s() + _LOOK_EVERY_S
        self._ring = self._read()

    def current(self) -> Keyring:
        """Return the keyring; the files are looked at now and then, and read when they have changed."""
        if self.elapsed_s() >= self._look_at_s:
            self._look_at_s = self.elapsed_s() + _LOOK_EVERY_S
            if (stamp := self._stamps()) != self._stamp:
                self._stamp = stamp
                self._take_change()
        return self._ring

    def _take_change(self) -> None:
        try:
            self._ring = self._read()
        except KeyringInvalid as error:
            ALARMS.labels("keyring").inc()
            _log.error("keyring_not_taken", why=str(error))
        else:
            _log.warning("keyring_taken", keys=len(self._ring.keys))

    def _read(self) -> Keyring:
        given = {keyid: secret.get_secret_value() for keyid, secret in self.settings.message_secrets.items()}
        if self.settings.message_secrets_file is not None:
            given |= _secrets_in(self.settings.message_secrets_file)
        ring = parse_keyring(_told(self.settings.message_keys), given)
        self.check(ring)
        return ring

    def _stamps(self) -> object:
        return [_stamp(path) for path in (self.settings.message_keys, self.settings.message_secrets_file) if path is not None]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen.st_mtime_ns, seen.st_size, seen.st_ino


def _told(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise KeyringInvalid(f"{path.name}: {' '.join(str(error).split())}") from None


def _secrets_in(path: Path) -> dict[str, str]:
    """Read a file of secrets; what is wrong in it is never repeated."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise KeyringInvalid(f"{path.name}: it cannot be read as JSON") from None
    if not isinstance(read, dict) or not all(isinstance(one, str) for one in read.values()):
        raise KeyringInvalid(f"{path.name}: an object of secrets by key id")
    return read


def new_key(keyid: str, algorithm: Algorithm, role: Role, agencies: Collection[str] = ()) -> tuple[dict[str, Any], str]:
    """Make a key: its row of the keyring file, and its secret in Base64."""
    secret = secrets.token_bytes(KEY_BYTES)
    row: dict[str, Any] = {"keyid": keyid, "algorithm": algorithm, "role": role}
    if agencies:
        row["agencies"] = list(agencies)
    if algorithm == "ed25519":
        public = Ed25519PrivateKey.from_private_bytes(secret).public_key()
        row["public"] = base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    return row, base64.b64encode(secret).decode()


def kept_keyring(folder: Path) -> tuple[Path, Path]:
    """Return the keyring file and the file of secrets of a data folder, made at first use: development only.

    Shape: our own roles sign with HMAC, commands to external agencies are signed with Ed25519
    """
    kept = folder / "message-keys"
    if not kept.exists():
        made = [new_key("gateway-1", "hmac-sha256", "gateway"), new_key("gateway-outside-1", "ed25519", "gateway"),
                new_key("adapters-1", "hmac-sha256", "adapters")]
        ours = Path(tempfile.mkdtemp(dir=folder))  # readable by nobody else
        (ours / "secrets.json").write_text(json.dumps({row["keyid"]: secret for row, secret in made}, indent=1))
        (ours / "keyring.yaml").write_text(yaml.safe_dump({"keys": [row for row, _ in made]}, sort_keys=False))
        try:
            ours.rename(kept)  # whole or not at all: of processes that start together one makes it
        except OSError:
            shutil.rmtree(ours)
    return kept / "keyring.yaml", kept / "secrets.json"
