"""Stage 3, the role `worker`: commands from Kafka through the agencies' lanes and back as replies. design.md §1.

A record is done once its reply, or its dead letter, is with the broker; until then it comes again after a crash.
"""

import asyncio
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random

import structlog

from contracts.agency import Agency
from contracts.clock import Clock
from contracts.documents import MOST_DOCUMENT_BYTES
from contracts.failures import ContractError, DirectoryInvalid, MalformedMessage, NotAuthentic, UnknownAssetType
from contracts.kafka import topics
from contracts.kafka.codec import Outbound, Record, dead_letter, decode_command
from contracts.kafka.consumer import Consumer
from contracts.kafka.forged import forged
from contracts.kafka.moving import read_before
from contracts.kafka.producer import Producer
from contracts.kafka.settings import KafkaSettings
from contracts.messages import Command
from contracts.pulse import Pulses
from contracts.signing import Keys
from contracts.telemetry import DEAD_LETTERS
from services.runtime.agency_client import AgencyClient, endpoint
from services.runtime.asking import Asking
from services.runtime.board import Board
from services.runtime.claims import Claims
from services.runtime.gateway_client import ContentClient
from services.runtime.lanes import Job, Lanes, Reads
from services.runtime.port import Adapter
from services.runtime.reader import Reader, Source, within
from services.runtime.registry import adapters as registered_adapters
from services.runtime.sending import Sender
from services.runtime.settings import WorkerSettings
from services.runtime.terms import Guard
from services.runtime.turns import Turns
from services.runtime.young_calls import YoungCalls

_log = structlog.get_logger()

_BUG_TRIES = 5
_LOOK_S = 0.5
#: What a message may weigh besides its body, bytes.
_HEADER_BYTES = 16_384
#: Groups of dead letters and `busy` replies on their way to the broker before reading waits for them.
_MOST_SENDING = 64


async def serve(
    settings: WorkerSettings, kafka: KafkaSettings, agencies: Mapping[str, Agency], stop: asyncio.Event, *,
    clock: Clock, new_id: Callable[[], str], random: Random, keys: Keys, on_ready: Callable[[], None] = lambda: None,
    adapters: Mapping[str, Adapter] | None = None, guard: Guard | None = None,
    pulses: Pulses | None = None, board: Board | None = None,
) -> None:
    """Run the worker until told to stop; while Kafka is away it keeps trying, with growing pauses.

    Shape:   agencies by code, adapters by asset type (default: all there are); `on_ready` once it reads;
             `guard` watches over acts where another process may act too
    Raises:  DirectoryInvalid if an agency it serves has no address or its credentials are not set
    """
    known = registered_adapters() if adapters is None else adapters
    served = settings.asset_types or tuple(known)
    mine = {code: row for code, row in agencies.items() if row.asset_type in served and row.served_by == "adapter"}
    _check(mine.values(), settings)
    producer = Producer(kafka, "chakong.worker", keys)
    sender = Sender(producer, linger_s=settings.linger_s, most_bytes=kafka.most_request_bytes - _HEADER_BYTES,
                    clock=clock, new_id=new_id)
    async with ContentClient(settings, most_bytes=MOST_DOCUMENT_BYTES, clock=clock, random=random) as contents:
        young = YoungCalls(settings.young_calls, settings.young_s)
        asking = Asking(
            settings, known, lambda row: AgencyClient(row, settings, clock=clock, random=random, young=young),
            Claims(contents, most_bytes=settings.content_cache_bytes), turns=Turns(contents, new_id(), guard),
            clock=clock, random=random, board=board)
        worker = Worker(settings, mine, asking, sender, keys=keys, pulses=pulses)
        try:
            await worker.run(_sources(kafka, served), stop, on_ready)
        finally:
            await asking.close()
            await within(settings.stop_within_s, producer.stop())


def _sources(kafka: KafkaSettings, served: Sequence[str]) -> list[Callable[[], Source]]:
    """Return what makes the clients of a worker: one a topic, in a group of that topic's name."""
    if kafka.one_reader:
        names = [topics.commands(code) for code in served]
        return [lambda: Consumer(kafka, names, topics.ONLY_WORKER, "chakong.worker")]
    return [partial(_source, kafka, code) for code in served]


def _source(kafka: KafkaSettings, code: str) -> Source:
    topic = topics.commands(code)
    before = partial(read_before, kafka, topic, partial(topics.was_worker_group, asset_type=code))
    return Consumer(kafka, [topic], topics.worker_group(code), "chakong.worker", read_before=before)


