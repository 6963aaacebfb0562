"""Development tokens: signed with a key made at first start in the data folder. Production has an issuer of its own."""

from datetime import datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

_PRIVATE, _PUBLIC = "token-private.pem", "token-public.pem"
_VALID = timedelta(hours=12)
#: Names of the officers the demo and the examples use.
_NAMES = {"粤5302-0031": "李明"}


def public_key(data_dir: Path) -> str:
    """Return the PEM of the key callers' tokens are checked with, making the pair at first use."""
    if not (data_dir / _PUBLIC).exists():
        _make_pair(data_dir)
    return (data_dir / _PUBLIC).read_text()


def _make_pair(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    private = data_dir / _PRIVATE
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (data_dir / _PUBLIC).write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def token(data_dir: Path, *, court_code: str, officer: str, roles: list[str], now: datetime) -> str:
    """Return a bearer token of twelve hours. Claims: interface.md §1."""
    public_key(data_dir)
    claims = {"sub": officer, "name": _NAMES.get(officer, officer), "court_code": court_code, "roles": roles,
              "iat": int(now.timestamp()), "exp": int((now + _VALID).timestamp())}
    return jwt.encode(claims, (data_dir / _PRIVATE).read_bytes(), algorithm="EdDSA")
