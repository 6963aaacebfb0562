import asyncio

import pytest

from services.runtime.lanes import Job, Lanes
from tests.agency_side import agency, command, record_of


class Desk:
    """Takes what lanes hand over and holds it until told to go on."""

    def __init__(self):
        self.taken, self.ended, self.held = [], [], {}

    async def handle(self, row, jobs):
        self.taken.append((row.agency, [job.command.task_id for job in jobs]))
        if row.agency in self.held:
            await self.held[row.agency].wait()
        await asyncio.sleep(0)
        self.ended += [job.command.task_id for job in jobs]


@pytest.fixture
def desk():
    return Desk()


def lanes(desk, *, lane_most=2_000, all_most=20_000, linger_s=0.005):
    return Lanes(desk.handle, lane_most=lane_most, all_most=all_most, linger_s=linger_s)


def jobs(*names, action="query", key=None):
    return [Job(record_of(b"", key), command(name, action=action), 0.0, None) for name in names]


def numbered(count):
    return jobs(*(f"t{number}" for number in range(count)))


async def until(condition):
    async with asyncio.timeout(2):
        while not condition():
            await asyncio.sleep(0.001)


async def test_queries_that_come_together_are_asked_together(desk):
    lanes(desk).offer(agency(batch_size=10), numbered(25))
    await until(lambda: len(desk.ended) == 25)
    assert [len(names) for _, names in desk.taken] == [10, 10, 5]


async def test_a_lone_query_does_not_wait_for_company(desk):
    lanes(desk, linger_s=60).offer(agency(), jobs("alone"))
    await until(lambda: desk.ended == ["alone"])


async def test_under_load_queries_wait_a_little_and_form_larger_batches(desk):
    some = lanes(desk, linger_s=0.05)
    for round_no in range(6):
        some.offer(agency(batch_size=50), jobs(*(f"{round_no}-{number}" for number in range(20))))
        await asyncio.sleep(0.002)
    await until(lambda: len(desk.ended) == 120)
    assert len(desk.taken) <= 4


async def test_a_slow_agency_does_not_hold_another(desk):
    desk.held["slow"] = asyncio.Event()
    some = lanes(desk)
    some.offer(agency("slow", batch_size=1), numbered(100))
    some.offer(agency("quick"), jobs("q1"))
    await until(lambda: desk.ended == ["q1"])
    desk.held["slow"].set()
    await until(lambda: len(desk.ended) == 101)


async def test_an_agency_gets_no_more_calls_at_once_than_its_row_says(desk):
    desk.held["icbc"] = asyncio.Event()
    lanes(desk).offer(agency(batch_size=1, parallel_calls=3), numbered(10))
    await until(lambda: len(desk.taken) == 3)
    await asyncio.sleep(0.01)
    assert len(desk.taken) == 3
    desk.held["icbc"].set()
    await until(lambda: len(desk.ended) == 10)


async def test_a_full_lane_gives_back_what_it_cannot_take(desk):
    desk.held["icbc"] = asyncio.Event()
    some = lanes(desk, lane_most=5)
    assert [job.command.task_id for job in some.offer(agency(), numbered(7))] == ["t5", "t6"]


async def test_when_all_lanes_hold_too_much_each_takes_only_few(desk):
    some = lanes(desk, all_most=100)
    assert not some.offer(agency("first"), numbered(100))
    assert len(some.offer(agency("second"), numbered(30))) == 14


async def test_steps_on_one_asset_stay_in_order_while_those_on_another_overtake(desk):
    desk.held["icbc"] = asyncio.Event()
    some = lanes(desk)
    for name in ("a1", "a2"):
        some.offer(agency(), jobs(name, action="freeze", key=b"asset a"))
    some.offer(agency(), jobs("b1", action="freeze", key=b"asset b"))
    await until(lambda: len(desk.taken) == 2)
    assert [names for _, names in desk.taken] == [["a1"], ["b1"]]
    desk.held["icbc"].set()
    await until(lambda: len(desk.ended) == 3)
    assert desk.ended.index("a1") < desk.ended.index("a2")


async def test_queries_and_steps_take_turns(desk):
    some = lanes(desk)
    row = agency(batch_size=1, parallel_calls=1)
    some.offer(row, jobs("q1", "q2") + jobs("s1", action="status", key=b"1") + jobs("s2", action="status", key=b"2"))
    await until(lambda: len(desk.ended) == 4)
    assert desk.ended == ["s1", "q1", "s2", "q2"]


