"""What was set aside comes into the store, and goes out again when an operator wants it: `chakong.dead-letter.v1` and its table.

A message that is sent again is the one that came, its signature with it: consumers meet it as they meet any repeated message.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import timedelta

import structlog

from contracts.batching import patiently, pause
from contracts.clock import Clock
from contracts.failures import ServiceUnavailable
from contracts.kafka import topics
from contracts.kafka.codec import Outbound, Record
from contracts.kafka.consumer import BROKER_ERRORS, Consumer
from contracts.kafka.producer import Producer
from contracts.kafka.settings import KafkaSettings
from contracts.telemetry import ALARMS
from gateway.domain.dead_letters import REDRIVES, DeadLetter, letter_of
from gateway.store.database import OPERATOR_MENDS, Database
from gateway.store.dead_letters import Due, forget, keep, mark_redriven, take_due

_log = structlog.get_logger()

_MOST_POLLED = 100
#: Most bytes of letters written together.
_MOST_BYTES = 16 * 1024 * 1024
_AGAIN_S = 0.5
#: How often a letter is tried that meets a bug.
_TRIES = 5
#: Letters sent again in one transaction, and how long one rests between such batches: what waits behind them goes on.
_MOST_REDRIVEN, _REST_S = 50, 0.5
_KEPT = timedelta(days=topics.DEAD_LETTER_DAYS)
_FORGET_EVERY_S, _MOST_FORGOTTEN = 3600.0, 1000


class Keeper:
    """Takes dead letters from their topic into the store."""

    def __init__(self, database: Database, kafka: KafkaSettings, clock: Clock) -> None:
        """Take what it works with; `run` starts it."""
        self._database, self._kafka, self._clock = database, kafka, clock

    async def run(self, stop: asyncio.Event) -> None:
        """Keep what comes until told to stop, joining anew whenever the broker went away."""
        while not stop.is_set():
            consumer = Consumer(self._kafka, [topics.DEAD_LETTERS], topics.DEAD_LETTERS_GROUP, topics.DEAD_LETTERS_GROUP)
            try:
                await consumer.start()
                await self._keep_on(consumer, stop)
            except BROKER_ERRORS as error:
                _log.warning("broker_away", role="dead-letters", error=type(error).__name__)
                await pause(stop, _AGAIN_S)
            finally:
                await consumer.stop()

    async def _keep_on(self, consumer: Consumer, stop: asyncio.Event) -> None:
        while not stop.is_set():
            records = await consumer.poll(_MOST_POLLED, wait_s=_AGAIN_S)
            for group in _groups(records):
                if not await self._keep([letter_of(one.key, one.value or b"", one.headers) for one in group], stop):
                    return
            consumer.done(records)

    async def _keep(self, letters: Sequence[DeadLetter], stop: asyncio.Event) -> bool:
        """Write letters, however long the database is away; one that cannot be written stays in its topic. False if told to stop before."""
        failed = await patiently(self._write, letters, stop, tries=_TRIES, ends=OPERATOR_MENDS)
        for letter, error in failed or ():
            ALARMS.labels("set_aside").inc()
            _log.error("dead_letter_not_kept", letter_id=letter.letter_id, error=type(error).__name__)
        return failed is not None

    async def _write(self, letters: Sequence[DeadLetter]) -> Sequence[None]:
        async with self._database.transaction() as connection:
            await keep(connection, letters, self._clock.now())
        return [None] * len(letters)


class Redriver:
    """Sends letters again that are due for it, a few at a time, and forgets those that are too old."""

    def __init__(self, database: Database, producer: Producer, clock: Clock) -> None:
        """Take what it works with; `run` starts it."""
        self._database, self._producer, self._clock = database, producer, clock

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop."""
        rested_s = _FORGET_EVERY_S
        while not stop.is_set():
            try:
                await self.redrive()
                if rested_s >= _FORGET_EVERY_S:
                    rested_s = 0.0 if await self._forget() < _MOST_FORGOTTEN else rested_s
            except ServiceUnavailable as error:
                _log.warning("redrives_wait", code=error.code)
            await pause(stop, _REST_S)
            rested_s += _REST_S

    async def redrive(self) -> int:
        """Send the oldest due letters; return how many the broker has. What is not marked when we end is sent once more.

        Raises: StoreUnavailable
        """
        async with self._database.transaction() as connection:
            due = await take_due(connection, _MOST_REDRIVEN)
            if not due:
                return 0
            has = await self._producer.send([_again(one) for one in due])
            sent = [one for one, had in zip(due, has, strict=True) if had]
            await mark_redriven(connection, sent)
        _log.warning("dead_letters_redriven", letters=len(sent))
        return len(sent)

    async def _forget(self) -> int:
        async with self._database.transaction() as connection:
            return await forget(connection, self._clock.now() - _KEPT, _MOST_FORGOTTEN)


def _again(letter: Due) -> Outbound:
    headers = [*letter.headers.items(), (REDRIVES, str(letter.redrives + 1).encode())]
    return Outbound(letter.topic, letter.key, letter.value, headers)


def _groups(records: Iterable[Record]) -> list[list[Record]]:
    """Split records so that no group weighs much more than the bound."""
    groups: list[list[Record]] = []
    size = _MOST_BYTES
    for record in records:
        if size >= _MOST_BYTES:
            groups.append([])
            size = 0
        groups[-1].append(record)
        size += len(record.value or b"")
    return groups
