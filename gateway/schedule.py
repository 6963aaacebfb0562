"""Stage 5, schedule: nothing came, terms end, and controls wait. It looks at dates by the clock it is given and concludes nothing else.

(Asking again is the relay's: a task row says itself when it is due to be sent.)
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from functools import partial

import structlog

from contracts.agency import MOST_WORKING_DAYS
from contracts.batching import pause
from contracts.clock import Clock, china_date
from contracts.failures import ServiceUnavailable
from contracts.pulse import Pulse
from contracts.telemetry import ALARMS
from contracts.words import NewId
from gateway.domain.control_events import AnswerOverdue, TermEnded, TermWarned
from gateway.domain.deadlines import nth_working_day
from gateway.domain.term_warnings import is_beyond, last_working_day, warning_days
from gateway.settings import GatewaySettings
from gateway.store.controls import due_warnings, ended_terms
from gateway.store.database import Connection, Database
from gateway.store.inbox import TaskAnswer, apply_answers, overdue
from gateway.store.settlement import ControlHappening, settle
from gateway.sweeping import Sweep, swept

_log = structlog.get_logger()

#: Most deadlines settled in one transaction.
_MOST = 500


async def _nothing() -> int:
    return 0


class Schedule:
    """Marks what is overdue and what has expired, warns of what will expire, and has agencies asked how controls stand."""

    def __init__(
        self, database: Database, *, clock: Clock, new_id: NewId, send_held: Callable[[], Awaitable[int]] = _nothing,
        ask_status: Callable[[], Awaitable[int]] = _nothing,
    ) -> None:
        """Take what it works with: `send_held` sends steps that need be held back no longer, `ask_status` is Watching.ask."""
        self._database, self._clock, self._new_id = database, clock, new_id
        self._send_held, self._ask_status = send_held, ask_status
        self._looked_on: date | None = None

    async def tick(self) -> int:
        """Settle a batch of passed deadlines, ended terms, warnings and questions; return how many there were.

        Raises: StoreUnavailable
        """
        now = self._clock.now()
        self._look_at_calendar(china_date(now))
        settled = await self._mark_overdue(now) + await self._end_terms(now) + await self._warn(now)
        return settled + await self._send_held() + await self._ask_status()

    def _look_at_calendar(self, today: date) -> None:
        """Raise an alarm, once a day, when deadlines of answers are counted beyond the calendar; nothing is held up."""
        if today != self._looked_on and is_beyond(nth_working_day(today, MOST_WORKING_DAYS)):
            ALARMS.labels("calendar").inc()
            _log.error("calendar_ends", today=today.isoformat())
        self._looked_on = today

    async def _mark_overdue(self, now: datetime) -> int:
        async def mark(connection: Connection, task_ids: Sequence[str]) -> None:
            applied = await apply_answers(connection, [_no_answer(task_id) for task_id in task_ids], now)
            in_doubt = [ControlHappening(one.control_id, one.request_id, AnswerOverdue(), "clock", one.task_id)
                        for one in applied if one.control_id and one.action not in {"status", "query"}]
            await settle(connection, [one for one in applied if not one.control_id], in_doubt, now=now, new_id=self._new_id)

        marked = await swept(self._database, Sweep("overdue", partial(_overdue, now), mark, str), now)
        if marked:
            _log.warning("overdue", tasks=marked)
        return marked

    async def _end_terms(self, now: datetime) -> int:
        async def end(connection: Connection, ended: Sequence[tuple[str, str]]) -> None:
            happenings = [ControlHappening(control_id, request_id, TermEnded(), "clock") for control_id, request_id in ended]
            await settle(connection, [], happenings, now=now, new_id=self._new_id)

        return await swept(self._database, Sweep("term", partial(_ended, china_date(now)), end, lambda one: one[0]), now)

    async def _warn(self, now: datetime) -> int:
        """Warn of ends that come near; a working day counted beyond the calendar raises an alarm and holds nothing up."""
        today = china_date(now)

        async def warn(connection: Connection, due: Sequence[tuple[str, str, date]]) -> None:
            happenings = [ControlHappening(control_id, request_id, TermWarned(warning_days(until_on, today)), "clock")
                          for control_id, request_id, until_on in due]
            await settle(connection, [], happenings, now=now, new_id=self._new_id)
            if beyond := sum(is_beyond(last_working_day(until_on)) for _, _, until_on in due):
                ALARMS.labels("calendar").inc(beyond)
                _log.error("calendar_ends", controls=beyond)

        return await swept(self._database, Sweep("warning", partial(_to_warn, today), warn, lambda one: one[0]), now)


async def _overdue(now: datetime, connection: Connection, aside: Sequence[str]) -> Sequence[str]:
    return await overdue(connection, now=now, most=_MOST, aside=aside)


async def _ended(today: date, connection: Connection, aside: Sequence[str]) -> Sequence[tuple[str, str]]:
    return await ended_terms(connection, today, _MOST, aside)


async def _to_warn(today: date, connection: Connection, aside: Sequence[str]) -> Sequence[tuple[str, str, date]]:
    return await due_warnings(connection, today, _MOST, aside)


def _no_answer(task_id: str) -> TaskAnswer:
    return TaskAnswer(task_id, "overdue", "no_answer", None, None, None, None, None, None)


async def serve(schedule: Schedule, settings: GatewaySettings, stop: asyncio.Event, pulse: Pulse | None = None) -> None:
    """Run the role until told to stop; each look turns `pulse`."""
    pulse = pulse or Pulse()
    while not stop.is_set():
        pulse.turn()
        try:
            settled = await schedule.tick()
        except ServiceUnavailable as error:
            _log.warning("schedule_waits", code=error.code)
            settled = 0
        if not settled:
            await pause(stop, settings.schedule_every_s)
