"""Acts over real connections, and the kernel that ends a process which was stopped beyond its turn."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from time import monotonic

import pytest

from contracts.failures import AgencyUnavailable
from services.runtime.terms import Act, NotBegun, Terms
from tests.agency_side import agency
from tests.integration.test_agency_client import CALL, Server, client_of, hang_up, http, never

LOOPS = """
import sys, time
from deploy.guard import KernelGuard
guard = KernelGuard()
stop = guard.arm(time.monotonic() + float(sys.argv[1]))
guard.arm(time.monotonic() + 60)
if sys.argv[2] == "ended":
    stop()
while True:
    print(time.monotonic(), flush=True)
    time.sleep(0.01)
"""


@pytest.fixture
async def server():
    async with Server() as running:
        yield running


async def call(server, terms, *script, row=None):
    server.script = list(script)
    client = client_of(server.url, row)
    try:
        return await client.call(CALL, repeatable=False, terms=terms)
    finally:
        await client.close()


def an_act(begin_in_s=60.0, **more):
    return Act(begin_by_s=monotonic() + begin_in_s, **more)


async def test_an_act_that_is_answered_is_over(server):
    watched = []

    def arm(at_s):
        watched.append(at_s)
        return watched.clear

    act = an_act(over_s=7.0, arm=arm)
    assert (await call(server, act, http())).status == 200
    assert (act.began, act.answered, act.under_way, watched) == (True, True, False, [])


@pytest.mark.parametrize("fault", [hang_up, never, http(503)])
async def test_an_act_that_nobody_answered_may_be_under_way_and_is_not_made_again(server, fault):
    act = an_act()
    with pytest.raises(AgencyUnavailable):
        await call(server, act, fault, row=agency(timeout_s=0.3))
    assert act.under_way
    assert len(server.requests) == 1


async def test_an_act_that_was_refused_at_the_last_moment_sent_no_byte(server):
    class TooLate(Act):
        def begin(self, now_s):
            super().begin(now_s + 100)

    act = TooLate(begin_by_s=monotonic() + 60)
    with pytest.raises(NotBegun):
        await call(server, act, http())
    await asyncio.sleep(0.05)
    assert (act.under_way, server.requests) == (False, [])


async def test_an_act_that_reached_nobody_is_not_under_way():
    act = an_act()
    client = client_of("http://127.0.0.1:1")
    with pytest.raises(AgencyUnavailable):
        await client.call(CALL, repeatable=False, terms=act)
    await client.close()
    assert not act.under_way


async def test_what_cannot_begin_in_time_is_not_sent_and_not_tried_again(server):
    began = monotonic()
    with pytest.raises(NotBegun):
        await call(server, Terms(begin_by_s=began - 1), http())
    assert not server.requests


async def test_an_answer_is_waited_for_as_long_as_it_is_wanted(server):
    began = monotonic()
    with pytest.raises(AgencyUnavailable, match="no answer within 0"):
        await call(server, Terms(began + 60, began + 0.4), never)
    assert monotonic() - began < 4


def looping(after_s, told):
    return subprocess.Popen([sys.executable, "-c", LOOPS, str(after_s), told], stdout=subprocess.PIPE, text=True)


def test_a_process_stopped_beyond_its_turn_does_not_execute_another_instruction():
    with looping(3.0, "watched") as process:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(4.0)
        continued_s = monotonic()
        os.kill(process.pid, signal.SIGCONT)
        assert process.wait(10) == -signal.SIGALRM
        worked_at_s = [float(line) for line in process.stdout]
    assert all(one < continued_s for one in worked_at_s)


def test_a_process_stopped_while_nothing_is_watched_goes_on():
    with looping(1.0, "ended") as process:
        process.stdout.readline()
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(1.5)
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(0.5)
        assert process.poll() is None
        process.kill()
        assert process.wait(10) == -signal.SIGKILL


async def test_what_is_given_up_leaves_nothing_in_the_kernel_for_the_agency_to_find_later():
    ended = asyncio.get_running_loop().create_future()

    async def accept(reader, writer):
        try:
            await reader.readuntil(b"\r\n\r\n")
            await reader.read(100)
            ended.set_result(await reader.read(100))
        except ConnectionResetError as error:
            ended.set_result(error)
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    client = client_of(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", agency(timeout_s=0.3))
    with pytest.raises(AgencyUnavailable, match="no answer"):
        await client.call(CALL, repeatable=False, terms=an_act())
    async with asyncio.timeout(5):
        assert isinstance(await ended, ConnectionResetError)
    await client.close()
    server.close()
