"""Connections with deadlines: a head that does not arrive in time, or is too long, ends its connection."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: More than any caller of ours sends; a token is 4 KiB at most.
MOST_HEAD_BYTES = 32 * 1024


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's protocol; it waits for a head, but not for ever. Bodies have a deadline of their own (bodies.py)."""

    #: How long a head may take to arrive, in seconds; a subclass made by `with_deadline` sets it.
    head_deadline_s = 10.0
    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Start the time for the first head."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the time."""
        self._have_head()
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
        super().on_headers_complete()

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_deadline_s, self._give_up)

    def _have_head(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _count(self, part: bytes) -> None:
        self._head_bytes += len(part)
        if self._head_bytes > MOST_HEAD_BYTES:
            self._give_up()

    def _give_up(self) -> None:
        self.transport.abort()


def with_deadline(head_deadline_s: float) -> type[PatientProtocol]:
    """Return the protocol with another deadline."""
    return type("PatientProtocol", (PatientProtocol,), {"head_deadline_s": head_deadline_s})
