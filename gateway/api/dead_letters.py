"""Messages that were set aside: list them, count why, have them sent again or put into quarantine. For operators; no body is shown."""

from collections.abc import Mapping
from typing import Any, cast

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.bodies import idempotency_key, read_json
from gateway.api.calls import doing
from gateway.api.dead_letter_answers import DeadLetterList, ReasonList, RedriveTaken
from gateway.api.openapi import IDEMPOTENCY_KEY, answer, json_body, parameter, refusals
from gateway.api.parameters import USUAL_LIMIT, cursor_of, limit, name, number_cursor, one_of, read_parameters
from gateway.domain.dead_letters import State
from gateway.domain.redrive_body import RedriveBody, read_redrive
from gateway.redriving import Order, Verb
from gateway.store.dead_letters import Which, count_reasons, load_letters

router = APIRouter(tags=["operation"])

_JSON = "application/json"
_PRIVATE = {"Cache-Control": "no-store"}
_FILTERS = {"reason": name, "topic": name, "agency": name, "state": one_of("open", "due", "redriven", "quarantined"),
            "cursor": number_cursor, "limit": limit}


@router.get(
    "/v1/dead-letters", summary="Messages that were set aside, newest first",
    openapi_extra={"parameters": [
        parameter("reason", "set aside for this reason only"), parameter("topic", "that came from this topic only"),
        parameter("agency", "that name this agency only"), parameter("state", "open, due, redriven or quarantined"),
        parameter("cursor", "next_cursor of the page before"), parameter("limit", "items of a page", type="integer", minimum=1, maximum=200)]},
    responses={200: answer("a page", DeadLetterList), **refusals("unauthenticated", "not_permitted", "invalid_parameter")},
)
async def list_dead_letters(request: Request) -> Response:
    """Return a page: where each came from, why it was set aside and what became of it, never what it says."""
    async with doing(request, "dead_letter.read") as call:
        given = read_parameters(request, _FILTERS)
        most = cast("int", given.pop("limit", USUAL_LIMIT))
        state, before = cast("State | None", given.pop("state", None)), cast("int | None", given.pop("cursor", None))
        async with call.deps.database.transaction() as connection:
            found = await load_letters(connection, _which(given), state=state, before=before, most=most + 1)
    shown = found[:most]
    cursor = cursor_of(str(shown[-1]["seq"])) if len(found) > most else None
    items = [{key: value for key, value in one.items() if key != "seq"} for one in shown]
    return Response(orjson.dumps({"items": items, "next_cursor": cursor}, option=orjson.OPT_UTC_Z), 200, _PRIVATE, _JSON)


@router.get(
    "/v1/dead-letters/reasons", summary="Why messages were set aside, counted by reason and topic",
    responses={200: answer("the most first", ReasonList), **refusals("unauthenticated", "not_permitted")},
)
async def list_reasons(request: Request) -> Response:
    """Return the histogram."""
    async with doing(request, "dead_letter.read") as call, call.deps.database.transaction() as connection:
        found = await count_reasons(connection)
    return Response(orjson.dumps({"items": found}, option=orjson.OPT_UTC_Z), 200, _PRIVATE, _JSON)


def _which(given: Mapping[str, object]) -> Which:
    """Return which letters the filters name; every reader of theirs gives text."""
    return Which(**{name: str(value) for name, value in given.items()})


def _described(summary: str) -> dict[str, Any]:
    """Return what both verbs say of themselves."""
    return {
        "status_code": 202, "summary": summary, "openapi_extra": {**json_body(RedriveBody), "parameters": [IDEMPOTENCY_KEY]},
        "responses": {202: answer("taken, with what becomes of each", RedriveTaken, headers={"Idempotency-Replayed": "true for a repeated call"}),
                      200: answer("a dry run: what would become of each", RedriveTaken),
                      **refusals("unauthenticated", "not_permitted", "unsupported_media_type", "body_too_large", "body_too_slow", "body_cut_short",
                                 "empty_body", "idempotency_key_required", "bad_idempotency_key", "malformed_json", "invalid_request",
                                 "idempotency_key_reused")}}


@router.post("/v1/dead-letters/redrives", **_described("Send messages again that were set aside"))
async def redrive(request: Request) -> Response:
    """Send up to 1,000 messages again as they came; a command that may change what an agency holds needs a second person."""
    return await _take(request, "redrive")


@router.post("/v1/dead-letters/quarantines", **_described("Put messages where no filter finds them"))
async def quarantine(request: Request) -> Response:
    """Keep up to 1,000 messages apart; they are sent again by name only, and by two persons."""
    return await _take(request, "quarantine")


async def _take(request: Request, verb: Verb) -> Response:
    async with doing(request, "dead_letter.redrive") as call:
        raw = await read_json(request)
        body = read_redrive(raw)
        key = None if body.dry_run else idempotency_key(request, call.court_code, raw)
        call.basis = f"{verb} {len(body.ids) if body.ids else 'by filter'}{' dry run' if body.dry_run else ''}"
        taken = await call.deps.redriving.take(Order(verb, body, call.claims.sub, key, call.entry("accepted")))
        call.recorded = not taken.replayed
    headers = _PRIVATE | ({"Idempotency-Replayed": "true"} if taken.replayed else {})
    return Response(taken.answer, 200 if body.dry_run else 202, headers, _JSON)
