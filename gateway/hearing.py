"""What processes without a database tell of themselves (chakong.state.v1) goes into the store, a poll at a time."""

import asyncio
from collections.abc import Sequence

import structlog

from contracts.batching import pause
from contracts.failures import MalformedMessage, NotAuthentic, ServiceUnavailable
from contracts.kafka import topics
from contracts.kafka.codec import Record
from contracts.kafka.consumer import BROKER_ERRORS, Consumer
from contracts.kafka.settings import KafkaSettings
from contracts.kafka.state import decode_state
from contracts.signing import Keys
from contracts.state import RoleState
from contracts.telemetry import ALARMS, DEAD_LETTERS
from gateway.store.database import STATEMENT_FAULTS, Database
from gateway.store.standing import beat

_log = structlog.get_logger()

#: After what the next one tells it all again.
_UNWRITTEN: tuple[type[Exception], ...] = (ServiceUnavailable, *STATEMENT_FAULTS)

_MOST = 1_000


def heard(records: Sequence[Record], keys: Keys) -> list[RoleState]:
    """Return the newest state of each role of each process; what cannot be read is counted and left: the next comes in seconds."""
    newest: dict[tuple[str, str, str], RoleState] = {}
    for record in records:
        try:
            state = decode_state(record, keys)
        except NotAuthentic as error:
            ALARMS.labels("not_authentic").inc()
            _log.error("not_authentic", topic=record.topic, partition=record.partition, offset=record.offset, doubt=str(error))
        except MalformedMessage as error:
            DEAD_LETTERS.labels(record.topic, error.code).inc()
            _log.warning("state_unread", partition=record.partition, offset=record.offset, why=str(error))
        else:
            newest[state.role, state.detail, state.process] = state
    return list(newest.values())


async def serve(database: Database, kafka: KafkaSettings, keys: Keys, stop: asyncio.Event) -> None:
    """Run beside the aggregator until told to stop. Nothing waits for it: what is lost is told again in seconds."""
    while not stop.is_set():
        consumer = Consumer(kafka, [topics.STATES], topics.STATES_GROUP, "chakong.hearing")
        try:
            await consumer.start()
            while not stop.is_set():
                records = await consumer.poll(_MOST, wait_s=0.5)
                await _write(database, heard(records, keys))
                consumer.done(records)
        except BROKER_ERRORS as error:
            _log.warning("broker_away", role="hearing", error=type(error).__name__)
            await pause(stop, 1.0)
        finally:
            await consumer.stop()


async def _write(database: Database, states: Sequence[RoleState]) -> None:
    if not states:
        return
    try:
        async with database.transaction() as connection:
            await beat(connection, states)
    except _UNWRITTEN as error:
        _log.warning("states_unwritten", error=type(error).__name__, states=len(states))
