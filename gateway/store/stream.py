"""Read a request's event stream. `seq` is given under the request's row lock: no gaps, no late comers."""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.progress import StreamEvent

_LAST = text("SELECT request_id, event_seq FROM requests WHERE request_id = ANY(CAST(:request_ids AS text[]))")
_AFTER = text("SELECT seq, kind, data FROM request_events WHERE request_id = :request_id AND seq > :seq ORDER BY seq")


async def last_events(connection: AsyncConnection, request_ids: Collection[str]) -> dict[str, int]:
    """Return the number of the last event of each request."""
    found = await connection.execute(_LAST, {"request_ids": list(request_ids)})
    return {row.request_id: row.event_seq for row in found}


async def events_after(connection: AsyncConnection, request_id: str, seq: int) -> list[StreamEvent]:
    """Return the events of a request after one of them, in order."""
    found = await connection.execute(_AFTER, {"request_id": request_id, "seq": seq})
    return [StreamEvent(row.seq, row.kind, row.data) for row in found]
