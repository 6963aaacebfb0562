"""Documents: content-addressed, private to the court that uploaded them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document on its way into the store."""

    court_code: str
    document_id: str
    media_type: str
    content: bytes
    uploaded_by: str
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """The content of a document, for whoever has a claim check."""

    media_type: str
    content: bytes


_ADD = text("""
    INSERT INTO documents (court_code, document_id, media_type, size_bytes, content, uploaded_by, uploaded_at)
    VALUES (:court_code, :document_id, :media_type, :size_bytes, :content, :uploaded_by, :uploaded_at)
    ON CONFLICT DO NOTHING RETURNING document_id""")
_MEDIA_TYPE = text("SELECT media_type FROM documents WHERE court_code = :court_code AND document_id = :document_id")
_KNOWN = text("""
    SELECT document_id FROM documents
    WHERE court_code = :court_code AND document_id = ANY(CAST(:document_ids AS text[]))""")
#: Whose documents a step goes out with was decided when it was taken, and is part of what is signed: neither the request nor the
#: control need be that court's (superior courts, holders of a transfer letter, cases that were handed over).
_CLAIMED = text("""
    SELECT media_type, content FROM documents
    WHERE court_code = :court_code AND document_id = :document_id
      AND EXISTS (SELECT FROM tasks WHERE task_id = :task_id AND outcome IS NULL)""")


async def add_document(connection: AsyncConnection, new: NewDocument) -> bool:
    """Keep a document; False if the court has it already, whatever it was called then."""
    parameters = {"court_code": new.court_code, "document_id": new.document_id, "media_type": new.media_type,
                  "size_bytes": len(new.content), "content": new.content, "uploaded_by": new.uploaded_by,
                  "uploaded_at": new.uploaded_at}
    return (await connection.execute(_ADD, parameters)).scalar_one_or_none() is not None


async def media_type_of(connection: AsyncConnection, court_code: str, document_id: str) -> str:
    """Return the media type a document of the court was first uploaded with."""
    found = await connection.execute(_MEDIA_TYPE, {"court_code": court_code, "document_id": document_id})
    media_type: str = found.scalar_one()
    return media_type


async def known_documents(connection: AsyncConnection, court_code: str, document_ids: Collection[str]) -> set[str]:
    """Return which of the documents the court has uploaded."""
    found = await connection.execute(_KNOWN, {"court_code": court_code, "document_ids": list(document_ids)})
    return set(found.scalars())


async def load_claimed(
    connection: AsyncConnection, *, court_code: str, task_id: str, document_id: str
) -> DocumentContent | None:
    """Return the content of a court's document while a task still awaits its answer; that the task may have it, its claim check says."""
    parameters = {"court_code": court_code, "task_id": task_id, "document_id": document_id}
    row = (await connection.execute(_CLAIMED, parameters)).one_or_none()
    return DocumentContent(*row) if row else None
