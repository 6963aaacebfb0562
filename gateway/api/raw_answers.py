"""GET /v1/requests/{id}/tasks/{id}/raw: an agency's own answer, byte by byte, as evidence. It is never shown, only saved."""

import re
from base64 import b64encode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import NotFound
from gateway.api.calls import doing
from gateway.api.lean import LeanRoute
from gateway.api.openapi import refusals
from gateway.store.raw_answers import RawAnswer, load_raw

router = APIRouter(route_class=LeanRoute, tags=["requests"])

#: A content type that can be said again as it came.
_SAYABLE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;[ -~]*)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_HEADERS = {
    "Repr-Digest": "SHA-256 of what is given here (RFC 9530)",
    "Chakong-Whole-Digest": "SHA-256 of the whole answer, in the same form; missing where it was not read to its end",
    "Chakong-Whole-Size": "bytes of the whole answer",
    "Chakong-Cut": "true: what is given here is the beginning of the answer",
    "Content-Disposition": "always an attachment",
}


@router.get(
    "/v1/requests/{request_id}/tasks/{task_id}/raw", summary="An agency's own answer as it came, kept where it is outside its protocol",
    responses={200: {"description": "the bytes, with the content type they came with", "content": _BINARY,
                     "headers": {name: {"description": meaning, "schema": {"type": "string"}} for name, meaning in _HEADERS.items()}},
               **refusals("unauthenticated", "not_permitted", "not_found")},
)
async def get_raw_answer(request: Request, request_id: str, task_id: str) -> Response:
    """Return what an agency sent, for the court whose task it is, or whose control the task is a step of."""
    async with doing(request, "answer.read", task_id) as call:
        async with call.deps.database.transaction() as connection:
            found = await load_raw(connection, request_id, task_id)
        if found is None:
            raise NotFound
        call.check(found.control_court if found.control_court == call.court_code else found.court_code)
    return Response(found.content, 200, _headers(found, task_id))


def _headers(found: RawAnswer, task_id: str) -> dict[str, str]:
    media_type = found.media_type if found.media_type and _SAYABLE.fullmatch(found.media_type) else "application/octet-stream"
    headers = {
        "Content-Type": media_type, "Content-Disposition": f'attachment; filename="{task_id}.bin"', "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store", "Repr-Digest": _digest(found.kept_sha256)}
    if found.sha256 and _SHA256.fullmatch(found.sha256):
        headers["Chakong-Whole-Digest"] = _digest(found.sha256)
    if found.size is not None:
        headers["Chakong-Whole-Size"] = str(found.size)
    if found.sha256 != found.kept_sha256:
        headers["Chakong-Cut"] = "true"
    return headers


def _digest(sha256: str) -> str:
    return f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode()}:"
