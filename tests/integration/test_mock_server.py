"""The mock agencies on a real socket: what scripted faults do to a connection, and call-backs."""

import asyncio
import contextlib
import itertools
import json
import sys
import time

import aiohttp
import pytest
from aiohttp import web
from pydantic import ValidationError

from deploy.clock import SystemClock
from services.runtime.mock.serve import serve
from services.runtime.mock.settings import MockSettings
from tests.mock_world import DEMO_PERSON, FakeMock, account, agency

QUERY = {"id_no": DEMO_PERSON}
FREEZE = {"request_no": "r1", "amount_fen": 60}


class Served:
    def __init__(self, url, session):
        self.url, self.session = url, session

    async def faults(self, code="bank", *faults):
        async with self.session.put(f"{self.url}/admin/agencies/{code}/faults", json={"faults": faults}) as response:
            assert response.status == 200

    async def ask(self, body, code="bank"):
        async with self.session.post(f"{self.url}/agencies/{code}/x", json=body) as response:
            return await response.json(content_type=None)

    async def effects(self, code="bank"):
        async with self.session.get(f"{self.url}/admin/agencies/{code}/ledger") as response:
            return (await response.json())["effects"]


@contextlib.asynccontextmanager
async def running(*, patience_s=20, **settings):
    stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
    mock = FakeMock(holdings=[account(balance_fen=100)], only=DEMO_PERSON)
    role = asyncio.create_task(serve(
        MockSettings(callback_s=0.05, **settings), stop, clock=SystemClock(),
        agencies=[agency(), agency("caller", answers_by="callback")], mocks={"deposits": mock}, on_ready=ready.set_result))
    try:
        async with asyncio.timeout(patience_s), aiohttp.ClientSession() as session:
            yield Served(await ready, session)
    finally:
        stop.set()
        await asyncio.wait_for(role, 5)


