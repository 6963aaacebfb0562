"""Stage 4, aggregator: a batch of replies becomes outcomes of tasks, in one transaction. It never asks anybody anything.

The task row is the inbox: whatever comes twice, late or from a stranger changes nothing it should not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import orjson
import structlog

from contracts.agency import Agency
from contracts.batching import Linger, patiently
from contracts.bounds import MOST_RAW_BYTES
from contracts.clock import Clock
from contracts.failures import ServiceUnavailable
from contracts.kafka import topics
from contracts.kafka.codec import Record
from contracts.kafka.consumer import BROKER_ERRORS, Consumer
from contracts.kafka.instants import ASKED_AT, SENT_AT, instant_of
from contracts.kafka.producer import Producer
from contracts.kafka.settings import KafkaSettings
from contracts.messages import Reply
from contracts.pulse import Pulse
from contracts.signing import Keys
from contracts.telemetry import ALARMS, BATCH_SIZE, REPLIES_FILED
from contracts.words import NewId
from gateway.domain.answers import Meaning, ask_again_at, meaning_of
from gateway.domain.in_hand import InHand
from gateway.domain.sender_clock import placed
from gateway.domain.status_answers import is_news, told
from gateway.letters import letter, read_replies, write_letters
from gateway.reconciling import Answered
from gateway.settings import GatewaySettings
from gateway.store.controls import load_controls
from gateway.store.database import OPERATOR_MENDS, Connection, Database
from gateway.store.inbox import (
    Filed,
    Postponed,
    Standing,
    TaskAnswer,
    apply_answers,
    file_replies,
    postpone,
    repeated,
    standing,
)
from gateway.store.settlement import ControlHappening, settle
from gateway.store.statuses import ask_soon

_log = structlog.get_logger()
#: How often a reply is tried that meets a bug, with growing pauses.
_BUG_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answered reply with what it means for the task it names."""

    reply: Reply
    task: Standing
    meaning: Meaning

    @property
    def wire(self) -> Mapping[str, str]:
        """Return the agency's own codes, for the record."""
        return self.reply.control.wire if self.reply.control else {}


#: Compares what queries list with our controls.
Compare = Callable[[Sequence[Answered]], Awaitable[None]]


async def _compare_nothing(_: Sequence[Answered]) -> None:
    pass


