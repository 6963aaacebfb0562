"""One producer: a batch goes out together and comes back acknowledged message by message."""

import asyncio
from collections.abc import Sequence

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.kafka.codec import Outbound
from contracts.kafka.settings import KafkaSettings

_log = structlog.get_logger()

#: How long a broker may take to answer a ping.
_PING_S = 3.0


class Producer:
    """Sends batches; a broken client is thrown away and made anew with the next batch."""

    def __init__(self, settings: KafkaSettings, client_id: str) -> None:
        """Take the settings; nothing is opened yet."""
        self._settings, self._client_id = settings, client_id
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
        """Send a batch and wait for the acknowledgements.

        Shape: one truth value a message, in order: whether the broker has it. Never raises for a broker that is away.
        """
        try:
            await self.start()
            client = self._client
            if client is None:
                return [False] * len(messages)
            futures = [await client.send(one.topic, one.value, key=one.key, headers=one.headers) for one in messages]
            results = await asyncio.gather(*futures, return_exceptions=True)
        except (KafkaError, OSError) as error:
            await self._discard(error)
            return [False] * len(messages)
        errors = [result for result in results if isinstance(result, BaseException)]
        if errors:
            await self._discard(errors[0])
        return [not isinstance(result, BaseException) for result in results]

    async def ping(self) -> bool:
        """Ask the broker for its topics and tell whether it answered; `connected` says the same from then on."""
        try:
            await self.start()
            client = self._client
            answered = client is not None and await asyncio.wait_for(client.client.force_metadata_update(), timeout=_PING_S)
        except (KafkaError, OSError, TimeoutError) as error:
            await self._discard(error)
            return False
        if not answered:
            await self._discard(TimeoutError())
        return bool(answered)

    async def stop(self) -> None:
        """Flush and close."""
        client, self._client = self._client, None
        if client is not None:
            await client.stop()

    def _make(self) -> AIOKafkaProducer:
        settings = self._settings
        return AIOKafkaProducer(
            bootstrap_servers=settings.bootstrap_servers, client_id=self._client_id, acks="all",
            enable_idempotence=settings.idempotent, request_timeout_ms=settings.request_timeout_ms,
            max_request_size=settings.most_request_bytes, retry_backoff_ms=100, metadata_max_age_ms=30_000,
        )

    async def _discard(self, error: BaseException) -> None:
        """Close a client that failed: after an epoch or sequence error it would fail for ever."""
        _log.warning("kafka_send_failed", client=self._client_id, error=type(error).__name__)
        client, self._client = self._client, None
        if client is not None:
            try:
                await asyncio.wait_for(client.stop(), timeout=2)
            except (KafkaError, OSError, TimeoutError):
                _log.warning("kafka_close_failed", client=self._client_id)
