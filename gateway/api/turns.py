"""POST for a turn: before a worker asks an agency and acts for a task that must not be done twice. ADR 17."""

import math
import re

import orjson
from fastapi import APIRouter
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import Rejected
from gateway.api.bodies import read_json
from gateway.api.deps import Deps, deps_of
from gateway.api.lean import LeanRoute
from gateway.api.openapi import answer, parameter, refusals, schema
from gateway.api.problems import problem, trace_of
from gateway.api.turn_answers import TurnBody, TurnGranted
from gateway.domain.turns import TurnLength, turn_ended, turn_holds, turn_length
from gateway.store.turns import Granted, give_back_turn, grant_turn

router = APIRouter(route_class=LeanRoute, tags=["turns"])

_SIGNATURE = re.compile(r"[0-9a-f]{26}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_SIGNED = [parameter(name, "as signed", required=True) for name in ("agency", "expires", "signature")]
_LONGEST_TIMEOUT_S = 60.0


@router.post(
    "/turns/{task_id}", summary="The turn to act for a task, granted to one at a time",
    openapi_extra={"parameters": _SIGNED, "requestBody": {"required": True, "content": {"application/json": {"schema": schema(TurnBody)}}}},
    responses={200: answer("the turn", TurnGranted),
               **refusals("invalid_request", "malformed_json", "empty_body", "unsupported_media_type", "body_too_large", "bad_claim",
                          "task_ended", "turn_taken")},
)
async def take_turn(request: Request, task_id: str) -> Response:
    """Grant the turn, or say when to ask for it again."""
    deps = deps_of(request)
    expires = _signed(request, deps, task_id)
    try:
        body = TurnBody.model_validate_json(await read_json(request))
    except ValidationError:
        raise Rejected(422, "invalid_request", "请求内容有误 / The call is not valid", detail='{"holder": "…"}') from None
    length, granted = _length(deps, request.query_params["agency"]), None
    if not turn_ended(expires, deps.clock.now()):
        async with deps.database.transaction() as connection:
            granted = await grant_turn(connection, task_id, body.holder, length.for_s)
    if granted is None:
        raise Rejected(410, "task_ended", "任务已结束 / The task has ended: nothing is done for it any more")
    return _taken(granted, trace_of(request)) if granted.turn is None else _granted(granted.turn, length)


@router.delete(
    "/turns/{task_id}", status_code=204, summary="Give a turn back: nothing of it is under way at the agency",
    response_class=Response, openapi_extra={"parameters": [*_SIGNED, parameter("turn", "its number", required=True)]},
    responses=refusals("bad_claim", "invalid_parameter"),
)
async def give_turn_back(request: Request, task_id: str) -> Response:
    """End a turn early; one that is over stays as it is."""
    deps = deps_of(request)
    _signed(request, deps, task_id)
    number = request.query_params.get("turn", "")
    if _NUMBER.fullmatch(number) is None:
        raise Rejected(422, "invalid_parameter", "查询参数有误 / The query parameters are not valid", detail="turn")
    async with deps.database.transaction() as connection:
        await give_back_turn(connection, task_id, int(number))
    return Response(status_code=204)


def _signed(request: Request, deps: Deps, task_id: str) -> str:
    """Return until when an address is valid.

    Raises: Rejected 403 bad_claim if it is none of ours
    """
    given = request.query_params
    signature, expires, agency = (given.get(name, "") for name in ("signature", "expires", "agency"))
    if _SIGNATURE.fullmatch(signature) is None or not turn_holds(
        deps.settings.secret, task_id=task_id, agency=agency, expires=expires, signature=signature):
        raise Rejected(403, "bad_claim", "凭证无效 / The address is not one of ours")
    return expires


def _length(deps: Deps, agency: str) -> TurnLength:
    row = deps.directory.by_code.get(agency)
    timeout_s = _LONGEST_TIMEOUT_S if row is None else row.timeout_s
    return turn_length(timeout_s, ask_s=deps.settings.turn_ask_s, grace_s=deps.settings.turn_grace_s)


def _granted(turn: int, length: TurnLength) -> Response:
    said = TurnGranted(turn=turn, for_s=length.for_s, grace_s=length.grace_s, earlier=turn > 1)
    return Response(orjson.dumps(said.model_dump()), 200, {"Cache-Control": "no-store"}, "application/json")


def _taken(granted: Granted, trace_id: str) -> Response:
    wait_s = max(1, math.ceil(granted.left_s))
    return problem(409, "turn_taken", "他方正在办理 / Somebody else has the turn", trace_id=trace_id, headers={"Retry-After": str(wait_s)},
                   more={"retry_after_s": wait_s})
