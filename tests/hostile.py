"""Between a worker and its agencies: passes calls on, and spoils the answers as it is told."""

import asyncio
import gzip
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import aiohttp
from aiohttp import web

from deploy.embedded import free_port

_DEEP, _BOMB = b"[" * 50_000 + b"]" * 50_000, gzip.compress(b"0" * 60_000_000, 1)
_WAITS = ("1" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "-1", "0")
_TYPES = ("text/html", "application/json; charset=x\udcff", "image/png", "")
_HEADERS: dict[str, Callable[[int], dict[str, str]]] = {
    "type": lambda where: {"Content-Type": _TYPES[where % 4]}, "header": lambda where: {"Retry-After": _WAITS[where % 4]},
    "status": lambda _: {"Location": "http://127.0.0.1:1/"}, "bomb": lambda _: {"Content-Encoding": "gzip"}}


def _no_headers(_: int) -> dict[str, str]:
    return {}



class Hostile:
    """A server in a thread of its own; `plans` (tests.fuzzing.hostile) are used up one an answer, then answers come as they are."""

    def __init__(self, agencies_url: str) -> None:
        self.url, self._agencies_url = f"http://127.0.0.1:{free_port()}", agencies_url
        self.plans: list[Any] = []
        self.served: Counter[str] = Counter()

    @property
    def spoilt(self) -> int:
        return sum(many for what, many in self.served.items() if what != "as it is")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        async with self._session.request(request.method, self._agencies_url + request.path_qs, data=await request.read(),
                                         headers={"Content-Type": request.headers.get("Content-Type", "")}) as came:
            body, media_type, status = await came.read(), came.headers.get("Content-Type", ""), came.status
        plan = self.plans.pop() if self.plans else ("as it is", 0, None, b"")
        self.served[plan[0]] += 1
        body, status, headers = spoil(plan, body, status)
        headers = {"Content-Type": media_type} | headers
        if plan[0] == "huge":
            return await self._endless(request, headers)
        return web.Response(body=body, status=status, headers=headers)

    async def _endless(self, request: web.Request, headers: dict[str, str]) -> web.StreamResponse:
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        try:
            for _ in range(60):
                await response.write(b"0" * 1_000_000)
        except ConnectionError:
            self.served["cut off by us"] += 1
        return response

    async def _run(self, ready: threading.Event, stop: threading.Event) -> None:
        app = web.Application(client_max_size=50_000_000)
        app.router.add_route("*", "/{path:.*}", self.answer)
        runner = web.AppRunner(app)
        async with aiohttp.ClientSession() as self._session:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", int(self.url.rpartition(":")[2])).start()
            ready.set()
            while not stop.is_set():
                await asyncio.sleep(0.1)
            await runner.cleanup()


def spoil(plan: Any, body: bytes, status: int) -> tuple[bytes, int, dict[str, str]]:
    """Return an answer as a plan spoils it."""
    what, where, value, noise = plan
    at = where % (len(body) + 1)
    if what in {"value", "key", "twice", "drop"}:
        body = _in_json(what, where, value, body)
    elif what in {"header", "status"}:
        status = (429, 503, 200)[where % 3] if what == "header" else (201, 204, 302, 400, 404, 418, 500)[where % 7]
    elif what != "type":
        spoilt = {"cut": body[:at], "noise": body[:at] + noise + body[at + len(noise):], "deep": _DEEP, "bomb": _BOMB, "all": noise}
        body = spoilt.get(what, body)
    return body, status, _HEADERS.get(what, _no_headers)(where)


def _in_json(what: str, where: int, value: object, body: bytes) -> bytes:
    """Spoil one place of a JSON body; of any other body, some bytes."""
    try:
        told = json.loads(body)
    except ValueError:
        written = json.dumps(value).encode()
        at = where % (len(body) + 1)
        return body[:at] + written + body[at + len(written):]
    places = list(_places(told))
    if not places:
        return json.dumps(value).encode()
    holder, key = places[where % len(places)]
    if what == "value":
        holder[key] = value
    elif what == "drop":
        del holder[key]
    elif isinstance(holder, list):
        holder.append(holder[key] if what == "twice" else value)
    else:
        holder[str(value)[:300]] = holder[key]
    return json.dumps(told).encode()


def _places(told: Any) -> Iterator[tuple[Any, Any]]:
    for key, value in list(told.items()) if isinstance(told, dict) else list(enumerate(told)) if isinstance(told, list) else []:
        yield told, key
        yield from _places(value)


@contextmanager
def hostile(agencies_url: str, plans: Sequence[Any]) -> Iterator[Hostile]:
    """Run a server that spoils answers until the block ends."""
    server, ready, stop = Hostile(agencies_url), threading.Event(), threading.Event()
    server.plans = list(plans)
    thread = threading.Thread(target=lambda: asyncio.run(server._run(ready, stop)))
    thread.start()
    try:
        assert ready.wait(20)
        yield server
    finally:
        stop.set()
        thread.join()
