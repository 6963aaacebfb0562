"""POST /v1/documents: rulings and notices, named by the hash of their content, private to the court that uploads them."""

from collections.abc import Mapping
from hashlib import sha256

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from contracts.documents import MEDIA_TYPES, MOST_DOCUMENT_BYTES
from contracts.failures import Rejected
from gateway.api import answers
from gateway.api.bodies import key_of, media_type_of, read
from gateway.api.calls import Call, doing
from gateway.api.lean import LeanRoute
from gateway.api.openapi import answer, header, refusals
from gateway.intake import check_same_body
from gateway.store.documents import NewDocument
from gateway.store.idempotency import IdempotencyKey
from gateway.store.uploads import Uploaded, upload

router = APIRouter(route_class=LeanRoute, tags=["documents"])

#: How the content of each media type begins; OFD is a ZIP archive. Source: GB/T 33190-2016 for OFD.
_BEGINNINGS: Mapping[str, bytes] = {
    "application/pdf": b"%PDF-", "application/ofd": b"PK\x03\x04", "image/jpeg": b"\xff\xd8\xff", "image/png": b"\x89PNG\r\n\x1a\n",
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "/v1/documents", status_code=201, summary="Upload a legal document",
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(MEDIA_TYPES, _BINARY)},
                   "parameters": [header("Idempotency-Key", "optional here: the same content is the same document anyway")]},
    responses={
        201: answer("stored", answers.DocumentStored, headers={"Idempotency-Replayed": "true for a repeated call"}),
        200: answer("the court had it already", answers.DocumentStored),
        **refusals("unauthenticated", "not_permitted", "unsupported_media_type", "media_type_mismatch", "body_too_large", "body_too_slow",
                   "body_cut_short", "empty_body", "bad_idempotency_key", "idempotency_key_reused"),
    },
)
async def upload_document(request: Request) -> Response:
    """Store a document once; it is on record in the same commit."""
    async with doing(request, "document.upload") as call:
        media_type = media_type_of(request, MEDIA_TYPES)
        content = await read(request, MOST_DOCUMENT_BYTES)
        if not content.startswith(_BEGINNINGS[media_type]):
            raise Rejected(415, "media_type_mismatch", "内容与类型不符 / The content is not what its content type says")
        new = NewDocument(call.court_code, f"sha256:{sha256(content).hexdigest()}", media_type, content, call.claims.sub,
                          call.deps.clock.now())
        call.object_id = new.document_id
        uploaded = await _store(call, new, _key(call, new))
    headers = {"Idempotency-Replayed": "true"} if uploaded.kept else None
    return Response(orjson.dumps(uploaded.answer), uploaded.status, headers, "application/json")


def _key(call: Call, new: NewDocument) -> IdempotencyKey | None:
    if "idempotency-key" not in call.request.headers:
        return None
    body_sha256 = sha256(f"{new.media_type} {new.document_id}".encode()).hexdigest()
    return IdempotencyKey(call.court_code, call.request.url.path, key_of(call.request), body_sha256)


async def _store(call: Call, new: NewDocument, key: IdempotencyKey | None) -> Uploaded:
    """Store the document, or find the answer that was given before for this key.

    Raises: Rejected 422 idempotency_key_reused; StoreUnavailable
    """
    uploaded = await upload(call.deps.database, new, key, call.entry("accepted"))
    if key and uploaded.kept:
        check_same_body(uploaded.kept, key)
    else:
        call.recorded = True
    call.deps.known_documents.saw(new.court_code, [new.document_id])
    return uploaded
