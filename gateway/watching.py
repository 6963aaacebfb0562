"""How controls stand, asked without an order: promotion, lapse, inflow and reversal reach the court by this. domain.md §7.3(2).

By time, and at once where we saw the cause ourselves: what waits for something that was just confirmed to be free.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson

from contracts.agency import Agency
from contracts.clock import Clock
from contracts.words import NewId
from gateway.domain.status_answers import MayAsk, may_ask
from gateway.settings import GatewaySettings
from gateway.store.accept import NewTask
from gateway.store.database import Connection, Database
from gateway.store.freed import Waiting, any_freed, forget_freed, waiting_for
from gateway.store.statuses import ToAsk, ask, to_ask
from gateway.sweeping import Sweep, swept

#: Most controls asked about in one transaction.
_MOST = 500
_A_MOMENT = timedelta(microseconds=1)


class Watching:
    """Has agencies asked how controls stand that may have changed."""

    def __init__(
        self, database: Database, agencies: Sequence[Agency], settings: GatewaySettings, *, clock: Clock, new_id: NewId,
    ) -> None:
        """Take what it works with."""
        self._database, self._agencies, self._settings, self._clock, self._new_id = database, agencies, settings, clock, new_id

    async def ask(self) -> int:
        """Put what is to be asked now into the outbox; return how much that was.

        Raises: StoreUnavailable
        """
        now, every_s = self._clock.now(), self._settings.control_status_every_s
        allowed = [one for agency in self._agencies for one in may_ask(agency, now, every_s)]
        asked = await self._ask_at_once([one for one in allowed if one.watch == "moving"], now)

        async def find(connection: Connection, aside: Sequence[str]) -> Sequence[ToAsk]:
            return await to_ask(connection, allowed, _MOST, aside)

        async def put(connection: Connection, found: Sequence[ToAsk]) -> None:
            nonlocal asked
            asked += await self._ask(connection, found, now)

        await swept(self._database, Sweep("status", find, put, lambda one: one.control_id), now)
        return asked

    async def _ask_at_once(self, allowed: Sequence[MayAsk], now: datetime) -> int:
        """Ask about what waits for something that was confirmed to be free: the head was released, ended, deducted, transferred."""
        async with self._database.transaction() as connection:
            if not await any_freed(connection):
                return 0
        asked = 0

        async def find(connection: Connection, aside: Sequence[str]) -> Sequence[Waiting]:
            return await waiting_for(connection, allowed, _MOST, aside)

        async def put(connection: Connection, found: Sequence[Waiting]) -> None:
            nonlocal asked
            # After what it follows from, whichever clock that was told by: or it would be asked again and again.
            asked += await self._ask(connection, [one.asked for one in found], max([now, *(one.freed_at + _A_MOMENT for one in found)]))

        await swept(self._database, Sweep("status", find, put, lambda one: one.asked.control_id), now)
        async with self._database.transaction() as connection:
            await forget_freed(connection, allowed, [one.agency for one in self._agencies if one.can("status")])
        return asked

    async def _ask(self, connection: Connection, found: Sequence[ToAsk], now: datetime) -> int:
        return await ask(connection, [(status_task(one, self._new_id(), now), one.agency_ref) for one in found], now)


def status_task(asked: ToAsk, new_task_id: str, now: datetime) -> NewTask:
    """Return the task that asks how a step stands: its command again, as `status`, without documents."""
    command, task_id = orjson.loads(asked.command), asked.status_task_id or new_task_id
    command |= {"task_id": task_id, "action": "status", "of_action": command.get("of_action") or command["action"], "attempt": 1, "documents": [],
                "answer_due_at": asked.due_at}
    return NewTask(
        task_id=task_id, request_id=asked.request_id, control_id=asked.control_id, agency=asked.agency, asset_type=asked.asset_type,
        subject=asked.subject, action="status", request_no=command["request_no"], topic=asked.topic, key=asked.key,
        command=orjson.dumps(command, option=orjson.OPT_UTC_Z).decode(), next_attempt_at=now, answer_due_at=asked.due_at)
