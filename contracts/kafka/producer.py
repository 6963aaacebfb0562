"""One producer: a batch goes out together and comes back acknowledged message by message."""

import asyncio
from collections.abc import Sequence
from typing import Literal

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    UnknownTopicOrPartitionError,
)

from contracts.failures import NoKey
from contracts.kafka.codec import Outbound, seal
from contracts.kafka.security import connection
from contracts.kafka.settings import KafkaSettings
from contracts.signing import Keys
from contracts.telemetry import ALARMS

_log = structlog.get_logger()

#: How long a broker may take to answer a ping.
_PING_S = 3.0
#: How long a topic that is not there is not looked for.
_MISSING_S = 30.0
#: What became of a message: the broker has it, it may have it when it is tried again, or it never takes it.
Delivery = Literal["taken", "away", "refused"]
#: What is wrong with a message itself: too large, or not to be written at all.
_REFUSED: tuple[type[Exception], ...] = (
    MessageSizeTooLargeError, RecordListTooLargeError, InvalidTopicError, TypeError, ValueError, AssertionError)


class Producer:
    """Sends batches; a broken client is thrown away and made anew with the next batch."""

    def __init__(self, settings: KafkaSettings, client_id: str, keys: Keys | None = None) -> None:
        """Take the settings, and what signs; without keys messages go out as they are. Nothing is opened yet."""
        self._settings, self._client_id, self._keys = settings, client_id, keys
        self._client: AIOKafkaProducer | None = None
        self._opening = asyncio.Lock()
        #: topics that are not there, and until when they are not looked for: each look takes a request's time
        self._missing: dict[str, float] = {}

    @property
    def connected(self) -> bool:
        """Tell whether the last batch or ping went through."""
        return self._client is not None

    async def start(self) -> None:
        """Open the connection.

        Raises: KafkaError (an OSError or one of aiokafka's) if no broker answers
        """
        async with self._opening:
            if self._client is None:
                client = self._make()
                try:
                    await client.start()
                except BaseException:
                    await client.stop()
                    raise
                self._client = client

    async def send(self, messages: Sequence[Outbound]) -> list[bool]:
        """Sign a batch, send it and wait for the acknowledgements.

        Shape: one truth value a message, in order: whether the broker has it. Never raises for a broker that is away.
        """
        return [one == "taken" for one in await self.deliver(messages)]

    async def deliver(self, messages: Sequence[Outbound]) -> list[Delivery]:
        """Sign a batch, send it and tell what became of each message, in order; one that is refused takes no other along."""
        sealed = [self._sealed(one) for one in messages]
        told = iter(await self._deliver([one for one in sealed if one is not None]))
        return ["away" if one is None else next(told) for one in sealed]

    def _sealed(self, message: Outbound) -> Outbound | None:
        """Sign a message; one that no key signs is not sent, and holds up no other."""
        if self._keys is None:
            return message
        try:
            return seal(message, self._keys)
        except NoKey as error:
            ALARMS.labels("no_key").inc()
            _log.error("not_signed", client=self._client_id, topic=message.topic, why=str(error))
            return None

    async def _deliver(self, messages: Sequence[Outbound]) -> list[Delivery]:
        client = None
        try:
            await self.start()
            client = self._client
            if client is None:
                return ["away"] * len(messages)
            queued = [await self._queue(client, one) for one in messages]
        except (KafkaError, OSError) as error:
            await self._discard(client, error)
            return ["away"] * len(messages)
        told = iter(await self._errors_of([one for one in queued if not isinstance(one, Exception)]))
        broken, verdicts = list[BaseException](), list[Delivery]()
        for one in queued:
            error_of_one = one if isinstance(one, Exception) else next(told)
            if error_of_one is not None and error_of_one is not one:
                broken.append(error_of_one)
            verdicts.append(_verdict(error_of_one))
        if broken:  # also after a refusal: an idempotent client has counted the message
            await self._discard(client, broken[0])
        return verdicts

    async def _queue(self, client: AIOKafkaProducer, one: Outbound) -> "asyncio.Future[object] | Exception":
        """Hand a message to the client; the error, if it is one of the message itself, or of its topic that is not there."""
        if self._missing.get(one.topic, 0.0) > asyncio.get_running_loop().time():
            gone: Exception = UnknownTopicOrPartitionError()
            return gone
        try:
            future: asyncio.Future[object] = await client.send(one.topic, one.value, key=one.key, headers=one.headers)
        except (UnknownTopicOrPartitionError, *_REFUSED) as error:
            if isinstance(error, UnknownTopicOrPartitionError):
                self._missing[one.topic] = asyncio.get_running_loop().time() + _MISSING_S
                _log.error("topic_missing", topic=one.topic)
            wrong: Exception = error
            return wrong
        return future

    async def _errors_of(self, futures: Sequence[asyncio.Future[object]]) -> list[BaseException | None]:
        """Return what each message failed with; one not acknowledged in time too.

        An idempotent client of aiokafka 0.14 never gives a batch up, also not on a topic that was lost with its broker.
        """
        if not futures:
            return []
        done, late = await asyncio.wait(futures, timeout=self._settings.request_timeout_ms / 1000)
        for future in late:
            future.add_done_callback(_error_of)
        return [_error_of(future) if future in done else TimeoutError() for future in futures]

    async def ping(self) -> bool:
        """Ask the broker for its topics and tell whether it answered; `connected` says the same from then on."""
        client = None
        try:
            await self.start()
            client = self._client
            answered = client is not None and await asyncio.wait_for(client.client.force_metadata_update(), timeout=_PING_S)
        except (KafkaError, OSError, TimeoutError) as error:
            await self._discard(client, error)
            return False
        if not answered:
            await self._discard(client, TimeoutError())
        return bool(answered)

    async def stop(self) -> None:
        """Flush and close."""
        client, self._client = self._client, None
        if client is not None:
            await client.stop()

    def _make(self) -> AIOKafkaProducer:
        settings = self._settings
        return AIOKafkaProducer(
            **connection(settings), client_id=self._client_id, acks="all",
            enable_idempotence=settings.idempotent, request_timeout_ms=settings.request_timeout_ms,
            max_request_size=settings.most_request_bytes, retry_backoff_ms=100, metadata_max_age_ms=30_000,
        )

    async def _discard(self, client: AIOKafkaProducer | None, error: BaseException) -> None:
        """Close a client that failed: after an epoch or sequence error it would fail for ever. A newer one stays."""
        _log.warning("kafka_send_failed", client=self._client_id, error=type(error).__name__)
        if client is not self._client or client is None:
            return
        self._client = None
        try:
            await asyncio.wait_for(client.stop(), timeout=2)
        except (KafkaError, OSError, TimeoutError):
            _log.warning("kafka_close_failed", client=self._client_id)
            await _cut_off(client)


def _verdict(error: BaseException | None) -> Delivery:
    if error is None:
        return "taken"
    return "refused" if isinstance(error, _REFUSED) else "away"


async def _cut_off(client: AIOKafkaProducer) -> None:
    """Close a client that does not end: what it still holds is sent again by a newer one."""
    if client._sender.sender_task is not None:  # noqa: SLF001 - `stop` does nothing when called again
        client._sender.sender_task.cancel()  # noqa: SLF001
    await client.client.close()


def _error_of(future: asyncio.Future[object]) -> BaseException | None:
    return asyncio.CancelledError() if future.cancelled() else future.exception()
