"""One consumer of a group: batches out, finished records in; offsets are committed by time, up to the first unfinished."""

import asyncio
from collections.abc import Collection, Iterable, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from contracts.kafka.codec import Record
from contracts.kafka.security import connection
from contracts.kafka.settings import KafkaSettings

_log = structlog.get_logger()

#: What says that the broker is away or turned us down; a role makes a new client and goes on.
BROKER_ERRORS: tuple[type[Exception], ...] = (KafkaError, OSError)


class _Progress:
    """What of one partition is handed out and what of it is finished."""

    def __init__(self) -> None:
        self._open: dict[int, bool] = {}
        self.position: int | None = None

    def handed_out(self, offset: int) -> None:
        self._open[offset] = False

    def finished(self, offset: int) -> None:
        if offset in self._open:
            self._open[offset] = True
        while self._open:
            first = next(iter(self._open))
            if not self._open[first]:
                return
            del self._open[first]
            self.position = first + 1


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Polls batches; what is not finished before a crash comes again."""

    def __init__(self, settings: KafkaSettings, topics: Collection[str], group: str, client_id: str) -> None:
        """Take what to read; nothing is opened yet."""
        self._settings, self._topics, self._group, self._client_id = settings, tuple(topics), group, client_id
        self._client: AIOKafkaConsumer | None = None
        self._progress: dict[TopicPartition, _Progress] = {}
        self._committing: asyncio.Task[None] | None = None

    @property
    def assigned(self) -> bool:
        """Tell whether the group has given this member a partition."""
        return self._client is not None and bool(self._client.assignment())

    async def start(self) -> None:
        """Join the group.

        Raises: KafkaError or OSError if no broker answers
        """
        settings = self._settings
        client = AIOKafkaConsumer(
            **connection(settings), client_id=self._client_id, group_id=self._group,
            enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=settings.fetch_max_wait_ms,
            request_timeout_ms=max(settings.request_timeout_ms, settings.session_timeout_ms + 5_000),
            session_timeout_ms=settings.session_timeout_ms, heartbeat_interval_ms=settings.session_timeout_ms // 4,
            max_partition_fetch_bytes=settings.most_request_bytes, metadata_max_age_ms=5_000, retry_backoff_ms=100,
        )
        client.subscribe(topics=self._topics, listener=self)
        try:
            await client.start()
        except BaseException:
            await client.stop()
            raise
        self._client = client
        self._committing = asyncio.create_task(self._commit_by_time())

    async def poll(self, most: int, wait_s: float) -> list[Record]:
        """Return up to `most` records, waiting at most `wait_s` for the first.

        Raises: KafkaError or OSError if the broker is away for good; the caller makes a new consumer
        """
        if self._client is None:
            return []
        batches = await self._client.getmany(timeout_ms=int(wait_s * 1000), max_records=most)
        records = []
        for partition, messages in batches.items():
            progress = self._progress.setdefault(partition, _Progress())
            for message in messages:
                progress.handed_out(message.offset)
                records.append(Record(message.topic, message.partition, message.offset, message.key, message.value,
                                      dict(message.headers)))
        return records

    def done(self, records: Iterable[Record]) -> None:
        """Mark records as finished: whatever they asked for is durable elsewhere. Unknown ones were reassigned meanwhile."""
        for record in records:
            progress = self._progress.get(TopicPartition(record.topic, record.partition))
            if progress is not None:
                progress.finished(record.offset)

    async def stop(self) -> None:
        """Commit what is finished and leave the group."""
        if self._committing is not None:
            self._committing.cancel()
        client = self._client
        if client is not None:
            await self._commit()
            self._client = None
            await _close(client)

    async def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        """Commit what is finished before another member goes on from there."""
        await self._commit()
        for partition in revoked:
            self._progress.pop(partition, None)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Start counting afresh."""
        for partition in assigned:
            self._progress[partition] = _Progress()

    async def _commit_by_time(self) -> None:
        while True:
            await asyncio.sleep(self._settings.commit_every_s)
            await self._commit()

    async def _commit(self) -> None:
        """Commit; a failure is only noted, since a repeated message changes nothing (the task row is the inbox)."""
        offsets = {partition: progress.position for partition, progress in self._progress.items() if progress.position is not None}
        if not offsets or self._client is None:
            return
        try:
            await self._client.commit(offsets)
        except KafkaError as error:
            _log.warning("kafka_commit_failed", client=self._client_id, error=type(error).__name__)
            return
        for partition, committed in offsets.items():
            progress = self._progress.get(partition)
            if progress is not None and progress.position == committed:
                progress.position = None


async def _close(client: AIOKafkaConsumer) -> None:
    """Close a client. While the broker is away aiokafka 0.14 lets the cancellation of its own fetch out of `stop`."""
    try:
        await client.stop()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        await client._client.close()  # noqa: SLF001 - `stop` does nothing when called again
