"""Who may speak: keys, the keyring of an installation, the signature of a message. Pure. interface.md §5, docs/adapters.md.

A signature is over five values joined by line feeds: ce_id, ce_type, ce_subject, ce_time, and SHA-256 of the body in hex.
Nothing that is not among them may decide anything: the task, the agency and the deadline stand in the body.
"""

import base64
import binascii
import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Literal, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AwareDatetime, Field, StringConstraints, ValidationError, model_validator

from contracts.clock import Clock
from contracts.failures import KeyringInvalid, NoKey, NotAuthentic
from contracts.words import AgencyCode, Model

Algorithm = Literal["hmac-sha256", "ed25519"]
Role = Literal["gateway", "adapters", "agency"]
#: Why a message is not believed.
Doubt = Literal[
    "unsigned",     #: no signature, or not all of what is signed
    "unknown_key",  #: a key that the keyring does not have, or whose secret this process does not have
    "ended_key",    #: a key that was revoked, or whose time is over
    "wrong_type",   #: a key that may not sign messages of this type, or a message that does not belong on its topic
    "bad_signature",
    "wrong_subject",  #: `ce_subject` is not the task of the body
    "wrong_sender",   #: a key that may not speak for the agency of the body
]
#: What each role signs, by the beginning of `ce_type`.
SIGNS: Mapping[Role, tuple[str, ...]] = {
    "gateway": ("cn.chakong.command.", "cn.chakong.event."),
    "adapters": ("cn.chakong.reply.", "cn.chakong.state."),
    "agency": ("cn.chakong.reply.",),
}
#: The headers that are signed, in this order; the digest of the body follows.
SIGNED = ("ce_id", "ce_type", "ce_subject", "ce_time")
#: What goes to whoever listens outside.
_EVENT = "cn.chakong.event."
#: Bytes of a key: exactly so many for Ed25519, so many or more for HMAC-SHA256.
KEY_BYTES = 32

KeyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]


class KeyRow(Model):
    """A key as the keyring file lists it: what it is for and its public part, never a secret."""

    keyid: KeyId
    algorithm: Algorithm
    role: Role = Field(description="gateway signs commands and events, adapters the replies of our own workers, agency those of an external adapter")
    agencies: tuple[AgencyCode, ...] = Field(
        default=(), description="agency: whose replies it signs; gateway: the external agencies whose commands it signs, empty for all")
    public: str | None = Field(default=None, description="ed25519: the public key, 32 bytes in Base64")
    signs_from: AwareDatetime | None = Field(default=None, alias="from", description="it signs from then on; it is believed before that too")
    until: AwareDatetime | None = Field(default=None, description="from then on it neither signs nor is believed")
    revoked: bool = Field(default=False, description="it neither signs nor is believed")

    @model_validator(mode="after")
    def _of_one_piece(self) -> Self:
        if (self.public is not None) != (self.algorithm == "ed25519"):
            raise ValueError("an ed25519 key has a public part here, an hmac-sha256 key has none")
        if bool(self.agencies) != (self.role == "agency") and self.role != "gateway":
            raise ValueError("a key of the role agency names its agencies, one of the role adapters none")
        return self

    def ended(self, now: datetime) -> bool:
        """Tell whether it is believed no longer."""
        return self.revoked or (self.until is not None and self.until <= now)

    def signs(self, now: datetime) -> bool:
        """Tell whether it may sign now."""
        return not self.ended(now) and (self.signs_from is None or self.signs_from <= now)


class KeyringFile(Model):
    """The keyring file of an installation."""

    keys: tuple[KeyRow, ...]
    unsigned_until: AwareDatetime | None = Field(
        default=None, description="while an older version still runs: what has no signature at all is believed until then")


