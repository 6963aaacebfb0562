"""Plans before orders: make one, read it, order by it.

The choice is domain/plan.py, the writing of the order ordering.py.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.clock import china_date
from contracts.failures import NotFound, Rejected
from gateway.api.bodies import idempotency_key, read_json
from gateway.api.calls import Call, doing
from gateway.api.named_documents import check_documents
from gateway.api.openapi import IDEMPOTENCY_KEY, answer, json_body, refusals
from gateway.api.plan_answers import PlanStatus
from gateway.api.report import newest_report
from gateway.domain.candidates import Around, Candidate, candidates
from gateway.domain.claim import claim_fen
from gateway.domain.control_body import ControlBody
from gateway.domain.control_rules import targets
from gateway.domain.court_policy import CourtPolicy
from gateway.domain.courts import CaseKey
from gateway.domain.field_errors import field_error
from gateway.domain.law.overrides import table_of
from gateway.domain.liability import capped
from gateway.domain.plan import Plan, items, plan, stale_lines
from gateway.domain.plan_body import PlanBody, PlanOrderBody, read_plan, read_plan_order
from gateway.intake import Submitted, check_same_body
from gateway.ordering import ControlSubmission
from gateway.owed import deducted_after, held_by_case
from gateway.reports import Reported
from gateway.store.audit import append
from gateway.store.database import Connection
from gateway.store.deducted import deducted_since
from gateway.store.idempotency import IdempotencyKey, keep_answer, load_answer
from gateway.store.plans import StoredPlan, insert_plan, load_plan, load_reserved, lock_court

router = APIRouter(tags=["controls"])

_JSON = "application/json"
_PRIVATE = {"Cache-Control": "no-store"}


@router.post(
    "/v1/control-plans", status_code=201, summary="Plan which assets to control for how much",
    openapi_extra={**json_body(PlanBody), "parameters": [IDEMPOTENCY_KEY]},
    responses={
        201: answer("planned, or planned before with this key", PlanStatus,
                    headers={"Location": "the plan", "Idempotency-Replayed": "true for a repeated call"}),
        **refusals("unauthenticated", "not_permitted", "not_found", "unsupported_media_type", "body_too_large", "body_too_slow",
                   "body_cut_short", "empty_body", "idempotency_key_required", "bad_idempotency_key", "malformed_json", "invalid_request",
                   "idempotency_key_reused"),
    },
)
async def make_plan(request: Request) -> Response:
    """Plan by the newest report; the plan reserves what it names until it is executed, replaced or ends. Nothing is ordered."""
    async with doing(request, "plan.make") as call:
        raw = await read_json(request)
        key = idempotency_key(request, call.court_code, raw)
        body = read_plan(raw)
        await check_documents(call, body.release_documents or ())
        made = await _make(call, body, key)
        call.object_id = made.location.rpartition("/")[2]
        call.recorded = not made.replayed
    headers = {"Location": made.location, **_PRIVATE} | ({"Idempotency-Replayed": "true"} if made.replayed else {})
    return Response(made.answer, 201, headers, _JSON)


async def _make(call: Call, body: PlanBody, key: IdempotencyKey) -> Submitted:
    now = call.deps.clock.now()
    async with call.deps.database.transaction() as connection:
        await lock_court(connection, call.court_code)
        kept = await load_answer(connection, key)
        if kept is not None:
            check_same_body(kept, key)
            return Submitted(orjson.dumps(kept.answer), kept.location or "", replayed=True)
        reported = await newest_report(call, connection, body.request_id)
        call.basis = reported.head.case_no
        policy = call.deps.policies.of(call.court_code, china_date(now)).adjusted(body.policy)
        fen = await _owed(connection, body, reported, now)
        found, held = await _candidates(call, connection, reported, policy)
        chosen = await asyncio.to_thread(partial(plan, found, claim_fen=fen, held_fen=held, policy=policy))
        stored = _stored(call, body, reported, policy, chosen)
        text, location = orjson.dumps(shown(stored, now), option=orjson.OPT_UTC_Z).decode(), f"/v1/control-plans/{stored.plan_id}"
        await insert_plan(connection, stored)
        await keep_answer(connection, key, status=201, location=location, answer=text, now=now)
        call.object_id = stored.plan_id
        await append(connection, [call.entry("accepted")])
    return Submitted(text.encode(), location, replayed=False)


async def _owed(connection: Connection, body: PlanBody, reported: Reported, now: datetime) -> int:
    """Return the claim on the day less what was deducted since it was stated: in the plan, or with its request."""
    claim, stated_at = body.claim or reported.body.case.claim, now if body.claim else reported.head.accepted_at
    if claim is None:
        wrong = field_error(("claim",), "claim_required", "案件没有债权额，应填写", "the case has no claim: state one")
        raise Rejected(422, "invalid_request", "请求内容有误 / The request body is not valid", [wrong])
    return max(0, claim_fen(claim, china_date(now)) - await deducted_after(connection, _case_of(reported), claim, stated_at))


def _case_of(reported: Reported) -> CaseKey:
    return CaseKey(reported.head.court_code, reported.head.case_no)


async def _candidates(call: Call, connection: Connection, reported: Reported, policy: CourtPolicy) -> tuple[list[Candidate], int]:
    """Return what can secure the claim, less what others hold or plan, and what the case holds or plans elsewhere (fen)."""
    now, head, report = call.deps.clock.now(), reported.head, reported.report
    table = table_of(head.court_code, call.deps.overrides)
    asset_ids = list(targets(report, table))
    held = await held_by_case(connection, call.deps.reports, _case_of(reported), now, known={head.request_id: report}, asset_ids=asset_ids)
    reserved = await load_reserved(connection, court_code=head.court_code, case_no=head.case_no, request_id=head.request_id, now=now)
    by_asset: dict[str, int] = {}
    for one in reserved:
        by_asset[one.asset_id] = by_asset.get(one.asset_id, 0) + one.amount_fen
    around = Around(call.deps.directory, policy, held.holds, by_asset, china_date(now), table, reported.body.case.cause)
    found = capped(candidates(report, around), held.liable_fen(reported.body.subjects, call.deps.settings.secret), policy)
    return found, held.fen + sum(one.secured_fen for one in reserved if one.same_case)


def _stored(call: Call, body: PlanBody, reported: Reported, policy: CourtPolicy, chosen: Plan) -> StoredPlan:
    now = call.deps.clock.now()
    return StoredPlan(
        plan_id=call.deps.new_id(), request_id=body.request_id, court_code=call.court_code, case_no=reported.head.case_no, state="open",
        created_at=now, expires_at=now + timedelta(hours=policy.plan_valid_hours), plan=chosen.model_dump(mode="json"),
        policy=policy.model_dump(mode="json"), release_documents=[one.model_dump(mode="json") for one in body.release_documents or ()])


def shown(stored: StoredPlan, now: datetime) -> Mapping[str, Any]:
    """Return a plan as callers read it."""
    state = "expired" if stored.state == "open" and stored.expires_at <= now else stored.state
    return {"plan_id": stored.plan_id, "request_id": stored.request_id, "case_no": stored.case_no, "state": state, **stored.plan,
            "created_at": stored.created_at, "expires_at": stored.expires_at}


@router.get(
    "/v1/control-plans/{plan_id}", summary="A plan",
    responses={200: answer("the plan", PlanStatus), **refusals("unauthenticated", "not_permitted", "not_found")},
)
async def get_plan(request: Request, plan_id: str) -> Response:
    """Return a plan as it was made, with what became of it."""
    async with doing(request, "plan.read", plan_id) as call:
        async with call.deps.database.transaction() as connection:
            stored = await _plan_of(call, connection, plan_id)
        body = shown(stored, call.deps.clock.now())
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), 200, _PRIVATE, _JSON)


async def _plan_of(call: Call, connection: Connection, plan_id: str) -> StoredPlan:
    stored = await load_plan(connection, plan_id)
    if stored is None:
        raise NotFound
    call.check(stored.court_code)
    return stored


async def order_plan(call: Call, raw: bytes, key: IdempotencyKey) -> Submitted:
    """Order what a plan names, under the caller's documents; a repeated call gets the first answer.

    Raises: Rejected 409 plan_stale naming the lines that no longer hold; 422 as any order; NotFound
    """
    replayed = await call.deps.ordering.replay(key)
    if replayed is not None:
        return replayed
    body = read_plan_order(raw)
    if body.officer.work_card_no != call.claims.sub:
        raise Rejected(403, "officer_mismatch", "经办人与登录人不一致 / The officer of the body is not the bearer of the token")
    async with call.deps.database.transaction() as connection:
        stored = await _plan_of(call, connection, body.plan_id)
        reported = await newest_report(call, connection, stored.request_id)
        found, held = await _candidates(call, connection, reported, _policy(stored))
        held += await deducted_since(connection, _case_of(reported), stored.created_at)
    call.basis, made = stored.case_no, Plan.model_validate(stored.plan)
    _check_holds(made, stale_lines(made, found, held))
    await check_documents(call, body.documents)
    return await call.deps.ordering.submit(ControlSubmission(
        _order(call, body, stored, made), stored.case_no, reported.body.subjects, targets(reported.report, table_of(stored.court_code, call.deps.overrides)), key,
        call.claims.sub, call.roles, call.trace_id, plan_id=stored.plan_id, cause=reported.body.case.cause))


def _policy(stored: StoredPlan) -> CourtPolicy:
    """Return the policy a plan was made by; what an older release wrote there and nobody reads any more is passed over."""
    return CourtPolicy.model_validate(stored.policy, extra="ignore")


def _check_holds(made: Plan, stale: list[int]) -> None:
    errors = [field_error(("lines", index, "asset_id"), "line_no_longer_holds", "报告或其他措施已有变化", "the report or other measures have changed",
                          made.lines[index].asset_id) for index in stale]
    if errors:
        raise Rejected(409, "plan_stale", "方案已不符合现状，请重新生成 / The plan no longer holds: make a new one", errors)


def _order(call: Call, body: PlanOrderBody, stored: StoredPlan, made: Plan) -> ControlBody:
    terms = _policy(stored).term_months
    lines = items(made, terms, china_date(call.deps.clock.now()), table_of(stored.court_code, call.deps.overrides))
    if not lines:
        raise Rejected(409, "plan_stale", "方案没有可执行的内容 / The plan names nothing to order")
    return ControlBody.model_construct(request_id=stored.request_id, officer=body.officer, documents=body.documents, items=lines)
