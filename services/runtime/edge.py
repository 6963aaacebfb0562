"""What the agency side's servers answer when something is wrong: a problem document, whoever found it out."""

from asyncio import CancelledError
from itertools import count

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from contracts.failures import ChakongError, ServiceUnavailable
from contracts.problems import ENDING, INTERNAL, OVERLOADED, PROBLEM_JSON, malformed_answer, problem_body

_log = structlog.get_logger()

#: What marks a call on one connection too many.
_CROWDED = "crowded"
#: When somebody who is told to come again may do so, in seconds.
_LATER = {"Retry-After": "5"}


class Edge:
    """Plain ASGI inside an application: a fault of ours, an end on the way and one connection too many are problem documents."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the application; calls are numbered, and the number is what the log and the caller name one by."""
        self._app, self._numbers = app, count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call."""
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        trace_id = _trace_id(self._numbers)
        scope.setdefault("state", {})["trace_id"] = trace_id
        if _CROWDED in scope["state"]:
            await _problem(*OVERLOADED, trace_id, _LATER)(scope, receive, send)
            return
        try:
            await self._app(scope, receive, noting)
        except CancelledError:
            if not begun:
                await _problem(*ENDING, trace_id, _LATER)(scope, receive, send)
            raise
        except Exception as error:  # noqa: BLE001 - the edge: a fault of ours is logged and answered, never shown
            _log.error("unexpected_fault", error=type(error).__name__, trace_id=trace_id)
            if not begun:
                await _problem(*INTERNAL, trace_id)(scope, receive, send)


def _trace_id(numbers: "count[int]") -> str:
    return f"{next(numbers):032x}"


def protocol(most_connections: int) -> type[HttpToolsProtocol]:
    """Return uvicorn's protocol with a bound on connections, and with our words for what is no HTTP."""
    numbers = count(1)

    class Protocol(HttpToolsProtocol):
        def on_headers_complete(self) -> None:
            if len(self.connections) > most_connections:
                self.scope["state"][_CROWDED] = True
            super().on_headers_complete()

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own word for it
            self.transport.write(malformed_answer(_trace_id(numbers)))
            self.transport.close()

    return Protocol


async def of_failure(request: Request, error: Exception) -> Response:
    """Translate what our own code raises."""
    assert isinstance(error, ChakongError)
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, ServiceUnavailable) else {}
    return _problem(error.status, error.code, (type(error).__doc__ or "").strip(), request.state.trace_id, headers)


async def of_framework(request: Request, error: Exception) -> Response:
    """Translate what the framework raises: an unknown path, a wrong method."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, f"http_{error.status_code}")
    return _problem(error.status_code, code, error.detail, request.state.trace_id, dict(error.headers or {}))


def _problem(status: int, code: str, title: str, trace_id: str, headers: dict[str, str] | None = None) -> Response:
    return Response(problem_body(status, code, title, trace_id=trace_id), status, {**(headers or {}), "X-Trace-Id": trace_id}, PROBLEM_JSON)
