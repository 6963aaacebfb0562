"""The role `api`: uvicorn on one socket, and what goes on behind the calls. While the database is away it answers 503."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from gateway.api.app import make_app
from gateway.api.connections import with_bounds
from gateway.api.deps import Deps
from gateway.api.edge import trace_id_of

_BACKLOG = 2048


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever started the role, and tells when it takes calls."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening."""
        await super().startup(sockets)
        self._on_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(deps: Deps, stop: asyncio.Event, *, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve until told to stop, then end in order: streams, calls under way, group commits.

    Shape:  port 0 picks a free one; `on_ready` is told the URL once calls are taken
    Raises: OSError if the address is taken
    """
    listening = socket.create_server((host, port), family=_family(host), backlog=_BACKLOG)
    # Answers are small: without this each waits for the caller's delayed acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    drained = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(deps.run(drained))
        try:
            await _answer_calls(make_app(deps), deps, listening, stop, on_ready)
        finally:
            drained.set()


async def _answer_calls(
    app: FastAPI, deps: Deps, listening: socket.socket, stop: asyncio.Event, on_ready: Callable[[str], None]
) -> None:
    server = _Server(_config(app, deps), lambda: on_ready(url_of(listening)))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        deps.streams.close()
        server.should_exit = True
        await serving


def _config(app: FastAPI, deps: Deps) -> uvicorn.Config:
    settings = deps.api
    protocol = with_bounds(settings.head_deadline_s, settings.most_connections, lambda: trace_id_of((), deps.new_id))
    return uvicorn.Config(
        app, http=protocol, ws="none", lifespan="off", log_config=None, access_log=False,
        server_header=False, proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_s, timeout_graceful_shutdown=settings.drain_s, backlog=_BACKLOG,
    )


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def url_of(listening: socket.socket) -> str:
    """Return the URL of a listening socket; one on every address is reached on the loopback."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - compared only
    return f"http://{shown}:{port}"
