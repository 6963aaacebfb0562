"""How an answer leaves the mock agency over ASGI: whole, late, byte by byte, far too long, or not at all.

A connection can only be aborted through its transport, so serve.py puts that into the scope.
"""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from services.runtime.mock.faults import LATE_AT_MOST_S, NEVER_AT_MOST_S
from services.runtime.mock.port import MockResponse

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: Extension of the ASGI scope under which the server gives the connection's transport.
TRANSPORT = "chakong.transport"
_OVERSIZED_BYTES, _PIECE = 100 * 1024 * 1024, b" " * 65_536
_DRIP_S = 1.0
_ABORT_WITH_RST = struct.pack("ii", 1, 0)


async def read_body(receive: Receive) -> bytes | None:
    """Read a request's body; None if the client went before its end."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def answer(send: Send, response: MockResponse) -> None:
    """Send a whole answer."""
    await _begin(send, response, len(response.body))
    await send({"type": "http.response.body", "body": response.body})


async def _begin(send: Send, response: MockResponse, length: int | None) -> None:
    headers = [(b"content-type", response.content_type.encode())]
    headers += [(name.lower().encode(), value.encode()) for name, value in response.headers.items()]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})


async def hold(receive: Receive, most_s: float) -> bool:
    """Hold the connection until the client goes, at most so long; tell whether it is still there."""
    try:
        async with asyncio.timeout(most_s):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return True
    return False


async def answer_late(receive: Receive, send: Send, response: MockResponse, after_s: float) -> None:
    """Answer after so many seconds, at most 60, if the client is still there."""
    if await hold(receive, min(after_s, LATE_AT_MOST_S)):
        await answer(send, response)


async def never_answer(scope: Scope, receive: Receive) -> None:
    """Hold the connection until the client goes, at most 120 s."""
    if await hold(receive, NEVER_AT_MOST_S):
        await abort(scope, receive)


async def drip(receive: Receive, send: Send, response: MockResponse) -> None:
    """Send one byte a second until the client goes."""
    await _begin(send, response, len(response.body))
    for index in range(len(response.body)):
        await send({"type": "http.response.body", "body": response.body[index:index + 1], "more_body": True})
        if not await hold(receive, _DRIP_S):
            return
    await send({"type": "http.response.body", "body": b""})


async def answer_oversized(receive: Receive, send: Send, response: MockResponse) -> None:
    """Send an answer of 100 MB, a piece at a time; it begins like the right one."""
    await _begin(send, response, None)
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    for _ in range(_OVERSIZED_BYTES // len(_PIECE)):
        await send({"type": "http.response.body", "body": _PIECE, "more_body": True})
        if not await hold(receive, 0):
            return
    await send({"type": "http.response.body", "body": b""})


async def abort(scope: Scope, receive: Receive) -> None:
    """Abort the connection with a TCP reset.

    Raises: ConnectionResetError where the server gives no transport (tests in memory)
    """
    transport = scope.get("extensions", {}).get(TRANSPORT)
    if transport is None:
        raise ConnectionResetError("the mock agency aborted the connection")
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT_WITH_RST)
    transport.abort()
    await hold(receive, 1)
