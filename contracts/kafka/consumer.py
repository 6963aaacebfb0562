"""One consumer of a group: batches out, finished records in; offsets are committed by time, up to the first unfinished."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError

from contracts.kafka.codec import Record
from contracts.kafka.garbled import GARBLED, step_over
from contracts.kafka.security import connection
from contracts.kafka.settings import KafkaSettings

_log = structlog.get_logger()

#: What says that the broker is away or turned us down; a role makes a new client and goes on.
BROKER_ERRORS: tuple[type[Exception], ...] = (KafkaError, OSError)
#: Topic and partition.
Place = tuple[str, int]
#: Told which partitions go to other members: what it awaits may still be counted as done.
GiveUp = Callable[[Collection[Place]], Awaitable[None]]
#: Says from where on partitions that this group has not read so far are to be read.
ReadBefore = Callable[[], Awaitable[Mapping[TopicPartition, int]]]
#: What was read, and where something came that cannot be.
_Fetched = tuple[Mapping[TopicPartition, Sequence[Any]], list[tuple[TopicPartition, int]]]
_LOOK_S = 0.05


async def _unread() -> Mapping[TopicPartition, int]:
    return {}


class _Progress:
    """What of one partition is handed out and what of it is finished."""

    def __init__(self) -> None:
        self._open: dict[int, bool] = {}
        self.position: int | None = None
        #: behind what was handed out last
        self.next_offset: int | None = None

    def handed_out(self, offset: int) -> None:
        self._open[offset] = False
        self.next_offset = offset + 1

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

    def __init__(
        self, settings: KafkaSettings, topics: Collection[str], group: str, client_id: str, *, read_before: ReadBefore = _unread,
    ) -> None:
        """Take what to read, and what says where others before had got to; nothing is opened yet."""
        self._settings, self._topics, self._group, self._client_id = settings, tuple(topics), group, client_id
        self._read_before = read_before
        self._begin_at: Mapping[TopicPartition, int] = {}
        self._give_up: GiveUp | None = None
        self._give_up_s = 0.0
        self._client: AIOKafkaConsumer | None = None
        self._progress: dict[TopicPartition, _Progress] = {}
        self._committing: asyncio.Task[None] | None = None
        self._polling: asyncio.Task[Mapping[TopicPartition, Sequence[Any]]] | None = None
        #: the partitions are given, and where to begin in them is set
        self._settled = False
        self._generation = 0
        self._failed: KafkaError | None = None

    @property
    def assigned(self) -> bool:
        """Tell whether the group has given this member a partition."""
        return self._client is not None and bool(self._client.assignment())

    @property
    def joined(self) -> bool:
        """Tell whether the group has given this member its share, even if that is nothing."""
        return self._settled

    def before_revoked(self, give_up: GiveUp, within_s: float) -> None:
        """Have `give_up` called before partitions are released; the group waits for it so long. Call it before `start`."""
        self._give_up, self._give_up_s = give_up, within_s

    async def start(self) -> None:
        """Join the group.

        Raises: KafkaError or OSError if no broker answers; whatever `read_before` raises
        """
        settings = self._settings
        self._begin_at = await self._read_before()
        rebalance_ms = settings.session_timeout_ms + int(self._give_up_s * 1000)
        self._client = client = AIOKafkaConsumer(
            **connection(settings), client_id=self._client_id, group_id=self._group,
            enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=settings.fetch_max_wait_ms,
            request_timeout_ms=max(settings.request_timeout_ms, rebalance_ms + 5_000), rebalance_timeout_ms=rebalance_ms,
            session_timeout_ms=settings.session_timeout_ms, heartbeat_interval_ms=settings.session_timeout_ms // 4,
            max_partition_fetch_bytes=settings.most_request_bytes, metadata_max_age_ms=5_000, retry_backoff_ms=100,
        )
        client.subscribe(topics=self._topics, listener=self)
        try:
            await client.start()
        except BaseException:
            self._client = None
            await client.stop()
            raise
        self._committing = asyncio.create_task(self._commit_by_time())

    async def poll(self, most: int, wait_s: float) -> list[Record]:
        """Return up to `most` records, waiting at most `wait_s` for the first; nothing while partitions are given out anew.

        Raises: KafkaError or OSError if the broker is away for good; the caller makes a new consumer
        """
        batches, garbled = await self._fetched(most, wait_s)
        records = []
        for partition, messages in batches.items():
            progress = self._progress.setdefault(partition, _Progress())
            for message in messages:
                progress.handed_out(message.offset)
                records.append(Record(message.topic, message.partition, message.offset, message.key, message.value,
                                      {name: told or b"" for name, told in message.headers}))
        for partition, offset in garbled:  # behind what was read before it
            self._progress.setdefault(partition, _Progress()).handed_out(offset)
            records.append(Record(partition.topic, partition.partition, offset, None, None))
        return records

    async def _fetched(self, most: int, wait_s: float) -> _Fetched:
        """Return what came, and where something came that the client cannot read."""
        if self._failed is not None:
            raise self._failed
        if self._client is None or not self._settled:
            await asyncio.sleep(min(wait_s, _LOOK_S))
            if self._client is not None:
                self._client._coordinator.check_errors()  # noqa: SLF001 - `getmany` does this, and is not called meanwhile
            return {}, []
        generation = self._generation
        self._polling = polling = asyncio.ensure_future(self._client.getmany(timeout_ms=int(wait_s * 1000), max_records=most))
        try:
            fetched: _Fetched = await polling, []
        except GARBLED:
            fetched = await step_over(self._client, self._next_offset)
        except asyncio.CancelledError:
            polling.cancel()
            task = asyncio.current_task()
            if generation == self._generation or (task is not None and task.cancelling()):
                raise
            return {}, []
        # What was fetched for partitions that are given out anew comes again, to whoever has them then.
        return fetched if generation == self._generation else ({}, [])

    def _next_offset(self, partition: TopicPartition) -> int | None:
        progress = self._progress.get(partition)
        return None if progress is None else progress.next_offset

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
        """Hand out nothing more, let what is under way end, and commit it before another member goes on from there."""
        self._settled = False
        self._generation += 1
        if self._polling is not None and not self._polling.done():
            self._polling.cancel()
        if self._give_up is not None and revoked:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._give_up_s):
                    await self._give_up([(one.topic, one.partition) for one in revoked])
        await self._commit()
        for partition in revoked:
            self._progress.pop(partition, None)

    async def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        """Start counting afresh, where this group or one before it had got to."""
        for partition in assigned:
            self._progress[partition] = _Progress()
        try:
            await self._begin(assigned)
        except KafkaError as error:
            self._failed = error
        self._settled = True

    async def _begin(self, assigned: Sequence[TopicPartition]) -> None:
        """Go past what groups before this one have finished, and keep that, so that it is known when they are forgotten."""
        ahead = {}
        for partition in assigned:
            at = self._begin_at.get(partition, 0)
            if self._client is not None and at > (await self._client.committed(partition) or 0):
                self._client.seek(partition, at)
                ahead[partition] = at
        if ahead and self._client is not None:
            await self._client.commit(ahead)
            _log.info("goes_on_after_another_group", group=self._group, partitions=len(ahead))

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
