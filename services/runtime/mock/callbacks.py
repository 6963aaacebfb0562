"""Call back: tell the answers that are due to the addresses the callers gave, again and again until they are taken."""

import asyncio
from collections.abc import Awaitable, Callable

from services.runtime.mock.answers import Answers, Kept
from services.runtime.mock.port import MockResponse
from services.runtime.mock.simulation import Simulation

#: Tells one answer to an address; true if it was taken.
Tell = Callable[[str, MockResponse], Awaitable[bool]]
#: The clock may be put forward at any time, so it is looked at again this often.
_LOOK_AGAIN_S = 0.1
_PARALLEL = 16


async def call_back(simulation: Simulation, tell: Tell) -> None:
    """Tell what is due, at most 16 at once, until it is cancelled."""
    free = asyncio.Semaphore(_PARALLEL)
    async with asyncio.TaskGroup() as calls:
        while True:
            for kept in simulation.answers.due(simulation.clock.now()):
                await free.acquire()
                calls.create_task(_tell_one(simulation, tell, kept, free))
            await asyncio.sleep(_LOOK_AGAIN_S)


async def _tell_one(simulation: Simulation, tell: Tell, kept: Kept, free: asyncio.Semaphore) -> None:
    answers: Answers = simulation.answers
    try:
        taken = await tell(kept.url or "", kept.response)
    finally:
        free.release()
    answers.told(kept, simulation.clock.now(), taken=taken)
