import asyncio

from services.runtime.young_calls import YoungCalls


async def test_no_more_calls_begin_at_once_than_the_bound():
    young, under_way, most = YoungCalls(3, young_s=60), 0, 0

    async def call():
        nonlocal under_way, most
        async with young.one():
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(call() for _ in range(20)))
    assert most == 3


async def test_calls_that_wait_long_hold_up_no_other():
    young, silent = YoungCalls(2, young_s=0.01), asyncio.Event()

    async def call():
        async with young.one():
            await silent.wait()

    waiting = [asyncio.create_task(call()) for _ in range(2)]
    async with asyncio.timeout(5), young.one(), young.one():
        silent.set()
    await asyncio.gather(*waiting)
    assert young._free._value == 2


async def test_a_call_that_is_cancelled_while_it_waits_takes_no_place():
    young = YoungCalls(1, young_s=60)
    async with young.one():
        waiting = asyncio.create_task(young.one().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(5), young.one():
        pass
