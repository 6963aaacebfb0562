"""The role `api` on a real port: start and end, slow and hostile connections, a database that goes away and comes back."""

import asyncio
import re
import tempfile
from pathlib import Path

import orjson
import pytest
from prometheus_client import REGISTRY

from deploy.postgres import start_postgres
from gateway.store.migrate import upgrade
from gateway.store.settings import StoreSettings
from tests import builders as build
from tests.court_side import listening, problem, running, token


def head(body_bytes, *, path="/v1/requests", method="POST", key="k1"):
    return (f"{method} {path} HTTP/1.1\r\nHost: court\r\nAuthorization: Bearer {token('judge')}\r\nContent-Type: application/json\r\n"
            f"Idempotency-Key: {key}\r\nContent-Length: {body_bytes}\r\n").encode()


async def raw(court, *pieces, pause_s=0.0, answer_within_s=5.0):
    """Send bytes as they are and return what comes until the server closes or is silent."""
    url = court.client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)
        return await asyncio.wait_for(reader.read(65536), answer_within_s)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_the_role_takes_requests_on_a_free_port_and_ends_in_order(store):
    async with listening(store) as court:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/?", str(court.client.base_url))
        response = await court.post(build.request_body())
        assert (response.status_code, "server" in response.headers) == (202, False)
        assert (await court.get("/healthz")).json() == {"live": True}
    async with running(store) as later:
        assert len(await later.rows("SELECT request_id FROM requests")) == 1


async def test_calls_under_way_are_finished_when_the_role_ends(store):
    async with listening(store) as court:
        calls = [asyncio.create_task(court.post(build.request_body(), key=f"k{number}")) for number in range(30)]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)  # however slow the machine: one is answered, others are under way
    responses = [call.result() for call in calls if call.done() and not call.exception()]
    accepted = [one.json()["request_id"] for one in responses if one.status_code == 202]
    async with running(store) as later:
        kept = {row["request_id"] for row in await later.rows("SELECT request_id FROM requests")}
    assert set(accepted) <= kept
    assert accepted


async def test_a_head_that_does_not_come_ends_its_connection(store):
    async with listening(store, head_deadline_s=0.3) as court:
        assert await raw(court, b"GET /healthz HT", pause_s=0.1) == b""
        assert await raw(court) == b""
        drip = head(2).partition(b"\r\n")[0] + b"\r\n"
        assert await raw(court, drip, *[b"X: y\r\n"] * 8, pause_s=0.1) == b""
        assert (await court.get("/healthz")).status_code == 200


async def test_a_body_that_does_not_come_is_refused(store):
    async with listening(store, body_deadline_s=0.2) as court:
        answer = await raw(court, head(100) + b"\r\n{")
        assert answer.startswith(b"HTTP/1.1 408")
        assert orjson.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "body_too_slow"


@pytest.mark.parametrize(("known", "status"), [(b"Bearer ", b"408"), (b"Bearer x", b"401")])
async def test_who_has_an_answer_and_goes_on_byte_by_byte_is_closed(store, known, status):
    async with listening(store, body_deadline_s=0.3) as court:
        url = court.client.base_url
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(head(100_000).replace(b"Bearer ", known) + b"\r\n{")
        assert (await reader.read(65536)).startswith(b"HTTP/1.1 " + status)
        with pytest.raises(ConnectionError):
            await drip(writer)
        writer.close()


async def drip(writer):
    for _ in range(100):
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("sent", [
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-Long: " + b"a" * 200_000 + b"\r\n\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00", b"GARBAGE\r\n\r\n", b"POST /v1/requests HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /v1/requests HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
], ids=["long header", "long address", "many headers", "tls", "garbage", "negative length", "smuggling"])
async def test_a_hostile_head_is_refused_and_others_are_served(store, sent):
    async with listening(store) as court:
        answer = await raw(court, sent)
        assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 401")), answer[:80]
        assert answer == b"" or said(answer)["status"] in {400, 401}
        assert (await court.get("/healthz")).status_code == 200


async def test_a_large_body_is_refused_over_the_wire_too(store):
    async with listening(store) as court:
        assert problem(await court.post(b" " * 3_000_000)) == (413, "body_too_large")
        assert (await court.post(build.request_body())).status_code == 202


async def test_idle_connections_do_not_keep_others_waiting(store):
    async with listening(store) as court:
        url = court.client.base_url
        idle = [await asyncio.open_connection(url.host, url.port) for _ in range(300)]
        assert (await asyncio.wait_for(court.post(build.request_body()), 2)).status_code == 202
        for _, writer in idle:
            writer.close()


