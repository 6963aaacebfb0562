"""GET /v1/oddities: the answers that were not read as their agency's document says, for who keeps the adapter and for the agency."""

from dataclasses import asdict
from typing import cast

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.calls import Call, doing
from gateway.api.oddity_answers import OddityList
from gateway.api.openapi import answer, parameter, refusals
from gateway.api.parameters import USUAL_LIMIT, code, cursor, cursor_of, limit, read_parameters
from gateway.store.oddities import OddityPage, load_oddities

router = APIRouter(tags=["directory"])

_FILTERS = {"agency": code, "asset_type": code, "cursor": cursor, "limit": limit}
#: Who sees every agency's; an agency alone sees its own.
_ALL = frozenset({"operator", "auditor", "tester"})


@router.get(
    "/v1/oddities", summary="Answers that were not read as their agency's document says, newest first",
    openapi_extra={"parameters": [
        parameter("agency", "of this agency only; a token with the role agency alone sees its own, whose code is its `sub`"),
        parameter("asset_type", "of this kind only"), parameter("cursor", "next_cursor of the page before"),
        parameter("limit", "items of a page", type="integer", minimum=1, maximum=200)]},
    responses={200: answer("a page", OddityList), **refusals("unauthenticated", "not_permitted", "invalid_parameter")},
)
async def list_oddities(request: Request) -> Response:
    """Return a page of what operators, and agencies of their own answers, are told: field, code and form."""
    async with doing(request, "oddity.read") as call:
        given = read_parameters(request, _FILTERS)
        most = cast("int", given.get("limit", USUAL_LIMIT))
        page = OddityPage(most + 1, cast("str | None", given.get("cursor")), _agency(call, cast("str | None", given.get("agency"))),
                          cast("str | None", given.get("asset_type")))
        async with call.deps.database.transaction() as connection:
            found = await load_oddities(connection, page)
    shown = found[:most]
    body = {"items": [asdict(one) for one in shown], "next_cursor": cursor_of(shown[-1].task_id) if len(found) > most else None}
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), 200, {"Cache-Control": "no-store"}, "application/json")


def _agency(call: Call, asked: str | None) -> str | None:
    """Return whose answers are shown; an agency that asks for another's sees nothing of it, as if there were none."""
    if not _ALL.isdisjoint(call.claims.roles):
        return asked
    return call.claims.sub if asked in (None, call.claims.sub) else ""