class Worker:
    """Takes records, hands them to lanes, sends what comes of them, and only then calls them done."""

    def __init__(
        self, settings: WorkerSettings, agencies: Mapping[str, Agency], asking: Asking, sender: Sender, *, keys: Keys,
        pulses: Pulses | None = None,
    ) -> None:
        """Take the agencies it serves, what asks them, what sends, what says whom to believe, and where its reading loops are seen to turn."""
        self._pulses = pulses or Pulses()
        self._settings, self._agencies, self._asking, self._sender, self._keys = settings, agencies, asking, sender, keys
        self._lanes = Lanes(self._handle, lane_most=settings.lane_waiting, all_most=settings.all_waiting,
                            linger_s=settings.linger_s)
        self._readers: list[Reader] = []
        self._on_ready: Callable[[], None] | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self, connects: Sequence[Callable[[], Source]], stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Read from all sources until told to stop."""
        sent = asyncio.Event()
        sending = asyncio.create_task(self._sender.run(sent))
        self._readers, self._on_ready = [Reader(self, connect, self._settings, self._pulses.begin()) for connect in connects], on_ready
        try:
            async with asyncio.TaskGroup() as group:
                for reader in self._readers:
                    group.create_task(reader.run(stop))
        finally:
            await self._finish()
            await asyncio.gather(*(reader.close() for reader in self._readers))
            self._sender.give_up()
            sent.set()
            await sending

    async def give_up(self, reader: Reader, places: Collection[tuple[str, int]] | None) -> None:
        """Forget what waits of partitions that a reader loses; what is under way may end. See reader.Worker."""

        def lost(job: Job) -> bool:
            return job.reader is reader and (places is None or (job.record.topic, job.record.partition) in places)

        await self._lanes.give_up(lost, self._settings.revoke_within_s)

    async def room(self, stop: asyncio.Event) -> None:
        """Wait while too many dead letters and `busy` replies are on their way. See reader.Worker."""
        while len(self._sending) > _MOST_SENDING and not stop.is_set():
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED, timeout=_LOOK_S)

    def has_share(self) -> None:
        """Say once that the worker reads: all its readers have their share, and not all of them nothing. See reader.Worker."""
        ready, self._on_ready = self._on_ready, None
        if ready is not None and all(one.joined for one in self._readers) and any(one.assigned for one in self._readers):
            ready()
        else:
            self._on_ready = ready

    def take(self, reader: Reader, records: Sequence[Record]) -> None:
        """Put each record into its lane; what cannot be read becomes a dead letter, what has no room a `busy` reply."""
        now_s = asyncio.get_running_loop().time()
        jobs: dict[str, list[Job]] = {}
        letters: list[tuple[Record, Outbound]] = []
        for record in records:
            try:
                job = Job(record, self._readable(record), now_s, reader)
            except NotAuthentic as error:  # not counted among the dead: whoever writes to the topic could have reading stopped
                letters.append((record, forged(record, error, self._sender.most_bytes)))
            except ContractError as error:
                letters.append((record, self._letter(reader, record, error.code, str(error))))
            else:
                jobs.setdefault(job.command.agency, []).append(job)
        self._send_aside(reader, [record for record, _ in letters], [letter for _, letter in letters])
        for code, wanted in jobs.items():
            left = self._lanes.offer(self._agencies[code], wanted)
            self._send_aside(reader, [job.record for job in left], [self._busy(job) for job in left])

    def _readable(self, record: Record) -> Command:
        """Read a command that this worker can carry out.

        Raises: NotAuthentic, MalformedMessage, UnknownAssetType
        """
        command = decode_command(record, self._keys)
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
                await self._send(jobs, replies)
                for job in jobs:
                    job.reader.became(dead=False)
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
            await self._send(jobs, [self._letter(jobs[0].reader, jobs[0].record, code, reason)])

    async def _send(self, jobs: Sequence[Job], messages: Sequence[Outbound]) -> None:
        """Send what becomes of jobs, which may have come from several readers, and only then call them done."""
        if await self._sender.send(messages):
            for job in jobs:
                job.reader.done([job.record])

    async def _send_read(self, reader: Reader, records: Sequence[Record], messages: Sequence[Outbound]) -> None:
        if await self._sender.send(messages):
            reader.done(records)

    def _send_aside(self, reader: Reader, records: Sequence[Record], messages: Sequence[Outbound]) -> None:
        """Send without holding up what else came."""
        if records:
            task = asyncio.create_task(self._send_read(reader, records, messages))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    def _busy(self, job: Job) -> Outbound:
        reply = self._asking.busy(job.command, "waiting behind earlier work")
        return self._sender.reply(reply, job.record, job.command.request_id)

    def _letter(self, reader: Reads, record: Record, code: str, reason: str) -> Outbound:
        reader.became(dead=True)
        DEAD_LETTERS.labels(record.topic, code).inc()
        _log.error("dead_letter", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason)
        return dead_letter(record, f"{code}: {reason}", self._sender.most_bytes)

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
