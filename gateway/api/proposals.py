"""What to release where a case holds more than its claim: the proposals that stand. What is proposed says domain/excess.py."""

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import NotFound
from gateway.api.calls import Call, doing
from gateway.api.openapi import answer, parameter, refusals
from gateway.api.parameters import USUAL_LIMIT, case_no, cursor_of, limit, number_cursor, read_parameters
from gateway.api.plan_answers import ProposalList
from gateway.domain.excess import told
from gateway.store.database import Connection
from gateway.store.proposals import ProposalPage, load_page
from gateway.store.requests import load_head

router = APIRouter(tags=["controls"])


def _id(text: str) -> str:
    return text


_FILTERS = {"request_id": _id, "case_no": case_no, "cursor": number_cursor, "limit": limit}


@router.get(
    "/v1/release-proposals", summary="What to release where more than the claim is secured, newest first",
    openapi_extra={"parameters": [
        parameter("request_id", "of controls ordered under this request only"), parameter("case_no", "of this case only"),
        parameter("cursor", "next_cursor of the page before"), parameter("limit", "items of a page", type="integer", minimum=1, maximum=200)]},
    responses={200: answer("what stands", ProposalList), **refusals("unauthenticated", "not_permitted", "not_found", "invalid_parameter")},
)
async def list_proposals(request: Request) -> Response:
    """Return the court's proposals that stand; each goes out on a release ruling and notice."""
    async with doing(request, "control.read") as call:
        given = read_parameters(request, _FILTERS)
        most = given.pop("limit", USUAL_LIMIT)
        page = ProposalPage(call.court_code, most + 1, given.pop("cursor", None), **given)  # type: ignore[arg-type,operator]
        async with call.deps.database.transaction() as connection:
            version = await _version(call, connection, page.request_id)
            found = await load_page(connection, page)
    more = len(found) == page.most
    shown = found[: page.most - 1]
    body = {"request_id": page.request_id, "report_version": version, "items": [told(one.proposal, one.request_id, one.case_no, one.announced_at) for one in shown],
            "next_cursor": cursor_of(str(shown[-1].seq)) if more else None}
    return Response(orjson.dumps(body, option=orjson.OPT_UTC_Z), 200, {"Cache-Control": "no-store"}, "application/json")


async def _version(call: Call, connection: Connection, request_id: str | None) -> int | None:
    """Return the newest report version of the request asked for. Raises: NotFound, also for another court's."""
    if request_id is None:
        return None
    head = await load_head(connection, request_id)
    if head is None:
        raise NotFound
    call.check(head.court_code)
    return head.report_version
