"""The order in which courts are told: give positions, read by position, and note how far Kafka has it. docs/adr/0024."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.places import Hole, Placing, dated, place
from gateway.domain.progress import StreamEvent
from gateway.store.database import EVENTS_CHANNEL, notify
from gateway.store.unnest import rows


@dataclass(frozen=True, slots=True)
class CourtEvent:
    """An event of a court; without a request where it is in no stream of one. `tasks`: how many the request has."""

    position: int
    court_code: str
    kind: str
    data: Mapping[str, Any]
    at: datetime
    request_id: str | None
    seq: int | None
    case_no: str | None
    tasks: int | None


_LOCK = text("""
    SELECT position, event_no, holes, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS running_from
    FROM event_cursors WHERE name = 'placing' FOR UPDATE""")
_HOLES = rows("h", first="bigint", last="bigint")
_SEEN = text(f"""
    SELECT event_no, court_code FROM (
        (SELECT event_no, request_id, NULL AS court_code FROM request_events WHERE event_no > :event_no ORDER BY event_no LIMIT :most)
        UNION ALL (SELECT event_no, NULL, court_code FROM announcements WHERE event_no > :event_no ORDER BY event_no LIMIT :most)
        UNION ALL (SELECT e.event_no, request_id, NULL FROM {_HOLES} JOIN request_events e ON e.event_no BETWEEN h.first AND h.last)
        UNION ALL (SELECT a.event_no, NULL, court_code FROM {_HOLES} JOIN announcements a ON a.event_no BETWEEN h.first AND h.last)
        ORDER BY event_no LIMIT :most) AS seen (event_no, request_id, told)
    CROSS JOIN LATERAL (SELECT COALESCE(told, (SELECT r.court_code FROM requests r WHERE r.request_id = seen.request_id))) AS of (court_code)
    ORDER BY event_no""")  # noqa: S608 - constants
_NEXT = text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
_PLACE = text(f"""
    INSERT INTO court_events (position, court_code, event_no)
    SELECT position, court_code, event_no FROM {rows("p", position="bigint", court_code="text", event_no="bigint")}""")  # noqa: S608 - constants
_PLACED = text("UPDATE event_cursors SET position = :position, event_no = :event_no, holes = CAST(:holes AS jsonb) WHERE name = 'placing'")


def _page(where: str) -> str:
    return f"""
        WITH page AS MATERIALIZED (SELECT position, court_code, event_no FROM court_events WHERE {where} position > :after ORDER BY position LIMIT :most)
        SELECT p.position, p.court_code, COALESCE(e.kind, a.kind) AS kind, COALESCE(e.data, a.data) AS data, COALESCE(e.at, a.at) AS at,
               e.request_id, e.seq, r.case_no, r.tasks
        FROM page p LEFT JOIN request_events e ON e.event_no = p.event_no LEFT JOIN announcements a ON a.event_no = p.event_no
        LEFT JOIN requests r ON r.request_id = e.request_id ORDER BY p.position"""  # noqa: S608 - constants


_OF_COURT, _OF_ALL = text(_page("court_code = :court_code AND")), text(_page(""))
_BEFORE = text(f"""
    SELECT e.request_id, e.seq, e.kind, e.data FROM {rows("b", request_id="text", seq="int")}
    JOIN request_events e ON e.request_id = b.request_id AND e.seq < b.seq AND e.kind = 'task' ORDER BY e.request_id, e.seq""")  # noqa: S608
_LAST = text("""
    SELECT c.court_code, last.position FROM unnest(CAST(:court_codes AS text[])) AS c (court_code)
    CROSS JOIN LATERAL (SELECT position FROM court_events e WHERE e.court_code = c.court_code ORDER BY position DESC LIMIT 1) AS last""")
_NEWEST = text("SELECT position FROM event_cursors WHERE name = 'placing'")
_BEHIND = text("SELECT max(position) - min(position) FROM event_cursors WHERE name IN ('placing', 'kafka')")
_LEASE = text("""
    UPDATE event_cursors SET owner = :owner, leased_until = clock_timestamp() + make_interval(secs => :lease_s)
    WHERE name = 'kafka' AND (owner = :owner OR leased_until IS NULL OR leased_until < clock_timestamp()) RETURNING position""")
_HAS = text("UPDATE event_cursors SET position = :position WHERE name = 'kafka' AND owner = :owner AND position = :before")
_GIVE_UP = text("UPDATE event_cursors SET leased_until = NULL WHERE name = 'kafka' AND owner = :owner")


async def place_events(connection: AsyncConnection, most: int) -> int:
    """Give positions to events that were committed and have none, and wake the streams; return how many. One at a time does this."""
    row = (await connection.execute(_LOCK)).one()
    before = Placing(row.position, row.event_no, tuple(Hole(*one) for one in row.holes))
    looking = {"event_no": before.event_no, "most": most, "h_first": [one.first for one in before.holes], "h_last": [one.last for one in before.holes]}
    courts = {one.event_no: one.court_code for one in await connection.execute(_SEEN, looking)}
    after, placed = place(before, list(courts), more=len(courts) == most, running_from=row.running_from)
    if after == before:
        return 0
    if any(one.until is None for one in after.holes):
        after = dated(after, (await connection.execute(_NEXT)).scalar_one())
    if placed:
        await connection.execute(_PLACE, {
            "p_position": [position for position, _ in placed], "p_court_code": [courts[number] for _, number in placed],
            "p_event_no": [number for _, number in placed]})
        await notify(connection, EVENTS_CHANNEL)
    holes = orjson.dumps([[one.first, one.last, one.until] for one in after.holes]).decode()
    await connection.execute(_PLACED, {"position": after.position, "event_no": after.event_no, "holes": holes})
    return len(placed)


async def events_of_court(connection: AsyncConnection, court_code: str, after: int, most: int) -> list[CourtEvent]:
    """Return the next events of a court, in order."""
    found = await connection.execute(_OF_COURT, {"court_code": court_code, "after": after, "most": most})
    return [CourtEvent(**row) for row in found.mappings()]


async def events_of_all(connection: AsyncConnection, after: int, most: int) -> list[CourtEvent]:
    """Return the next events of all courts, in order."""
    return [CourtEvent(**row) for row in (await connection.execute(_OF_ALL, {"after": after, "most": most})).mappings()]


async def answers_before(connection: AsyncConnection, firsts: Mapping[str, int]) -> dict[str, list[StreamEvent]]:
    """Return the `task` events of requests before one of theirs (its seq), for running counts."""
    found: dict[str, list[StreamEvent]] = {}
    for row in await connection.execute(_BEFORE, {"b_request_id": list(firsts), "b_seq": list(firsts.values())}):
        found.setdefault(row.request_id, []).append(StreamEvent(row.seq, row.kind, row.data))
    return found


async def last_positions(connection: AsyncConnection, court_codes: Collection[str]) -> dict[str, int]:
    """Return the position of each court's last event."""
    return {row.court_code: row.position for row in await connection.execute(_LAST, {"court_codes": list(court_codes)})}


async def newest_position(connection: AsyncConnection) -> int:
    """Return the last position that was given, whichever court's."""
    newest: int = (await connection.execute(_NEWEST)).scalar_one()
    return newest


async def events_behind(connection: AsyncConnection) -> int:
    """Return how many events have a position and Kafka does not have them."""
    behind: int = (await connection.execute(_BEHIND)).scalar_one()
    return behind


async def lease_topic(connection: AsyncConnection, owner: str, lease_s: float) -> int | None:
    """Become, or stay, the one who publishes, for so long; return the position that Kafka has, None while somebody else publishes."""
    position: int | None = (await connection.execute(_LEASE, {"owner": owner, "lease_s": lease_s})).scalar_one_or_none()
    return position


async def note_published(connection: AsyncConnection, owner: str, before: int, position: int) -> None:
    """Note that Kafka has everything up to a position; of a lease that was lost meanwhile, nothing."""
    await connection.execute(_HAS, {"owner": owner, "before": before, "position": position})


async def give_up_topic(connection: AsyncConnection, owner: str) -> None:
    """Let somebody else publish at once."""
    await connection.execute(_GIVE_UP, {"owner": owner})
