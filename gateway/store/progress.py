"""A request's progress, its event stream and its report versions; always under the request's row lock."""

from collections.abc import Sequence
from datetime import datetime

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.control import FINAL_STATES
from gateway.domain.courts import CaseKey
from gateway.domain.progress import Moved, Progress, StreamEvent
from gateway.store.database import EVENTS_CHANNEL, notify
from gateway.store.unnest import arrays, rows

_LOCK = text("""
    SELECT request_id, awaiting, ended_at, report_version, event_seq FROM requests
    WHERE request_id = ANY(CAST(:request_ids AS text[])) ORDER BY request_id FOR UPDATE""")
_SAVE = text(f"""
    UPDATE requests r SET awaiting = p.awaiting, ended_at = p.ended_at, report_version = p.report_version, event_seq = p.event_seq
    FROM {rows("p", request_id="text", awaiting="int", ended_at="timestamptz", report_version="int", event_seq="int")}
    WHERE r.request_id = p.request_id""")  # noqa: S608 - constants
_EVENTS = text(f"""
    INSERT INTO request_events (request_id, seq, kind, data, at) SELECT request_id, seq, kind, data::jsonb, CAST(:now AS timestamptz)
    FROM {rows("e", request_id="text", seq="int", kind="text", data="text")}""")  # noqa: S608 - constants
_VERSIONS = text(f"""
    WITH made AS (
        INSERT INTO report_versions (request_id, version, made_at, cause) SELECT request_id, version, CAST(:now AS timestamptz), cause
        FROM {rows("v", request_id="text", version="int", cause="text")} RETURNING request_id, cause)
    SELECT DISTINCT r.court_code, r.case_no FROM made JOIN requests r USING (request_id)
    WHERE made.cause IN ('ended', 'late_answer') AND EXISTS (SELECT FROM controls c WHERE c.court_code = r.court_code AND c.case_no = r.case_no AND c.state <> ALL(CAST(:final AS text[])))""")  # noqa: S608 - constants
_STREAM = text("SELECT seq, kind, data FROM request_events WHERE request_id = :request_id ORDER BY seq")
_ENDED = text("SELECT request_id FROM requests WHERE request_id = ANY(CAST(:request_ids AS text[])) AND ended_at IS NOT NULL")


async def lock_progress(connection: AsyncConnection, request_ids: Sequence[str]) -> list[Progress]:
    """Lock the requests, in one order for all callers, and return where they stand."""
    found = (await connection.execute(_LOCK, {"request_ids": sorted(set(request_ids))})).mappings()
    return [Progress(**row) for row in found]


async def save_progress(connection: AsyncConnection, moved: Sequence[Moved], now: datetime) -> set[CaseKey]:
    """Write where the requests stand now, with their new events and report versions, and wake the streams.

    Shape: the cases with live controls of which a request ended or got a late answer, found with the same statement: what they secure
           may have changed
    """
    await connection.execute(_SAVE, arrays("p", [one.progress for one in moved], "request_id", "awaiting", "ended_at",
                                           "report_version", "event_seq"))
    events = [(one.progress.request_id, event) for one in moved for event in one.events]
    await connection.execute(_EVENTS, {
        "e_request_id": [request_id for request_id, _ in events], "e_seq": [event.seq for _, event in events],
        "e_kind": [event.kind for _, event in events], "e_data": [orjson.dumps(event.data, option=orjson.OPT_UTC_Z).decode() for _, event in events],
        "now": now})
    versions = [(one.progress.request_id, *version) for one in moved for version in one.versions]
    cases: set[CaseKey] = set()
    if versions:
        request_ids, numbers, causes = (list(column) for column in zip(*versions, strict=True))
        made = {"v_request_id": request_ids, "v_version": numbers, "v_cause": causes, "now": now, "final": sorted(FINAL_STATES)}
        cases = {CaseKey(*row) for row in await connection.execute(_VERSIONS, made)}
    await notify(connection, EVENTS_CHANNEL)
    return cases


async def load_stream(connection: AsyncConnection, request_id: str) -> list[StreamEvent]:
    """Return all events of a request so far, in order."""
    return [StreamEvent(**row) for row in (await connection.execute(_STREAM, {"request_id": request_id})).mappings()]


async def ended_among(connection: AsyncConnection, request_ids: Sequence[str]) -> list[str]:
    """Return which of these requests have ended."""
    return list((await connection.execute(_ENDED, {"request_ids": list(request_ids)})).scalars())
