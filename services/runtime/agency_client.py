"""How we talk to an agency: time-outs, retries, pace, and a bound on what it may send. It reads no answer.

The only home of aiohttp and tenacity on this side. Only AgencyUnavailable is retried, bounded by tries and by time.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from random import Random
from time import monotonic
from types import SimpleNamespace

import aiohttp
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt
from tenacity.stop import stop_base
from yarl import URL

from contracts.agency import Agency
from contracts.bounds import MOST_WAIT_S
from contracts.clock import Clock
from contracts.failures import AgencyProtocolError, AgencyUnavailable
from contracts.telemetry import AGENCY_SECONDS
from services.runtime.port import AgencyCall, AgencyResponse
from services.runtime.settings import WorkerSettings
from services.runtime.terms import Act, NotBegun, Terms
from services.runtime.young_calls import YoungCalls

#: What of an answer that is too long is kept as evidence, bytes.
_EVIDENCE_BYTES = 65_536
_MOST_PAUSE_S = 5.0
_CLOSE_AT_ONCE, _ACKNOWLEDGED_WITHIN_MS = struct.pack("ii", 1, 0), 10_000


class NotReached(AgencyUnavailable):
    """No connection was made, so the agency has received nothing."""


class HttpSession:
    """Connections to one host: no redirects, no proxies of the environment, no cookies, no decompression."""

    def __init__(self, *, parallel: int, cap_bytes: int, clock: Clock) -> None:
        """Take the most calls at once and the longest body; connections are made with the first call."""
        self._parallel, self._cap_bytes, self._clock = parallel, cap_bytes, clock
        self._session: aiohttp.ClientSession | None = None
        self._acting: aiohttp.ClientSession | None = None

    async def exchange(
        self, call: AgencyCall, url: str, timeout_s: float, headers: Mapping[str, str] | None = None, *, act: Act | None = None,
    ) -> AgencyResponse:
        """Make one call.

        Shape:   the URL is sent as it is written; whoever writes it quotes it. An `act` is told right before its bytes go out
        Units:   timeout_s from the first byte sent to the last received, so a slow drip ends too
        Raises:  NotReached, NotBegun (the act says so), AgencyUnavailable (no answer, cut off, 5xx, 429), AgencyProtocolError (redirect, too long,
                 compressed unasked, not HTTP)
        """
        try:
            async with asyncio.timeout(timeout_s), (self._open() if act is None else self._open_acting()).request(
                call.method, URL(url, encoded=True), data=call.content or None, allow_redirects=False,
                headers={"Content-Type": call.content_type, **call.headers, **(headers or {})}, trace_request_ctx=act,
            ) as response:
                await self._check(response)
                body = await self._read(response)
        except TimeoutError as error:
            raise AgencyUnavailable(f"no answer within {timeout_s:g} s") from error
        except (aiohttp.ClientConnectorError, aiohttp.ClientConnectorCertificateError) as error:
            raise NotReached(f"no connection: {type(error).__name__}") from error
        except (aiohttp.ClientResponseError, aiohttp.InvalidURL) as error:
            raise AgencyProtocolError(f"not HTTP: {type(error).__name__}") from error
        except (aiohttp.ClientError, OSError) as error:
            raise AgencyUnavailable(f"cut off: {type(error).__name__}") from error
        return AgencyResponse(response.status, response.headers.get("Content-Type", ""), body)

    async def close(self) -> None:
        """Close the connections."""
        sessions, self._session, self._acting = (self._session, self._acting), None, None
        for session in sessions:
            if session is not None:
                await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = self._new()
        return self._session

    def _open_acting(self) -> aiohttp.ClientSession:
        """Return the connections that acts use: told of every request, which costs, so no other call goes there."""
        if self._acting is None:
            told = aiohttp.TraceConfig()
            told.on_request_headers_sent.append(_begin)  # called before the headers are written, whatever its name
            self._acting = self._new(told, socket_factory=_nothing_left_behind)
        return self._acting

    def _new(self, *told: aiohttp.TraceConfig, socket_factory: Callable[[aiohttp.AddrInfoType], socket.socket] | None = None) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._parallel, ttl_dns_cache=30, keepalive_timeout=30, socket_factory=socket_factory),
            timeout=aiohttp.ClientTimeout(total=None), trust_env=False, cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False, headers={"Accept-Encoding": "identity", "User-Agent": "chakong"}, trace_configs=list(told),
        )

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        status = response.status
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            wait_s = retry_after_s(response.headers.get("Retry-After"), self._clock.now())
            raise AgencyUnavailable(f"status {status}", retry_after_s=wait_s)
        if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            raise AgencyProtocolError(f"redirect, status {status}")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            begin = await response.content.read(_EVIDENCE_BYTES)
            raise AgencyProtocolError("compressed, though we take no compression", raw=begin, media_type=response.headers.get("Content-Type", ""))

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """Return the body; a longer one than the cap is not read to its end."""
        length = response.content_length
        if length is not None and length <= self._cap_bytes:
            return await response.read()
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._cap_bytes:
                raise AgencyProtocolError(f"oversized: more than {self._cap_bytes} bytes", raw=bytes(body[:_EVIDENCE_BYTES]),
                                          media_type=response.headers.get("Content-Type", ""))
        return bytes(body)


def _nothing_left_behind(address: aiohttp.AddrInfoType) -> socket.socket:
    """Make the socket of an act: when it is closed, by whatever end of this process, the kernel sends nothing more of it.

    What the agency has not acknowledged soon is given up too, so that no request arrives when a network comes back.
    """
    made = socket.socket(*address[:3])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_AT_ONCE)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _ACKNOWLEDGED_WITHIN_MS)
    return made


async def _begin(_: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestHeadersSentParams) -> None:
    """Let an act begin, or refuse to: what it raises ends the request before a byte is written."""
    context.trace_request_ctx.begin(monotonic())


def retry_after_s(value: str | None, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or a date; None for what is neither."""
    if value is None:
        return None
    try:
        seconds = float(value) if value.strip().isdecimal() else (parsedate_to_datetime(value) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(MOST_WAIT_S, max(0.0, seconds))


class _OverBudget(stop_base):
    """Stops when the next try would begin after the budget, the first try included."""

    def __init__(self, began_s: float, budget_s: float) -> None:
        self._began_s, self._budget_s = began_s, budget_s

    def __call__(self, retry_state: RetryCallState) -> bool:
        spent_s = asyncio.get_running_loop().time() - self._began_s
        return spent_s + retry_state.upcoming_sleep > self._budget_s


class Retries:
    """Tries again what did not answer: with jitter, bounded by tries and by time."""

    def __init__(self, settings: WorkerSettings, random: Random) -> None:
        """Take the bounds and where the jitter comes from."""
        self._settings, self._random = settings, random

    async def run(self, once: Callable[[], Awaitable[AgencyResponse]], *, repeatable: bool) -> AgencyResponse:
        """Return the first answer; what is not repeatable is only tried again if it was not received.

        Raises: what the last try raised
        """
        began_s = asyncio.get_running_loop().time()
        try:
            return await once()
        except AgencyUnavailable as error:
            first = [error]  # tenacity costs half as much as a call, so only a call that failed pays for it

        async def attempt() -> AgencyResponse:
            if first:
                raise first.pop()
            return await once()

        return await self._retrying(AgencyUnavailable if repeatable else NotReached, began_s)(attempt)

    def _retrying(self, again: type[AgencyUnavailable], began_s: float) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, again) and not isinstance(error, NotBegun)), wait=self._pause_s, reraise=True,
            stop=stop_after_attempt(self._settings.most_attempts) | _OverBudget(began_s, self._settings.budget_s),
        )

    def _pause_s(self, state: RetryCallState) -> float:
        """Return the pause before the next try: doubled and jittered, never shorter than the agency asked for."""
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.retry_after_s if isinstance(error, AgencyUnavailable) else None
        pause_s = min(_MOST_PAUSE_S, self._settings.retry_pause_s * 2.0 ** (state.attempt_number - 1))
        return max(asked_s or 0.0, pause_s * (0.5 + self._random.random()))


