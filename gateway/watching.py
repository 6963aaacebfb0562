"""How controls stand, asked without an order: promotion, lapse, inflow and reversal reach the court by this. domain.md §7.3(2)."""

from collections.abc import Sequence
from datetime import datetime

import orjson

from contracts.agency import Agency
from contracts.clock import Clock
from contracts.words import NewId
from gateway.domain.status_answers import may_ask
from gateway.settings import GatewaySettings
from gateway.store.accept import NewTask
from gateway.store.database import Database
from gateway.store.statuses import ToAsk, ask, to_ask

#: Most controls asked about in one transaction.
_MOST = 500


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
        async with self._database.transaction() as connection:
            found = await to_ask(connection, allowed, _MOST)
            if not found:
                return 0
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
