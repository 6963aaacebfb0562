"""The surplus that a disposal leaves a measure that waited: transferred or reported nil, and the claim is closed. 法〔2022〕107号."""

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import NotFound, Rejected
from gateway.api import answers
from gateway.api.bodies import idempotency_key, read_json
from gateway.api.calls import Call, doing
from gateway.api.control_view import shown_controls, tag_of
from gateway.api.openapi import IDEMPOTENCY_KEY, answer, json_body, refusals
from gateway.domain.control_body import SurplusBody, read_action
from gateway.domain.control_events import SurplusSettled
from gateway.intake import Submitted, check_same_body
from gateway.store.audit import append
from gateway.store.controls import load_controls, lock_controls
from gateway.store.database import Connection
from gateway.store.idempotency import IdempotencyKey, keep_answer, load_answer
from gateway.store.progress import lock_progress
from gateway.store.settlement import ControlHappening, settle

router = APIRouter(tags=["controls"])


@router.post(
    "/v1/controls/{control_id}/surplus", summary="Close the claim to what a disposal left",
    openapi_extra={**json_body(SurplusBody), "parameters": [IDEMPOTENCY_KEY]},
    responses={200: answer("the control, its claim closed, or as it was answered before with this key", answers.ControlStatus,
                           headers={"Idempotency-Replayed": "true for a repeated call"}),
               **refusals("unauthenticated", "not_permitted", "not_found", "unsupported_media_type", "body_too_large", "body_too_slow",
                          "body_cut_short", "empty_body", "idempotency_key_required", "bad_idempotency_key", "malformed_json", "invalid_request",
                          "no_surplus_claim", "idempotency_key_reused")},
)
async def settle_surplus(request: Request, control_id: str) -> Response:
    """Note that the surplus was transferred to the court, or that the first court reported none."""
    async with doing(request, "control.order", control_id) as call:
        raw = await read_json(request)
        key, body = idempotency_key(request, call.court_code, raw), read_action(raw, SurplusBody)
        async with call.deps.database.transaction() as connection:
            closed = await _closed(call, connection, control_id, body, key)
        call.recorded = not closed.replayed
    headers = {"Cache-Control": "no-store", "ETag": tag_of(orjson.loads(closed.answer))}
    return Response(closed.answer, 200, headers | ({"Idempotency-Replayed": "true"} if closed.replayed else {}), "application/json")


async def _closed(call: Call, connection: Connection, control_id: str, body: SurplusBody, key: IdempotencyKey) -> Submitted:
    found = (await load_controls(connection, [control_id])).get(control_id)
    if found is None:
        raise NotFound
    call.check(found.court_code)
    await lock_progress(connection, [found.request_id])
    kept = await load_answer(connection, key)
    if kept is not None:
        check_same_body(kept, key)
        return Submitted(orjson.dumps(kept.answer), key.path, replayed=True)
    now = call.deps.clock.now()
    stored = (await lock_controls(connection, [control_id]))[control_id]
    if not stored.control.surplus_claim:
        raise Rejected(409, "no_surplus_claim", "该控制没有待处理的剩余价款请求 / No claim to a surplus is open on this control")
    happening = ControlHappening(control_id, stored.request_id, SurplusSettled(body.amount_fen or 0), "court")
    await settle(connection, [], [happening], now=now, new_id=call.deps.new_id)
    (shown,) = await shown_controls(call, connection, list((await load_controls(connection, [control_id])).values()))
    text = orjson.dumps(shown, option=orjson.OPT_UTC_Z)
    await keep_answer(connection, key, status=200, location=key.path, answer=text.decode(), now=now)
    call.basis = stored.case_no
    await append(connection, [call.entry("accepted")])
    return Submitted(text, key.path, replayed=False)
