"""A process of the agency side tells of itself: every few seconds, and at once when an agency is no longer asked, or asked again."""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from contracts.batching import pause
from contracts.clock import Clock
from contracts.kafka.producer import Producer
from contracts.kafka.settings import KafkaSettings
from contracts.kafka.state import encode_state
from contracts.signing import Keys
from contracts.state import BEAT_EVERY_S, RoleState

_log = structlog.get_logger()

#: Changes that come together are told together; a breaker that flutters is told of so often at most, seconds.
_GATHER_S = 0.2


async def serve(
    tells: Sequence[Callable[[], RoleState]], kafka: KafkaSettings, stop: asyncio.Event, *,
    keys: Keys, clock: Clock, new_id: Callable[[], str], changed: asyncio.Event, every_s: float = BEAT_EVERY_S,
) -> None:
    """Tell until told to stop; what the broker does not take is not kept, since the next says all of it again."""
    producer = Producer(kafka, "chakong.telling", keys)
    try:
        while not stop.is_set():
            changed.clear()
            now = clock.now()
            if not all(await producer.send([encode_state(tell(), message_id=new_id(), now=now) for tell in tells])):
                _log.warning("state_untold")
            await _until_news(stop, changed, every_s)
    finally:
        try:
            await asyncio.wait_for(producer.stop(), 2)
        except TimeoutError:
            _log.warning("not_closed_in_time", client="telling")


async def _until_news(stop: asyncio.Event, changed: asyncio.Event, every_s: float) -> None:
    waits = [asyncio.create_task(stop.wait()), asyncio.create_task(changed.wait())]
    await asyncio.wait(waits, timeout=every_s, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    if changed.is_set():
        await pause(stop, _GATHER_S)
