"""GET a document by claim check: an adapter fetches what a task names, under a signed address that ends with the task."""

import re

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import NotFound, Rejected
from gateway.api.deps import Deps, deps_of
from gateway.api.lean import LeanRoute
from gateway.api.openapi import parameter, refusals
from gateway.api.problems import trace_of
from gateway.domain.claim_check import claim_holds
from gateway.store.audit import AuditEntry
from gateway.store.documents import DocumentContent, load_claimed

router = APIRouter(route_class=LeanRoute, tags=["claim checks"])

_SIGNATURE = re.compile(r"[0-9a-f]{26}")
_HEADERS = {"Cache-Control": "no-store", "Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}


@router.get(
    "/claims/{task_id}/{document_id}", summary="The content of a document, for the adapter of a task", response_class=Response,
    openapi_extra={"parameters": [parameter(name, "as signed") for name in ("court", "expires", "signature")]},
    responses={200: {"description": "the content", "content": {"application/octet-stream": {}}}, **refusals("bad_claim", "not_found")},
)
async def get_claimed(request: Request, task_id: str, document_id: str) -> Response:
    """Return the content while the task awaits its answer; the reading is on record before."""
    deps, court_code = deps_of(request), request.query_params.get("court", "")
    if not _holds(request, deps, court_code, task_id, document_id):
        raise Rejected(403, "bad_claim", "凭证无效或已过期 / The claim check is not valid")
    found = await _fetch(deps, court_code, task_id, document_id)
    decision = "read" if found else "refused:not_found"
    await deps.audit.record(AuditEntry(deps.clock.now(), court_code, "claim-check", "agency", "document.read", document_id,
                                       f"task {task_id}", decision, trace_of(request)))
    if found is None:
        raise NotFound
    return Response(found.content, 200, _HEADERS, found.media_type)


def _holds(request: Request, deps: Deps, court_code: str, task_id: str, document_id: str) -> bool:
    given = request.query_params
    signature = given.get("signature", "")
    return _SIGNATURE.fullmatch(signature) is not None and claim_holds(
        deps.settings.secret, court_code=court_code, task_id=task_id, document_id=document_id, expires=given.get("expires", ""),
        signature=signature, now=deps.clock.now())


async def _fetch(deps: Deps, court_code: str, task_id: str, document_id: str) -> DocumentContent | None:
    async with deps.database.transaction() as connection:
        return await load_claimed(connection, court_code=court_code, task_id=task_id, document_id=document_id)
