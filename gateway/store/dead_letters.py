"""Messages that were set aside: keep them once, list and count them, have them sent again."""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.dead_letters import DeadLetter, Standing, State
from gateway.store.unnest import arrays, rows

_LETTER = {"letter_id": "text", "topic": "text", "partition": "int", "offset": "bigint", "reason": "text", "detail": "text", "action": "text",
           "agency": "text", "task_id": "text", "controls": "boolean", "whole": "boolean", "redrives": "int", "key": "bytea", "value": "bytea",
           "sha256": "text", "state": "text"}
_QUOTED = ", ".join(f'"{name}"' for name in _LETTER)
_KEEP = text(f"""
    INSERT INTO dead_letters ({_QUOTED}, headers, at)
    SELECT {_QUOTED}, headers::jsonb, CAST(:now AS timestamptz)
    FROM unnest({", ".join(f"CAST(:l_{name} AS {kind}[])" for name, kind in {**_LETTER, "headers": "text"}.items())}) AS l({_QUOTED}, headers)
    ON CONFLICT (letter_id) DO NOTHING""")  # noqa: S608 - constants
_SHOWN = """letter_id AS id, seq, at, topic, "partition", "offset", reason, detail, action, agency, task_id, controls, whole, redrives,
    octet_length(value) AS size_bytes, sha256, state, asked_by, changed_by, changed_at"""
_MATCHING = """(CAST(:reason AS text) IS NULL OR reason = :reason) AND (CAST(:topic AS text) IS NULL OR topic = :topic)
    AND (CAST(:agency AS text) IS NULL OR agency = :agency)"""
_PAGE = text(f"""
    SELECT {_SHOWN} FROM dead_letters
    WHERE {_MATCHING} AND (CAST(:state AS text) IS NULL OR state = :state) AND (CAST(:before AS bigint) IS NULL OR seq < :before)
    ORDER BY seq DESC LIMIT :most""")  # noqa: S608 - constants
_REASONS = text("""
    SELECT reason, topic, count(*) AS letters, count(*) FILTER (WHERE state = 'open') AS open, count(*) FILTER (WHERE state = 'due') AS due,
           count(*) FILTER (WHERE state = 'redriven') AS redriven, count(*) FILTER (WHERE state = 'quarantined') AS quarantined,
           min(at) AS oldest_at, max(at) AS newest_at
    FROM dead_letters GROUP BY reason, topic ORDER BY count(*) DESC, reason, topic""")
_STANDING = "SELECT letter_id, state, topic, controls, whole, asked_by FROM dead_letters"
_NAMED = text(f"{_STANDING} WHERE letter_id = ANY(CAST(:ids AS text[])) ORDER BY seq FOR UPDATE")
_FOUND = text(f"{_STANDING} WHERE {_MATCHING} AND state = 'open' ORDER BY seq LIMIT :most FOR UPDATE")
_CHANGE = text("""
    UPDATE dead_letters SET state = :state, changed_by = :officer, changed_at = :now WHERE letter_id = ANY(CAST(:ids AS text[]))""")
_ASKED = text("UPDATE dead_letters SET asked_by = :officer WHERE letter_id = ANY(CAST(:ids AS text[]))")
_TAKE = text("""
    SELECT letter_id, topic, key, value, headers, redrives FROM dead_letters WHERE state = 'due' ORDER BY seq LIMIT :most FOR UPDATE SKIP LOCKED""")
_SENT = text(f"""
    UPDATE dead_letters d SET state = 'redriven' FROM {rows("s", letter_id="text")} WHERE d.letter_id = s.letter_id""")  # noqa: S608 - constants
_FORGET = text("DELETE FROM dead_letters WHERE seq IN (SELECT seq FROM dead_letters WHERE at < :before ORDER BY at LIMIT :most)")


@dataclass(frozen=True, slots=True)
class Which:
    """Which letters: null means any."""

    reason: str | None = None
    topic: str | None = None
    agency: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A letter to be sent again as it came."""

    letter_id: str
    topic: str
    key: bytes | None
    value: bytes
    headers: Mapping[str, bytes]
    redrives: int


async def keep(connection: AsyncConnection, letters: Sequence[DeadLetter], now: datetime) -> None:
    """Keep letters, each once however often it comes."""
    headers = [orjson.dumps({name: b64encode(content).decode() for name, content in one.headers.items()}).decode() for one in letters]
    await connection.execute(_KEEP, {**arrays("l", letters, *_LETTER), "l_headers": headers, "now": now})


async def load_letters(connection: AsyncConnection, which: Which, *, state: State | None, before: int | None, most: int) -> list[dict[str, Any]]:
    """Return what is told of letters, newest first: never their bodies."""
    found = await connection.execute(_PAGE, {**asdict(which), "state": state, "before": before, "most": most})
    return [dict(row) for row in found.mappings()]


async def count_reasons(connection: AsyncConnection) -> list[dict[str, Any]]:
    """Return how many letters there are by reason and topic, the most first."""
    return [dict(row) for row in (await connection.execute(_REASONS)).mappings()]


async def lock_named(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Standing]:
    """Lock letters by id; one that is missing is not there."""
    return _standing(await connection.execute(_NAMED, {"ids": list(ids)}))


async def lock_found(connection: AsyncConnection, which: Which, most: int) -> dict[str, Standing]:
    """Lock the oldest open letters that fit."""
    return _standing(await connection.execute(_FOUND, {**asdict(which), "most": most}))


async def change(connection: AsyncConnection, ids: Sequence[str], state: State, officer: str, now: datetime) -> None:
    """Put letters into another state."""
    await connection.execute(_CHANGE, {"ids": list(ids), "state": state, "officer": officer, "now": now})


async def note_first_person(connection: AsyncConnection, ids: Sequence[str], officer: str) -> None:
    """Note who wanted letters sent again that two persons must want."""
    await connection.execute(_ASKED, {"ids": list(ids), "officer": officer})


async def take_due(connection: AsyncConnection, most: int) -> list[Due]:
    """Lock the oldest letters that are to be sent again and that nobody else is sending."""
    found = (await connection.execute(_TAKE, {"most": most})).mappings()
    return [Due(**{**row, "headers": {name: b64decode(content) for name, content in row["headers"].items()}}) for row in found]


async def mark_redriven(connection: AsyncConnection, sent: Sequence[Due]) -> None:
    """Note what the broker has again."""
    await connection.execute(_SENT, arrays("s", sent, "letter_id"))


async def forget(connection: AsyncConnection, before: datetime, most: int) -> int:
    """Delete letters that the topic does not keep either; return how many."""
    return (await connection.execute(_FORGET, {"before": before, "most": most})).rowcount


def _standing(found: Any) -> dict[str, Standing]:
    return {row.letter_id: Standing(row.state, row.topic, row.controls, row.whole, row.asked_by) for row in found}
