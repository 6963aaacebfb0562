"""Differences with agencies as rows: opened once, seen again, settled by a person, by what became of them, or as it agrees again."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

import orjson
import structlog
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.telemetry import ALARMS
from contracts.words import NewId
from gateway.domain.progress import Moved, StreamEvent
from gateway.domain.reconciliation import Difference, FoundBy, Kind, is_known_again
from gateway.store.progress import lock_progress, save_progress
from gateway.store.unnest import arrays, rows

_log = structlog.get_logger()
#: How a row comes to its end: by a person, by what was done about the measure, by itself.
Reason = Literal["explained", "mended", "took_theirs", "adopted", "released", "agrees_again"]


@dataclass(frozen=True, slots=True)
class Place:
    """Whose difference it is, and on which asset; `request_id`: whose stream tells of it."""

    court_code: str
    agency: str
    request_id: str
    subject: int
    asset_id: str
    asset_type: str
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredDifference:
    """A row."""

    difference_id: str
    kind: Kind
    thing: str
    found_by: FoundBy
    agency: str
    court_code: str
    control_id: str | None
    request_id: str
    subject: int
    asset_id: str
    asset_type: str
    record: Mapping[str, Any]
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    found_at: datetime
    last_seen_at: datetime
    adopted_as: str | None
    settled_at: datetime | None
    settled_by: str | None
    settlement: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class _New:
    difference_id: str
    kind: str
    thing: str
    found_by: str
    agency: str
    court_code: str
    control_id: str | None
    request_id: str
    subject: int
    asset_id: str
    asset_type: str
    record: str
    ours: str
    theirs: str


_COLUMNS = ", ".join(StoredDifference.__dataclass_fields__)
_NEW = {"difference_id": "text", "kind": "text", "thing": "text", "found_by": "text", "agency": "text", "court_code": "text", "control_id": "text",
        "request_id": "text", "subject": "int", "asset_id": "text", "asset_type": "text", "record": "text", "ours": "text", "theirs": "text"}
_JSON = ("record", "ours", "theirs")
#: Of each thing the row that is open, else the newest.
_STANDING = text(f"""
    SELECT DISTINCT ON (kind, thing) difference_id, kind, thing, theirs, settled_at, settlement ->> 'reason' AS reason
    FROM differences JOIN {rows("g", kind="text", thing="text")} USING (kind, thing)
    ORDER BY kind, thing, (settled_at IS NULL) DESC, found_at DESC, difference_id DESC""")  # noqa: S608 - constants
_OPEN = text(f"""
    INSERT INTO differences ({", ".join(_NEW)}, found_at, last_seen_at)
    SELECT {", ".join(f"n.{name}::jsonb" if name in _JSON else f"n.{name}" for name in _NEW)}, :now, :now FROM {rows("n", **_NEW)}
    ON CONFLICT (kind, thing) WHERE settled_at IS NULL DO NOTHING
    RETURNING difference_id""")  # noqa: S608 - constants
_SEEN = text(f"""
    UPDATE differences d SET last_seen_at = :now, theirs = CASE WHEN d.settled_at IS NULL THEN d.theirs || s.theirs::jsonb ELSE d.theirs END
    FROM {rows("s", difference_id="text", theirs="text")} WHERE d.difference_id = s.difference_id""")  # noqa: S608 - constants
_AGREES = """
    UPDATE differences d SET settled_at = :now, settlement = '{{"reason": "agrees_again"}}'
    WHERE {which} AND settled_at IS NULL AND adopted_as IS NULL
      AND NOT EXISTS (SELECT FROM {found} WHERE f.kind = d.kind AND f.thing = d.thing)
    RETURNING {columns}"""
_FOUND = rows("f", kind="text", thing="text")
_AGREES_BY: Mapping[FoundBy, Any] = {
    "status": text(_AGREES.format(which="control_id = ANY(CAST(:about AS text[])) AND found_by = 'status'", found=_FOUND, columns=_COLUMNS)),
    "query": text(_AGREES.format(which="asset_id = ANY(CAST(:about AS text[])) AND agency = ANY(CAST(:agencies AS text[])) AND (found_by = 'query' OR kind = 'not_ours')",
                                 found=_FOUND, columns=_COLUMNS))}
_SETTLE = text(f"""
    UPDATE differences SET settled_at = :now, settled_by = :by, settlement = CAST(:settlement AS jsonb)
    WHERE difference_id = :difference_id AND settled_at IS NULL RETURNING {_COLUMNS}""")  # noqa: S608 - constants
_ADOPT = text("UPDATE differences SET adopted_as = :control_id WHERE difference_id = :difference_id")
_ENDED = text(f"""
    UPDATE differences SET settled_at = :now, settlement = '{{"reason": "released"}}'
    WHERE adopted_as = ANY(CAST(:control_ids AS text[])) AND settled_at IS NULL RETURNING {_COLUMNS}""")  # noqa: S608 - constants
_LOCK = text(f"SELECT {_COLUMNS} FROM differences WHERE difference_id = :difference_id FOR UPDATE")  # noqa: S608 - constants
_REQUEST = text("SELECT request_id FROM differences WHERE difference_id = :difference_id AND court_code = :court_code")
_PAGE = text(f"""
    SELECT {_COLUMNS} FROM differences
    WHERE court_code = :court_code
      AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (CAST(:agency AS text) IS NULL OR agency = :agency)
      AND (CAST(:open AS boolean) IS NULL OR (settled_at IS NULL) = :open)
      AND (CAST(:before AS text) IS NULL OR difference_id < :before)
    ORDER BY difference_id DESC LIMIT :most""")  # noqa: S608 - constants
_COUNT = text("SELECT agency, kind, count(*) AS rows FROM differences WHERE settled_at IS NULL GROUP BY agency, kind")


async def compared(
    connection: AsyncConnection, found: Sequence[tuple[Place, Difference]], *, by: FoundBy, about: Collection[str], agencies: Collection[str] = (),
    now: datetime, new_id: NewId,
) -> None:
    """Take what a comparison found of the controls (`status`) or assets (`query`) it was `about`; what it did not find again agrees again.

    Shape: a new difference is an alarm, an event of its court, and a row; one that a person explained, and that is as it was, stays explained
    """
    named = {"kind": [one.kind for _, one in found], "thing": [one.thing for _, one in found]}
    standing: dict[tuple[str, str], RowMapping] = {}
    if found:
        given = {f"g_{name}": values for name, values in named.items()}
        standing = {(row["kind"], row["thing"]): row for row in (await connection.execute(_STANDING, given)).mappings()}
    seen, new = _sorted_out(found, standing)
    if seen:
        await connection.execute(_SEEN, {"s_difference_id": list(seen), "s_theirs": list(seen.values()), "now": now})
    opened = [_new(place, one, by, new_id()) for place, one in new]
    if opened:
        kept = set((await connection.execute(_OPEN, {**arrays("n", opened, *_NEW), "now": now})).scalars())
        await _raise(connection, [one for one in opened if one.difference_id in kept], now)
    parameters = {f"f_{name}": values for name, values in named.items()} | {"about": sorted(about), "now": now}
    agreed = (await connection.execute(_AGREES_BY[by], parameters | ({"agencies": sorted(agencies)} if by == "query" else {}))).mappings()
    await tell_court(connection, [_told(StoredDifference(**row)) for row in agreed], now)


def _sorted_out(
    found: Sequence[tuple[Place, Difference]], standing: Mapping[tuple[str, str], RowMapping],
) -> tuple[dict[str, str], list[tuple[Place, Difference]]]:
    """Split what was found into what is on record, by its row, and what is new."""
    seen: dict[str, str] = {}
    new: dict[tuple[str, str], tuple[Place, Difference]] = {}
    for place, one in found:
        row = standing.get((one.kind, one.thing))
        if row is not None and (row["settled_at"] is None or (row["reason"] == "explained" and is_known_again(one.kind, row["theirs"], one.theirs))):
            seen[row["difference_id"]] = _json(one.theirs)
        else:
            new[one.kind, one.thing] = place, one
    return seen, list(new.values())


def _new(place: Place, one: Difference, by: FoundBy, difference_id: str) -> _New:
    return _New(difference_id=difference_id, kind=one.kind, thing=one.thing, found_by=by, control_id=one.control_id,
                **{**asdict(place), "record": _json(place.record)}, ours=_json(one.ours), theirs=_json(one.theirs))


async def _raise(connection: AsyncConnection, opened: Sequence[_New], now: datetime) -> None:
    """Raise the alarm for new differences, and tell their courts; neither names a person."""
    for one in opened:
        ALARMS.labels("reconciliation").inc()
        _log.error("differs_from_agency", difference_id=one.difference_id, kind=one.kind, agency=one.agency, control_id=one.control_id)
    await tell_court(connection, [(one.request_id, {"difference_id": one.difference_id, "difference": one.kind, "agency": one.agency,
                                                    "control_id": one.control_id, "found_at": now, "settled_at": None}) for one in opened], now)


def _told(row: StoredDifference) -> tuple[str, dict[str, object]]:
    return row.request_id, {"difference_id": row.difference_id, "difference": row.kind, "agency": row.agency, "control_id": row.control_id,
                            "found_at": row.found_at, "settled_at": row.settled_at}


async def tell_court(connection: AsyncConnection, told: Sequence[tuple[str, Mapping[str, object]]], now: datetime) -> None:
    """Tell of differences, opened and settled, as events `difference` in the streams of their requests; the report does not change by it."""
    by_request: defaultdict[str, list[Mapping[str, object]]] = defaultdict(list)
    for request_id, data in told:
        by_request[request_id].append(data)
    if not by_request:
        return
    moved = []
    for one in await lock_progress(connection, sorted(by_request)):
        events = tuple(StreamEvent(one.event_seq + number, "difference", data) for number, data in enumerate(by_request[one.request_id], start=1))
        moved.append(Moved(replace(one, event_seq=one.event_seq + len(events)), events, (), {}))
    await save_progress(connection, moved, now)


async def settle_difference(
    connection: AsyncConnection, difference_id: str, *, reason: Reason, by: str | None, note: str | None, now: datetime,
) -> StoredDifference | None:
    """End a row that is open, with who ended it and why; None if it is settled."""
    settlement = _json({"reason": reason, **({"note": note} if note else {})})
    row = (await connection.execute(_SETTLE, {"difference_id": difference_id, "by": by, "settlement": settlement, "now": now})).mappings().one_or_none()
    if row is None:
        return None
    settled = StoredDifference(**row)
    await tell_court(connection, [_told(settled)], now)
    return settled


async def note_adopted(connection: AsyncConnection, difference_id: str, control_id: str) -> None:
    """Note which control was made to stand for a measure: what becomes of that settles the difference."""
    await connection.execute(_ADOPT, {"difference_id": difference_id, "control_id": control_id})


async def end_adopted(connection: AsyncConnection, control_ids: Sequence[str], now: datetime) -> None:
    """Settle the differences of measures whose adopted controls have ended."""
    if control_ids:
        ended = (await connection.execute(_ENDED, {"control_ids": list(control_ids), "now": now})).mappings()
        await tell_court(connection, [_told(StoredDifference(**row)) for row in ended], now)


async def request_of(connection: AsyncConnection, difference_id: str, court_code: str) -> str | None:
    """Return under which request a difference of a court was found, None if it has no such difference."""
    found = await connection.execute(_REQUEST, {"difference_id": difference_id, "court_code": court_code})
    request_id: str | None = found.scalar_one_or_none()
    return request_id


async def lock_difference(connection: AsyncConnection, difference_id: str) -> StoredDifference | None:
    """Lock a row."""
    row = (await connection.execute(_LOCK, {"difference_id": difference_id})).mappings().one_or_none()
    return StoredDifference(**row) if row else None


@dataclass(frozen=True, slots=True)
class DifferencePage:
    """Which rows a list shows: those before `before` (an id), newest first; null filters nothing."""

    court_code: str
    most: int
    before: str | None = None
    kind: str | None = None
    agency: str | None = None
    open: bool | None = None


async def load_page(connection: AsyncConnection, page: DifferencePage) -> list[StoredDifference]:
    """Return a page of a court's differences."""
    return [StoredDifference(**row) for row in (await connection.execute(_PAGE, asdict(page))).mappings()]


async def count_open(connection: AsyncConnection) -> dict[tuple[str, str], int]:
    """Return how many rows are open, by agency and kind."""
    return {(row.agency, row.kind): row.rows for row in await connection.execute(_COUNT)}


def _json(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()