async def test_beyond_what_is_worked_on_at_once_callers_are_told_to_come_back(store):
    async with running(store, most_in_flight=5) as court:
        responses = await asyncio.gather(*(court.post(build.request_body(), key=f"k{number}") for number in range(20)))
        assert [one.status_code for one in responses].count(202) == 5
        refused = [one for one in responses if one.status_code != 202]
        assert {problem(one) for one in refused} == {(503, "overloaded")}
        assert {one.headers["retry-after"] for one in refused} == {"1"}
        assert (await court.post(build.request_body(), key="later")).status_code == 202


async def test_one_connection_too_many_is_told_to_come_back(store):
    async with listening(store, most_connections=3) as court:
        assert (await court.get("/healthz")).status_code == 200
        url = court.client.base_url
        idle = [await asyncio.open_connection(url.host, url.port) for _ in range(3)]
        answer = await raw(court, b"GET /v1/agencies HTTP/1.1\r\nHost: court\r\n\r\n")
        assert (said(answer)["status"], said(answer)["code"]) == (503, "overloaded")
        assert b"retry-after: 1\r\n" in answer.lower()
        for _, writer in idle:
            writer.close()


async def test_calls_that_the_end_of_the_role_cuts_short_are_told_to_come_back(store):
    """Nobody answers the database's port: a call under way waits, until the role ends."""
    writers = []
    silent = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    lost = store.model_copy(update={"database_url": f"postgresql://nobody@127.0.0.1:{port}/none", "connect_timeout_s": 60.0})
    async with listening(lost, drain_s=1) as court:
        calls = [asyncio.create_task(raw(court, head(2, key=f"k{number}") + b"\r\n{}", answer_within_s=30)) for number in range(5)]
        await asyncio.sleep(1)
    for answer in await asyncio.gather(*calls):
        assert (said(answer)["status"], said(answer)["code"]) == (503, "ending")
        assert b"retry-after: 5\r\n" in answer.lower()
    silent.close()
    for writer in writers:
        writer.transport.abort()
    await silent.wait_closed()


def said(answer):
    """The problem document of an answer as it came over the wire."""
    top, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in top.lower(), answer[:300]
    document = orjson.loads(body)
    assert set(document) >= {"type", "title", "status", "code", "trace_id"}
    assert document["trace_id"].encode() in top
    return document


async def test_readiness_asks_database_outbox_and_the_checks_of_the_installation(store):
    async with running(store) as court:
        ready = await court.get("/readyz")
        said = ready.json()
        assert (ready.status_code, said["ready"], said["checks"]) == (200, True, {"database": True, "outbox_age_s": 0.0, "kafka": True})
        await court.submit()
        court.clock.advance(minutes=5)
        late = await court.get("/readyz")
        assert (late.status_code, late.json()["ready"], late.json()["checks"]["outbox_age_s"]) == (503, False, 298.0)
        court.deps.checks["kafka"] = lambda: False
        assert (await court.get("/readyz")).json()["checks"]["kafka"] is False


async def test_metrics_have_routes_and_no_ids(store):
    async with running(store) as court:
        request_id = (await court.submit())["request_id"]
        await court.get(f"/v1/requests/{request_id}")
        await court.get("/nowhere/445302199001010013")
        text = (await court.get("/metrics")).text
    assert 'chakong_http_seconds_count{method="GET",route="/v1/requests/{request_id}",status="200"}' in text
    assert 'route="unmatched"' in text
    assert request_id not in text
    assert "445302199001010013" not in text
    assert REGISTRY.get_sample_value("chakong_http_seconds_count", {"route": "/v1/requests", "method": "POST", "status": "202"}) >= 1


async def test_while_the_database_is_away_callers_are_told_to_come_back():
    with tempfile.TemporaryDirectory(prefix="chakong-api-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with start_postgres(Path(folder) / "postgres") as server:
            store = StoreSettings(DATABASE_URL=server.url)
            await upgrade(store)
            async with listening(store) as court:
                accepted = await court.submit()
                server.stop()
                await they_are_told(court, accepted["request_id"])
                with start_postgres(Path(folder) / "postgres"):
                    assert (await court.post(build.request_body(), key="while away")).status_code in (202, 503)
                    again = await court.post(build.request_body(), key="k1")
                    assert (again.status_code, again.json()) == (202, accepted)
                    assert (await court.get("/readyz")).status_code == 200


async def they_are_told(court, request_id):
    calls = [court.post(build.request_body(), key="while away"), court.post(b"{}", key="bad"), court.get("/v1/requests"),
             court.get(f"/v1/requests/{request_id}"), court.get(f"/v1/requests/{request_id}/report"),
             court.get(f"/v1/requests/{request_id}/events"), court.get("/v1/agencies"),
             court.client.post("/v1/documents", content=b"%PDF-1", headers={"Content-Type": "application/pdf"})]
    for call in calls:
        response = await call
        assert problem(response) == (503, "database_unavailable")
        assert response.headers["retry-after"] == "5"
    ready = await court.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, False)
    assert (await court.get("/healthz")).status_code == 200
