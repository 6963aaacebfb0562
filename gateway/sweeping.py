"""How a sweep handles rows: together where it can, each by itself where one fails; that one is set aside with its reason, and the sweep goes on."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

import structlog

from contracts.batching import WAITS, Failed, apart
from contracts.telemetry import ALARMS
from gateway.store.database import OPERATOR_MENDS, Connection, Database
from gateway.store.set_aside import clear_aside, load_aside, put_aside

_log = structlog.get_logger()
RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class Sweep(Generic[RowT]):
    """What one kind of sweep does.

    `find` returns the rows that are due but for the objects left out; `handle` handles some of them in the transaction it is given.
    """

    kind: str
    find: Callable[[Connection, Sequence[str]], Awaitable[Sequence[RowT]]]
    handle: Callable[[Connection, Sequence[RowT]], Awaitable[None]]
    object_id: Callable[[RowT], str]


async def swept(database: Database, sweep: Sweep[RowT], now: datetime) -> int:
    """Handle what a sweep finds in one transaction; return how many rows were handled.

    Shape:  where a row cannot be handled each half has a transaction of its own; a bug in finding them is told of, and nothing is handled
    Raises: StoreUnavailable; one of OPERATOR_MENDS
    """
    found, aside = list[RowT](), list[str]()

    async def together(_: Sequence[None]) -> Sequence[int]:
        async with database.transaction() as connection:
            aside[:] = await load_aside(connection, sweep.kind, now)
            found[:] = await sweep.find(connection, aside)
            if found:
                await sweep.handle(connection, found)
                await clear_aside(connection, sweep.kind, [sweep.object_id(one) for one in found])
        return [len(found)]

    async def some(items: Sequence[RowT]) -> Sequence[None]:
        async with database.transaction() as connection:
            await sweep.handle(connection, items)
            await clear_aside(connection, sweep.kind, [sweep.object_id(one) for one in items])
        return [None] * len(items)

    (first,) = await apart(together, [None])
    if not isinstance(first, Failed):
        return first
    _raise_what_is_no_rows_fault([first])
    if not found:
        ALARMS.labels("sweep").inc()
        _log.error("bug", sweep=sweep.kind, error=type(first.error).__name__)
    results = await apart(some, found, waits=(*WAITS, *OPERATOR_MENDS))
    failed = [one for one in results if isinstance(one, Failed)]
    _raise_what_is_no_rows_fault(failed)
    await leave_out(database, sweep.kind, [(sweep.object_id(row), f"bug:{type(one.error).__name__}")
                                           for row, one in zip(found, results, strict=True) if isinstance(one, Failed)], now)
    return len(found) - len(failed)


async def each_alone(
    database: Database, kind: str, handle: Callable[[RowT], Awaitable[None]], row: RowT, *, object_id: str, now: datetime,
) -> int:
    """Handle a row whose transaction is its own; return 1, or 0 if it was set aside.

    Raises: StoreUnavailable; one of OPERATOR_MENDS
    """

    async def one(rows: Sequence[RowT]) -> Sequence[None]:
        await handle(rows[0])
        return [None]

    (result,) = await apart(one, [row], waits=(*WAITS, *OPERATOR_MENDS))
    if not isinstance(result, Failed):
        return 1
    _raise_what_is_no_rows_fault([result])
    await leave_out(database, kind, [(object_id, f"bug:{type(result.error).__name__}")], now)
    return 0


async def leave_out(database: Database, kind: str, why: Sequence[tuple[str, str]], now: datetime) -> dict[str, datetime]:
    """Set objects, each (id, reason), aside with an alarm; return until when each is left out.

    Raises: StoreUnavailable
    """
    if not why:
        return {}
    for object_id, reason in why:
        ALARMS.labels("set_aside").inc()
        _log.error("set_aside", sweep=kind, object_id=object_id, reason=reason)
    async with database.transaction() as connection:
        return await put_aside(connection, kind, why, now)


def _raise_what_is_no_rows_fault(failed: Sequence[Failed]) -> None:
    for one in failed:
        if isinstance(one.error, OPERATOR_MENDS):
            _log.error("store_unfit", error=type(one.error).__name__)
        if isinstance(one.error, (*WAITS, *OPERATOR_MENDS)):
            raise one.error
