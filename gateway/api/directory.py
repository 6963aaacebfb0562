"""GET /v1/agencies and /v1/asset-types: the directory and the registry, as callers see them."""

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.agency import Agency
from contracts.asset_type import AssetType
from contracts.registry import asset_types
from gateway.api import answers
from gateway.api.calls import doing
from gateway.api.lean import LeanRoute
from gateway.api.openapi import answer, refusals
from gateway.domain.standing import AgencyStanding

router = APIRouter(route_class=LeanRoute, tags=["directory"])
_JSON = "application/json"
_AT_REST = AgencyStanding()


@router.get("/v1/agencies", summary="Who keeps which register",
            responses={200: answer("every agency of the directory", answers.AgencyList), **refusals("unauthenticated", "not_permitted")})
async def list_agencies(request: Request) -> Response:
    """Return the directory, with how each agency stands at present over all workers."""
    async with doing(request, "agency.read") as call:
        standing = (await call.deps.outlook.current()).agencies()
        items = [agency_entry(one, standing.get(one.agency, _AT_REST)) for one in call.deps.directory.agencies]
    return Response(orjson.dumps({"items": items, "next_cursor": None}, option=orjson.OPT_UTC_Z), media_type=_JSON)


@router.get("/v1/asset-types", summary="What is asked for, and what can be done to it",
            responses={200: answer("every declared asset type", answers.AssetTypeList), **refusals("unauthenticated", "not_permitted")})
async def list_asset_types(request: Request) -> Response:
    """Return the registry."""
    async with doing(request, "asset_type.read"):
        items = [asset_type_entry(one) for one in asset_types().values()]
    return Response(orjson.dumps({"items": items, "next_cursor": None}), media_type=_JSON)


def agency_entry(agency: Agency, standing: AgencyStanding) -> dict[str, object]:
    """Return an agency as the directory shows it; how it is reached stays with us."""
    shown = agency.model_dump(include={"agency", "name", "asset_type", "region_code", "serves", "channel", "channel_to", "capabilities", "mode",
                                       "answer_due_working_days", "served_by", "matches_name", "takes_nationality"})
    return {**shown, "state": standing.state, "since": standing.since, "next_try_at": standing.next_try_at, "backlog": standing.backlog,
            "oldest_unanswered_s": standing.oldest_unanswered_s}


def asset_type_entry(one: AssetType) -> dict[str, object]:
    """Return an asset type; each action needs one document of every list of kinds."""
    return {"asset_type": one.code, "name": one.name.model_dump(), "measures": one.measures,
            "required_documents": {action: [list(kinds) for kinds in needed] for action, needed in one.documents.items()},
            "record_schema": one.schema()}
