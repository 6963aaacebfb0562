"""Stage 3, the role `worker`: commands from Kafka through the agencies' lanes and back as replies. design.md §1.

A record is done once its reply, or its dead letter, is with the broker; until then it comes again after a crash.
"""

import asyncio
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Protocol

import structlog

from contracts.agency import Agency
from contracts.batching import pause
from contracts.clock import Clock
from contracts.documents import MOST_DOCUMENT_BYTES
from contracts.failures import ContractError, DirectoryInvalid, MalformedMessage, UnknownAssetType
from contracts.kafka import topics
from contracts.kafka.codec import Outbound, Record, dead_letter, decode_command
from contracts.kafka.consumer import BROKER_ERRORS, Consumer
from contracts.kafka.producer import Producer
from contracts.kafka.settings import KafkaSettings
from contracts.messages import Command
from contracts.pulse import Pulse
from contracts.telemetry import ALARMS, DEAD_LETTERS
from services.runtime.agency_client import AgencyClient, ContentClient, endpoint
from services.runtime.asking import Asking
from services.runtime.board import Board
from services.runtime.claims import Claims
from services.runtime.lanes import Job, Lanes
from services.runtime.port import Adapter
from services.runtime.registry import adapters as registered_adapters
from services.runtime.sending import Sender
from services.runtime.settings import WorkerSettings
from services.runtime.young_calls import YoungCalls

_log = structlog.get_logger()

_POLL_S = 0.5
_BUG_TRIES = 5
_FIRST_PAUSE_S, _MOST_PAUSE_S = 0.5, 10.0
#: What a message may weigh besides its body, bytes.
_HEADER_BYTES = 16_384
#: Groups of dead letters and `busy` replies on their way to the broker before reading waits for them.
_MOST_SENDING = 64


class Source(Protocol):
    """What reads commands: contracts.kafka.consumer.Consumer."""

    @property
    def assigned(self) -> bool:
        """Tell whether there is a partition to read."""
        ...

    async def start(self) -> None:
        """Join the group."""
        ...

    async def poll(self, most: int, wait_s: float) -> list[Record]:
        """Return what came."""
        ...

    def done(self, records: Iterable[Record]) -> None:
        """Mark records as finished."""
        ...

    async def stop(self) -> None:
        """Commit what is finished and leave."""
        ...


async def serve(
    settings: WorkerSettings, kafka: KafkaSettings, agencies: Mapping[str, Agency], stop: asyncio.Event, *,
    clock: Clock, new_id: Callable[[], str], random: Random, on_ready: Callable[[], None] = lambda: None,
    adapters: Mapping[str, Adapter] | None = None, pulse: Pulse | None = None, board: Board | None = None,
) -> None:
    """Run the worker until told to stop; while Kafka is away it keeps trying, with growing pauses.

    Shape:   agencies by code, adapters by asset type (default: all there are); `on_ready` once it reads
    Raises:  DirectoryInvalid if an agency it serves has no address or its credentials are not set
    """
    known = registered_adapters() if adapters is None else adapters
    served = settings.asset_types or tuple(known)
    mine = {code: row for code, row in agencies.items() if row.asset_type in served and row.served_by == "adapter"}
    _check(mine.values(), settings)
    producer = Producer(kafka, "chakong.worker")
    sender = Sender(producer, linger_s=settings.linger_s, most_bytes=kafka.most_request_bytes - _HEADER_BYTES,
                    clock=clock, new_id=new_id)
    async with ContentClient(settings, most_bytes=MOST_DOCUMENT_BYTES, clock=clock, random=random) as contents:
        young = YoungCalls(settings.young_calls, settings.young_s)
        asking = Asking(
            settings, known, lambda row: AgencyClient(row, settings, clock=clock, random=random, young=young),
            Claims(contents, most_bytes=settings.content_cache_bytes), clock=clock, random=random, board=board)
        worker = Worker(settings, mine, asking, sender, pulse)
        names = [topics.commands(code) for code in served]
        try:
            await worker.run(lambda: Consumer(kafka, names, topics.worker_group(served), "chakong.worker"), stop, on_ready)
        finally:
            await asking.close()
            await _within(settings.stop_within_s, producer.stop())


