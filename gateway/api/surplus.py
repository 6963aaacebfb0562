"""The surplus that a disposal leaves a measure that waited: transferred or reported nil, and the claim is closed. 法〔2022〕107号."""

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import NotFound, Rejected
from gateway.api import answers
from gateway.api.bodies import read_json
from gateway.api.calls import Call, doing
from gateway.api.control_view import shown_controls, tag_of
from gateway.api.openapi import answer, json_body, refusals
from gateway.domain.control_body import SurplusBody, read_action
from gateway.domain.control_events import SurplusSettled
from gateway.store.controls import load_controls, lock_controls
from gateway.store.database import Connection
from gateway.store.progress import lock_progress
from gateway.store.settlement import ControlHappening, settle

router = APIRouter(tags=["controls"])


@router.post(
    "/v1/controls/{control_id}/surplus", summary="Close the claim to what a disposal left", openapi_extra=json_body(SurplusBody),
    responses={200: answer("the control, its claim closed", answers.ControlStatus),
               **refusals("unauthenticated", "not_permitted", "not_found", "unsupported_media_type", "body_too_large", "body_too_slow",
                          "body_cut_short", "empty_body", "malformed_json", "invalid_request", "no_surplus_claim")},
)
async def settle_surplus(request: Request, control_id: str) -> Response:
    """Note that the surplus was transferred to the court, or that the first court reported none."""
    async with doing(request, "control.order", control_id) as call:
        body = read_action(await read_json(request), SurplusBody)
        async with call.deps.database.transaction() as connection:
            shown = await _closed(call, connection, control_id, body)
    headers = {"Cache-Control": "no-store", "ETag": tag_of(shown)}
    return Response(orjson.dumps(shown, option=orjson.OPT_UTC_Z), 200, headers, "application/json")


async def _closed(call: Call, connection: Connection, control_id: str, body: SurplusBody) -> dict[str, object]:
    found = (await load_controls(connection, [control_id])).get(control_id)
    if found is None:
        raise NotFound
    call.check(found.court_code)
    await lock_progress(connection, [found.request_id])
    stored = (await lock_controls(connection, [control_id]))[control_id]
    if not stored.control.surplus_claim:
        raise Rejected(409, "no_surplus_claim", "该控制没有待处理的剩余价款请求 / No claim to a surplus is open on this control")
    happening = ControlHappening(control_id, stored.request_id, SurplusSettled(body.amount_fen or 0), "court")
    await settle(connection, [], [happening], now=call.deps.clock.now(), new_id=call.deps.new_id)
    (shown,) = await shown_controls(call, connection, list((await load_controls(connection, [control_id])).values()))
    return shown