@dataclass(frozen=True, slots=True)
class Key:
    """A row with what this process has of it: the secret to sign with, and what verifies."""

    row: KeyRow
    secret: bytes | None = field(default=None, repr=False)
    private: Ed25519PrivateKey | None = field(default=None, repr=False)
    public: Ed25519PublicKey | None = field(default=None, repr=False)

    @property
    def can_sign(self) -> bool:
        """Tell whether its secret is here."""
        return self.secret is not None or self.private is not None

    @property
    def can_verify(self) -> bool:
        """Tell whether what it verifies with is here."""
        return self.secret is not None or self.public is not None

    def sign(self, message: bytes) -> bytes:
        """Return the signature in Base64; the secret must be here."""
        if self.private is not None:
            return base64.b64encode(self.private.sign(message))
        assert self.secret is not None
        return base64.b64encode(hmac.digest(self.secret, message, "sha256"))

    def made(self, signature: bytes, message: bytes) -> bool:
        """Tell whether it made a signature, in a time that tells nothing of it."""
        try:
            given = binascii.a2b_base64(signature, strict_mode=True)
        except binascii.Error:
            return False
        if self.public is None:
            return self.secret is not None and hmac.compare_digest(hmac.digest(self.secret, message, "sha256"), given)
        try:
            self.public.verify(given, message)
        except InvalidSignature:
            return False
        return True


def signed_bytes(headers: Mapping[str, bytes], body: bytes) -> bytes | None:
    """Return what a signature is over; None if a header is missing or holds a line feed, which would shift the others."""
    try:
        parts = [headers[name] for name in SIGNED]
    except KeyError:
        return None
    if not all(parts) or b"\n" in b"".join(parts):
        return None
    return b"\n".join((*parts, sha256(body).hexdigest().encode()))


@dataclass(frozen=True)
class Keyring:
    """The keys of an installation, as far as this process has them."""

    keys: Mapping[str, Key]
    unsigned_until: datetime | None = None
    #: those that may sign, by type and external agency, as they were asked for
    _signers: dict[tuple[str, str | None], Sequence[Key]] = field(default_factory=dict, init=False, repr=False)

    def signer(self, ce_type: str, external_agency: str | None, now: datetime) -> Key | None:
        """Return the key that signs a message of this type now; None if there is none.

        Shape: a command to an external agency is signed by a key that names it, or with Ed25519: whoever verifies an HMAC could sign too
        """
        fit = self._signers.get((ce_type, external_agency))
        if fit is None:
            fit = self._signers[ce_type, external_agency] = self._who_may_sign(ce_type, external_agency)
        return next((key for key in fit if key.row.signs(now)), None)

    def _who_may_sign(self, ce_type: str, external_agency: str | None) -> Sequence[Key]:
        """Return keys in the order of choice: one that names the agency, then HMAC inside and Ed25519 outside; of each the newest."""
        role = next((one for one, types in SIGNS.items() if ce_type.startswith(types)), None)
        is_event = ce_type.startswith(_EVENT)
        ours = sorted((key for key in self.keys.values() if key.can_sign and key.row.role == role), key=_newness, reverse=True)
        ours.sort(key=lambda key: (key.private is not None) != is_event)
        named = [key for key in ours if external_agency in key.row.agencies]
        return [*named, *(key for key in ours if not key.row.agencies and (external_agency is None or key.private is not None))]

    def verify(self, headers: Mapping[str, bytes], body: bytes, ce_type: str, now: datetime) -> Key | Doubt | None:
        """Return the key that signed a message whose type begins with `ce_type`, or why it is not believed.

        Shape: None for what has no signature and is believed all the same, while an older version still runs
        """
        if self.unsigned_until is not None and now < self.unsigned_until and not {"ce_signature", "ce_keyid"} & headers.keys():
            return None
        key = self._named(headers, ce_type, now)
        if isinstance(key, str):
            return key
        message = signed_bytes(headers, body)
        if message is None:
            return "unsigned"
        return key if key.made(headers["ce_signature"], message) else "bad_signature"

    def _named(self, headers: Mapping[str, bytes], ce_type: str, now: datetime) -> Key | Doubt:
        """Return the key that a message names, if it may sign such a message; nothing is computed yet."""
        said, keyid = (headers.get(name, b"").decode("ascii", "replace") for name in ("ce_type", "ce_keyid"))
        if not headers.get("ce_signature") or not keyid or not said:
            return "unsigned"
        key = self.keys.get(keyid)
        if key is None or not key.can_verify:
            return "unknown_key"
        if key.row.ended(now):
            return "ended_key"
        return key if said.startswith(ce_type) and said.startswith(SIGNS[key.row.role]) else "wrong_type"


