"""Read which answers were not read as their agency's document says: field, code and form, never what was in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class OddAnswer:
    """One answer with what was not read of it; `oddities` as domain.report_unread.oddities."""

    task_id: str
    agency: str
    asset_type: str
    answered_at: datetime
    unreadable: int
    oddities: Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class OddityPage:
    """Which answers a list shows: those before `before` (a task), newest first."""

    most: int
    before: str | None = None
    agency: str | None = None
    asset_type: str | None = None


_PAGE = text("""
    SELECT task_id, agency, asset_type, answered_at, COALESCE(jsonb_array_length(unreadable), 0) AS unreadable, oddities FROM tasks
    WHERE oddities IS NOT NULL
      AND (CAST(:before AS text) IS NULL OR task_id < :before)
      AND (CAST(:agency AS text) IS NULL OR agency = :agency)
      AND (CAST(:asset_type AS text) IS NULL OR asset_type = :asset_type)
    ORDER BY task_id DESC LIMIT :most""")


async def load_oddities(connection: AsyncConnection, page: OddityPage) -> list[OddAnswer]:
    """Return a page of answers that were not read in full, newest first, whichever court asked."""
    parameters = {"before": page.before, "agency": page.agency, "asset_type": page.asset_type, "most": page.most}
    return [OddAnswer(**row) for row in (await connection.execute(_PAGE, parameters)).mappings()]
