"""Controls: order measures on assets of a report, and read how they stand. The law is domain/control_rules.py."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.clock import china_date
from contracts.failures import NotFound, Rejected, Unfit
from gateway.api import answers
from gateway.api.bodies import idempotency_key, read_json
from gateway.api.calls import Call, doing
from gateway.api.control_view import reports_of, shown_by, shown_controls, tag_of
from gateway.api.named_documents import check_documents
from gateway.api.openapi import IDEMPOTENCY_KEY, answer, json_body, parameter, refusals
from gateway.api.parameters import USUAL_LIMIT, cursor, cursor_of, limit, one_of, read_parameters
from gateway.api.plans import order_plan
from gateway.api.report import newest_report
from gateway.domain.control_body import ControlBody, SearchBody, read_action, read_control
from gateway.domain.control_rules import targets
from gateway.domain.law.overrides import table_of
from gateway.domain.plan_body import PlanOrderBody, names_a_plan
from gateway.domain.who_holds import About, HeldAsset, who_holds
from gateway.intake import Submitted, subject_hash
from gateway.ordering import ControlSubmission
from gateway.reports import Reported
from gateway.store.controls import ControlPage, StoredControl, load_controls, load_page
from gateway.store.database import Connection

router = APIRouter(tags=["controls"])

_JSON = "application/json"
_PRIVATE = {"Cache-Control": "no-store"}


@router.post(
    "/v1/controls", status_code=202, summary="Freeze or seal assets of a report",
    openapi_extra={**json_body(ControlBody, PlanOrderBody), "parameters": [IDEMPOTENCY_KEY]},
    responses={
        202: answer("ordered, or ordered before with this key", answers.ControlsOrdered,
                    headers={"Location": "the controls", "Idempotency-Replayed": "true for a repeated call"}),
        **refusals("unauthenticated", "not_permitted", "officer_mismatch", "not_found", "unsupported_media_type", "body_too_large",
                   "body_too_slow", "body_cut_short", "empty_body", "idempotency_key_required", "bad_idempotency_key", "malformed_json",
                   "invalid_request", "control_refused", "idempotency_key_reused", "plan_stale"),
    },
)
async def order_controls(request: Request) -> Response:
    """Order measures, all or none of them; a bad item refuses the call and every bad item is named."""
    async with doing(request, "control.order") as call:
        raw = await read_json(request)
        key = idempotency_key(request, call.court_code, raw)
        if names_a_plan(raw):
            return ordered(call, await order_plan(call, raw, key))
        body = read_control(raw, today=china_date(call.deps.clock.now()))
        if body.officer.work_card_no != call.claims.sub:
            raise Rejected(403, "officer_mismatch", "经办人与登录人不一致 / The officer of the body is not the bearer of the token")
        async with call.deps.database.transaction() as connection:
            reported = await newest_report(call, connection, body.request_id)
        call.basis = reported.head.case_no
        await check_documents(call, body.documents)
        submitted = await call.deps.ordering.submit(ControlSubmission(
            body, reported.head.case_no, reported.body.subjects, targets(reported.report, table_of(call.court_code, call.deps.overrides)),
            key, call.claims.sub, call.roles, call.trace_id, cause=reported.body.case.cause))
        return ordered(call, submitted)


def ordered(call: Call, submitted: Submitted) -> Response:
    """Answer an order; a new one is on record in its own commit, a repeated one as read."""
    call.recorded = not submitted.replayed
    headers = {"Location": submitted.location, **_PRIVATE} | ({"Idempotency-Replayed": "true"} if submitted.replayed else {})
    return Response(submitted.answer, 202, headers, _JSON)


@router.get(
    "/v1/controls/{control_id}", summary="How a control stands",
    responses={200: answer("the control with its events", answers.ControlStatus, headers={"ETag": "changes with every event; for `If-Match`"}),
               **refusals("unauthenticated", "not_permitted", "not_found")},
)
async def get_control(request: Request, control_id: str) -> Response:
    """Return a control with everything that happened to it."""
    async with doing(request, "control.read", control_id) as call, call.deps.database.transaction() as connection:
        stored = (await load_controls(connection, [control_id])).get(control_id)
        if stored is None:
            raise NotFound
        call.check(stored.court_code)
        (shown,) = await shown_controls(call, connection, [stored])
    return _answer(shown, ETag=tag_of(shown))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unfit("bad_date", "日期不正确", "this is not a date", "YYYY-MM-DD") from None


def _id(text: str) -> str:
    return text


_STATES = ("requested", "in_force", "partly_in_force", "waiting", "marked", "refused", "released", "expired", "lapsed", "deducted",
           "transferred", "reversed")
_FILTERS = {"request_id": _id, "state": one_of(*_STATES), "due_before": _day, "cursor": cursor, "limit": limit}


@router.get(
    "/v1/controls", summary="The court's controls, newest first",
    openapi_extra={"parameters": [
        parameter("request_id", "of this request only"), parameter("state", "in this state only", type="string", enum=list(_STATES)),
        parameter("due_before", "whose term ends before this day", type="string", format="date"),
        parameter("cursor", "next_cursor of the page before"), parameter("limit", "items of a page", type="integer", minimum=1, maximum=200)]},
    responses={200: answer("a page", answers.ControlList), **refusals("unauthenticated", "not_permitted", "invalid_parameter")},
)
async def list_controls(request: Request) -> Response:
    """Return a page of the court's controls."""
    async with doing(request, "control.read") as call:
        given = read_parameters(request, _FILTERS)
        most = given.pop("limit", USUAL_LIMIT)
        listed = await _listed(call, ControlPage(call.court_code, most + 1, given.pop("cursor", None), **given))  # type: ignore[arg-type,operator]
        return _answer(listed.body)


