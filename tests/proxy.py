"""A TCP proxy that harms: it cuts, resets, half-closes, delays and swallows, at bytes and moments drawn from a seed."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from random import Random

from sqlalchemy.engine import make_url

#: What may happen to a connection once so many bytes have passed.
HARMS = ("reset", "close", "half_close_server", "half_close_client", "delay", "swallow")


@dataclass(eq=False)
class Link:
    """One connection through the proxy; `harm` comes after `left` more bytes."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    harm: str
    left: float
    swallows: bool = False

    def reset(self) -> None:
        """End both sides at once, without a farewell."""
        for writer in (self.client, self.server):
            writer.transport.abort()


@dataclass(eq=False)
class Proxy:
    """Forwards to an upstream, which is a host with its port or the path of a Unix socket; while `away` is `refused` connections are ended at once, while it is `black_hole` nothing comes back."""

    upstream: tuple[str, int] | str
    random: Random = field(default_factory=lambda: Random(1))
    harms: tuple[str, ...] = ()
    most_bytes: int = 60_000
    #: cut after exactly so many bytes, instead of at one that is drawn
    at_byte: int | None = None
    away: str = ""
    listening_on: int = 0
    cuts: int = 0
    links: set[Link] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until it ends."""
        if self.away == "refused":
            writer.transport.abort()
            return
        try:
            from_server, to_server = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        harm = self.random.choice(self.harms) if self.harms else ""
        link = Link(writer, to_server, harm, self._left() if harm else float("inf"))
        self.links.add(link)
        try:
            await asyncio.gather(self._carry(link, reader, to_server), self._carry(link, from_server, writer))
        finally:
            link.reset()
            self.links.discard(link)

    def _left(self) -> float:
        return self.random.randint(0, self.most_bytes) if self.at_byte is None else self.at_byte

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.upstream, str):
            return await asyncio.open_unix_connection(self.upstream)
        return await asyncio.open_connection(*self.upstream)

    async def _carry(self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while data := await reader.read(4096):
                if self.away == "black_hole" or link.swallows:
                    continue
                if len(data) >= link.left:
                    await self._forward(writer, data[: int(link.left)])
                    data = data[int(link.left):]
                    link.left = float("inf")
                    if await self._harm(link):
                        return
                link.left -= len(data)
                await self._forward(writer, data)
        with suppress(OSError, RuntimeError):
            writer.write_eof()

    async def _forward(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if data:
            writer.write(data)
            await writer.drain()

    async def _harm(self, link: Link) -> bool:
        """Do to a connection what was drawn for it; True if nothing more comes this way."""
        self.cuts += 1
        match link.harm:
            case "reset":
                link.reset()
            case "close":
                link.client.close()
                link.server.close()
            case "half_close_server":
                link.server.write_eof()
            case "half_close_client":
                link.client.write_eof()
            case "swallow":
                link.swallows = True
                return False
            case _:
                await asyncio.sleep(self.random.uniform(0.05, 0.5))
                return False
        return True

    def reset_all(self) -> None:
        """Cut every connection there is."""
        for link in list(self.links):
            link.reset()


@asynccontextmanager
async def proxied(upstream: tuple[str, int] | str, **how: object) -> AsyncIterator[Proxy]:
    """Run a proxy on a free port of the loopback, in this loop."""
    proxy = Proxy(upstream, **how)  # type: ignore[arg-type]
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.listening_on = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.reset_all()


@contextmanager
def proxied_beside(upstream: tuple[str, int] | str) -> Iterator[Proxy]:
    """Run a proxy in a thread of its own, for tests that wait for processes."""
    proxy, loop, ready = Proxy(upstream), asyncio.new_event_loop(), threading.Event()

    async def listen() -> None:
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        proxy.listening_on = server.sockets[0].getsockname()[1]
        ready.set()
        with contextlib.suppress(asyncio.CancelledError):
            await server.serve_forever()

    task = loop.create_task(listen())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(proxy.reset_all)
        loop.call_soon_threadsafe(task.cancel)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def postgres_behind(url: str) -> tuple[str, int] | str:
    """Return where the PostgreSQL of a URL listens."""
    made = make_url(url)
    folder = made.query.get("host")
    return f"{folder}/.s.PGSQL.{made.port or 5432}" if isinstance(folder, str) else (made.host or "127.0.0.1", made.port or 5432)


def through(proxy: Proxy, url: str) -> str:
    """Return the URL of a database as it is reached through a proxy."""
    made = make_url(url).difference_update_query(["host"])
    return made.set(host="127.0.0.1", port=proxy.listening_on).render_as_string(hide_password=False)
