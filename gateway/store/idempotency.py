"""Answers kept by idempotency key: scope court + path, kept as long as the object. interface.md §1."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key with the hash of the canonical body it came with."""

    court_code: str
    path: str
    key: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The answer that was given for a key."""

    body_sha256: str
    status: int
    location: str | None
    answer: Mapping[str, Any]


_LOAD = text("""
    SELECT body_sha256, status, location, answer FROM idempotency_keys
    WHERE court_code = :court_code AND path = :path AND key = :key""")
_KEEP = text("""
    INSERT INTO idempotency_keys (court_code, path, key, body_sha256, status, location, answer, created_at)
    VALUES (:court_code, :path, :key, :body_sha256, :status, :location, CAST(:answer AS jsonb), :created_at)
    ON CONFLICT DO NOTHING RETURNING key""")


async def load_answer(connection: AsyncConnection, key: IdempotencyKey) -> KeptAnswer | None:
    """Return the answer kept for this key, whatever body it came with."""
    parameters = {"court_code": key.court_code, "path": key.path, "key": key.key}
    row = (await connection.execute(_LOAD, parameters)).mappings().one_or_none()
    return KeptAnswer(**row) if row else None


async def keep_answer(
    connection: AsyncConnection, key: IdempotencyKey, *, status: int, location: str | None, answer: str, now: datetime
) -> bool:
    """Keep an answer (JSON); False if the key is taken. A commit under way with the same key is waited for."""
    parameters = {"court_code": key.court_code, "path": key.path, "key": key.key, "body_sha256": key.body_sha256,
                  "status": status, "location": location, "answer": answer, "created_at": now}
    return (await connection.execute(_KEEP, parameters)).scalar_one_or_none() is not None
