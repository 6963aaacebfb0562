"""The breaker at a real mock agency over HTTP: one that accepts and never answers, and one that comes back while work has piled up."""

import asyncio
import contextlib
import json
from datetime import timedelta
from random import Random

from deploy.clock import SystemClock
from services.runtime.agency_client import AgencyClient
from services.runtime.asking import Asking
from services.runtime.board import Board
from services.runtime.claims import Claims
from services.runtime.port import AgencyCall, Found
from services.runtime.turns import Turns
from tests.agency_side import FakeGateway, NoContents, agency, command, settings
from tests.integration.test_mock_server import QUERY, running

#: How many workers share the agency, and how often each asks while all is well, a second.
WORKERS, EACH_PER_S = 2, 5.0


def asked_for(number):
    return command(f"t{number}", agency="bank", answer_due_at=SystemClock().now() + timedelta(days=1))


class OnePage:
    """Asks the mock for one person and reads nothing but that it answered."""

    asset_type = "deposits"

    def to_call(self, agency, outgoing):
        return AgencyCall("POST", "/x", json.dumps(QUERY).encode())

    def to_answers(self, agency, asked, response):
        return {one.request_no: Found(SystemClock().now(), []) for one in asked}


class Counted(AgencyClient):
    """Notes when calls begin."""

    def __init__(self, calls, *args, **more):
        super().__init__(*args, **more)
        self._calls = calls

    async def _once(self, *call):
        self._calls.append(asyncio.get_running_loop().time())
        return await super()._once(*call)


def worker(url, calls, board=None, **changes):
    made, clock, random = settings(mock_agencies_url=url, **changes), SystemClock(), Random(7)
    return Asking(made, {"deposits": OnePage()}, lambda row: Counted(calls, row, made, clock=clock, random=random),
                  Claims(NoContents(), most_bytes=100), turns=Turns(FakeGateway(), "w1"), clock=clock, random=random, board=board)


async def until(reached, within_s):
    async with asyncio.timeout(within_s):
        while not reached():
            await asyncio.sleep(0.02)


async def test_an_agency_that_accepts_and_never_answers_is_suspended_within_thirty_seconds_as_shipped():
    """One command a time, so nobody else's failure helps to notice."""
    async with running(patience_s=60) as served:
        await served.faults("bank", {"kind": "never"})
        board = Board(SystemClock())
        asking, began_s = worker(served.url, [], board, retry_pause_s=0.2), asyncio.get_running_loop().time()
        (reply,) = await asking.ask(agency("bank"), [asked_for(1)])
        took_s = asyncio.get_running_loop().time() - began_s
        assert reply.kind == "deferred"
        (told,) = board.told()
        assert (told.agency, told.state) == ("bank", "suspended")
        print(f"a black hole was noticed after {took_s:.1f} s")
        assert took_s < 30
        (reply,) = await asking.ask(agency("bank"), [asked_for(2)])
        assert (reply.code, reply.as_of) == ("suspended", told.since)
        await asking.close()


async def ask_until_answered(asking, number):
    """Ask as the gateway does: again when the reply says so."""
    while True:
        (reply,) = await asking.ask(agency("bank"), [asked_for(number)])
        if reply.kind == "answered":
            return
        await asyncio.sleep(max(0.0, (reply.until - SystemClock().now()).total_seconds()))


async def offered(workers, asked, for_s):
    """Give each worker commands at its usual pace for a while."""
    for _ in range(int(for_s * EACH_PER_S)):
        asked += [asyncio.create_task(ask_until_answered(one, len(asked) + at)) for at, one in enumerate(workers)]
        await asyncio.sleep(1 / EACH_PER_S)


def most_a_second(calls, over_s=3.0):
    """The busiest stretch, in calls a second: over some seconds, so that a machine that stalls for a moment says nothing."""
    return max((sum(at <= other < at + over_s for other in calls) / over_s for at in calls), default=0.0)


async def test_when_an_agency_comes_back_what_piled_up_does_not_run_it_over():
    async with running(patience_s=60) as served:
        calls, asked = [], []
        workers = [worker(served.url, calls, most_attempts=1, breaker_pause_s=1.0, breaker_most_pause_s=2.0, deferral_s=0.5) for _ in range(WORKERS)]
        await offered(workers, asked, 8)
        usual, before = most_a_second(calls), len(calls)
        await served.faults("bank", {"kind": "error_500"})
        await offered(workers, asked, 6)
        waiting = sum(not one.done() for one in asked)
        away, back = len(calls) - before, len(calls)
        await served.faults("bank")
        await offered(workers, asked, 6)
        at_return = most_a_second(calls[back:])
        print(f"usual {usual:.1f} calls/s, {away} while away, {waiting} piled up, at most {at_return:.1f} calls/s after the return")
        assert waiting > 3 * usual
        assert at_return <= 2 * usual
        for one in asked:
            one.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*asked, return_exceptions=True)
        for one in workers:
            await one.close()
