"""Steps on a control that stands: renew, release, deduct, transfer, convert. The law is domain/follow_up.py."""

from functools import partial

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.case import Officer, parse_case_no
from contracts.failures import Rejected
from gateway.api import answers
from gateway.api.bodies import idempotency_key, read_json
from gateway.api.calls import Call, doing
from gateway.api.control_view import shown_controls, tag_of
from gateway.api.named_documents import check_documents
from gateway.api.openapi import IDEMPOTENCY_KEY, answer, header, json_body, refusals
from gateway.domain.control_body import (
    ConversionBody,
    DeductionBody,
    ReleaseBody,
    RenewalBody,
    TransferBody,
    read_action,
)
from gateway.domain.follow_up import StepBody, action_of
from gateway.domain.policy import Deed
from gateway.follow_ups import StepSubmission
from gateway.store.controls import StoredControl
from gateway.store.database import Connection
from gateway.taken_steps import By

router = APIRouter(tags=["controls"])

_REFUSALS = refusals(
    "unauthenticated", "not_permitted", "officer_mismatch", "court_mismatch", "not_found", "precondition_failed", "unsupported_media_type",
    "body_too_large", "body_too_slow", "body_cut_short", "empty_body", "idempotency_key_required", "bad_idempotency_key", "malformed_json",
    "invalid_request", "control_refused", "idempotency_key_reused")
_TAKEN = answer("the control after it, or as it was answered before with this key", answers.ControlStatus,
                headers={"ETag": "of the control", "Location": "the control", "Idempotency-Replayed": "true for a repeated call"})
_HEADERS = [IDEMPOTENCY_KEY, header("If-Match", "an ETag of the control; 412 if it has another by now")]


@router.post("/v1/controls/{control_id}/renewals", status_code=202, summary="Renew before the term ends",
             openapi_extra={**json_body(RenewalBody), "parameters": _HEADERS}, responses={202: _TAKEN, **_REFUSALS})
async def renew(request: Request, control_id: str) -> Response:
    """Renew a control, counted from its present end; its rank stays."""
    return await _take(request, "control.renew", control_id, RenewalBody)


@router.post("/v1/controls/{control_id}/releases", status_code=202, summary="Release the whole or a part",
             openapi_extra={**json_body(ReleaseBody), "parameters": _HEADERS}, responses={202: _TAKEN, **_REFUSALS})
async def release(request: Request, control_id: str) -> Response:
    """Release a control; while a deduction or the measure itself is pending the release is held, and sent after the answer."""
    return await _take(request, "control.release", control_id, ReleaseBody)


@router.post("/v1/controls/{control_id}/deductions", status_code=202, summary="Deduct to the case funds account",
             openapi_extra={**json_body(DeductionBody), "parameters": _HEADERS}, responses={202: _TAKEN, **_REFUSALS})
async def deduct(request: Request, control_id: str) -> Response:
    """Deduct money that is held to the court's account of the case."""
    return await _take(request, "control.deduct", control_id, DeductionBody)


@router.post("/v1/controls/{control_id}/transfers", status_code=202, summary="Transfer the title",
             openapi_extra={**json_body(TransferBody), "parameters": _HEADERS}, responses={202: _TAKEN, **_REFUSALS})
async def transfer(request: Request, control_id: str) -> Response:
    """Transfer the title of what is held."""
    return await _take(request, "control.transfer", control_id, TransferBody)


@router.post("/v1/controls/{control_id}/conversions", status_code=202, summary="Let preservation become enforcement",
             openapi_extra={**json_body(ConversionBody), "parameters": _HEADERS}, responses={202: _TAKEN, **_REFUSALS})
async def convert(request: Request, control_id: str) -> Response:
    """Convert a preservation measure: rank and dates stay, no agency is asked."""
    return await _take(request, "control.convert", control_id, ConversionBody)


async def _take(request: Request, deed: Deed, control_id: str, model: type[StepBody]) -> Response:
    async with doing(request, deed, control_id) as call:
        raw = await read_json(request)
        key = idempotency_key(request, call.court_code, raw)
        body = read_action(raw, model)
        check_who(call, body.officer)
        _check_case(call, body)
        await check_documents(call, body.documents)
        call.basis = f"{call.court_code} {action_of(body)}"
        submitted = await call.deps.follow_ups.submit(StepSubmission(control_id, body, _tags(request), key, by_of(call)), partial(_shown, call))
        call.recorded = not submitted.replayed
    headers = {"Location": submitted.location, "Cache-Control": "no-store", "ETag": tag_of(orjson.loads(submitted.answer))}
    return Response(submitted.answer, 202, headers | ({"Idempotency-Replayed": "true"} if submitted.replayed else {}), "application/json")


def check_who(call: Call, officer: Officer) -> None:
    """Refuse an officer who is not the bearer of the token.

    Raises: Rejected 403 officer_mismatch
    """
    if officer.work_card_no != call.claims.sub:
        raise Rejected(403, "officer_mismatch", "经办人与登录人不一致 / The officer of the body is not the bearer of the token")


def by_of(call: Call) -> By:
    """Return who takes a step."""
    return By(call.court_code, call.claims.sub, call.roles, call.trace_id)


def _check_case(call: Call, body: StepBody) -> None:
    if isinstance(body, ConversionBody) and parse_case_no(body.case.case_no).court_code != call.court_code:
        raise Rejected(403, "court_mismatch", "案件不属于本院 / The case belongs to another court")


def _tags(request: Request) -> list[str]:
    return [one.strip() for one in request.headers.get("if-match", "").split(",") if one.strip()]


async def _shown(call: Call, connection: Connection, stored: StoredControl) -> tuple[bytes, str]:
    (shown,) = await shown_controls(call, connection, [stored])
    return orjson.dumps(shown, option=orjson.OPT_UTC_Z), tag_of(shown)
