"""The role `callbacks`: agencies that answer later post here. The signed address says which task; there is no database."""

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.agency import Agency
from contracts.clock import Clock
from contracts.failures import AgencyError, AgencyUnavailable, ChakongError, NotFound, ServiceUnavailable
from contracts.kafka.producer import Producer
from contracts.kafka.settings import KafkaSettings
from contracts.messages import Reply
from contracts.signing import Keys
from contracts.telemetry import ALARMS
from services.runtime.answers import evidence_of, no_answer, read_answers, to_reply
from services.runtime.edge import Edge, of_failure, of_framework, protocol
from services.runtime.port import Adapter, AgencyResponse, Asked, OutsideProtocol
from services.runtime.references import read_reference
from services.runtime.registry import adapters as registered_adapters
from services.runtime.sending import Sender
from services.runtime.settings import CallbackSettings

_log = structlog.get_logger()

_HEADER_BYTES = 16_384
_SEND_WITHIN_S = 10.0
#: Bodies in memory at once, and connections.
_MOST_BODIES, _MOST_CONNECTIONS = 32, 256


class BodyRefused(ChakongError):
    """The body is too long, or did not arrive in time."""

    code, status = "body_refused", 413


class Callbacks:
    """Turns a call-back into a reply, and answers the agency only when the broker has it."""

    def __init__(
        self, settings: CallbackSettings, agencies: Mapping[str, Agency], adapters: Mapping[str, Adapter], sender: Sender,
        clock: Clock,
    ) -> None:
        """Take the agencies by code, the adapters by asset type, and what sends replies."""
        self._settings, self._agencies, self._adapters = settings, agencies, adapters
        self._sender, self._clock = sender, clock
        self._bodies = asyncio.Semaphore(_MOST_BODIES)

    async def take(self, request: Request) -> Response:
        """Take one answer: 200 when it is kept, 422 when it is kept as outside the protocol.

        Raises: NotFound (unknown agency, wrong signature), ReferenceExpired, BodyRefused, ServiceUnavailable
        """
        agency = self._agencies.get(request.path_params["agency"])
        if agency is None:
            raise NotFound("no such call-back address")
        key = self._settings.signing_key.get_secret_value()
        asked = read_reference(request.path_params["reference"], key, agency.agency, self._clock.now())
        async with self._bodies:
            body = await self._body(request)
            reply = self._read(agency, asked, request.headers.get("content-type", ""), body)
        await self._keep(reply, asked.request_id)
        failed = reply.outcome == "failed"
        return JSONResponse({"received": True, "code": reply.code} if failed else {"received": True},
                            status_code=422 if failed else 200)

    async def _body(self, request: Request) -> bytes:
        """Return the body, bounded in length and in time."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.callback_body_s):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self._settings.callback_cap_bytes:
                        raise BodyRefused(f"more than {self._settings.callback_cap_bytes} bytes")
        except TimeoutError as error:
            raise BodyRefused("the body did not arrive in time") from error
        return bytes(body)

    def _read(self, agency: Agency, asked: Asked, content_type: str, body: bytes) -> Reply:
        evidence, now = evidence_of(body, media_type=content_type), self._clock.now()
        try:
            answers = read_answers(self._adapters[agency.asset_type], agency, [asked], AgencyResponse(200, content_type, body))
        except AgencyUnavailable as error:
            raise ServiceUnavailable("not an answer yet") from error
        except AgencyError as error:
            reply = no_answer(agency.agency, asked, error, evidence=evidence, pause_s=0, now=now)
        else:
            answer = answers.get(asked.request_no) or OutsideProtocol("the answer leaves this request out")
            reply = to_reply(agency.agency, asked, answer, evidence, now)
        if reply.outcome == "failed":
            ALARMS.labels("protocol").inc()
            _log.error("agency_outside_protocol", agency=agency.agency, task_id=asked.task_id, raw_sha256=evidence.digest)
        return reply

    async def _keep(self, reply: Reply, request_id: str) -> None:
        """Give the reply to the broker. A repeated one changes nothing: the task row is the inbox.

        Raises: ServiceUnavailable
        """
        try:
            async with asyncio.timeout(_SEND_WITHIN_S):
                sent = await self._sender.send([self._sender.reply(reply, None, request_id)])
        except TimeoutError as error:
            raise ServiceUnavailable("the broker did not take the answer") from error
        if not sent:
            raise ServiceUnavailable("the broker did not take the answer")


def application(callbacks: Callbacks) -> Starlette:
    """Return the ASGI application with its one route."""
    route = Route("/callbacks/{agency}/{reference}", callbacks.take, methods=["POST"])
    return Starlette(routes=[route], middleware=[Middleware(Edge)], exception_handlers={ChakongError: of_failure, HTTPException: of_framework})


async def serve(
    settings: CallbackSettings, kafka: KafkaSettings, agencies: Mapping[str, Agency], stop: asyncio.Event, *,
    clock: Clock, new_id: Callable[[], str], keys: Keys, on_ready: Callable[[str], None] = lambda _: None,
    adapters: Mapping[str, Adapter] | None = None,
) -> None:
    """Run the role until told to stop; `on_ready` gets the base URL it listens on."""
    known = registered_adapters() if adapters is None else adapters
    producer = Producer(kafka, "chakong.callbacks", keys)
    sender = Sender(producer, linger_s=settings.linger_s, most_bytes=kafka.most_request_bytes - _HEADER_BYTES,
                    clock=clock, new_id=new_id, keeps=False)
    sent = asyncio.Event()
    sending = asyncio.create_task(sender.run(sent))
    try:
        await _listen(application(Callbacks(settings, agencies, known, sender, clock)), settings, stop, on_ready)
    finally:
        sent.set()
        await sending
        await producer.stop()


async def _listen(
    app: Starlette, settings: CallbackSettings, stop: asyncio.Event, on_ready: Callable[[str], None],
) -> None:
    """Serve HTTP until told to stop, then let calls in flight end."""
    config = uvicorn.Config(
        app, http=protocol(_MOST_CONNECTIONS), lifespan="off", log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=5,
    )
    with socket.create_server((settings.callback_host, settings.callback_port)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        url = f"http://{settings.callback_host}:{listener.getsockname()[1]}"
        server = _Server(config, lambda: on_ready(url))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """A server that says when it listens, and leaves the signals to the process: embedded it is one role of many."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._say_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._say_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
