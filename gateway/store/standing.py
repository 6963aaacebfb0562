"""How the mesh stands: read in two statements, written by whoever lives. Heartbeats carry the database's own time."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.state import RoleState
from gateway.domain.standing import Heartbeat, Standing, Waiting
from gateway.store.unnest import rows

_WAITING = text("""
    SELECT agency, asset_type, count(*) FILTER (WHERE asked_at IS NOT NULL OR next_attempt_at <= :now) AS backlog,
           min(next_attempt_at) FILTER (WHERE next_attempt_at <= :now) AS unsent_since, min(asked_at) AS unanswered_since,
           count(*) FILTER (WHERE next_attempt_at <= :now) AS unsent
    FROM tasks WHERE outcome IS NULL GROUP BY agency, asset_type""")
_HEARTBEATS = text("""
    SELECT role, detail, process, extract(epoch FROM now() - at)::float8 AS age_s, idle_s, state FROM heartbeats""")
_BEAT = text(f"""
    INSERT INTO heartbeats (role, detail, process, at, started_at, idle_s, state)
    SELECT role, detail, process, now(), started_at, idle_s, state::jsonb
    FROM {rows("b", role="text", detail="text", process="text", started_at="timestamptz", idle_s="float8", state="text")}
    ORDER BY role, detail, process
    ON CONFLICT (role, detail, process) DO UPDATE
    SET at = excluded.at, started_at = excluded.started_at, idle_s = excluded.idle_s, state = excluded.state""")  # noqa: S608 - constants
_FORGET = text("DELETE FROM heartbeats WHERE at < now() - interval '1 day'")
_GONE = text("DELETE FROM heartbeats WHERE process = :process AND role = ANY(CAST(:roles AS text[]))")


async def load_standing(connection: AsyncConnection, now: datetime) -> Standing:
    """Return what waits and who told of itself within a day."""
    waiting = tuple(Waiting(**row) for row in (await connection.execute(_WAITING, {"now": now})).mappings())
    return Standing(now, waiting, tuple(map(_heartbeat, (await connection.execute(_HEARTBEATS)).mappings())))


def _heartbeat(row: RowMapping) -> Heartbeat:
    told = RoleState.model_validate({**row["state"], "role": row["role"], "detail": row["detail"], "process": row["process"]})
    return Heartbeat(told.role, told.detail, told.process, row["age_s"], row["idle_s"], breakers=told.breakers, unapplied=told.unapplied)


async def beat(connection: AsyncConnection, states: Sequence[RoleState]) -> None:
    """Write what roles tell of themselves, one row a role of a process; and forget who was silent for a day."""
    newest = {(one.role, one.detail, one.process): one for one in states}
    columns = {"role": [key[0] for key in newest], "detail": [key[1] for key in newest], "process": [key[2] for key in newest],
               "started_at": [one.started_at for one in newest.values()], "idle_s": [one.idle_s for one in newest.values()],
               "state": [one.model_dump_json(include={"started_at", "breakers", "unapplied"}) for one in newest.values()]}
    await connection.execute(_BEAT, {f"b_{name}": values for name, values in columns.items()})
    await connection.execute(_FORGET)


async def gone(connection: AsyncConnection, process: str, roles: Sequence[str]) -> None:
    """Take back the heartbeats of roles that end in order."""
    await connection.execute(_GONE, {"process": process, "roles": list(roles)})
