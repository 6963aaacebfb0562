"""One producer: a batch goes out together and comes back acknowledged message by message."""

import asyncio
from collections.abc import Sequence

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.failures import NoKey
from contracts.kafka.codec import Outbound, seal
from contracts.kafka.security import connection
from contracts.kafka.settings import KafkaSettings
from contracts.signing import Keys
from contracts.telemetry import ALARMS

_log = structlog.get_logger()

#: How long a broker may take to answer a ping.
_PING_S = 3.0


class Producer:
    """Sends batches; a broken client is thrown away and made anew with the next batch."""

    def __init__(self, settings: KafkaSettings, client_id: str, keys: Keys | None = None) -> None:
        """Take the settings, and what signs; without keys messages go out as they are. Nothing is opened yet."""
        self._settings, self._client_id, self._keys = settings, client_id, keys
        self._client: AIOKafkaProducer | None = None
        self._opening = asyncio.Lock()

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
        sealed = [self._sealed(one) for one in messages]
        sent = iter(await self._send([one for one in sealed if one is not None]))
        return [one is not None and next(sent) for one in sealed]

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

    async def _send(self, messages: Sequence[Outbound]) -> list[bool]:
        client = None
        try:
            await self.start()
            client = self._client
            if client is None:
                return [False] * len(messages)
            futures = [await client.send(one.topic, one.value, key=one.key, headers=one.headers) for one in messages]
        except (KafkaError, OSError) as error:
            await self._discard(client, error)
            return [False] * len(messages)
        errors = await self._errors_of(futures)
        if failed := [error for error in errors if error is not None]:
            await self._discard(client, failed[0])
        return [error is None for error in errors]

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


async def _cut_off(client: AIOKafkaProducer) -> None:
    """Close a client that does not end: what it still holds is sent again by a newer one."""
    if client._sender.sender_task is not None:  # noqa: SLF001 - `stop` does nothing when called again
        client._sender.sender_task.cancel()  # noqa: SLF001
    await client.client.close()


def _error_of(future: asyncio.Future[object]) -> BaseException | None:
    return asyncio.CancelledError() if future.cancelled() else future.exception()
