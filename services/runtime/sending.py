"""Replies and dead letters to Kafka: together, kept until the broker has them, and only then reported as sent."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from contracts.batching import Batcher, Linger, pause
from contracts.clock import Clock
from contracts.kafka import topics
from contracts.kafka.codec import Outbound, Record, bare_letter, encode_reply
from contracts.kafka.producer import Delivery
from contracts.messages import Reply
from contracts.telemetry import ALARMS
from services.runtime.answers import fault

_log = structlog.get_logger()

_MOST_GROUPS = 64
_FIRST_PAUSE_S, _MOST_PAUSE_S = 0.1, 5.0


class Sink(Protocol):
    """What sends a batch: contracts.kafka.producer.Producer."""

    async def deliver(self, messages: Sequence[Outbound]) -> Sequence[Delivery]:
        """Return for each message whether the broker has it, may have it later, or never takes it."""
        ...


class Sender:
    """Sends groups of messages, many groups in one batch."""

    def __init__(
        self, sink: Sink, *, linger_s: float, most_bytes: int, clock: Clock, new_id: Callable[[], str], keeps: bool = True,
    ) -> None:
        """Take what sends, the longest linger, the largest message the broker takes, and whether it tries again."""
        self._sink, self.most_bytes, self._clock, self._new_id = sink, most_bytes, clock, new_id
        self._batcher = Batcher[Sequence[Outbound], bool](self._send, most=_MOST_GROUPS, linger=Linger(linger_s))
        self._gives_up = asyncio.Event()
        if not keeps:
            self._gives_up.set()

    async def send(self, messages: Sequence[Outbound]) -> bool:
        """Wait until the broker has all messages of a group.

        Shape: False if it did not take them all; a sender that keeps them says so only when the role ends
        """
        return await self._batcher.add(messages) if messages else True

    def reply(self, reply: Reply, asked: Record | None, request_id: str) -> Outbound:
        """Write a reply; one that is larger than a message may be becomes a fault of ours."""
        now = self._clock.now()
        outbound = encode_reply(reply, asked, request_id=request_id, message_id=self._new_id(), now=now)
        if len(outbound.value) <= self.most_bytes:
            return outbound
        _log.error("reply_too_large", agency=reply.agency, task_id=reply.task_id, size_bytes=len(outbound.value))
        short = fault(reply.agency, reply.task_id, f"the answer has {len(outbound.value)} bytes, too many to pass on", now)
        return encode_reply(short, asked, request_id=request_id, message_id=self._new_id(), now=now)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop, then what is still waiting."""
        await self._batcher.run(stop)

    def give_up(self) -> None:
        """Try once more at most: what the broker does not take now stays undone, and comes again."""
        self._gives_up.set()

    async def _send(self, groups: Sequence[Sequence[Outbound]]) -> Sequence[bool]:
        waiting, pause_s = [message for group in groups for message in group], _FIRST_PAUSE_S
        while True:
            told = list(zip(waiting, await self._sink.deliver(waiting), strict=True))
            waiting = [message for message, what in told if what == "away"]
            waiting += [left for message, what in told if what == "refused" for left in _refused(message)]
            if not waiting or self._gives_up.is_set():
                return [not waiting] * len(groups)
            await pause(self._gives_up, pause_s)
            pause_s = min(_MOST_PAUSE_S, pause_s * 2)


def _refused(message: Outbound) -> Sequence[Outbound]:
    """Say that the broker never takes a message; what is left of it to be sent: of a dead letter where it came from and why."""
    ALARMS.labels("refused_by_broker").inc()
    _log.error("refused_by_broker", topic=message.topic, size_bytes=message.size_bytes)
    return [bare_letter(message)] if message.topic == topics.DEAD_LETTERS and message.value else []
