"""GET /v1/requests/{request_id}/left-out: every agency that is not asked about a subject, and why. The request itself keeps only the groups."""

from collections.abc import Iterator, Mapping
from itertools import islice

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import NotFound
from contracts.registry import asset_types
from gateway.api.calls import Call, doing
from gateway.api.lean import LeanRoute
from gateway.api.left_out_answers import LeftOutList
from gateway.api.openapi import answer, parameter, refusals
from gateway.api.parameters import USUAL_LIMIT, cursor_of, limit, number_cursor, one_of, read_parameters
from gateway.domain.left_out import REASON_NAMES, LeftOut
from gateway.domain.request import RequestBody
from gateway.domain.routing import Question
from gateway.store.report import load_report_heads

router = APIRouter(route_class=LeanRoute, tags=["requests"])

_REASONS = tuple(REASON_NAMES)
_FILTERS = {"reason": one_of(*_REASONS), "asset_type": one_of(*asset_types()), "cursor": number_cursor, "limit": limit}


@router.get(
    "/v1/requests/{request_id}/left-out", summary="Which agencies are not asked, and why",
    openapi_extra={"parameters": [
        parameter("reason", "for this reason only", type="string", enum=list(_REASONS)), parameter("asset_type", "of this kind only"),
        parameter("cursor", "next_cursor of the page before"), parameter("limit", "items of a page", type="integer", minimum=1, maximum=200)]},
    responses={200: answer("a page, by the directory as it stands", LeftOutList),
               **refusals("unauthenticated", "not_permitted", "not_found", "invalid_parameter")},
)
async def list_left_out(request: Request, request_id: str) -> Response:
    """Return a page of what is not asked, found again from the stored request."""
    async with doing(request, "request.read", request_id) as call:
        given = read_parameters(request, _FILTERS)
        async with call.deps.database.transaction() as connection:
            head = (await load_report_heads(connection, [request_id])).get(request_id)
        if head is None:
            raise NotFound
        call.check(head.court_code)
        body = RequestBody.model_validate(head.body)
        listed = _listed(await _question(call, body), given)
    return Response(orjson.dumps(listed), 200, {"Cache-Control": "no-store"}, "application/json")


async def _question(call: Call, body: RequestBody) -> Question:
    directory = call.deps.directory
    court = directory.courts.find(call.court_code)
    assert court is not None, "a caller's court is known"
    return Question(body, directory, court, await call.deps.intake.known_places(court.code, body.subjects))


def _listed(question: Question, given: Mapping[str, object]) -> dict[str, object]:
    start, most = given.get("cursor", 0), given.get("limit", USUAL_LIMIT)
    assert isinstance(start, int)
    assert isinstance(most, int)
    shown = list(islice(_wanted(question, given), start, start + most + 1))
    return {"items": [one.shown() for one in shown[:most]], "next_cursor": cursor_of(str(start + most)) if len(shown) > most else None}


def _wanted(question: Question, given: Mapping[str, object]) -> Iterator[LeftOut]:
    return (one for one in question.left_out()
            if given.get("reason", one.reason) == one.reason and given.get("asset_type", one.asset_type) == one.asset_type)