class Pace:
    """Spaces calls so that there are at most so many a second."""

    def __init__(self, rate_per_s: float | None) -> None:
        """Take the rate; None is no limit."""
        self._gap_s = 1 / rate_per_s if rate_per_s else 0.0
        self._next_s = 0.0

    async def turn(self) -> None:
        """Wait until the next call may begin."""
        if self._gap_s:
            now_s = asyncio.get_running_loop().time()
            begin_s = max(now_s, self._next_s)
            self._next_s = begin_s + self._gap_s
            await asyncio.sleep(begin_s - now_s)


class AgencyClient:
    """Calls one agency."""

    def __init__(
        self, agency: Agency, settings: WorkerSettings, *, clock: Clock, random: Random, young: YoungCalls | None = None,
    ) -> None:
        """Take the directory row, and the bound it shares with the worker's other agencies; nothing is opened yet."""
        self._agency, self._settings = agency, settings
        self._young = young or YoungCalls(settings.young_calls, settings.young_s)
        self._base_url = endpoint(agency, settings)
        self._session = HttpSession(parallel=agency.parallel_calls, cap_bytes=settings.response_cap_bytes, clock=clock)
        self._retries, self._pace = Retries(settings, random), Pace(agency.rate_per_s)
        credentials = settings.credentials.get(agency.credentials_ref)
        self._headers = {"Authorization": credentials.get_secret_value()} if credentials else {}

    async def call(self, call: AgencyCall, *, repeatable: bool = True, terms: Terms | None = None) -> AgencyResponse:
        """Return the agency's answer; tried again while it gives none and its terms allow.

        Shape:   repeatable is False for a control step at an agency that is not idempotent; its terms are an Act
        Raises:  AgencyUnavailable, AgencyProtocolError
        """
        return await self._retries.run(lambda: self._once(call, terms or Terms()), repeatable=repeatable)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _once(self, call: AgencyCall, terms: Terms) -> AgencyResponse:
        await self._pace.turn()
        async with self._young.one():
            return await self._timed(call, terms)

    async def _timed(self, call: AgencyCall, terms: Terms) -> AgencyResponse:
        began_s = asyncio.get_running_loop().time()
        timeout_s, act = terms.timeout_s(monotonic(), self._agency.timeout_s), terms if isinstance(terms, Act) else None
        result = "cancelled"
        try:
            response = await self._session.exchange(call, self._base_url + call.path, timeout_s, self._headers, act=act)
            result = "answered"
        except (AgencyUnavailable, AgencyProtocolError) as error:
            result = error.code
            raise
        finally:
            if act is not None:
                act.end()
                act.answered = act.answered or result == "answered"
            took_s = asyncio.get_running_loop().time() - began_s
            AGENCY_SECONDS.labels(self._agency.agency, result).observe(took_s)
        return response


def endpoint(agency: Agency, settings: WorkerSettings) -> str:
    """Return an agency's base URL: its own, or its place at the mock agencies; empty if there is neither."""
    if agency.endpoint:
        return agency.endpoint.rstrip("/")
    return f"{settings.mock_agencies_url.rstrip('/')}/agencies/{agency.agency}" if settings.mock_agencies_url else ""
