"""Connections with deadlines and bounds: a head that does not arrive in time, or is too long, ends its connection; a refusal is a problem document."""

import asyncio
from collections.abc import Callable

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from contracts.problems import malformed_answer

#: More than any caller of ours sends; a token is 4 KiB at most.
MOST_HEAD_BYTES = 32 * 1024
#: What marks a call on one connection too many.
_CROWDED = "crowded"


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol; it waits for a head, but not for ever. Bodies have a deadline of their own (bodies.py)."""

    #: How long a head may take to arrive, in seconds; a subclass made by `with_bounds` sets it.
    head_deadline_s = 10.0
    #: How many connections there may be; a call on one more is told to come again.
    most_connections = 12_000
    new_trace_id: Callable[[], str]
    #: How long a caller who has its answer may go on with the body, in seconds: one byte after the other would keep a connection for ever.
    rest_s = 0.5
    _rest: asyncio.TimerHandle | None = None
    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Start the time for the first head."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the time."""
        self._have_head()
        self._have_rest()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Start the time for the head of a later call on the same connection."""
        super().on_message_begin()
        self._head_bytes = 0
        self._expect_head()

    def on_url(self, url: bytes) -> None:
        """Count the address."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._count(name + value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop the time: the head is here."""
        self._have_head()
        if len(self.connections) > self.most_connections:
            self.scope["state"][_CROWDED] = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop the time: the rest is here."""
        self._have_rest()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Start the time for the rest of a body that nobody waits for any more."""
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self._rest = self.loop.call_later(self.rest_s, self._give_up)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own word for it
        """Refuse what is no HTTP."""
        self.transport.write(malformed_answer(self.new_trace_id()))
        self.transport.close()

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_deadline_s, self._give_up)

    def _have_head(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _have_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _count(self, part: bytes) -> None:
        self._head_bytes += len(part)
        if self._head_bytes > MOST_HEAD_BYTES:
            self._give_up()

    def _give_up(self) -> None:
        self.transport.abort()


def with_bounds(head_deadline_s: float, most_connections: int, new_trace_id: Callable[[], str]) -> type[PatientProtocol]:
    """Return the protocol with other bounds, and with what names a call that has no trace yet."""
    return type("PatientProtocol", (PatientProtocol,), {
        "head_deadline_s": head_deadline_s, "most_connections": most_connections, "new_trace_id": staticmethod(new_trace_id)})


def is_crowded(scope: Scope) -> bool:
    """Tell whether a call came on one connection too many."""
    return _CROWDED in scope.get("state", {})
