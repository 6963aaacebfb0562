"""Stage 2, relay: tasks not yet sent go to Kafka, in order, acknowledged. It never decides; the task row says what is due.

Commands come two ways: handed over right after their commit (fast), and found by the sweep (correct: whatever a crash,
a full broker or a refusal left behind). Both end in `deliver`.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
import structlog

from contracts.batching import Batcher, Failed, Linger, apart, pause
from contracts.clock import Clock
from contracts.failures import ServiceUnavailable
from contracts.kafka.codec import Envelope, Outbound, command_type
from contracts.kafka.producer import Producer
from contracts.pulse import Pulse
from contracts.telemetry import BATCH_SIZE, IN_FLIGHT_BYTES, OUTBOX_AGE, TASKS_SENT
from contracts.words import NewId
from gateway.domain.in_flight import InFlight
from gateway.settings import GatewaySettings
from gateway.store.database import Database, Listener
from gateway.store.outbox import (
    DueTask,
    Sent,
    claim,
    claim_early,
    claim_late,
    due_heads,
    late_heads,
    mark_sent,
    oldest_due,
    put_off,
    send_all_again,
    still_in_flight,
)
from gateway.sweeping import leave_out

_log = structlog.get_logger()

_PING_EVERY_S = 2.0
#: How often the store is asked what was answered, when the broker fills up and when it does not, and of how many at a time.
_LOOK_EVERY_S, _ASK_EVERY_S, _ASK_MOST = 0.05, 1.0, 2_000
#: Longest wait before a command is sent again, whatever its attempts.
_LONGEST_RESEND = timedelta(minutes=10)
#: How often to look for what is owed since its deadline, and how long agencies are asked for it.
_LATE_EVERY_S = 1.0
#: Most that are asked again at once because a clock had declared them overdue too early.
_MOST_EARLY = 100
_ASKED_AFTER_DEADLINE = timedelta(days=30)


class Relay:
    """Sends due commands; `offer` takes those that were just committed."""

    def __init__(self, database: Database, producer: Producer, settings: GatewaySettings, *, clock: Clock, new_id: NewId) -> None:
        """Take what it works with; `run` starts it."""
        self._database, self._producer, self._settings, self._clock, self._new_id = database, producer, settings, clock, new_id
        self._in_flight, self.pulse = InFlight(settings.in_flight_bytes), Pulse()
        self._offers: Batcher[DueTask, None] = Batcher(self._deliver_offered, most=settings.relay_batch,
                                                       linger=Linger(settings.relay_linger_s, full=64))

    def offer(self, tasks: Sequence[DueTask]) -> None:
        """Take freshly committed commands; what finds no room is left to the sweep."""
        for task in self._in_flight.fitting(tasks):
            self._offers.put(task)

    async def run(self, stop: asyncio.Event, committed: Listener) -> None:
        """Deliver offers and sweep until told to stop."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._offers.run(stop))
            group.create_task(self._sweep_until(stop, committed))
            group.create_task(self._ask_late_until(stop))
            group.create_task(self._make_room_until(stop))
            group.create_task(self._stay_connected_until(stop))

    async def send_all_again(self, stop: asyncio.Event) -> None:
        """Make every unanswered command due, however long the database is away: the broker that had them is gone with its messages."""
        while not stop.is_set():
            try:
                async with self._database.transaction() as connection:
                    await send_all_again(connection, self._clock.now())
            except ServiceUnavailable as error:
                _log.warning("sending_again_waits", code=error.code)
                await pause(stop, self._settings.relay_sweep_every_s)
            else:
                return

    async def _stay_connected_until(self, stop: asyncio.Event) -> None:
        """Ask the broker now and then, so that readiness tells the truth on an idle gateway."""
        while not stop.is_set():
            await self._producer.ping()
            await pause(stop, _PING_EVERY_S)

    async def _sweep_until(self, stop: asyncio.Event, committed: Listener) -> None:
        while not stop.is_set():
            self.pulse.turn()
            try:
                found = await self._sweep()
            except ServiceUnavailable as error:
                _log.warning("sweep_failed", code=error.code)
                found = 0
            if not found:
                await _wait(stop, committed.woken, self._settings.relay_sweep_every_s)

    async def _sweep(self) -> int:
        now, lease, most = self._clock.now(), timedelta(seconds=self._settings.relay_lease_s), self._settings.relay_batch
        async with self._database.transaction() as connection:
            oldest = await oldest_due(connection, now)
            again = self._in_flight.due(now, most)
            quotas = self._in_flight.allot(await due_heads(connection, now) if oldest else [], most)
            due = await claim(connection, now=now, lease=lease, quotas=quotas, again=again) if quotas or again else []
        OUTBOX_AGE.set((now - oldest).total_seconds() if oldest else 0)
        await self._deliver(due)
        return len(due)

    async def _deliver_offered(self, tasks: Sequence[DueTask]) -> list[None]:
        """Deliver what there is room for; not what waited here until its lease ended, for the sweep has it."""
        now = self._clock.now()
        mine = [task for task in tasks if task.lease > now]
        await self._deliver(self._in_flight.fitting(mine))
        return [None] * len(tasks)

    async def _ask_late_until(self, stop: asyncio.Event) -> None:
        """Ask how acknowledged requests stand whose deadline has passed: a late answer makes a new report version."""
        while not stop.is_set():
            try:
                await self._ask_late()
            except ServiceUnavailable as error:
                _log.warning("late_unasked", code=error.code)
            await pause(stop, _LATE_EVERY_S)

    async def _ask_late(self) -> None:
        now, lease, most = self._clock.now(), timedelta(seconds=self._settings.relay_lease_s), self._settings.relay_batch
        async with self._database.transaction() as connection:
            quotas, again = self._in_flight.quotas(await late_heads(connection, now), most), self._in_flight.due(now, most)
            late = await claim_late(connection, now=now, lease=lease, since=now - _ASKED_AFTER_DEADLINE, quotas=quotas, again=again) \
                if quotas or again else []
            early = await claim_early(connection, now=now, lease=lease, most=_MOST_EARLY)
        await self._deliver([*late, *early])

    async def _deliver(self, tasks: Sequence[DueTask]) -> None:
        """Send commands and mark the acknowledged ones; the others stay due and the sweep finds them."""
        if not tasks:
            return
        now = self._clock.now()
        tasks, messages = await self._written(tasks, now)
        marks = [Sent(task.task_id, task.lease, now + resend_after(task.attempts, self._settings.resend_after_s)) for task in tasks]
        # Counted before the broker has them: what was offered and what the sweep finds share the room.
        self._in_flight.sent([(mark.sending, task, message.size_bytes) for mark, task, message in zip(marks, tasks, messages, strict=True)])
        told = await self._producer.deliver(messages)
        acknowledged = [one == "taken" for one in told]
        await self._set_aside([(task.task_id, "refused_by_broker") for task, one in zip(tasks, told, strict=True) if one == "refused"], now)
        self._in_flight.not_taken([mark.sending for mark, has_it in zip(marks, acknowledged, strict=True) if not has_it])
        await self._mark([mark for mark, has_it in zip(marks, acknowledged, strict=True) if has_it], now)
        for task, has_it in zip(tasks, acknowledged, strict=True):
            TASKS_SENT.labels(task.asset_type).inc(has_it)
        BATCH_SIZE.labels("relay").observe(len(tasks))

    async def _written(self, tasks: Sequence[DueTask], now: datetime) -> tuple[list[DueTask], list[Outbound]]:
        """Write messages; a command that none can be made of is set aside."""

        async def write(some: Sequence[DueTask]) -> Sequence[Outbound]:
            return [to_message(task, self._new_id(), now) for task in some]

        written = list(zip(tasks, await apart(write, tasks), strict=True))
        await self._set_aside([(task.task_id, f"bug:{type(one.error).__name__}") for task, one in written if isinstance(one, Failed)], now)
        good = [(task, one) for task, one in written if not isinstance(one, Failed)]
        return [task for task, _ in good], [one for _, one in good]

    async def _set_aside(self, why: Sequence[tuple[str, str]], now: datetime) -> None:
        """Send commands that never get through so rarely that they are in nobody's way; at their deadlines they are overdue."""
        try:
            until = await leave_out(self._database, "command", why, now)
            if until:
                async with self._database.transaction() as connection:
                    await put_off(connection, until)
        except ServiceUnavailable as error:
            _log.warning("not_set_aside", code=error.code, tasks=len(why))

    async def _mark(self, sent: Sequence[Sent], now: datetime) -> None:
        if not sent:
            return
        try:
            async with self._database.transaction() as connection:
                await mark_sent(connection, sent, now)
        except ServiceUnavailable as error:
            _log.warning("mark_failed", code=error.code, tasks=len(sent))
            self._in_flight.not_marked([mark.sending for mark in sent])

    async def _make_room_until(self, stop: asyncio.Event) -> None:
        """Ask the store what was answered meanwhile, often when the broker fills up, rarely when not."""
        idle_s = 0.0
        while not stop.is_set():
            await pause(stop, _LOOK_EVERY_S)
            idle_s += _LOOK_EVERY_S
            asked = self._in_flight.waiting(_ASK_MOST)
            if not asked or not (self._in_flight.pressed or idle_s >= _ASK_EVERY_S):
                continue
            idle_s = 0.0
            for topic, held in self._in_flight.bytes_by_topic.items():
                IN_FLIGHT_BYTES.labels(topic).set(held)
            try:
                async with self._database.transaction() as connection:
                    self._in_flight.keep(asked, await still_in_flight(connection, asked))
            except ServiceUnavailable as error:
                _log.warning("in_flight_unknown", code=error.code)


