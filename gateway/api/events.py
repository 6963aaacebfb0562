"""GET the events of a request as server-sent events: what is stored, then what comes, until the request has ended or for good."""

import re
from collections.abc import AsyncIterator

import orjson
from fastapi import APIRouter
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import NotFound, Rejected, ServiceUnavailable
from gateway.api.calls import doing
from gateway.api.deps import Deps, deps_of
from gateway.api.lean import LeanRoute
from gateway.api.openapi import header, parameter, refusals
from gateway.api.parameters import one_of, read_parameters
from gateway.api.streams import Watch
from gateway.domain.counts import Counted
from gateway.domain.progress import StreamEvent
from gateway.store.requests import RequestHead, load_head
from gateway.store.stream import events_after

router = APIRouter(route_class=LeanRoute, tags=["requests"])

_SEQ = re.compile(r"[0-9]{1,9}")
#: How long a client that takes nothing is waited for.
SEND_TIMEOUT_S = 30
_EVENTS = """`task` `{"task_id", "agency", "asset_type", "outcome", "counts"}` · `report` `{"version"}` ·
`control` `{"control_id", "state", "pending"}` · `release_proposal` (an item of `/v1/release-proposals`) · `difference` `{"difference_id", "difference", "agency", "control_id", "found_at", "settled_at"}` · `ended` `{"all_answered"}`. Every event has an `id:`; the stream closes after `ended`, or with `follow=true` never."""
_FILTERS = {"follow": one_of("true", "false")}


@router.get(
    "/v1/requests/{request_id}/events", summary="What happens to a request, as it happens", response_class=Response,
    openapi_extra={"parameters": [header("Last-Event-ID", "the stream goes on after this event"),
                                  parameter("follow", "stay open after `ended`", type="string", enum=["true", "false"], default="false")]},
    responses={200: {"description": _EVENTS, "content": {"text/event-stream": {"schema": {"type": "string"}}}},
               **refusals("unauthenticated", "not_permitted", "not_found", "bad_last_event_id", "invalid_parameter", "too_many_streams")},
)
async def get_events(request: Request, request_id: str) -> Response:
    """Replay the events after the last one seen, then stay open until the request has ended, or with `follow` as long as the caller likes."""
    async with doing(request, "request.read", request_id) as call:
        last_seen = last_event_id(request, _SEQ) or 0
        follow = read_parameters(request, _FILTERS).get("follow") == "true"
        async with call.deps.database.transaction() as connection:
            head = await load_head(connection, request_id)
        if head is None:
            raise NotFound
        call.check(head.court_code)
        call.basis = f"{head.case_no} events"
        call.deps.streams.check_room()
    return EventSourceResponse(_stream(deps_of(request), head, last_seen, follow=follow), ping=call.deps.api.heartbeat_s,
                               send_timeout=SEND_TIMEOUT_S, headers={"Cache-Control": "no-store"})


def last_event_id(request: Request, form: re.Pattern[str]) -> int | None:
    """Return which event the caller saw last, None if it does not say.

    Raises: Rejected 400 bad_last_event_id for what does not have the form of an id
    """
    given = request.headers.get("last-event-id", "")
    if not given:
        return None
    if not form.fullmatch(given):
        raise Rejected(400, "bad_last_event_id", "Last-Event-ID 不正确 / Last-Event-ID is not the id of an event")
    return int(given)


async def _stream(deps: Deps, head: RequestHead, last_seen: int, *, follow: bool) -> AsyncIterator[ServerSentEvent]:
    """Give the events after `last_seen`; the counts need those before it too."""
    counted = Counted(head.tasks)
    with deps.streams.watch(head.request_id) as watch:
        while not ((counted.ended and not follow) or deps.streams.closing):
            for event in await _load(deps, watch):
                shown = counted.fold(event)
                if event.seq > last_seen:
                    yield ServerSentEvent(orjson.dumps(shown).decode(), event=event.kind, id=str(event.seq))
            if follow or not counted.ended:
                await watch.woken.wait()
                watch.woken.clear()


async def _load(deps: Deps, watch: Watch) -> list[StreamEvent]:
    """Return what came since the last look; nothing while the database is away, the next look finds it."""
    try:
        async with deps.database.transaction() as connection:
            events = await events_after(connection, watch.of, watch.seen)
    except ServiceUnavailable:
        return []
    if events:
        watch.seen = events[-1].seq
    return events
