"""Stage 5, schedule: nothing came, and terms end. It looks at deadlines by the clock it is given and concludes nothing else.

(Asking again is the relay's: a task row says itself when it is due to be sent.)
"""

import asyncio
from datetime import datetime

import structlog

from contracts.batching import pause
from contracts.clock import Clock, china_date
from contracts.failures import ServiceUnavailable
from contracts.words import NewId
from gateway.domain.control_events import AnswerOverdue, TermEnded
from gateway.settings import GatewaySettings
from gateway.store.controls import ended_terms
from gateway.store.database import Database
from gateway.store.inbox import TaskAnswer, apply_answers, overdue
from gateway.store.settlement import ControlHappening, settle

_log = structlog.get_logger()

#: Most deadlines settled in one transaction.
_MOST = 500


class Schedule:
    """Marks what is overdue and what has expired."""

    def __init__(self, database: Database, *, clock: Clock, new_id: NewId) -> None:
        """Take what it works with."""
        self._database, self._clock, self._new_id = database, clock, new_id

    async def tick(self) -> int:
        """Settle a batch of passed deadlines and ended terms; return how many there were.

        Raises: StoreUnavailable
        """
        now = self._clock.now()
        return await self._mark_overdue(now) + await self._end_terms(now)

    async def _mark_overdue(self, now: datetime) -> int:
        async with self._database.transaction() as connection:
            task_ids = await overdue(connection, now=now, most=_MOST)
            if not task_ids:
                return 0
            applied = await apply_answers(connection, [_no_answer(task_id) for task_id in task_ids], now)
            in_doubt = [ControlHappening(one.control_id, one.request_id, AnswerOverdue(), "clock", one.task_id)
                        for one in applied if one.control_id]
            await settle(connection, [one for one in applied if not one.control_id], in_doubt, now=now, new_id=self._new_id)
        _log.warning("overdue", tasks=len(applied))
        return len(applied)

    async def _end_terms(self, now: datetime) -> int:
        async with self._database.transaction() as connection:
            ended = await ended_terms(connection, china_date(now), _MOST)
            happenings = [ControlHappening(control_id, request_id, TermEnded(), "clock") for control_id, request_id in ended]
            await settle(connection, [], happenings, now=now, new_id=self._new_id)
        return len(ended)


def _no_answer(task_id: str) -> TaskAnswer:
    return TaskAnswer(task_id, "overdue", "no_answer", None, None, None, None, None, None)


async def serve(schedule: Schedule, settings: GatewaySettings, stop: asyncio.Event) -> None:
    """Run the role until told to stop."""
    while not stop.is_set():
        try:
            settled = await schedule.tick()
        except ServiceUnavailable as error:
            _log.warning("schedule_waits", code=error.code)
            settled = 0
        if not settled:
            await pause(stop, settings.schedule_every_s)
