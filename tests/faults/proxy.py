"""A TCP proxy that a fault can be done to: stalled, delayed, one-way, refusing, cut. What it holds back arrives after healing, as on a network."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Target = Callable[[], "tuple[str, int] | Path"]
_RESET = struct.pack("ii", 1, 0)
_PIECE = 65_536


@dataclass
class Proxy:
    """One address in front of one server. The server's address is asked for with every connection: it may have moved."""

    target: Target
    #: directions that carry nothing: "up" (to the server), "down" (from it)
    stalled: set[str] = field(default_factory=set)
    delay_s: float = 0.0
    refusing: bool = False
    port: int = 0
    connections: int = 0
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None

    def start(self, port: int = 0) -> "Proxy":
        """Listen on a port of loopback."""
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(port, listening), daemon=True)
        self._thread.start()
        assert listening.wait(10)
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join(5)

    def cut(self) -> None:
        """Reset every connection there is; new ones are taken."""
        asyncio.run_coroutine_threadsafe(self._cut(), self._loop).result(5)

    def stall(self, *directions: str) -> None:
        """Carry nothing in these directions until healed; connections stay open."""
        self.stalled = set(directions or ("up", "down"))

    def refuse(self) -> None:
        """Reset what there is and whatever comes."""
        self.refusing = True
        self.cut()

    def heal(self) -> None:
        """Carry everything, at once."""
        self.stalled, self.delay_s, self.refusing = set(), 0.0, False

    def _run(self, port: int, listening: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", port))
        self.port = server.sockets[0].getsockname()[1]
        listening.set()
        self._loop.run_forever()
        server.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        for writer in self._writers:
            writer.transport.abort()
        self._loop.run_until_complete(asyncio.gather(*left, asyncio.sleep(0.05), return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            _reset(writer)
            return
        try:
            upward, up = await self._connect()
        except OSError:
            _reset(writer)
            return
        self.connections += 1
        self._writers |= {writer, up}
        try:
            await asyncio.gather(self._pump("up", reader, up), self._pump("down", upward, writer))
        finally:
            self._writers -= {writer, up}
            for one in (writer, up):
                with contextlib.suppress(OSError, RuntimeError):
                    one.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        target = self.target()
        return await (asyncio.open_unix_connection(str(target)) if isinstance(target, Path) else asyncio.open_connection(*target))

    async def _pump(self, direction: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            while data := await reader.read(_PIECE):
                while direction in self.stalled:
                    await asyncio.sleep(0.05)
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(OSError, RuntimeError):
            if writer.can_write_eof():
                writer.write_eof()

    async def _cut(self) -> None:
        for writer in list(self._writers):
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a firewall does: with a reset where there is TCP."""
    with contextlib.suppress(OSError, AttributeError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
