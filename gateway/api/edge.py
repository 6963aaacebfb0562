"""What every call goes through: a trace id, a metric, a bound on calls at once, and a problem document for a fault of ours.

Plain ASGI: a `BaseHTTPMiddleware` would cost three times the rest of the edge (performance.md).
"""

import re
from asyncio import CancelledError
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from time import perf_counter
from traceback import extract_tb

import structlog
from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.telemetry import HTTP_SECONDS
from contracts.words import NewId
from gateway.api.connections import is_crowded
from gateway.api.problems import crowded, ending, overloaded, unexpected

_log = structlog.get_logger()

_TRACEPARENT = re.compile(rb"^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
#: These answer also when too much is going on, and take no place of others.
_ALWAYS = frozenset({"/healthz", "/readyz", "/metrics"})


class Edge:
    """The one middleware."""

    def __init__(self, app: ASGIApp, *, new_id: NewId, most_in_flight: int) -> None:
        """Take the application, what makes trace ids, and how many calls are worked on at once."""
        self._app, self._new_id, self._most = app, new_id, most_in_flight
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = _Call(scope, send, trace_id_of(scope["headers"], self._new_id))
        if is_crowded(scope):
            await crowded(call.trace_id)(scope, receive, call.send)
            return
        if self._in_flight >= self._most and scope["path"] not in _ALWAYS:
            await overloaded(call.trace_id)(scope, receive, call.send)
            return
        self._in_flight += 1
        # A stream stays open for long; once it has begun to answer it is no longer counted.
        call.on_answer = self._answered
        try:
            await self._handle(call, receive)
        finally:
            call.answered()

    def _answered(self) -> None:
        self._in_flight -= 1

    async def _handle(self, call: "_Call", receive: Receive) -> None:
        try:
            await self._app(call.scope, receive, call.send)
        except CancelledError:
            if not call.begun:
                await ending(call.trace_id)(call.scope, receive, call.send)
            raise
        except Exception as error:  # noqa: BLE001 - the edge: a fault of ours is logged and answered, never shown
            # Only where it happened: a message may hold a value of the body.
            _log.error("answer_cut_short" if call.begun else "unexpected_fault", error=type(error).__name__, where=_where(error))
            if not call.begun:
                await unexpected(call.trace_id)(call.scope, receive, call.send)


class _Call:
    """One call under way: stamps its answer and measures the time until it begins."""

    def __init__(self, scope: Scope, send: Send, trace_id: str) -> None:
        self.scope, self._send, self.trace_id = scope, send, trace_id
        self.begun = False
        self.on_answer = _nothing
        self._began_at = perf_counter()
        self._stamp = ((b"traceparent", f"00-{trace_id}-{trace_id[:16]}-01".encode()), (b"x-trace-id", trace_id.encode()))
        scope.setdefault("state", {})["trace_id"] = trace_id
        structlog.contextvars.bind_contextvars(trace_id=trace_id)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            message["headers"] = [*message.get("headers", ()), *self._stamp]
            self._observe(message["status"])
            self.answered()
        await self._send(message)

    def answered(self) -> None:
        on_answer, self.on_answer = self.on_answer, _nothing
        on_answer()

    def _observe(self, status: int) -> None:
        route = getattr(self.scope.get("route"), "path", "unmatched")
        method = self.scope["method"] if self.scope["method"] in _METHODS else "other"
        _seconds_of(route, method, status).observe(perf_counter() - self._began_at)


@cache
def _seconds_of(route: str, method: str, status: int) -> Histogram:
    """Return the histogram of a route; there are as many as routes, methods and statuses."""
    return HTTP_SECONDS.labels(route, method, status)


def _nothing() -> None:
    return


def trace_id_of(headers: Iterable[tuple[bytes, bytes]], new_id: NewId) -> str:
    """Return the trace id of a valid `traceparent`, else a new one. Source: W3C Trace Context."""
    for name, value in headers:
        if name == b"traceparent":
            match = _TRACEPARENT.match(value)
            if match:
                return match[1].decode()
    return blake2b(new_id().encode(), digest_size=16).hexdigest()


def _where(error: BaseException) -> list[str]:
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in extract_tb(error.__traceback__)[-6:]]
