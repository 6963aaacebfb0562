import asyncio

import pytest

from contracts.batching import Batcher, Failed, Linger, apart, patiently, pause
from contracts.failures import ServiceUnavailable


class Poison(Exception):
    pass


async def running(batcher, work):
    stop = asyncio.Event()
    loop = asyncio.create_task(batcher.run(stop))
    try:
        return await work
    finally:
        stop.set()
        await loop


async def test_items_that_come_together_are_handled_together():
    sizes = []

    async def handle(items):
        sizes.append(len(items))
        await asyncio.sleep(0.01)
        return [item * 2 for item in items]

    batcher = Batcher(handle, most=50, linger=Linger(0.002))
    results = await running(batcher, asyncio.gather(*(batcher.add(number) for number in range(100))))
    assert results == [number * 2 for number in range(100)]
    assert sizes == [50, 50]


async def test_one_poison_item_fails_alone():
    async def handle(items):
        if 13 in items:
            raise Poison
        return items

    batcher = Batcher(handle, most=64, linger=Linger(0))
    results = await running(batcher, asyncio.gather(*(batcher.add(number) for number in range(40)), return_exceptions=True))
    assert [result for result in results if not isinstance(result, Poison)] == [n for n in range(40) if n != 13]
    assert isinstance(results[13], Poison)


async def test_what_everybody_waits_for_reaches_every_caller_of_the_batch_at_once():
    calls = []

    async def handle(items):
        calls.append(len(items))
        raise ServiceUnavailable

    batcher = Batcher(handle, most=64, linger=Linger(0))
    results = await running(batcher, asyncio.gather(*(batcher.add(n) for n in range(3)), return_exceptions=True))
    assert [type(result) for result in results] == [ServiceUnavailable] * 3
    assert calls == [3]


async def test_what_waits_when_told_to_stop_is_still_handled():
    handled = []

    async def handle(items):
        handled.extend(items)
        return items

    batcher = Batcher(handle, most=1, linger=Linger(0))
    futures = [batcher.put(number) for number in range(3)]
    stop = asyncio.Event()
    stop.set()
    await batcher.run(stop)
    assert handled == [0, 1, 2]
    assert all(future.done() for future in futures)


async def test_a_cancelled_caller_does_not_disturb_the_others():
    async def handle(items):
        return items

    batcher = Batcher(handle, most=10, linger=Linger(0))
    gone = batcher.put(1)
    gone.cancel()
    assert await running(batcher, batcher.add(2)) == 2


def test_linger_is_nothing_when_idle_and_grows_with_load_up_to_its_bound():
    linger = Linger(0.01, full=11)
    assert linger.wait_s() == 0
    for _ in range(50):
        linger.saw(6)
    assert linger.wait_s() == pytest.approx(0.005, rel=0.01)
    for _ in range(50):
        linger.saw(500)
    assert linger.wait_s() == 0.01


async def test_a_pause_ends_at_once_when_told_to_stop():
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(1):
        await pause(stop, 60)
    async with asyncio.timeout(1):
        await pause(asyncio.Event(), 0.001)


async def test_a_batch_waits_for_company_while_the_load_is_high():
    sizes = []

    async def handle(items):
        sizes.append(len(items))
        return items

    linger = Linger(0.05, full=2)
    for _ in range(30):
        linger.saw(9)
    batcher = Batcher(handle, most=10, linger=linger)
    stop = asyncio.Event()
    running_on = asyncio.create_task(batcher.run(stop))
    first = batcher.put(1)
    await asyncio.sleep(0.005)
    assert await asyncio.gather(first, batcher.put(2)) == [1, 2]
    stop.set()
    await running_on
    assert sizes == [2]


async def test_an_error_passes_by_a_caller_who_has_gone():
    async def handle(_items):
        raise OSError("away")

    batcher = Batcher(handle, most=10, linger=Linger(0))
    gone = batcher.put(1)
    gone.cancel()
    with pytest.raises(OSError, match="away"):
        await running(batcher, batcher.add(2))


@pytest.mark.parametrize("bad", [set(), {0}, {7}, {0, 1, 2}, set(range(8))])
async def test_what_fails_is_found_by_halving_and_the_rest_is_handled_once(bad):
    handled = []

    async def handle(items):
        if bad & set(items):
            raise OverflowError
        handled.extend(items)
        return items

    results = await apart(handle, range(8))
    assert [number for number, one in enumerate(results) if isinstance(one, Failed)] == sorted(bad)
    assert handled == [number for number in range(8) if number not in bad]


async def test_an_item_that_fails_again_and_again_is_given_back_and_what_is_away_is_waited_for():
    tries, away = [], iter([True, False])

    async def handle(items):
        if next(away, False):
            raise ServiceUnavailable
        if 3 in items:
            tries.append(tuple(items))
            raise OverflowError("too far")
        return items

    failed = await patiently(handle, [1, 2, 3, 4], asyncio.Event(), tries=3)
    assert [(item, str(error)) for item, error in failed] == [(3, "too far")]
    assert tries[-2:] == [(3,), (3,)]


async def test_who_is_told_to_stop_waits_no_longer():
    async def handle(_items):
        raise ServiceUnavailable

    stop = asyncio.Event()
    stop.set()
    assert await patiently(handle, [1], stop, tries=3) is None
async def test_whoever_sends_a_thousand_at_once_waits_for_himself():
    """By order, not by time: of a court that sends one beside a thousand of another, that one is in the first batch."""
    batches = []

    async def handle(items):
        batches.append(list(items))
        return items

    batcher = Batcher(handle, most=100, linger=Linger(0), turns=lambda item: item[0])
    futures = [batcher.put(("A", number)) for number in range(1000)]
    futures += [batcher.put(("B", number)) for number in range(3)]
    futures.append(batcher.put(("C", 0)))
    stop = asyncio.Event()
    stop.set()
    await batcher.run(stop)
    assert [item for item in batches[0] if item[0] != "A"] == [("B", 0), ("C", 0), ("B", 1), ("B", 2)]
    assert [item for batch in batches for item in batch if item[0] == "A"] == [("A", number) for number in range(1000)]
    assert {len(batch) for batch in batches[:-1]} == {100}
    assert [future.result() for future in futures[:2]] == [("A", 0), ("A", 1)]
