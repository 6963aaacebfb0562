"""Faults at the edge: overload, slow and huge callers, used keys, foreign courts, no file left to open (F20, F23–F25, F27, F29)."""

import asyncio
import json
import resource
import socket
import time
from collections.abc import Iterator

import httpx
import psutil

from tests.faults import world
from tests.faults.court import query
from tests.faults.trial import Field, Harm, Result

#: How long a caller may take over its headers or its body (F24), with what a busy machine adds.
_CLOSED_WITHIN_S = 20.0


def f20(field: Field) -> Iterator[Result]:
    """No file left to open, in one process of ours after another; then there is room again."""

    def harm(one: Harm) -> None:
        for name in [name for name in one.ground.plan if name != "mock-agencies"]:
            process = psutil.Process(one.ground.processes[name].pid)
            before = process.rlimit(resource.RLIMIT_NOFILE)
            process.rlimit(resource.RLIMIT_NOFILE, (process.num_fds(), before[1]))
            one.soon(1, 2)
            one.ground.kafka.proxies["COURT"].cut()  # it must open anew what it had
            one.soon(1, 2)
            process.rlimit(resource.RLIMIT_NOFILE, before)
            one.done += 1

    yield field.trial("F20", "no file left to open", field.town.mixed(30, 20), harm, rate_per_s=3)


def f23(field: Field) -> Iterator[Result]:
    """Far more than can be taken at once: refused with Retry-After or taken, and what is taken ends."""

    def harm(one: Harm) -> None:
        one.load.until_share(1.0)
        strange = {status: count for status, count in one.load.statuses.items() if status not in {202, 409, 429, 503}}
        if strange:
            one.wrong("mismatched", f"answers beside 202, 429, 503: {strange}")
        one.done += 1

    orders = field.town.queries(600, 1, world.BANKS[:4])
    yield field.trial("F23", "overload", orders, harm, rate_per_s=400, at_once=200, impatient=0.15)


def f24(field: Field) -> Iterator[Result]:
    """Callers that send a byte now and then, and callers that send nothing: closed in time, nobody else waits for them."""

    def harm(one: Harm) -> None:
        host, port = one.ground.url.removeprefix("http://").split(":")
        body = "Content-Length: 100000\r\n\r\n{"
        heads = {"heads": "X-Slow: ", "bodies without a token": body, "bodies": f"Authorization: {one.ground.headers()['Authorization']}\r\n"
                 f"Idempotency-Key: f24\r\nContent-Type: application/json\r\n{body}"}
        held = {kind: [_begun(host, int(port), head) for _ in range(60)] for kind, head in heads.items()}
        began_s, left = time.monotonic(), {kind: set(some) for kind, some in held.items()}
        while any(left.values()) and time.monotonic() - began_s < _CLOSED_WITHIN_S:
            left = {kind: {connection for connection in some if _drip(connection)} for kind, some in left.items()}
            time.sleep(0.5)
        one.numbers["closed_after_s"] = round(time.monotonic() - began_s, 1)
        for kind, some in left.items():
            if some:
                one.wrong("unbounded", f"{len(some)} of {len(held[kind])} callers with slow {kind} were not closed within {_CLOSED_WITHIN_S:g} s")
        for connection in (one for some in held.values() for one in some):
            connection.close()
        one.done += 1

    yield field.trial("F24", "slow headers and bodies", field.town.mixed(40, 10), harm, rate_per_s=4)


def _begun(host: str, port: int, head: str) -> socket.socket:
    """Begin a call and leave it unfinished."""
    connection = socket.create_connection((host, port), timeout=10)
    connection.sendall(f"POST {world.SUBMIT} HTTP/1.1\r\nHost: x\r\n{head}".encode())
    connection.setblocking(False)
    return connection


def _drip(connection: socket.socket) -> bool:
    """Send one byte more; false once the other side has closed."""
    try:
        connection.send(b"x")
        return connection.recv(1_000) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def bodies() -> dict[str, bytes]:
    """Return bodies that no court sends."""
    return {
        "huge": b'{"case": "' + b"x" * 30_000_000 + b'"}', "deep": b'{"case":' * 100_000 + b"1" + b"}" * 100_000, "deep list": b"[" * 100_000,
        "number": b'{"case": 1' + b"0" * 200_000 + b"}", "keys": json.dumps({str(number): 0 for number in range(60_000)}).encode(),
        "twice": b'{"case": {}, "case": {}}', "not utf-8": b'{"case": "\xff\xfe"}', "surrogate": b'{"case": "\\ud800"}', "nul": b'{"case": "\\u0000"}',
        "nothing": b"", "infinite": b'{"case": Infinity}'}


