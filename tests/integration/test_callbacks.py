import asyncio
import itertools
import socket
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import jwt
import pytest

from contracts.kafka.settings import KafkaSettings
from services.runtime import callbacks
from services.runtime.callbacks import Callbacks, application
from services.runtime.references import callback_url
from services.runtime.sending import Sender
from services.runtime.settings import CallbackSettings
from tests.agency_side import KEY, NOW, FakeSink, FixedClock, TinyAdapter, agency, command
from tests.keyring import keys

ANSWER = {"no-t1": "found"}


class Desk:
    """The application over an in-memory sink, and an agency that calls it."""

    def __init__(self, http, sink, clock):
        self.http, self.sink, self.clock = http, sink, clock

    async def post(self, path, **body):
        return await self.http.post(path, **(body or {"json": ANSWER}))


def address(one=None, key=KEY, now=NOW):
    return callback_url("", key, one or command(), now)


@pytest.fixture
async def desk():
    ids, clock, sink = itertools.count(1), FixedClock(), FakeSink()
    sender = Sender(sink, linger_s=0, most_bytes=1_000_000, clock=clock, new_id=lambda: f"id-{next(ids)}", keeps=False)
    settings = CallbackSettings(signing_key=KEY, callback_cap_bytes=10_000, callback_body_s=0.2)
    rows = {row.agency: row for row in (agency("icbc"), agency("abc"))}
    app = application(Callbacks(settings, rows, {"deposits": TinyAdapter()}, sender, clock))
    stop = asyncio.Event()
    sending = asyncio.create_task(sender.run(stop))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://callbacks.test") as http:
        yield Desk(http, sink, clock)
    stop.set()
    await sending


async def test_a_right_answer_is_with_the_broker_before_the_agency_is_thanked(desk):
    response = await desk.post(address())
    assert response.status_code == 200
    reply = desk.sink.replies["t1"]
    assert (reply.kind, reply.outcome, reply.agency, len(reply.assets)) == ("answered", "found", "icbc", 1)
    assert reply.raw_sha256
    assert desk.sink.messages[0].key == b"request-of-t1"


async def test_an_answer_given_twice_is_passed_on_twice(desk):
    for _ in range(2):
        assert (await desk.post(address())).status_code == 200
    assert [reply.task_id for reply in desk.sink.all_replies] == ["t1", "t1"]


@pytest.mark.parametrize("path", [
    address(key="another key that is long enough for the algorithm"),
    address()[:-2],
    address().replace("icbc", "abc"),
    address().replace("icbc", "no-such-agency"),
    "/callbacks/icbc/" + jwt.encode({"agency": "icbc", "exp": 9e9}, KEY, algorithm="HS256"),
    "/callbacks/icbc/" + jwt.encode({"aud": "chakong.callback", "agency": "icbc", "exp": 9e9}, "", algorithm="none"),
    "/callbacks/icbc/x", "/callbacks/icbc/%00%ff"])
async def test_an_address_that_we_did_not_make_has_no_effect(desk, path):
    assert (await desk.post(path)).status_code == 404
    assert not desk.sink.messages


async def test_an_old_address_has_no_effect(desk):
    path = address()
    desk.clock.instant = NOW + timedelta(days=31, seconds=1)
    response = await desk.post(path)
    assert (response.status_code, response.json()["code"]) == (403, "reference_expired")
    assert not desk.sink.messages


async def test_a_late_answer_is_taken(desk):
    path = address()
    desk.clock.instant = NOW + timedelta(days=30)
    assert (await desk.post(path)).status_code == 200


async def test_while_the_broker_is_away_the_agency_is_asked_to_come_again(desk):
    desk.sink.away = True
    response = await desk.post(address())
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    desk.sink.away = False
    assert (await desk.post(address())).status_code == 200
    assert len(desk.sink.all_replies) == 1


@pytest.mark.parametrize("body", [b"<html>", b'{"no-other": "found"}', b'{"no-t1": "gibberish"}'])
async def test_an_answer_outside_the_protocol_is_kept_as_failed(desk, body):
    response = await desk.post(address(), content=body)
    assert response.status_code == 422
    reply = desk.sink.replies["t1"]
    assert (reply.outcome, reply.code, reply.evidence[0]) == ("failed", "protocol", body)


async def test_an_agency_that_calls_back_to_say_it_is_busy_is_asked_to_come_again(desk):
    response = await desk.post(address(), json={"no-t1": "busy"})
    assert response.status_code == 503
    assert not desk.sink.messages


async def test_an_agency_that_calls_back_to_decline_is_believed(desk):
    assert (await desk.post(address(), json={"no-t1": "declined"})).status_code == 200
    assert (desk.sink.replies["t1"].outcome, desk.sink.replies["t1"].code) == ("refused", "not_authorised")


async def test_a_body_that_is_too_long_is_refused(desk):
    response = await desk.post(address(), content=b"x" * 10_001)
    assert (response.status_code, response.json()["code"]) == (413, "body_refused")
    assert not desk.sink.messages


async def test_a_body_that_does_not_arrive_in_time_is_refused(desk):
    async def slowly():
        yield b"{"
        await asyncio.sleep(1)

    assert (await desk.post(address(), content=slowly())).status_code == 413


async def test_the_answer_is_about_the_action_that_was_asked_for(desk):
    path = address(command(action="status", of_action="freeze"))
    asked = jwt.decode(path.rsplit("/", 1)[1], KEY, algorithms=["HS256"], audience="chakong.callback", options={"verify_exp": False})
    assert asked["asks"] == "freeze"
    assert "445302199001010013" not in str(asked)


@asynccontextmanager
async def serving(kafka):
    stop, listening = asyncio.Event(), asyncio.get_running_loop().create_future()
    running = asyncio.create_task(callbacks.serve(
        CallbackSettings(signing_key=KEY), kafka, {"icbc": agency()}, stop, clock=FixedClock(), new_id=lambda: "id", keys=keys(),
        on_ready=listening.set_result, adapters={"deposits": TinyAdapter()}))
    yield await listening
    stop.set()
    async with asyncio.timeout(5):
        await running


async def test_the_role_listens_answers_and_ends_when_told_to(embedded_broker):
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=embedded_broker, fetch_max_wait_ms=5)
    async with serving(kafka) as url, httpx.AsyncClient() as http:
        assert (await http.post(url + address(), json=ANSWER)).status_code == 200
        assert (await http.get(url + address())).status_code == 405


async def test_the_role_starts_and_answers_without_a_broker():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    kafka = KafkaSettings(KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{port}", request_timeout_ms=500)
    async with serving(kafka) as url, httpx.AsyncClient() as http:
        assert (await http.post(url + address(), json=ANSWER, timeout=15)).status_code == 503


@pytest.mark.parametrize(("path", "method", "status"), [("/nowhere", "GET", 404), ("/callbacks/icbc/x", "PUT", 405)])
async def test_what_the_framework_refuses_is_a_problem_document(desk, path, method, status):
    problem_of(await desk.http.request(method, path), status)


async def test_a_fault_of_ours_is_a_problem_document_and_tells_nothing(desk):
    desk.sink.send = None  # whatever is wrong inside
    desk.clock.now = lambda: 1 / 0
    told = problem_of(await desk.post(address()), 500)
    assert "division" not in str(told)


def problem_of(response, status):
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    told = response.json()
    assert set(told) >= {"type", "title", "status", "code", "trace_id"}
    return told