def speaks_for(key: Key, agency: str, *, external: bool) -> bool:
    """Tell whether a key may sign about an agency, which an external adapter serves or one of ours."""
    if key.row.role == "adapters":
        return not external
    if key.row.role == "agency":
        return external and agency in key.row.agencies
    return not key.row.agencies or agency in key.row.agencies


def parse_keyring(raw: object, secrets: Mapping[str, str]) -> Keyring:
    """Read the keyring file with the secrets this process was given, each in Base64 by its keyid.

    Raises: KeyringInvalid naming every row that is wrong, and no secret
    """
    try:
        told = KeyringFile.model_validate(raw)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors(include_input=False, include_url=False)]
        raise KeyringInvalid("; ".join(problems)) from None
    twice = sorted({one.keyid for one in told.keys if sum(one.keyid == other.keyid for other in told.keys) > 1})
    if twice:
        raise KeyringInvalid(f"listed twice: {', '.join(twice)}")
    return Keyring({row.keyid: _key(row, secrets.get(row.keyid)) for row in told.keys}, told.unsigned_until)


def _key(row: KeyRow, secret: str | None) -> Key:
    given = None if secret is None else _bytes_of(secret, row.keyid, "secret")
    if row.algorithm == "hmac-sha256":
        return Key(row, secret=given)
    public = Ed25519PublicKey.from_public_bytes(_bytes_of(row.public or "", row.keyid, "public", exactly=True))
    if given is None:
        return Key(row, public=public)
    if len(given) != KEY_BYTES or Ed25519PrivateKey.from_private_bytes(given).public_key() != public:
        raise KeyringInvalid(f"{row.keyid}: its secret does not belong to its public part")
    return Key(row, private=Ed25519PrivateKey.from_private_bytes(given), public=public)


def _bytes_of(text: str, keyid: str, what: str, *, exactly: bool = False) -> bytes:
    try:
        read = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        read = b""
    if len(read) < KEY_BYTES or (exactly and len(read) != KEY_BYTES):
        raise KeyringInvalid(f"{keyid}: {what}: {KEY_BYTES} bytes in Base64")
    return read


def _newness(key: Key) -> tuple[float, str]:
    begins = key.row.signs_from
    return begins.timestamp() if begins else float("-inf"), key.row.keyid



@dataclass(frozen=True)
class Keys:
    """What a role signs and verifies with: the keyring as it is now, the time, and which agencies external adapters serve."""

    current: Callable[[], Keyring]
    clock: Clock
    external: Collection[str] = frozenset()

    def sign(self, headers: Mapping[str, bytes], body: bytes, external_agency: str | None) -> tuple[bytes, bytes]:
        """Return the key id and the signature of a message.

        Raises: NoKey if no key signs such a message now
        """
        message, ce_type = signed_bytes(headers, body), headers.get("ce_type", b"").decode("ascii", "replace")
        key = self.current().signer(ce_type, external_agency, self.clock.now())
        if key is None or message is None:
            raise NoKey(f"no key signs {ce_type} now")
        return key.row.keyid.encode(), key.sign(message)

    def verified(self, headers: Mapping[str, bytes], body: bytes, ce_type: str) -> Key | None:
        """Return the key that signed a message, None if it is believed without; nothing of the body is read.

        Raises: NotAuthentic with the doubt
        """
        found = self.current().verify(headers, body, ce_type, self.clock.now())
        if isinstance(found, str):
            raise NotAuthentic(found)
        return found

    def bound(self, key: Key | None, headers: Mapping[str, bytes], task_id: str, agency: str) -> None:
        """Check that a verified message is about its own task, and that its key speaks for the agency of its body.

        Raises: NotAuthentic with the doubt
        """
        if key is None:
            return
        if headers["ce_subject"] != task_id.encode():
            raise NotAuthentic("wrong_subject")
        if not speaks_for(key, agency, external=agency in self.external):
            raise NotAuthentic("wrong_sender")
