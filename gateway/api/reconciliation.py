"""Differences with agencies: the list a person works through, and what can be done about one. domain/reconciliation.py says what differs."""

from typing import Any, cast

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.adopting import Body, DifferenceSubmission
from gateway.api.bodies import idempotency_key, read_json
from gateway.api.calls import doing
from gateway.api.difference_answers import DifferenceItem, DifferenceList
from gateway.api.named_documents import check_documents
from gateway.api.openapi import IDEMPOTENCY_KEY, answer, json_body, parameter, refusals
from gateway.api.parameters import USUAL_LIMIT, code, cursor, cursor_of, limit, one_of, read_parameters
from gateway.api.steps import by_of, check_who
from gateway.domain.control_body import read_action
from gateway.domain.difference_body import AdoptionBody, DifferenceReleaseBody, SettlementBody
from gateway.domain.policy import Deed
from gateway.domain.reconciliation import KINDS
from gateway.store.differences import DifferencePage, StoredDifference, load_page

router = APIRouter(tags=["reconciliation"])

_FILTERS = {"kind": one_of(*KINDS), "agency": code, "open": one_of("true", "false"), "cursor": cursor, "limit": limit}
_REFUSALS = ("unauthenticated", "not_permitted", "officer_mismatch", "not_found", "unsupported_media_type", "body_too_large", "body_too_slow",
             "body_cut_short", "empty_body", "idempotency_key_required", "bad_idempotency_key", "malformed_json", "invalid_request",
             "difference_settled", "idempotency_key_reused")
_DONE = answer("the difference after it, or as it was answered before with this key", DifferenceItem,
               headers={"Location": "the difference", "Idempotency-Replayed": "true for a repeated call"})


@router.get(
    "/v1/reconciliation", summary="What agencies say otherwise than our controls, newest first",
    openapi_extra={"parameters": [
        parameter("kind", "of this kind only"), parameter("agency", "of this agency only"),
        parameter("open", "true: not settled; false: settled; default both", type="boolean"),
        parameter("cursor", "next_cursor of the page before"), parameter("limit", "items of a page", type="integer", minimum=1, maximum=200)]},
    responses={200: answer("a page", DifferenceList), **refusals("unauthenticated", "not_permitted", "invalid_parameter")},
)
async def list_differences(request: Request) -> Response:
    """Return a page of the court's differences with agencies."""
    async with doing(request, "reconciliation.read") as call:
        given = read_parameters(request, _FILTERS)
        most = cast("int", given.get("limit", USUAL_LIMIT))
        wanted = None if "open" not in given else given["open"] == "true"
        page = DifferencePage(call.court_code, most + 1, cast("str | None", given.get("cursor")), cast("str | None", given.get("kind")),
                              cast("str | None", given.get("agency")), wanted)
        async with call.deps.database.transaction() as connection:
            found = await load_page(connection, page)
    body = {"items": [_item(one) for one in found[:most]], "next_cursor": cursor_of(found[most - 1].difference_id) if len(found) > most else None}
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), 200, {"Cache-Control": "no-store"}, "application/json")


@router.post("/v1/reconciliation/{difference_id}/settlements", summary="Settle a difference with a reason",
             openapi_extra={**json_body(SettlementBody), "parameters": [IDEMPOTENCY_KEY]},
             responses={200: _DONE, **refusals(*_REFUSALS, "not_takeable")})
async def settle(request: Request, difference_id: str) -> Response:
    """Settle a difference: it is explained, it was mended outside the mesh, or the control takes what the agency says."""
    return await _do(request, "reconciliation.settle", difference_id, SettlementBody)


@router.post("/v1/reconciliation/{difference_id}/adoptions", summary="Let a control stand for a measure that none stands for",
             openapi_extra={**json_body(AdoptionBody), "parameters": [IDEMPOTENCY_KEY]},
             responses={200: _DONE, **refusals(*_REFUSALS, "not_adoptable")})
async def adopt(request: Request, difference_id: str) -> Response:
    """Make a control of what the agency holds; it is renewed, released and deducted like any other from then on."""
    return await _do(request, "reconciliation.adopt", difference_id, AdoptionBody)


@router.post("/v1/reconciliation/{difference_id}/releases", summary="Release a measure that no control stands for",
             openapi_extra={**json_body(DifferenceReleaseBody), "parameters": [IDEMPOTENCY_KEY]},
             responses={200: _DONE, **refusals(*_REFUSALS, "not_adoptable", "control_refused")})
async def release(request: Request, difference_id: str) -> Response:
    """Adopt the measure and order its release; the difference is settled when the agency has released it."""
    return await _do(request, "control.release", difference_id, DifferenceReleaseBody)


async def _do(request: Request, deed: Deed, difference_id: str, model: type[Body]) -> Response:
    async with doing(request, deed, difference_id) as call:
        raw = await read_json(request)
        key = idempotency_key(request, call.court_code, raw)
        body = read_action(raw, model)
        check_who(call, body.officer)
        if isinstance(body, DifferenceReleaseBody):
            await check_documents(call, body.documents)
        submitted = await call.deps.adopting.submit(DifferenceSubmission(difference_id, body, key, by_of(call)), _shown)
        call.recorded = not submitted.replayed
    headers = {"Location": submitted.location, "Cache-Control": "no-store"}
    return Response(submitted.answer, 200, headers | ({"Idempotency-Replayed": "true"} if submitted.replayed else {}), "application/json")


def _shown(row: StoredDifference) -> bytes:
    return orjson.dumps(_item(row), option=orjson.OPT_UTC_Z)


def _item(row: StoredDifference) -> dict[str, Any]:
    return {name: getattr(row, name) for name in DifferenceItem.model_fields}
