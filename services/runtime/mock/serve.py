"""The role `mock-agencies`: serve the simulation on a port and call back, until told to stop."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from contracts.agency import Agency
from contracts.failures import AgencyError
from services.runtime.agency_client import HttpSession
from services.runtime.mock.app import MockApp
from services.runtime.mock.callbacks import Tell, call_back
from services.runtime.mock.port import MockAgency, MockResponse
from services.runtime.mock.settings import MockSettings
from services.runtime.mock.simulation import AdvancingClock, Simulation
from services.runtime.mock.transport import TRANSPORT
from services.runtime.port import AgencyCall

_CALLBACK_TIMEOUT_S = 10.0
_CALLBACK_CAP_BYTES = 65_536


async def serve(
    settings: MockSettings,
    stop: asyncio.Event,
    *,
    clock: AdvancingClock,
    agencies: Sequence[Agency],
    mocks: Mapping[str, MockAgency],
    on_ready: Callable[[str], None],
) -> None:
    """Serve the mock agencies until `stop` is set; `on_ready` gets the base URL once they listen."""
    simulation = Simulation(settings, agencies, mocks, clock)
    session = HttpSession(parallel=16, cap_bytes=_CALLBACK_CAP_BYTES, clock=clock)
    calling = asyncio.create_task(call_back(simulation, _teller(session)))
    try:
        await _listen(MockApp(simulation), settings, stop, on_ready)
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        await session.close()
        simulation.close()


def _teller(session: HttpSession) -> Tell:
    async def tell(url: str, response: MockResponse) -> bool:
        call = AgencyCall("POST", "", response.body, response.content_type, response.headers)
        try:
            answered = await session.exchange(call, url, _CALLBACK_TIMEOUT_S)
        except AgencyError:
            return False
        return answered.status < 300  # noqa: PLR2004 - any 2xx

    return tell


class _Protocol(HttpToolsProtocol):
    """Gives the application the connection's transport, so that it can abort it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT: self.transport}  # type: ignore[dict-item]


class _Server(uvicorn.Server):
    """Says when it listens, and leaves signals to whoever runs the roles."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _listen(app: MockApp, settings: MockSettings, stop: asyncio.Event, on_ready: Callable[[str], None]) -> None:
    listening = socket.create_server((settings.host, settings.port), backlog=2048)
    # asyncio sets it only on sockets it makes itself; without it an answer's body waits 40 ms for the client's delayed ACK
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    host, port = listening.getsockname()[:2]
    config = uvicorn.Config(
        app, http=_Protocol, ws="none", lifespan="off", log_config=None, access_log=False, server_header=False,
        date_header=False, proxy_headers=False, timeout_keep_alive=75, timeout_graceful_shutdown=1)
    server = _Server(config, lambda: on_ready(f"http://{host}:{port}"))
    serving, stopping = asyncio.create_task(server.serve([listening])), asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stopping.cancel()
    await serving
