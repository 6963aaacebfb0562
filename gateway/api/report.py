"""GET the asset report of a request: compiled from stored answers each time, so that version n reads the same for ever."""

import asyncio
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import NotFound, Rejected
from contracts.report import AssetReport
from gateway.api.accept import chosen
from gateway.api.calls import Call, doing
from gateway.api.deps import Deps
from gateway.api.lean import LeanRoute
from gateway.api.openapi import answer, header, parameter, refusals
from gateway.api.parameters import read_parameters, whole
from gateway.domain import law
from gateway.reports import Reported
from gateway.store.database import Connection
from gateway.store.report import LIVE, Answers, ReportHead, load_answers, load_report_heads
from gateway.store.snapshot import snapshot
from gateway.web.render import render_report

router = APIRouter(route_class=LeanRoute, tags=["requests"])

_OFFERED = ("application/json", "text/html")
#: From here on a report is written in a thread: 2,000 tasks take a quarter of a second, and others want answers too.
_MANY_TASKS = 200
#: What the page cites.
PAGE_RULES = {name: law.latest(name) for name in ("LIMIT-RELEASE", "QUEUE-LAPSE")}
#: A page with personal data: nothing is loaded, nothing runs, nobody frames it.
_PAGE_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
                 "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@router.get(
    "/v1/requests/{request_id}/report", summary="The unified asset report",
    openapi_extra={"parameters": [parameter("version", "0: the live view; without: the newest", type="integer", minimum=0),
                                  header("If-None-Match", "an ETag given before")]},
    responses={
        200: {**answer("the report", AssetReport, headers={"ETag": "of this version and format"}),
              "content": {"application/json": answer("", AssetReport)["content"]["application/json"], "text/html": {}}},
        304: {"description": "the caller has it"},
        **refusals("unauthenticated", "not_permitted", "not_found", "no_such_version", "not_acceptable", "invalid_parameter")},
)
async def get_report(request: Request, request_id: str) -> Response:
    """Return a version of the report as JSON, or as a page for people."""
    async with doing(request, "request.read", request_id) as call:
        version = read_parameters(request, {"version": whole}).get("version")
        media_type = chosen(request.headers.get("accept"), _OFFERED)
        head, answers, before = await _load(call, request_id, version if isinstance(version, int) else None)
        call.basis = f"{head.case_no} report {answers.version if answers else 'not modified'}"
        if answers is None:
            return Response(None, 304, _caching(head, media_type, version))
        write = partial(_written, call.deps, head, answers, before, media_type)
        content = await asyncio.to_thread(write) if len(answers.tasks) > _MANY_TASKS else write()
        page = _PAGE_HEADERS if media_type == "text/html" else {}
        return Response(content, 200, {**_caching(head, media_type, version), **page}, media_type)


async def _load(call: Call, request_id: str, version: int | None) -> tuple[ReportHead, Answers | None, Answers | None]:
    """Return the request with the answers of a version and of the one before, all as of one instant; none if the caller has them."""
    directory = call.deps.directory
    async with call.deps.database.transaction() as connection:
        await snapshot(connection)
        head = (await load_report_heads(connection, [request_id])).get(request_id)
        if head is None:
            raise NotFound
        call.check(head.court_code)
        number = _version(head, version)
        if _has_it(call.request, head, version):
            return head, None, None
        answers = await load_answers(connection, {request_id: number}, directory)
        before = await load_answers(connection, {request_id: number - 1}, directory) if number > 1 else {}
    return head, answers[request_id], before.get(request_id)


def _version(head: ReportHead, version: int | None) -> int:
    """Return the version to show: the live view while the request is under way, else one of those made."""
    number = head.report_version if version is None else version
    oldest = LIVE if head.ended_at is None else 1
    if not oldest <= number <= head.report_version:
        raise Rejected(404, "no_such_version", "没有该版本的报告 / The report has no such version",
                       detail=f"{oldest} … {head.report_version}")
    return number


def _tag(head: ReportHead, media_type: str, version: object) -> str:
    """Return the ETag: a version never changes, the live view changes with the request's events."""
    number = head.report_version if version is None else version
    live = f".{head.event_seq}" if number == LIVE else ""
    return f'"{number}{live}-{media_type.rpartition("/")[2]}"'


def _has_it(request: Request, head: ReportHead, version: object) -> bool:
    given = request.headers.get("if-none-match", "")
    tag = _tag(head, chosen(request.headers.get("accept"), _OFFERED), version)
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in given.split(","))


def _caching(head: ReportHead, media_type: str, version: object) -> dict[str, str]:
    return {"ETag": _tag(head, media_type, version), "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}


def _written(deps: Deps, head: ReportHead, answers: Answers, before: Answers | None, media_type: str) -> bytes:
    report = deps.reports.compiled(head, answers, before, deps.clock.now())
    return (render_report(report, PAGE_RULES) if media_type == "text/html" else report.model_dump_json()).encode()


async def newest_report(call: Call, connection: Connection, request_id: str) -> Reported:
    """Compile the newest version, the live view while the request is under way.

    Raises: NotFound, also for another court's request
    """
    reported = (await call.deps.reports.newest(connection, [request_id], call.deps.clock.now())).get(request_id)
    if reported is None:
        raise NotFound
    call.check(reported.head.court_code)
    return reported
