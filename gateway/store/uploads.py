"""Store an uploaded document, its idempotency key and its audit entry in one commit."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.audit import AuditEntry, append
from gateway.store.database import Database
from gateway.store.documents import NewDocument, add_document, media_type_of
from gateway.store.idempotency import IdempotencyKey, KeptAnswer, keep_answer, load_answer


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The answer to an upload, and the one kept under its key if the key came before."""

    status: int
    answer: dict[str, Any]
    kept: KeptAnswer | None = None


async def upload(database: Database, new: NewDocument, key: IdempotencyKey | None, entry: AuditEntry) -> Uploaded:
    """Store a document; the court that has it already gets 200. With a key that came before nothing is stored.

    Raises: StoreUnavailable
    """
    async with database.transaction() as connection:
        if key and (kept := await load_answer(connection, key)):
            return Uploaded(kept.status, dict(kept.answer), kept)
        uploaded = await _add(connection, new)
        if key and not await _keep(connection, key, uploaded, new):
            kept = await load_answer(connection, key)
            await connection.rollback()
            assert kept is not None
            return Uploaded(kept.status, dict(kept.answer), kept)
        await append(connection, [entry])
    return uploaded


async def _add(connection: AsyncConnection, new: NewDocument) -> Uploaded:
    added = await add_document(connection, new)
    media_type = new.media_type if added else await media_type_of(connection, new.court_code, new.document_id)
    return Uploaded(201 if added else 200,
                    {"document_id": new.document_id, "size_bytes": len(new.content), "media_type": media_type})


async def _keep(connection: AsyncConnection, key: IdempotencyKey, uploaded: Uploaded, new: NewDocument) -> bool:
    return await keep_answer(connection, key, status=uploaded.status, location=None, answer=orjson.dumps(uploaded.answer).decode(),
                             now=new.uploaded_at)
