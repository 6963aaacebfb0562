"""GET everything that happens to a court's requests, controls and cases as server-sent events, in the order it is published."""

import re
from collections.abc import AsyncIterator

from fastapi import APIRouter
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import Rejected, ServiceUnavailable
from contracts.kafka.events import event_body
from gateway.api.calls import doing
from gateway.api.deps import Deps, deps_of
from gateway.api.events import SEND_TIMEOUT_S, last_event_id
from gateway.api.lean import LeanRoute
from gateway.api.openapi import header, refusals
from gateway.api.streams import Watch
from gateway.store.court_events import events_of_court, newest_position
from gateway.telling import Telling, ToldEvent

router = APIRouter(route_class=LeanRoute, tags=["requests"])

_POSITION = re.compile(r"[0-9]{1,18}")
#: Most events read at once: what a slow reader has not taken waits in the store.
_MOST = 200
_EVENTS = """What the streams of the court's requests say (`task`, `report`, `control`, `release_proposal`, `ended`), each with `position`,
`court_code`, `kind`, `at`, `request_id` and `case_no`; and what is in none of them: `control` and `release_proposal` of controls that came
from another court. `id:` is the position; positions of one court rise, and others' lie between. The stream does not end."""


@router.get(
    "/v1/events", summary="Everything that happens to the court's requests and controls, as it happens", response_class=Response,
    openapi_extra={"parameters": [header("Last-Event-ID", "the stream goes on after this event; `0`: from the first; without it: from now on")]},
    responses={200: {"description": _EVENTS, "content": {"text/event-stream": {"schema": {"type": "string"}}},
                     "headers": {"Last-Event-ID": {"description": "the position that the stream begins after", "schema": {"type": "string"}}}},
               **refusals("unauthenticated", "not_permitted", "bad_last_event_id", "too_many_streams")},
)
async def get_court_events(request: Request) -> Response:
    """Give the events after the last one seen, page by page, then stay open."""
    async with doing(request, "request.read") as call:
        after = last_event_id(request, _POSITION)
        async with call.deps.database.transaction() as connection:
            newest = await newest_position(connection)
        if after is not None and after > newest:
            raise Rejected(400, "bad_last_event_id", "Last-Event-ID 不正确 / No event has this position yet", detail=f"the newest is {newest}")
        call.basis = f"events of the court after {newest if after is None else after}"
        call.deps.streams.check_room()
    begins_after = newest if after is None else after
    return EventSourceResponse(
        _stream(deps_of(request), call.court_code, begins_after), ping=call.deps.api.heartbeat_s, send_timeout=SEND_TIMEOUT_S,
        headers={"Cache-Control": "no-store", "Last-Event-ID": str(begins_after)})


async def _stream(deps: Deps, court_code: str, after: int) -> AsyncIterator[ServerSentEvent]:
    telling = Telling()
    with deps.streams.watch_court(court_code, after) as watch:
        while not deps.streams.closing:
            told = await _load(deps, watch, telling)
            for one in told:
                yield ServerSentEvent(event_body(one.data).decode(), event=one.kind, id=str(one.position))
            if not told:
                await watch.woken.wait()
                watch.woken.clear()


async def _load(deps: Deps, watch: Watch, telling: Telling) -> list[ToldEvent]:
    """Return what came since the last look; nothing while the database is away, the next look finds it."""
    try:
        async with deps.database.transaction() as connection:
            events = await events_of_court(connection, watch.of, watch.seen, _MOST)
            told = await telling.tell(connection, events)
    except ServiceUnavailable:
        return []
    if events:
        watch.seen = events[-1].position
    return told
