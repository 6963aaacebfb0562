"""Keyed hashes: how personal data becomes a topic key, an asset id or a search key that tells nothing without the key."""

from hashlib import blake2b


def keyed_hash(secret: bytes, purpose: str, *parts: str) -> str:
    """Return 26 hex characters for the parts; another purpose gives unrelated ones.

    Shape: `secret` up to 64 bytes, `purpose` up to 16; parts are joined by a byte no text has
    """
    digest = blake2b("\x00".join(parts).encode(), key=secret, person=purpose.encode(), digest_size=13)
    return digest.hexdigest()
