import asyncio
import gzip
import socket
from random import Random

import pytest

from contracts.failures import AgencyProtocolError, AgencyUnavailable
from services.runtime.agency_client import AgencyClient, NotReached, retry_after_s
from services.runtime.gateway_client import ContentClient
from services.runtime.port import AgencyCall
from tests.agency_side import NOW, FixedClock, agency, settings

CALL = AgencyCall("POST", "/query?x=%2F", b"{}", headers={"X-Batch": "7"})


def http(status=200, body=b"{}", *headers):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Server:
    """A real HTTP server on loopback whose answers are scripted byte by byte; the last one is repeated."""

    def __init__(self):
        self.script, self.requests = [], []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self.server.close()

    async def _serve(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
                length = int(lengths[0]) if lengths else 0
                self.requests.append(head + await reader.readexactly(length))
                answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                if not (await answer(writer) if callable(answer) else await self._write(writer, answer)):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _write(self, writer, answer):
        writer.write(answer)
        await writer.drain()
        return True


async def hang_up(writer):
    writer.transport.abort()


async def cut_off(writer):
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half":')
    await writer.drain()


async def drip(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def never(writer):
    await asyncio.sleep(5)


async def endless(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        await writer.drain()


@pytest.fixture
async def server():
    async with Server() as running:
        yield running


def client_of(url, row=None, **changes):
    fields = {"most_attempts": 3, "budget_s": 5, "response_cap_bytes": 1_000_000}
    row = (row or agency()).model_copy(update={"endpoint": url})
    return AgencyClient(row, settings(**{**fields, **changes}), clock=FixedClock(), random=Random(7))


async def call(server, *script, row=None, repeatable=True, **changes):
    server.script = list(script)
    client = client_of(server.url, row, **changes)
    try:
        return await client.call(CALL, repeatable=repeatable)
    finally:
        await client.close()


async def test_an_answer_comes_back_as_it_is(server):
    response = await call(server, http(404, b'{"code":"E1"}'))
    assert (response.status, response.content_type, response.body) == (404, "application/json", b'{"code":"E1"}')
    head = server.requests[0].decode()
    assert head.startswith("POST /query?x=%2F HTTP/1.1")
    assert "X-Batch: 7" in head
    assert "Accept-Encoding: identity" in head
    assert head.endswith("{}")


async def test_connections_are_used_again(server):
    server.script = [http()]
    ports = set()
    accept = server._write

    async def remember(writer, answer):
        ports.add(writer.get_extra_info("peername"))
        return await accept(writer, answer)

    server._write = remember
    client = client_of(server.url)
    for _ in range(5):
        await client.call(CALL)
    await client.close()
    assert len(ports) == 1


async def test_credentials_are_sent_that_the_row_names(server):
    row = agency(credentials_ref="icbc_token")
    await call(server, http(), row=row, credentials={"icbc_token": "Bearer s3cret"})
    assert b"Authorization: Bearer s3cret" in server.requests[0]


@pytest.mark.parametrize("failure", [http(500), http(503), http(429), hang_up, cut_off])
async def test_what_gave_no_answer_is_tried_again(server, failure):
    response = await call(server, failure, failure, http(200, b"[]"))
    assert response.body == b"[]"
    assert len(server.requests) == 3


async def test_after_so_many_tries_the_agency_is_unavailable(server):
    with pytest.raises(AgencyUnavailable, match="status 503"):
        await call(server, http(503))
    assert len(server.requests) == 3


async def test_no_try_begins_after_the_budget(server):
    with pytest.raises(AgencyUnavailable):
        await call(server, never, row=agency(timeout_s=0.2), budget_s=0.15)
    assert len(server.requests) == 1


async def test_an_agency_that_asks_for_a_longer_pause_is_not_asked_again_here(server):
    with pytest.raises(AgencyUnavailable) as caught:
        await call(server, http(429, b"", "Retry-After: 120"))
    assert caught.value.retry_after_s == 120
    assert len(server.requests) == 1


async def test_a_short_pause_that_the_agency_asks_for_is_kept(server):
    began = asyncio.get_running_loop().time()
    await call(server, http(503, b"", "Retry-After: 1"), http())
    assert asyncio.get_running_loop().time() - began >= 1


def test_retry_after_may_be_a_date():
    assert retry_after_s("Sun, 22 Nov 2026 09:01:00 GMT", NOW) == 60
    assert retry_after_s("Sun, 22 Nov 2026 08:00:00 GMT", NOW) == 0
    assert retry_after_s("soon", NOW) is None


@pytest.mark.parametrize("failure", [http(500), hang_up, cut_off])
async def test_a_step_that_may_have_been_received_is_not_tried_again_where_it_would_act_twice(server, failure):
    with pytest.raises(AgencyUnavailable):
        await call(server, failure, repeatable=False)
    assert len(server.requests) == 1


async def test_a_step_that_was_not_received_is_tried_again_in_any_case(server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    client = client_of(f"http://127.0.0.1:{port}", retry_pause_s=0.4)
    calling = asyncio.create_task(client.call(CALL, repeatable=False))
    await asyncio.sleep(0.1)
    server.script = [http(200, b"[]")]
    late = await asyncio.start_server(server._serve, "127.0.0.1", port)
    assert (await calling).body == b"[]"
    await client.close()
    late.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid"])
async def test_an_agency_that_cannot_be_reached_is_unavailable(url):
    client = client_of(url)
    with pytest.raises(NotReached):
        await client.call(CALL)
    await client.close()


@pytest.mark.parametrize("slow", [never, drip])
async def test_a_call_ends_in_time_also_when_the_answer_drips(server, slow):
    began = asyncio.get_running_loop().time()
    with pytest.raises(AgencyUnavailable, match="no answer within"):
        await call(server, slow, row=agency(timeout_s=0.2), most_attempts=1)
    assert asyncio.get_running_loop().time() - began < 1


@pytest.mark.parametrize("answer", [
    http(302, b"", "Location: http://127.0.0.1:1/"),
    http(200, gzip.compress(b"x" * 1_000_000), "Content-Encoding: gzip"),
    b"SMTP ready\r\n\r\n",
])
async def test_what_no_agency_may_send_is_outside_the_protocol_and_not_tried_again(server, answer):
    with pytest.raises(AgencyProtocolError):
        await call(server, answer)
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [http(200, b"x" * 1_000_001), endless])
async def test_an_answer_longer_than_the_cap_is_not_read_to_its_end(server, answer):
    with pytest.raises(AgencyProtocolError, match="oversized") as caught:
        await call(server, answer)
    assert len(caught.value.raw) == 65_536


async def test_an_answer_as_long_as_the_cap_is_taken(server):
    assert len((await call(server, http(200, b"x" * 1_000_000))).body) == 1_000_000


async def test_calls_are_spaced_as_the_agency_wants(server):
    server.script = [http()]
    client = client_of(server.url, agency(rate_per_s=20))
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(client.call(CALL) for _ in range(5)))
    await client.close()
    assert 0.2 <= asyncio.get_running_loop().time() - began < 1


async def test_documents_are_fetched_from_the_gateway_only_wherever_it_was_when_the_command_was_written(server):
    server.script = [http(200, b"%PDF")] * 4
    allowed = settings(content_base_url=server.url)
    async with ContentClient(allowed, most_bytes=100, clock=FixedClock(), random=Random(7)) as contents:
        for url in (f"{server.url}/x?sig=x", "http://127.0.0.1:1/x", server.url.replace("127.0.0.1", "u@127.0.0.1"), "file:///etc/passwd"):
            assert (await contents.fetch(url)).body == b"%PDF"