class Worker:
    """Takes records, hands them to lanes, sends what comes of them, and only then calls them done."""

    def __init__(
        self, settings: WorkerSettings, agencies: Mapping[str, Agency], asking: Asking, sender: Sender, pulse: Pulse | None = None,
    ) -> None:
        """Take the agencies it serves, what asks them and what sends, and what its reading loop turns."""
        self._pulse = pulse or Pulse()
        self._settings, self._agencies, self._asking, self._sender = settings, agencies, asking, sender
        self._lanes = Lanes(self._handle, lane_most=settings.lane_waiting, all_most=settings.all_waiting,
                            linger_s=settings.linger_s)
        self._source: Source | None = None
        self._ready = False
        self._sending: set[asyncio.Task[None]] = set()
        #: of the last messages, which became dead letters
        self._dead: deque[bool] = deque(maxlen=settings.dead_letter_window)

    async def run(self, connect: Callable[[], Source], stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Read until told to stop, with a new source after each failure of the broker."""
        sent = asyncio.Event()
        sending = asyncio.create_task(self._sender.run(sent))
        try:
            await self._read_on(connect, stop, on_ready)
        finally:
            self._sender.give_up()
            sent.set()
            await sending

    async def _read_on(self, connect: Callable[[], Source], stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        pause_s = _FIRST_PAUSE_S
        while not stop.is_set():
            self._pulse.turn()
            self._source = source = connect()
            try:
                await source.start()
                pause_s = _FIRST_PAUSE_S
                await self._read(source, stop, on_ready)
            except BROKER_ERRORS as error:
                _log.warning("kafka_away", role="worker", error=type(error).__name__)
            if stop.is_set():
                await self._finish()
            await _within(self._settings.stop_within_s, source.stop())
            rest_s = self._settings.dead_letter_pause_s if self._too_many_dead() else pause_s
            self._pulse.turn(allow_s=rest_s)
            await pause(stop, rest_s)
            pause_s = min(_MOST_PAUSE_S, pause_s * 2)
            self._dead.clear()

    async def _read(self, source: Source, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Take what comes; return when told to stop or when most messages are dead letters."""
        while not stop.is_set():
            self._pulse.turn()
            self._take(await source.poll(self._settings.poll_records, _POLL_S))
            if source.assigned and not self._ready:
                self._ready = True
                on_ready()
            if self._too_many_dead():
                ALARMS.labels("dead_letters").inc()
                _log.error("most_messages_are_dead_letters", pause_s=self._settings.dead_letter_pause_s)
                return
            while len(self._sending) > _MOST_SENDING and not stop.is_set():
                self._pulse.turn()
                await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED, timeout=_POLL_S)

    def _take(self, records: Sequence[Record]) -> None:
        """Put each record into its lane; what cannot be read becomes a dead letter, what has no room a `busy` reply."""
        now_s = asyncio.get_running_loop().time()
        jobs: dict[str, list[Job]] = {}
        letters: list[tuple[Record, Outbound]] = []
        for record in records:
            try:
                job = Job(record, self._readable(record), now_s)
            except ContractError as error:
                letters.append((record, self._letter(record, error.code, str(error))))
            else:
                jobs.setdefault(job.command.agency, []).append(job)
        self._send_aside([record for record, _ in letters], [letter for _, letter in letters])
        for code, wanted in jobs.items():
            left = self._lanes.offer(self._agencies[code], wanted)
            self._send_aside([job.record for job in left], [self._busy(job) for job in left])

    def _readable(self, record: Record) -> Command:
        """Read a command that this worker can carry out.

        Raises: MalformedMessage, UnknownAssetType
        """
        command = decode_command(record)
        agency = self._agencies.get(command.agency)
        if agency is None:
            raise MalformedMessage("agency: not one of this worker's")
        if agency.asset_type != command.asset_type:
            raise UnknownAssetType("asset_type: not the agency's")
        if command.control is None and command.asks != "query":
            raise MalformedMessage("control: missing")
        return command

    async def _handle(self, agency: Agency, jobs: Sequence[Job]) -> None:
        """Ask for some commands of one lane and send the replies. Every record ends as replied to or as a dead letter."""
        late = asyncio.get_running_loop().time() - jobs[0].taken_s > self._settings.lane_wait_s
        for tries_left in reversed(range(_BUG_TRIES)):
            try:
                replies = [self._busy(job) for job in jobs] if late else await self._replies(agency, jobs)
            except ContractError as error:
                await self._fail(agency, jobs, error.code, str(error))
                return
            # Anything else is a bug of ours; one message that meets it must not hold its partition. style.md §2.7.
            except Exception as error:  # noqa: BLE001
                where = _where(error)
                _log.error("bug", agency=agency.agency, where=where, tries_left=tries_left)
                if len(jobs) > 1 or not tries_left:
                    await self._fail(agency, jobs, "bug", where)
                    return
                await asyncio.sleep(self._settings.bug_pause_s * 2 ** (_BUG_TRIES - 1 - tries_left))
            else:
                await self._send([job.record for job in jobs], replies)
                self._dead.extend([False] * len(jobs))
                return

    async def _replies(self, agency: Agency, jobs: Sequence[Job]) -> list[Outbound]:
        replies = await self._asking.ask(agency, [job.command for job in jobs])
        return [self._sender.reply(reply, job.record, job.command.request_id)
                for job, reply in zip(jobs, replies, strict=True) if reply is not None]

    async def _fail(self, agency: Agency, jobs: Sequence[Job], code: str, reason: str) -> None:
        """Set one message aside; of several that failed together, handle each by itself."""
        if len(jobs) > 1:
            for job in jobs:
                await self._handle(agency, [job])
        else:
            await self._send([jobs[0].record], [self._letter(jobs[0].record, code, reason)])

    async def _send(self, records: Sequence[Record], messages: Sequence[Outbound]) -> None:
        if await self._sender.send(messages) and self._source is not None:
            self._source.done(records)

    def _send_aside(self, records: Sequence[Record], messages: Sequence[Outbound]) -> None:
        """Send without holding up what else came."""
        if records:
            task = asyncio.create_task(self._send(records, messages))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def _busy(self, job: Job) -> Outbound:
        reply = self._asking.busy(job.command, "waiting behind earlier work")
        return self._sender.reply(reply, job.record, job.command.request_id)

    def _letter(self, record: Record, code: str, reason: str) -> Outbound:
        self._dead.append(True)
        DEAD_LETTERS.labels(record.topic, code).inc()
        _log.error("dead_letter", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason)
        letter = dead_letter(record, f"{code}: {reason}")
        return replace(letter, value=letter.value[: self._sender.most_bytes])

    def _too_many_dead(self) -> bool:
        return len(self._dead) == self._dead.maxlen and 2 * sum(self._dead) > len(self._dead)

    async def _finish(self) -> None:
        """Let calls in flight end and their replies go out; the rest comes again."""
        await self._lanes.drain(self._settings.stop_within_s)
        self._sender.give_up()
        if self._sending:
            await asyncio.wait(self._sending, timeout=self._settings.stop_within_s)


def _check(agencies: Iterable[Agency], settings: WorkerSettings) -> None:
    rows = list(agencies)
    homeless = [row.agency for row in rows if not endpoint(row, settings)]
    if homeless:
        raise DirectoryInvalid(f"agencies without an endpoint: {', '.join(homeless)}")
    unknown = {row.credentials_ref for row in rows if row.credentials_ref} - set(settings.credentials)
    if unknown:
        raise DirectoryInvalid(f"credentials that are not set: {', '.join(sorted(unknown))}")


def _where(error: Exception) -> str:
    """Name a bug by type and place, never by its values: they may be personal data."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return f"{type(error).__name__} at " + " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames))


async def _within(most_s: float, closing: Awaitable[None]) -> None:
    """Close something, but not for ever: a broker that is away must not hold the end of the role."""
    try:
        await asyncio.wait_for(closing, most_s)
    except TimeoutError:
        _log.warning("not_closed_in_time", most_s=most_s)
