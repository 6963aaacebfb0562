"""Read an agency's own answer as it came: the evidence of a task that is outside its protocol."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What is kept of an answer, and what of the whole is known: digests in hex; `size` null where it was not read to its end."""

    content: bytes
    media_type: str | None
    kept_sha256: str
    size: int | None
    sha256: str | None
    #: the court of the request, and of the control the task is a step of, which a conversion may have given another
    court_code: str
    control_court: str | None


_LOAD = text("""
    SELECT COALESCE(t.raw_bytes, convert_to(t.raw, 'UTF8')) AS content,
           CASE WHEN t.raw_bytes IS NULL THEN 'text/plain; charset=utf-8' ELSE t.raw_media_type END AS media_type,
           COALESCE(t.raw_kept_sha256, encode(sha256(convert_to(t.raw, 'UTF8')), 'hex')) AS kept_sha256,
           t.raw_size AS size, t.raw_sha256 AS sha256, r.court_code, c.court_code AS control_court
    FROM tasks t JOIN requests r USING (request_id) LEFT JOIN controls c ON c.control_id = t.control_id
    WHERE t.task_id = :task_id AND t.request_id = :request_id AND (t.raw_bytes IS NOT NULL OR t.raw IS NOT NULL)""")


async def load_raw(connection: AsyncConnection, request_id: str, task_id: str) -> RawAnswer | None:
    """Return the raw answer of a request's task, whichever court asks; None if there is none."""
    row = (await connection.execute(_LOAD, {"request_id": request_id, "task_id": task_id})).mappings().one_or_none()
    return RawAnswer(**row) if row else None
