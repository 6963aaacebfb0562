"""A bound on the calls that a worker begins, over all its agencies: too many at once slow each other until all time out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class YoungCalls:
    """Lets at most so many young calls be under way.

    A call older than `young_s` only waits for its agency, which costs us nothing: it counts no more, so that slow
    agencies hold up no other.
    """

    def __init__(self, most: int, young_s: float) -> None:
        """Take the bound, and until when a call is young, in seconds."""
        self._free, self._young_s = asyncio.Semaphore(most), young_s

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a place and keep it until the call ends or is no longer young."""
        await self._free.acquire()
        holds = True

        def leave() -> None:
            nonlocal holds
            if holds:
                holds = False
                self._free.release()

        grown = asyncio.get_running_loop().call_later(self._young_s, leave)
        try:
            yield
        finally:
            grown.cancel()
            leave()
