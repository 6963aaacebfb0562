"""What became free at an agency: noted with what freed it, and kept until the agency was asked about every control that waits for it.

A row is only ever added beside the change itself, so it locks nothing; asking is the schedule's, in transactions of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.status_answers import MayAsk
from gateway.store.statuses import STEP, ToAsk
from gateway.store.unnest import arrays, rows


@dataclass(frozen=True, slots=True)
class Freed:
    """A thing at an agency, and the control that let go of it."""

    agency: str
    thing: str
    control_id: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A control that waits for what became free, and when that was."""

    asked: ToAsk
    freed_at: datetime


_NOTE = text(f"""
    INSERT INTO freed_things (agency, thing, control_id, freed_at)
    SELECT f.agency, f.thing, f.control_id, CAST(:at AS timestamptz) FROM {rows("f", agency="text", thing="text", control_id="text")}""")  # noqa: S608 - constants
_MAY = rows("a", agency="text", before="timestamptz", due_at="timestamptz")
_WAITING = text(f"""
    SELECT DISTINCT ON (c.control_id) c.control_id, c.request_id, status.task_id AS status_task_id, c.agency, c.asset_type, c.subject, step.topic,
           step.key, step.command, step.agency_ref, a.due_at, f.freed_at
    FROM {_MAY} JOIN freed_things f ON f.agency = a.agency
    JOIN controls c ON c.thing = f.thing AND c.agency = f.agency AND c.watch = 'moving' AND c.control_id <> f.control_id AND c.status_asked_at <= f.freed_at
    {STEP}
    ORDER BY c.control_id, f.freed_at DESC LIMIT :most""")  # noqa: S608 - constants
#: Whoever is asked for now may wait for it in a moment; after the usual interval everybody is asked anyway.
_FORGET = text(f"""
    DELETE FROM freed_things d USING {_MAY}
    WHERE d.agency = a.agency AND (d.freed_at <= a.before OR NOT EXISTS (
        SELECT FROM controls c WHERE c.thing = d.thing AND c.agency = d.agency AND c.control_id <> d.control_id AND c.status_asked_at <= d.freed_at
          AND (c.watch = 'moving' OR c.state = 'requested')))""")  # noqa: S608 - constants
_ANY = text("SELECT EXISTS (SELECT FROM freed_things)")
_NEVER = text("DELETE FROM freed_things WHERE agency <> ALL(CAST(:askable AS text[]))")


async def note_freed(connection: AsyncConnection, freed: Sequence[Freed], at: datetime) -> None:
    """Note what became free, in the transaction that says so."""
    if freed:
        await connection.execute(_NOTE, {**arrays("f", freed, "agency", "thing", "control_id"), "at": at})


async def any_freed(connection: AsyncConnection) -> bool:
    """Tell whether anything is noted."""
    found: bool = (await connection.execute(_ANY)).scalar_one()
    return found


async def waiting_for(connection: AsyncConnection, agencies: Sequence[MayAsk], most: int, aside: Sequence[str] = ()) -> list[Waiting]:
    """Return controls of any court that wait for what became free since they were asked about, at agencies that may be asked now.

    Shape: not those of which a question is open (its answer may be older, so they come again after it), nor those left out
    """
    found = (await connection.execute(_WAITING, {**arrays("a", agencies, "agency", "before", "due_at"), "most": most, "aside": list(aside)})).mappings()
    return [Waiting(ToAsk(**{name: row[name] for name in ToAsk.__slots__}), row["freed_at"]) for row in found]


async def forget_freed(connection: AsyncConnection, agencies: Sequence[MayAsk], askable: Sequence[str]) -> None:
    """Forget what nobody waits for any more at agencies that may be asked now, and all of agencies that can never be asked."""
    await connection.execute(_FORGET, arrays("a", agencies, "agency", "before", "due_at"))
    await connection.execute(_NEVER, {"askable": list(askable)})
