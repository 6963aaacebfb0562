"""One lane per agency inside a worker: bounded, batched, in order per asset. A slow agency never holds another."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from contracts.agency import Agency
from contracts.batching import Linger
from contracts.kafka.codec import Record
from contracts.messages import Command
from contracts.telemetry import LANE_WAITING

_log = structlog.get_logger()

#: What a lane may still take while all lanes together hold too much.
_FEW = 16


class Reads(Protocol):
    """Who read a command: reader.Reader."""

    def done(self, records: Iterable[Record]) -> None:
        """Mark records as finished."""
        ...

    def became(self, *, dead: bool) -> None:
        """Note whether a message became a dead letter."""
        ...


@dataclass(frozen=True, slots=True)
class Job:
    """One command on its way to its agency, the record it came in, and who read it."""

    record: Record
    command: Command
    #: when it was taken from Kafka, seconds of the event loop's clock
    taken_s: float
    reader: Reads

    @property
    def chain(self) -> bytes:
        """Return what steps must stay in order by: the key of the message, that is agency and asset."""
        return self.record.key or self.command.request_no.encode()


@dataclass(slots=True)
class _Total:
    """How many commands wait in all lanes."""

    waiting: int = 0


Handle = Callable[[Agency, Sequence[Job]], Awaitable[None]]


class Lanes:
    """The lanes of one worker; `handle` gets up to `batch_size` queries, or one command of another action."""

    def __init__(self, handle: Handle, *, lane_most: int, all_most: int, linger_s: float) -> None:
        """Take what calls an agency, the bounds on what waits, and the longest linger."""
        self._handle, self._linger_s = handle, linger_s
        self._lane_most, self._all_most = lane_most, all_most
        self._lanes: dict[str, _Lane] = {}
        self._total = _Total()

    @property
    def waiting(self) -> int:
        """Return how many commands wait in all lanes."""
        return self._total.waiting

    def offer(self, agency: Agency, jobs: Sequence[Job]) -> Sequence[Job]:
        """Put commands into their agency's lane and return those it has no room for."""
        lane = self._lanes.get(agency.agency)
        if lane is None:
            linger = Linger(self._linger_s, full=max(2, min(16, agency.batch_size)))
            lane = self._lanes[agency.agency] = _Lane(agency, self._handle, linger, self._total)
        most = self._lane_most if self.waiting < self._all_most else _FEW
        room = max(0, most - lane.waiting)
        lane.put(jobs[:room])
        return jobs[room:]

    async def give_up(self, lost: Callable[[Job], bool], within_s: float) -> None:
        """Forget what waits and is lost; let what is under way of it end, so long at most, and cancel nothing."""
        for lane in self._lanes.values():
            lane.forget(lost)
        under_way = [ends for lane in self._lanes.values() for ends, jobs in lane.under_way.items() if any(map(lost, jobs))]
        if under_way:
            await asyncio.wait(under_way, timeout=within_s)

    async def drain(self, within_s: float) -> None:
        """Drop what waits, let calls in flight end, and cancel those that take longer."""
        workers = [worker for lane in self._lanes.values() for worker in lane.drop()]
        if workers:
            _, late = await asyncio.wait(workers, timeout=within_s)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*late, return_exceptions=True)


class _Lane:
    """One agency's commands: queries in one queue, other steps chained by asset."""

    def __init__(self, agency: Agency, handle: Handle, linger: Linger, total: _Total) -> None:
        self._agency, self._handle, self._linger, self._total = agency, handle, linger, total
        self._queries: deque[Job] = deque()
        self._chains: dict[bytes, deque[Job]] = {}
        #: chains whose first step may be taken, one entry each
        self._steps: deque[bytes] = deque()
        self._steps_turn = True
        self._choosing = False
        self._workers: set[asyncio.Task[None]] = set()
        #: what is being asked for, by what tells that it has ended
        self._under_way: dict[asyncio.Future[None], Sequence[Job]] = {}
        self._gauge = LANE_WAITING.labels(agency.agency)
        self.waiting = 0

    def put(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            if job.command.action == "query":
                self._queries.append(job)
            elif job.chain in self._chains:
                self._chains[job.chain].append(job)
            else:
                self._chains[job.chain] = deque([job])
                self._steps.append(job.chain)
        self._count(len(jobs))
        self._staff()

    @property
    def under_way(self) -> Mapping[asyncio.Future[None], Sequence[Job]]:
        return self._under_way

    def forget(self, lost: Callable[[Job], bool]) -> None:
        """Forget what waits and is lost; the rest stays in its order."""
        before = len(self._queries) + sum(map(len, self._chains.values()))
        self._queries = deque(job for job in self._queries if not lost(job))
        for chain, jobs in list(self._chains.items()):
            self._chains[chain] = deque(job for job in jobs if not lost(job))
        # A chain whose step is under way stays, though empty, until that has ended.
        for chain in [one for one in self._steps if not self._chains[one]]:
            self._steps.remove(chain)
            del self._chains[chain]
        self._count(len(self._queries) + sum(map(len, self._chains.values())) - before)

    def drop(self) -> set[asyncio.Task[None]]:
        """Forget what waits and return who is still at work."""
        self._queries.clear()
        self._steps.clear()
        self._chains.clear()
        self._count(-self.waiting)
        return set(self._workers)

    def _staff(self) -> None:
        """Start one more worker if there is work for it; one at a time chooses, so that batches form."""
        if (self._queries or self._steps) and not self._choosing and len(self._workers) < self._agency.parallel_calls:
            self._choosing = True
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._ended)

    async def _work(self) -> None:
        while jobs := await self._choose():
            ended = asyncio.get_running_loop().create_future()
            self._under_way[ended] = jobs
            try:
                await self._handle(self._agency, jobs)
            finally:
                del self._under_way[ended]
                ended.set_result(None)
                self._unchain(jobs[0])
            if self._choosing:
                return
            self._choosing = True

    async def _choose(self) -> Sequence[Job]:
        """Take a step or a batch of queries, in turn where both wait; none: the worker ends."""
        try:
            if self._steps and (self._steps_turn or not self._queries):
                jobs = [self._chains[self._steps.popleft()].popleft()]
                self._steps_turn = False
            else:
                jobs = await self._batch()
                self._steps_turn = True
        finally:
            self._choosing = False
        self._count(-len(jobs))
        self._staff()
        return jobs

    async def _batch(self) -> list[Job]:
        most = self._agency.batch_size
        if 0 < len(self._queries) < most and (wait_s := self._linger.wait_s()):
            await asyncio.sleep(wait_s)
        batch = [self._queries.popleft() for _ in range(min(most, len(self._queries)))]
        if batch:
            self._linger.saw(len(batch))
        return batch

    def _unchain(self, job: Job) -> None:
        """Let the next step on the same asset be taken."""
        if job.command.action == "query" or job.chain not in self._chains:
            return
        if self._chains[job.chain]:
            self._steps.append(job.chain)
        else:
            del self._chains[job.chain]

    def _count(self, more: int) -> None:
        self.waiting += more
        self._total.waiting += more
        self._gauge.set(self.waiting)

    def _ended(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        if not worker.cancelled() and (error := worker.exception()):
            _log.error("lane_worker_failed", agency=self._agency.agency, error=type(error).__name__)
        self._staff()
