"""Turns, one row a task: granted in one statement, by the database's clock alone. ADR 17."""

from dataclasses import dataclass

from sqlalchemy import Column, DateTime, ForeignKey, Integer, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.tables import metadata

turns = Table(
    "turns", metadata,
    Column("task_id", Text, ForeignKey("tasks.task_id"), primary_key=True),
    Column("turn", Integer, nullable=False, comment="counts up; who has an older number acts no more"),
    Column("holder", Text, nullable=False, comment="the worker process that it was granted to"),
    Column("until", DateTime(timezone=True), nullable=False, comment="by the database's clock; given back: in the past"),
)

#: The conflicting row is locked before its conditions and values are computed, so the clock is read when nobody else can write it.
_GRANT = text("""
    WITH task AS (SELECT task_id, outcome FROM tasks WHERE task_id = :task_id),
    granted AS (
        INSERT INTO turns AS t (task_id, turn, holder, until)
        SELECT task_id, 1, :holder, clock_timestamp() + make_interval(secs => :for_s) FROM task WHERE outcome IS NULL
        ON CONFLICT (task_id) DO UPDATE
            SET turn = t.turn + 1, holder = excluded.holder, until = clock_timestamp() + make_interval(secs => :for_s)
            WHERE t.until <= clock_timestamp()
        RETURNING turn)
    SELECT task.outcome, (SELECT turn FROM granted) AS turn,
           (SELECT CAST(extract(epoch FROM until - clock_timestamp()) AS float8) FROM turns WHERE turns.task_id = task.task_id) AS left_s
    FROM task""")
_GIVE_BACK = text("UPDATE turns SET until = clock_timestamp() WHERE task_id = :task_id AND turn = :turn AND until > clock_timestamp()")


@dataclass(frozen=True, slots=True)
class Granted:
    """A turn by its number; `left_s` is of the turn that stands in its place where there is none."""

    turn: int | None
    left_s: float


async def grant_turn(connection: AsyncConnection, task_id: str, holder: str, for_s: float) -> Granted | None:
    """Grant the next turn of a task unless one stands, whoever has it; None if the task has ended or is none.

    Units: for_s, left_s in seconds from now
    """
    parameters = {"task_id": task_id, "holder": holder, "for_s": for_s}
    row = (await connection.execute(_GRANT, parameters)).one_or_none()
    if row is None or row.outcome is not None:
        return None
    return Granted(row.turn, for_s if row.left_s is None else max(0.0, row.left_s))


async def give_back_turn(connection: AsyncConnection, task_id: str, turn: int) -> None:
    """End a turn early; one that is over already, or not the last, stays as it is."""
    await connection.execute(_GIVE_BACK, {"task_id": task_id, "turn": turn})