@router.post(
    "/v1/controls/search", summary="The court's controls on one subject, and who holds what of it", openapi_extra=json_body(SearchBody),
    responses={200: answer("the newest controls, and the assets with every measure on them", answers.ControlsOnSubject), **refusals("unauthenticated", "not_permitted", "malformed_json", "invalid_request")},
)
async def search_controls(request: Request) -> Response:
    """Return the newest controls on a subject and who holds what; the id number goes in the body, so that it is in no log."""
    async with doing(request, "control.read") as call:
        body = read_action(await read_json(request), SearchBody)
        found = subject_hash(call.deps.settings.secret, body.id_no)
        listed = await _listed(call, ControlPage(call.court_code, USUAL_LIMIT + 1, subject_hash=found))
        async with call.deps.database.transaction() as connection:
            held = await _held(call, connection, listed)
        return _answer({**listed.body, "assets": [one.model_dump(mode="json") for one in held]})


class _Listed(NamedTuple):
    """A page as it is answered, with what it was written from."""

    body: dict[str, object]
    controls: Sequence[StoredControl]
    reported: Mapping[str, Reported]


async def _held(call: Call, connection: Connection, listed: _Listed) -> tuple[HeldAsset, ...]:
    """Return who holds what of the subject of these controls, by the newest reports, the newest request's first.

    A control that was converted is its new court's, which sees of the request it came from no more than what that control is on.
    """
    reported = listed.reported
    known = await load_controls(connection, [one.control_id for request in reported.values() for one in request.report.controls])
    authorities = {control_id: call.deps.directory.courts.name(one.court_code) for control_id, one in known.items()}
    mine = {control_id for control_id, one in known.items() if one.court_code == call.court_code}
    asked = dict.fromkeys((one.request_id, one.subject) for one in listed.controls)
    return who_holds(About(reported[one].report, subject, authorities, mine, whole=reported[one].head.court_code == call.court_code)
                     for one, subject in asked)


async def _listed(call: Call, page: ControlPage) -> _Listed:
    """Load one more than a page shows, which tells whether there is a next one."""
    async with call.deps.database.transaction() as connection:
        found = await load_page(connection, page)
        controls = found[: page.most - 1]
        reported = await reports_of(call, connection, controls)
        shown = await shown_by(call, connection, controls, reported)
    more = len(found) == page.most
    return _Listed({"items": shown, "next_cursor": cursor_of(str(shown[-1]["control_id"])) if more else None}, controls, reported)


def _answer(body: object, **headers: str) -> Response:
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), 200, {**_PRIVATE, **headers}, _JSON)
