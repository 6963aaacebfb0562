"""POST and GET /v1/requests: the hot path. Bytes in, bytes out; the rules are domain/request.py, the writing is intake.py."""

from collections.abc import Mapping, Sequence

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.case import parse_case_no
from contracts.clock import china_date
from contracts.failures import NotFound, Rejected
from contracts.subject import Subject
from gateway.api import answers
from gateway.api.bodies import idempotency_key, key_of, read_json
from gateway.api.calls import Call, doing
from gateway.api.lean import LeanRoute
from gateway.api.named_documents import check_documents
from gateway.api.openapi import IDEMPOTENCY_KEY, answer, json_body, parameter, refusals
from gateway.api.parameters import USUAL_LIMIT, case_no, cursor, cursor_of, limit, one_of, read_parameters
from gateway.domain.body import MOST_SEPARATORS
from gateway.domain.counts import count
from gateway.domain.other_names import known_by_another
from gateway.domain.request import RequestBody, read_request
from gateway.intake import Submission, Submitted
from gateway.store.idempotency import IdempotencyKey
from gateway.store.requests import CountedRequest, Page, RequestHead, load_page, load_request, load_subjects

router = APIRouter(route_class=LeanRoute, tags=["requests"])

_JSON = "application/json"
_UTC = orjson.OPT_UTC_Z
_PRIVATE = {"Cache-Control": "no-store"}


@router.post(
    "/v1/requests", status_code=202, summary="Ask the agencies",
    openapi_extra={**json_body(RequestBody), "parameters": [IDEMPOTENCY_KEY]},
    responses={
        202: answer("accepted, or accepted before with this key", answers.RequestAccepted,
                    headers={"Location": "the request", "Retry-After": "seconds", "Idempotency-Replayed": "true for a repeated call"}),
        **refusals("unauthenticated", "not_permitted", "officer_mismatch", "court_mismatch", "unsupported_media_type", "body_too_large",
                   "body_too_slow", "body_cut_short", "empty_body", "idempotency_key_required", "bad_idempotency_key", "malformed_json",
                   "invalid_request", "no_agency", "request_in_flight", "idempotency_key_reused"),
    },
)
async def submit_request(request: Request) -> Response:
    """Accept a request once; the same key and body give the same answer again."""
    async with doing(request, "request.submit") as call:
        raw = await read_json(request)
        key = key_of(request)
        if call.deps.intake.admission:
            call.deps.intake.admission.look(call.court_code, key)
        try:
            submitted = await _submit(call, raw)
        except Rejected as refusal:
            submitted = await _given_before(call, raw, refusal)
        call.object_id = submitted.location.rpartition("/")[2]
        # A new request is on record in its own commit; one that was given before is on record as read.
        call.recorded = not submitted.replayed
    headers = {"Location": submitted.location, "Retry-After": "1", **_PRIVATE}
    if submitted.replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(submitted.answer, 202, headers, _JSON)


async def _submit(call: Call, raw: bytes) -> Submitted:
    body = read_request(raw, call.deps.directory, today=china_date(call.deps.clock.now()))
    call.basis = f"{body.case.case_no} {body.purpose}"
    _check_who(call, body)
    await check_documents(call, body.documents)
    key = idempotency_key(call.request, call.court_code, raw)
    return await call.deps.intake.submit(Submission(body, key, call.claims.sub, call.roles, call.trace_id))


def _check_who(call: Call, body: RequestBody) -> None:
    if body.officer.work_card_no != call.claims.sub:
        raise Rejected(403, "officer_mismatch", "经办人与登录人不一致 / The officer of the body is not the bearer of the token")
    if parse_case_no(body.case.case_no).court_code != call.court_code:
        raise Rejected(403, "court_mismatch", "案件不属于本院 / The case belongs to another court")


