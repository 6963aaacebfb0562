"""Handle together what comes together: a group commit whose linger grows with load (none when idle). performance.md.

What fails together is found by halving (`apart`), so that one item never stops the others.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from contracts.failures import ServiceUnavailable

T = TypeVar("T")
R = TypeVar("R")

#: What is nobody's fault in a batch: it passes, and everybody waits.
WAITS: tuple[type[Exception], ...] = (ServiceUnavailable,)
_FIRST_PAUSE_S, _MOST_PAUSE_S = 0.1, 5.0

#: How much the newest batch counts in the running mean of batch sizes.
_NEWEST = 0.2


@dataclass(slots=True)
class Linger:
    """How long to wait for company: nothing while batches are single, up to `most_s` when `full` come together."""

    most_s: float
    full: int = 16
    _mean: float = field(default=1.0, init=False)

    def saw(self, size: int) -> None:
        """Take the size of the batch just handled into account."""
        self._mean += _NEWEST * (size - self._mean)

    def wait_s(self) -> float:
        """Return how long to wait before the next batch, in seconds."""
        return self.most_s * min(1.0, max(0.0, (self._mean - 1.0) / (self.full - 1)))


@dataclass(frozen=True, slots=True)
class Failed:
    """Why one item of a batch was not handled."""

    error: Exception


async def apart(
    handle: Callable[[Sequence[T]], Awaitable[Sequence[R]]], items: Sequence[T], *, waits: tuple[type[Exception], ...] = WAITS,
) -> list[R | Failed]:
    """Handle items together; where that fails each half by itself, until what fails stands alone.

    Shape: one result an item, in order, as `handle` returns them. An error of `waits` is not halved: it is told of every item it met
    """
    try:
        return list(await handle(items))
    except waits as error:
        return [Failed(error)] * len(items)
    except Exception as error:  # noqa: BLE001 - told of the one item that meets it
        if len(items) == 1:
            return [Failed(error)]
    middle = len(items) // 2
    return [*await apart(handle, items[:middle], waits=waits), *await apart(handle, items[middle:], waits=waits)]


async def patiently(
    handle: Callable[[Sequence[T]], Awaitable[Sequence[R]]], items: Sequence[T], stop: asyncio.Event, *, tries: int,
    ends: tuple[type[Exception], ...] = (),
) -> list[tuple[T, Exception]] | None:
    """Handle items, however long what they need is away; return those that fail `tries` times by themselves, each with why.

    Shape:  None if told to stop before all were handled or given up
    Raises: an error of `ends`, which no item is at fault for, and no patience mends
    """
    left, pause_s = list(items), _FIRST_PAUSE_S
    while left:
        results = await apart(handle, left, waits=(*WAITS, *ends))
        failed = [(item, result.error) for item, result in zip(left, results, strict=True) if isinstance(result, Failed)]
        for _, error in failed:
            if isinstance(error, ends):
                raise error
        left = [item for item, _ in failed]
        tries -= bool(left) and not any(isinstance(error, WAITS) for _, error in failed)
        if not tries or not left:
            return failed
        if stop.is_set():
            return None
        await pause(stop, pause_s)
        pause_s = min(_MOST_PAUSE_S, pause_s * 2)
    return []


class Batcher(Generic[T, R]):
    """Hands items to `handle` in batches and each caller its own result, after `handle` has returned.

    Items of several senders (`turns` tells whose one is) are taken in turn, so that whoever sends a thousand at once waits for himself.
    `handle` returns one result an item, in order. If it raises, the batch is halved until the item that does it stands alone; an error
    of `waits` goes to every caller of the batch.
    """

    def __init__(
        self, handle: Callable[[Sequence[T]], Awaitable[Sequence[R]]], *, most: int, linger: Linger,
        waits: tuple[type[Exception], ...] = WAITS, turns: Callable[[T], Hashable] = lambda _: None,
    ) -> None:
        """Take what handles a batch, the most items in one, the linger, and whose an item is."""
        self._handle, self._most, self._linger, self._waits, self._turns = handle, most, linger, waits, turns
        #: what waits by sender, whose turn it is first
        self._waiting: dict[Hashable, deque[tuple[T, asyncio.Future[R]]]] = {}
        self._count = 0
        self._wake = asyncio.Event()

    async def add(self, item: T) -> R:
        """Wait until the batch with this item is handled and return the item's result."""
        return await self.put(item)

    def put(self, item: T) -> asyncio.Future[R]:
        """Add an item without waiting; the future has its result."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(self._turns(item), deque()).append((item, future))
        self._count += 1
        self._wake.set()
        return future

    async def run(self, stop: asyncio.Event) -> None:
        """Handle batches until told to stop, then what is still waiting."""
        stopping = asyncio.create_task(stop.wait())
        while not (stop.is_set() and not self._waiting):
            await self._company(stopping)
            if batch := self._take():
                await self._settle(batch)
                self._linger.saw(len(batch))
        stopping.cancel()

    def _take(self) -> list[tuple[T, asyncio.Future[R]]]:
        batch: list[tuple[T, asyncio.Future[R]]] = []
        while self._waiting and len(batch) < self._most:
            if len(self._waiting) == 1:
                (queue,) = self._waiting.values()
                batch += [queue.popleft() for _ in range(min(len(queue), self._most - len(batch)))]
                if not queue:
                    self._waiting.clear()
                break
            sender, queue = next(iter(self._waiting.items()))
            batch.append(queue.popleft())
            del self._waiting[sender]
            if queue:
                self._waiting[sender] = queue
        self._count -= len(batch)
        return batch

    async def _company(self, stopping: asyncio.Task[bool]) -> None:
        if not self._waiting:
            self._wake.clear()
            waking = asyncio.create_task(self._wake.wait())
            await asyncio.wait({waking, stopping}, return_when=asyncio.FIRST_COMPLETED)
            waking.cancel()
        if (wait_s := self._linger.wait_s()) and self._count < self._most and not stopping.done():
            await asyncio.sleep(wait_s)

    async def _settle(self, batch: Sequence[tuple[T, asyncio.Future[R]]]) -> None:
        results = await apart(self._handle, [item for item, _ in batch], waits=self._waits)
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue
            if isinstance(result, Failed):
                future.set_exception(result.error)
            else:
                future.set_result(result)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but no longer than until told to stop."""
    try:
        await asyncio.wait_for(stop.wait(), timeout=seconds)
    except TimeoutError:
        return