@contextlib.asynccontextmanager
async def listening(handle):
    app = web.Application()
    app.router.add_post("/cb", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/cb"
    await runner.cleanup()


@pytest.mark.parametrize(("kind", "effects"), [("reset", 0), ("lost_response", 1)])
async def test_the_connection_is_reset_with_and_without_effect(kind, effects):
    async with running() as served:
        await served.faults("bank", {"kind": kind})
        with pytest.raises(aiohttp.ClientConnectionError):
            await served.ask(FREEZE)
        assert len(await served.effects()) == effects
        await served.faults("bank")
        assert (await served.ask(FREEZE))["state"] == "in_force"
        assert [effect["times_received"] for effect in await served.effects()] == [effects + 1]


async def test_an_agency_that_never_answers_holds_nobody_else_up():
    async with running() as served:
        await served.faults("bank", {"kind": "never"})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(served.ask(FREEZE), 0.3)
        held = asyncio.create_task(served.ask(FREEZE))
        await asyncio.sleep(0.1)
        assert await served.effects() == []
    with pytest.raises(aiohttp.ClientError):
        await held


async def test_a_request_cut_off_has_no_effect():
    async with running() as served:
        host, port = served.url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        body = json.dumps(FREEZE).encode()
        writer.write(b"POST /agencies/bank/x HTTP/1.1\r\nhost: x\r\ncontent-length: 999\r\n\r\n" + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        await asyncio.sleep(0.1)
        assert await served.effects() == []


async def test_an_oversized_answer_is_a_hundred_megabytes():
    async with running() as served:
        await served.faults("bank", {"kind": "oversized"})
        read = 0
        async with served.session.post(f"{served.url}/agencies/bank/x", json=QUERY) as response:
            async for piece in response.content.iter_any():
                read += len(piece)
    assert read >= 100 * 1024 * 1024


async def test_an_oversized_answer_ends_when_the_client_goes():
    async with running() as served:
        await served.faults("bank", {"kind": "oversized"})
        async with served.session.post(f"{served.url}/agencies/bank/x", json=QUERY) as response:
            await response.content.read(1000)
            response.close()
        await served.faults("bank")
        assert await served.ask(QUERY) == ["6222000000000001"]


async def test_a_slow_answer_drips():
    async with running() as served:
        await served.faults("bank", {"kind": "slow_drip"})
        async with served.session.post(f"{served.url}/agencies/bank/x", json=QUERY) as response:
            assert len(await response.content.readany()) == 1
            began = time.monotonic()
            assert len(await response.content.readany()) == 1
            assert 0.8 < time.monotonic() - began < 2
            response.close()


async def test_a_late_answer_and_latency_take_their_time():
    async with running() as served:
        for fault in ({"kind": "late", "after_s": 0.3}, {"kind": "latency", "p50_ms": 300, "p99_ms": 300}):
            await served.faults("bank", fault)
            began = time.monotonic()
            assert await served.ask(QUERY) == ["6222000000000001"]
            assert 0.28 < time.monotonic() - began < 1


async def test_an_answer_is_called_back_until_it_is_taken():
    came = []

    async def handle(request):
        came.append(await request.read())
        return web.Response(status=503 if len(came) == 1 else 204)

    async with listening(handle) as url, running() as served:
        assert await served.ask({"id_no": DEMO_PERSON, "number": "q1", "url": url}, "caller") == {"state": "taken"}
        while len(came) < 2:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.7)
    assert came == [b'["6222000000000001"]'] * 2


async def test_a_duplicate_is_called_back_twice():
    came = []

    async def handle(request):
        came.append(await request.read())
        return web.Response(status=204)

    async with listening(handle) as url, running() as served:
        await served.faults("caller", {"kind": "duplicate"})
        await served.ask({"id_no": DEMO_PERSON, "number": "q1", "url": url}, "caller")
        while len(came) < 2:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
    assert len(came) == 2


async def test_a_restarted_agency_still_calls_back_and_knows_its_effects(tmp_path):
    came = []

    async def handle(request):
        came.append(await request.read())
        return web.Response(status=204)

    async with listening(handle) as url:
        async with running(ledger_dir=tmp_path) as served:
            await served.faults("caller", {"kind": "late", "after_s": 0.8})
            await served.ask({**FREEZE, "url": url}, "caller")
            await served.faults("caller")
            await served.ask({**FREEZE, "request_no": "r2", "url": url}, "caller")
            while len(came) < 1:
                await asyncio.sleep(0.05)
        async with running(ledger_dir=tmp_path) as served:
            while len(came) < 2:
                await asyncio.sleep(0.05)
            assert [effect["request_no"] for effect in await served.effects("caller")] == ["r1", "r2"]
            await asyncio.sleep(0.3)
    assert len(came) == 2


SERVER = """
import asyncio, sys
from pathlib import Path
from deploy.clock import SystemClock
from services.runtime.mock.serve import serve
from services.runtime.mock.settings import MockSettings
from tests.mock_world import FakeMock, account, agency
asyncio.run(serve(MockSettings(ledger_dir=Path(sys.argv[1])), asyncio.Event(), clock=SystemClock(), agencies=[agency()],
                  mocks={"deposits": FakeMock(holdings=[account(balance_fen=10**6)])}, on_ready=lambda url: print(url, flush=True)))
"""


@contextlib.asynccontextmanager
async def killed_in_the_end(folder):
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVER, str(folder), stdout=asyncio.subprocess.PIPE)
    url = (await process.stdout.readline()).decode().strip()
    async with asyncio.timeout(20), aiohttp.ClientSession() as session:
        yield Served(url, session)
        process.kill()
        await process.wait()
        process._transport.close()


async def test_what_was_answered_before_kill_9_stands_after_it(tmp_path):
    answered = []

    async def freeze_on(served):
        for number in itertools.count():
            with contextlib.suppress(aiohttp.ClientError):
                await served.ask({"request_no": str(number), "amount_fen": 1})
                answered.append(str(number))
                continue
            return

    async with killed_in_the_end(tmp_path) as served:
        freezing = asyncio.create_task(freeze_on(served))
        while len(answered) < 50:
            await asyncio.sleep(0.001)
    await freezing
    async with killed_in_the_end(tmp_path) as served:
        effects = await served.effects()
        assert [effect["request_no"] for effect in effects][:len(answered)] == answered
        assert len(effects) - len(answered) in (0, 1)
        assert await served.ask({"request_no": answered[-1], "amount_fen": 1}) == {"state": "in_force", "rank": 1}
        assert [effect["times_received"] for effect in await served.effects()][len(answered) - 1] == 2


def test_production_refuses_the_mock_agencies(monkeypatch):
    monkeypatch.setenv("CHAKONG_PRODUCTION", "true")
    with pytest.raises(ValidationError, match="refuse to start in production"):
        MockSettings()
    with pytest.raises(ValidationError):
        MockSettings(faults={"bank": [{"kind": "explode"}]})