class Aggregator:
    """Applies batches of replies."""

    def __init__(
        self, database: Database, agencies: Mapping[str, Agency], *, clock: Clock, new_id: NewId, compare: Compare = _compare_nothing,
    ) -> None:
        """Take what it works with; `compare` is Reconciling.compare."""
        self._database, self._agencies, self._clock, self._new_id, self._compare = database, agencies, clock, new_id, compare
        self.pulse, self.in_hand = Pulse(), InHand(agencies)

    def by_our_clock(self, come: Sequence[tuple[Record, Reply]]) -> list[tuple[Record, Reply]]:
        """Place what replies say of instants in our time; a sender whose clock is off is named to an operator.

        Raises: ServiceUnavailable while our own time is not known
        """
        now = self._clock.now()
        return [(record, _placed(record, reply, now)) for record, reply in come]

    async def apply(self, replies: Sequence[Reply]) -> None:
        """Apply replies, the first answer of each task first.

        Raises: StoreUnavailable; nothing was applied then
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            tasks = await standing(connection, [reply.task_id for reply in replies])
            known = [reply for reply in replies if reply.task_id in tasks and tasks[reply.task_id].agency == reply.agency]
            strangers = [reply for reply in replies if reply.task_id not in tasks or tasks[reply.task_id].agency != reply.agency]
            answers, second = _first_of_each([_read(reply, tasks[reply.task_id]) for reply in known if reply.kind == "answered"])
            await self._postpone(connection, [reply for reply in known if reply.kind != "answered"], tasks, now)
            filed = [_filed(reply, "foreign") for reply in strangers]
            differing = await self._apply_answers(connection, answers, now)
            filed += [_filed(one.reply, "contradiction") for one in (*differing, *second)]
            if filed:
                await file_replies(connection, filed, now)
        await self._ask_soon({one.task.control_id for one in differing if one.task.control_id})
        await self._compare([Answered(one.task.task_id, one.reply.assets, bool(one.task.control_id)) for one in answers
                             if one.task.action == "query" and one.reply.assets])
        BATCH_SIZE.labels("aggregator").observe(len(replies))

    async def _ask_soon(self, control_ids: set[str]) -> None:
        """Have agencies asked how controls stand of which they told something unasked: it changes nothing, but it may be news.

        A transaction of its own, after what it follows from: it locks controls alone. The batch comes again if it fails.
        """
        if control_ids:
            async with self._database.transaction() as connection:
                await ask_soon(connection, sorted(control_ids))

    async def _apply_answers(self, connection: Connection, answers: Sequence[_Answer], now: datetime) -> list[_Answer]:
        """Apply and settle; return the answers that came second and say something else."""
        if not answers:
            return []
        applied = await apply_answers(connection, [_task_answer(one) for one in answers], now)
        by_task = {one.task.task_id: one for one in answers}
        happenings = [
            ControlHappening(one.control_id, one.request_id, event, "agency", one.task_id, is_status=one.action == "status",
                             wire=by_task[one.task_id].wire)
            for one in applied if one.control_id and (event := by_task[one.task_id].meaning.event)
        ]
        await settle(connection, [one for one in applied if not one.control_id], happenings, now=now, new_id=self._new_id)
        changed = {one.task_id for one in applied}
        return await self._second(connection, [one for one in answers if one.task.task_id not in changed])

    async def _second(self, connection: Connection, answers: Sequence[_Answer]) -> list[_Answer]:
        """Return what contradicts the answers that stand; a command that was sent twice may well be answered twice."""
        if not answers:
            return []
        same = await repeated(connection, [_task_answer(one) for one in answers])
        same |= {one.task.task_id for one in answers if one.task.control_id and one.task.action in {"status", "query"}}
        REPLIES_FILED.labels("repeated").inc(len(same))
        return await self._news(connection, [one for one in answers if one.task.task_id not in same])

    async def _news(self, connection: Connection, answers: Sequence[_Answer]) -> list[_Answer]:
        """Return the answers that say something else than what stands; of a control that is told in other bytes as it stands, nothing."""
        controls = await load_controls(connection, [one.task.control_id for one in answers if one.task.control_id])
        return [one for one in answers if one.task.control_id is None or is_news(controls[one.task.control_id].control, one.meaning.event)]

    async def _postpone(
        self, connection: Connection, replies: Sequence[Reply], tasks: Mapping[str, Standing], now: datetime
    ) -> None:
        postponed = {
            reply.task_id: Postponed(reply.task_id, reply.agency_ref,
                                     ask_again_at(reply, self._agencies.get(reply.agency), tasks[reply.task_id].attempts, now),
                                     reply.as_of if reply.code == "suspended" else None)
            for reply in replies
        }
        if postponed:
            await postpone(connection, list(postponed.values()))


def _read(reply: Reply, task: Standing) -> _Answer:
    meaning = meaning_of(reply, kind=task.asset_type, action=task.asks, is_control=task.control_id is not None and task.action != "query")
    if task.action == "status":
        meaning = replace(meaning, event=told(meaning.event))
    if meaning.oddities:
        ALARMS.labels("unread").inc()
        _log.warning("answer_read_oddly", task_id=task.task_id, agency=task.agency, codes=sorted({one["code"] for one in meaning.oddities}))
    if meaning.alarm:
        ALARMS.labels("protocol").inc()
        _log.error("task_failed", task_id=task.task_id, agency=task.agency, code=meaning.code)
    return _Answer(reply, task, meaning)


def _placed(record: Record, reply: Reply, now: datetime) -> Reply:
    one = placed(reply, instant_of(record, SENT_AT), instant_of(record, ASKED_AT), now)
    if one.off:
        ALARMS.labels("clock").inc()
        _log.error("sender_clock_differs", agency=reply.agency, ahead_s=round(one.off.total_seconds(), 3))
    return one.reply


def _first_of_each(answers: Sequence[_Answer]) -> tuple[list[_Answer], list[_Answer]]:
    """Split answers into the first of each task and those after it that say something else."""
    first: dict[str, _Answer] = {}
    second = []
    for one in answers:
        kept = first.setdefault(one.task.task_id, one)
        if kept is not one and _said(kept) != _said(one):
            second.append(one)
    return list(first.values()), second


def _said(one: _Answer) -> tuple[str, str | None, str | None]:
    return one.meaning.outcome, one.meaning.assets, one.meaning.unreadable


def _filed(reply: Reply, why: str) -> Filed:
    REPLIES_FILED.labels(why).inc()
    ALARMS.labels(why).inc()
    _log.error("reply_filed", task_id=reply.task_id, agency=reply.agency, why=why)
    return Filed(reply.task_id, why, reply.model_dump_json(exclude_none=True))


def _task_answer(one: _Answer) -> TaskAnswer:
    reply, meaning = one.reply, one.meaning
    raw, media_type = reply.evidence or ((reply.model_dump_json(exclude_none=True).encode(), "application/json") if meaning.alarm else (None, None))
    return TaskAnswer(task_id=one.task.task_id, outcome=meaning.outcome, code=meaning.code, detail=meaning.detail, assets=meaning.assets,
                      as_of=reply.as_of, elapsed_s=reply.elapsed_s, raw_sha256=reply.raw_sha256,
                      raw=raw and raw[:MOST_RAW_BYTES], raw_media_type=media_type, raw_size=reply.raw_size, unreadable=meaning.unreadable, unread=meaning.unread,
                      oddities=orjson.dumps(meaning.oddities).decode() if meaning.oddities else None)


async def run(
    aggregator: Aggregator, consumer: Consumer, producer: Producer, settings: GatewaySettings, stop: asyncio.Event, *, keys: Keys
) -> None:
    """Poll, apply, commit, until told to stop; a batch is finished only when its transaction is.

    Raises: one of consumer.BROKER_ERRORS when the broker is gone; the caller starts anew
    """
    linger = Linger(settings.aggregator_linger_s, full=64)
    while not stop.is_set():
        aggregator.pulse.turn()
        records = await consumer.poll(settings.aggregator_batch, wait_s=0.2)
        if records and (wait_s := linger.wait_s()):
            await asyncio.sleep(wait_s)
            records += await consumer.poll(settings.aggregator_batch, wait_s=0)
        aggregator.in_hand.now([record.headers for record in records])
        if records:
            if await _handle(aggregator, producer, records, stop, keys):
                consumer.done(records)
            linger.saw(len(records))


async def _handle(aggregator: Aggregator, producer: Producer, records: Sequence[Record], stop: asyncio.Event, keys: Keys) -> bool:
    """Apply a batch, however long the database is away; what cannot be read or applied is set aside. False if told to stop before it was."""
    come, letters = read_replies(records, keys)
    try:
        bad = await patiently(partial(_apply, aggregator), come, stop, tries=_BUG_TRIES, ends=OPERATOR_MENDS)
    except OPERATOR_MENDS as error:
        _log.error("store_unfit", role="aggregator", error=type(error).__name__)
        raise
    if bad is None:
        return False
    letters += [letter(record, "bug", f"it cannot be applied, {type(error).__name__}") for (record, _), error in bad]
    return await write_letters(producer, letters, stop)


async def _apply(aggregator: Aggregator, come: Sequence[tuple[Record, Reply]]) -> Sequence[None]:
    aggregator.pulse.turn()
    try:
        await aggregator.apply([reply for _, reply in aggregator.by_our_clock(come)])
    except ServiceUnavailable as error:
        _log.warning("replies_wait", code=error.code, replies=len(come))
        raise
    return [None] * len(come)


async def serve(
    aggregator: Aggregator, kafka: KafkaSettings, settings: GatewaySettings, stop: asyncio.Event, *, joined: Callable[[Consumer], None], keys: Keys
) -> None:
    """Run the role until told to stop, joining the group anew whenever the broker went away; `joined` is shown each consumer."""
    producer = Producer(kafka, "chakong.aggregator")
    while not stop.is_set():
        aggregator.pulse.turn()
        consumer = Consumer(kafka, [topics.REPLIES], "chakong.aggregator", "chakong.aggregator")
        try:
            await consumer.start()
            joined(consumer)
            await run(aggregator, consumer, producer, settings, stop, keys=keys)
        except BROKER_ERRORS as error:
            _log.warning("broker_away", role="aggregator", error=type(error).__name__)
            await asyncio.sleep(0.5)
        finally:
            await consumer.stop()
    await producer.stop()