async def test_a_worker_that_fails_does_not_end_its_lane():
    seen = []

    async def handle(row, jobs):
        seen.append(jobs[0].command.task_id)
        if len(seen) == 1:
            raise RuntimeError

    some = Lanes(handle, lane_most=10, all_most=10, linger_s=0)
    some.offer(agency(batch_size=1, parallel_calls=1), jobs("first", "second"))
    await until(lambda: seen == ["first", "second"])


async def test_an_idle_lane_keeps_no_worker(desk):
    before = len(asyncio.all_tasks())
    lanes(desk).offer(agency(), numbered(30))
    await until(lambda: len(desk.ended) == 30)
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == before


async def test_draining_drops_what_waits_lets_calls_end_and_cancels_late_ones(desk):
    desk.held |= {"quick": asyncio.Event(), "stuck": asyncio.Event()}
    some = lanes(desk)
    some.offer(agency("quick", batch_size=1, parallel_calls=1), jobs("q1", "q2"))
    some.offer(agency("stuck", batch_size=1), jobs("s1"))
    await until(lambda: len(desk.taken) == 2)
    asyncio.get_running_loop().call_later(0.01, desk.held["quick"].set)
    await some.drain(0.1)
    assert desk.ended == ["q1"]
    assert some.waiting == 0


async def test_four_thousand_agencies_fit_into_one_worker(desk):
    some = lanes(desk)
    for number in range(4_000):
        some.offer(agency(f"bank-{number}"), jobs(f"t{number}"))
    async with asyncio.timeout(10):
        while len(desk.ended) < 4_000:
            await asyncio.sleep(0.01)
    assert some.waiting == 0


# What is lost with a partition


async def test_what_waits_and_is_lost_is_forgotten_and_the_rest_stays_in_order(desk):
    desk.held["icbc"] = asyncio.Event()
    some = lanes(desk)
    row = agency(batch_size=1, parallel_calls=1)
    some.offer(row, jobs("q0", "q1", "q2", "q3") + jobs("a1", "a2", action="freeze", key=b"a") + jobs("b1", action="freeze", key=b"b"))
    await until(lambda: len(desk.taken) == 1)
    await some.give_up(lambda job: job.command.task_id in {"q1", "a1", "a2"}, 0)
    desk.held["icbc"].set()
    await until(lambda: some.waiting == 0 and len(desk.ended) == len(desk.taken))
    assert "q1" not in desk.ended
    assert not {"a1", "a2"} & set(desk.ended) - {desk.taken[0][1][0]}
    assert [one for one in desk.ended if one in {"q2", "q3"}] == ["q2", "q3"]
    assert "b1" in desk.ended


async def test_what_is_under_way_may_end_and_only_what_is_lost_is_waited_for(desk):
    desk.held |= {"icbc": asyncio.Event(), "abc": asyncio.Event()}
    some = lanes(desk)
    some.offer(agency(batch_size=1), jobs("mine"))
    some.offer(agency("abc", batch_size=1), jobs("other"))
    await until(lambda: len(desk.taken) == 2)
    giving_up = asyncio.create_task(some.give_up(lambda job: job.command.task_id == "mine", 20))
    await asyncio.sleep(0.05)
    assert not giving_up.done()
    desk.held["icbc"].set()
    await giving_up
    assert desk.ended == ["mine"]
    desk.held["abc"].set()
    await until(lambda: desk.ended == ["mine", "other"])


async def test_what_takes_longer_than_the_bound_goes_on(desk):
    desk.held["icbc"] = asyncio.Event()
    some = lanes(desk)
    some.offer(agency(batch_size=1), jobs("slow"))
    await until(lambda: desk.taken)
    await some.give_up(lambda _: True, 0.05)
    desk.held["icbc"].set()
    await until(lambda: desk.ended == ["slow"])


async def test_a_step_that_comes_again_waits_for_the_one_that_is_under_way(desk):
    desk.held["icbc"] = asyncio.Event()
    some = lanes(desk)
    some.offer(agency(), jobs("a1", "a2", action="freeze", key=b"a"))
    await until(lambda: desk.taken)
    await some.give_up(lambda _: True, 0.02)
    some.offer(agency(), jobs("a2", action="freeze", key=b"a"))
    await asyncio.sleep(0.02)
    assert len(desk.taken) == 1
    desk.held["icbc"].set()
    await until(lambda: desk.ended == ["a1", "a2"])
