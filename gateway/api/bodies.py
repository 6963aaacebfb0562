"""Read what a caller sends: type and size first, then the bytes, within a time; and the key that makes a POST repeatable."""

import asyncio
import re
from hashlib import sha256

import orjson
from starlette.requests import ClientDisconnect, Request

from contracts.failures import Rejected
from gateway.api.deps import deps_of
from gateway.domain.body import malformed
from gateway.store.idempotency import IdempotencyKey

MOST_JSON_BYTES = 1024 * 1024
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")


async def read_json(request: Request) -> bytes:
    """Return the bytes of a JSON body, not parsed.

    Raises: Rejected 415 unsupported_media_type, 413 body_too_large, 400 empty_body, 408 body_too_slow
    """
    media_type_of(request, ("application/json",))
    return await read(request, MOST_JSON_BYTES)


def media_type_of(request: Request, taken: tuple[str, ...]) -> str:
    """Return the content type, without parameters, if it is one of those taken.

    Raises: Rejected 415 unsupported_media_type, also for a compressed body
    """
    media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.partition("charset=")[2].strip(' "')
    compressed = request.headers.get("content-encoding", "identity").lower() != "identity"
    if media_type.strip() not in taken or charset not in ("", "utf-8") or compressed:
        raise Rejected(415, "unsupported_media_type", "不支持的内容类型 / This content type is not taken",
                       detail=f"taken: {', '.join(taken)}, UTF-8, not compressed")
    return media_type.strip()


async def read(request: Request, most_bytes: int) -> bytes:
    """Return the bytes of a body; no more than `most_bytes` are ever held.

    Raises: Rejected 413 body_too_large, 400 empty_body or body_cut_short, 408 body_too_slow
    """
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and (len(announced) > 15 or int(announced) > most_bytes):  # noqa: PLR2004 - digits
        raise _too_large(most_bytes)
    try:
        async with asyncio.timeout(deps_of(request).api.body_deadline_s):
            raw = await _read(request, most_bytes)
    except TimeoutError:
        raise Rejected(408, "body_too_slow", "请求内容传输超时 / The body did not arrive in time") from None
    except ClientDisconnect:
        raise Rejected(400, "body_cut_short", "请求内容不完整 / The body ended too early") from None
    if not raw:
        raise Rejected(400, "empty_body", "请求内容为空 / There is no body")
    return raw


async def _read(request: Request, most_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most_bytes:
            raise _too_large(most_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(most_bytes: int) -> Rejected:
    return Rejected(413, "body_too_large", "请求内容过大 / The body is too large", detail=f"at most {most_bytes} bytes")


def key_of(request: Request) -> str:
    """Return the Idempotency-Key.

    Raises: Rejected 400 idempotency_key_required or bad_idempotency_key
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        raise Rejected(400, "idempotency_key_required", "缺少 Idempotency-Key / The header Idempotency-Key is missing")
    if not _KEY.fullmatch(key):
        raise Rejected(400, "bad_idempotency_key", "Idempotency-Key 不正确 / The Idempotency-Key is not valid",
                       detail="1 to 255 printable ASCII characters")
    return key


def canonical_sha256(raw: bytes) -> str:
    """Return the hash of a JSON body that does not depend on white space and the order of members.

    Raises: Rejected 400 malformed_json
    """
    try:
        canonical = orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError) as error:
        raise malformed(str(error)) from None
    return sha256(canonical).hexdigest()


def idempotency_key(request: Request, court_code: str, raw: bytes) -> IdempotencyKey:
    """Return the key of a JSON call in its scope: court and path.

    Raises: as `key_of` and `canonical_sha256`
    """
    return IdempotencyKey(court_code, request.url.path, key_of(request), canonical_sha256(raw))