def resend_after(attempts: int, first_s: float) -> timedelta:
    """Return how long to wait for a reply: doubling with each attempt, ten minutes at most."""
    return min(timedelta(seconds=first_s * 2 ** min(attempts, 10)), _LONGEST_RESEND)


def to_message(task: DueTask, message_id: str, now: datetime) -> Outbound:
    """Write the Kafka message of a command; an acknowledged task is asked for its status."""
    body = task.command.encode()
    if task.attempts or task.agency_ref:
        body = orjson.dumps(_asked_again(orjson.loads(body), task))
    action = "status" if task.agency_ref else task.action
    envelope = Envelope(
        id=message_id, type=command_type(action), source="/gateway", subject=task.task_id, time=now,
        correlation_id=task.request_id, expiry_time=task.answer_due_at,
        traceparent=f"00-{task.trace_id}-{task.trace_id[:16]}-01",
    )
    return Outbound(task.topic, task.key, body, envelope.headers())


def _asked_again(body: dict[str, object], task: DueTask) -> dict[str, object]:
    body["attempt"] = task.attempts + 1
    if task.agency_ref:
        body |= {"action": "status", "of_action": body.get("of_action") or body["action"], "agency_ref": task.agency_ref}
    return body


async def _wait(stop: asyncio.Event, woken: asyncio.Event, seconds: float) -> None:
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(woken.wait())]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    woken.clear()