async def _given_before(call: Call, raw: bytes, refusal: Rejected) -> Submitted:
    """Give the first answer again if this very call was accepted once, though it would not be accepted today.

    Raises: the refusal, if it was not
    """
    too_long = max(raw.count(b","), raw.count(b":")) > MOST_SEPARATORS
    if refusal.problem_status not in (422, 429) or refusal.problem_code == "idempotency_key_reused" or too_long:
        raise refusal
    key: IdempotencyKey = idempotency_key(call.request, call.court_code, raw)
    try:
        return await call.deps.intake.replay(key)
    except KeyError:
        raise refusal from None


@router.get(
    "/v1/requests/{request_id}", summary="How far a request is",
    responses={200: answer("the request with a line for each task", answers.RequestStatus),
               **refusals("unauthenticated", "not_permitted", "not_found")},
)
async def get_request(request: Request, request_id: str) -> Response:
    """Return a request with its tasks and counts."""
    async with doing(request, "request.read", request_id) as call, call.deps.database.transaction() as connection:
        found = await load_request(connection, request_id)
        if found is None:
            raise NotFound
        head, lines = found
        call.check(head.court_code)
        subjects = await load_subjects(connection, request_id)
    counted = CountedRequest(head, count((line.outcome, line.unreadable) for line in lines), len(known_by_another(lines)))
    body = {**_summary(counted), "tasks": lines, "subjects": [_subject(*one) for one in enumerate(subjects)]}
    return Response(orjson.dumps(body, option=_UTC), 200, _PRIVATE, _JSON)


def _subject(index: int, one: Subject) -> dict[str, object]:
    return {"subject": index, "name": one.name, "name_as_given": one.name_as_given, "former_names": one.names[1:], "id_type": one.id_type,
            "id_no": one.id_no, "warnings": [look.model_dump() for look in one.second_looks(index)]}


def _summary(one: CountedRequest) -> dict[str, object]:
    head: RequestHead = one.head
    return {
        "request_id": head.request_id, "case_no": head.case_no, "state": "ended" if head.ended_at else "in_progress",
        "all_answered": one.all_answered, "accepted_at": head.accepted_at, "ended_at": head.ended_at,
        "report_version": head.report_version, "counts": one.counts,
    }


_FILTERS = {"case_no": case_no, "state": one_of("in_progress", "ended"), "cursor": cursor, "limit": limit}


@router.get(
    "/v1/requests", summary="The court's requests, newest first",
    openapi_extra={"parameters": [
        parameter("case_no", "of this case only"), parameter("state", "in this state only", type="string", enum=["in_progress", "ended"]),
        parameter("cursor", "next_cursor of the page before"), parameter("limit", "items of a page", type="integer", minimum=1, maximum=200)]},
    responses={200: answer("a page", answers.RequestList), **refusals("unauthenticated", "not_permitted", "invalid_parameter")},
)
async def list_requests(request: Request) -> Response:
    """Return a page of the court's requests, without their tasks."""
    async with doing(request, "request.read") as call:
        page = _page(call.court_code, read_parameters(request, _FILTERS))
        call.basis = page.case_no
        async with call.deps.database.transaction() as connection:
            found = await load_page(connection, page)
    return Response(orjson.dumps(_listed(found, page.most - 1), option=_UTC), 200, _PRIVATE, _JSON)


def _page(court_code: str, given: Mapping[str, object]) -> Page:
    """Return what to load: one more than asked for tells whether there is a next page."""
    state, most = given.get("state"), given.get("limit", USUAL_LIMIT)
    number, before = given.get("case_no"), given.get("cursor")
    assert isinstance(most, int)
    return Page(court_code, number if isinstance(number, str) else None, None if state is None else state == "ended",
                before if isinstance(before, str) else None, most + 1)


def _listed(found: Sequence[CountedRequest], most: int) -> dict[str, object]:
    shown = found[:most]
    return {"items": [_summary(one) for one in shown],
            "next_cursor": cursor_of(shown[-1].head.request_id) if len(found) > most else None}