def f25(field: Field) -> Iterator[Result]:
    """Bodies that no court sends: a 4xx each, little memory."""

    def harm(one: Harm) -> None:
        (api,) = one.ground.named("api")
        process = psutil.Process(one.ground.processes[api].pid)
        before_mb = process.memory_info().rss / 2**20
        for name, body in bodies().items():
            status = _posted(one, body)
            if status is not None and not 400 <= status < 500:
                one.wrong("mismatched", f"a body that is {name} was answered with {status}")
            one.done += 1
        grown_mb = process.memory_info().rss / 2**20 - before_mb
        one.numbers["api_grew_mb"] = round(grown_mb)
        if grown_mb > 200:
            one.wrong("unbounded", f"the API grew by {grown_mb:.0f} MB", "I7")
        hostile = {**query(one.town.people(1)).body, "purpose": "enforcement'; DROP TABLE tasks; --\r\nX-Injected: 1"}
        if _posted(one, json.dumps(hostile).encode()) not in range(400, 500):
            one.wrong("mismatched", "a purpose that is SQL was taken")

    yield field.trial("F25", "bodies that no court sends", field.town.mixed(30, 10), harm, rate_per_s=4)


def _posted(one: Harm, body: bytes) -> int | None:
    """Post a body and return the status, None where the connection was closed on it."""
    headers = {**one.ground.headers(), "Content-Type": "application/json", "Idempotency-Key": f"f25-{time.time_ns()}"}
    try:
        return httpx.post(f"{one.ground.url}{world.SUBMIT}", content=body, headers=headers, timeout=30, trust_env=False, verify=False).status_code
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        return None


def f27(field: Field) -> Iterator[Result]:
    """Another court, a lower role, no token, a spoilt token: nothing is read, nothing is done, and it does not show what there is."""

    def harm(one: Harm) -> None:
        mine, orders = one.town.accounts[0].request_id, one.town.freezes(1)
        ground = one.ground
        with httpx.Client(base_url=ground.url, timeout=30, trust_env=False, verify=False) as client:
            foreign = ground.headers("粤5303", "粤5303-0001")
            for headers, wanted in ((foreign, {404}), ({}, {401}), ({"Authorization": "Bearer x.y.z"}, {401})):
                for path in (f"/v1/requests/{mine}", f"/v1/requests/{mine}/report", f"/v1/requests/{mine}/events"):
                    status = client.get(path, headers=headers).status_code
                    one.done += 1
                    if status not in wanted:
                        one.wrong("mismatched", f"{path} was answered with {status}")
            lower = ground.headers(role="clerk")
            for headers, wanted in ((foreign, {403, 404, 422}), (lower, {403})):
                answer = client.post(world.ORDER, json=orders[0].body, headers={**headers, "Idempotency-Key": f"f27-{time.time_ns()}"})
                one.done += 1
                if answer.status_code not in wanted:
                    one.wrong("mismatched", f"an order that may not be given was answered with {answer.status_code}")

    yield field.trial("F27", "callers without the right", field.town.mixed(10, 5), harm, rate_per_s=4)


def f29(field: Field) -> Iterator[Result]:
    """One key sent a hundred times at once, and again with another body."""

    def harm(one: Harm) -> None:
        for number in one.times(2, 20):
            asyncio.run(_at_once(one, f"f29-{one.load.seed}-{number}", 100))
            one.done += 1

    yield field.trial("F29", "one key a hundred times at once", field.town.mixed(20, 10), harm, rate_per_s=4)


async def _at_once(one: Harm, key: str, times: int) -> None:
    order, log = query(one.town.people(1)), one.load.log
    headers = {**one.ground.headers(), "Idempotency-Key": key}
    async with httpx.AsyncClient(base_url=one.ground.url, headers=headers, timeout=60, trust_env=False, verify=False) as client:
        for _ in range(times):
            log.sending(key, order.path, order.about)
        answers = await asyncio.gather(*(client.post(order.path, json=order.body) for _ in range(times)))
        statuses = {answer.status_code for answer in answers}
        for answer in answers:
            if answer.status_code == 202:
                log.accepted(key, answer.json())
        if not statuses <= {202, 409, 429, 503}:
            one.wrong("mismatched", f"one key at once was answered with {statuses}")
        while (last := await client.post(order.path, json=order.body)).status_code != 202:
            await asyncio.sleep(0.2)
        log.accepted(key, last.json())
        other = await client.post(order.path, json=query(one.town.people(1)).body)
        if other.status_code != 422:
            one.wrong("mismatched", f"a key with another body was answered with {other.status_code}")
