"""One call to a mock agency, from its bytes to its answer or to the fault that was scripted for it."""

import asyncio
from random import Random
from urllib.parse import parse_qsl

from services.runtime.mock import transport
from services.runtime.mock.desk import AgencyDesk
from services.runtime.mock.faults import Late, Met
from services.runtime.mock.port import MockRequest, MockResponse
from services.runtime.mock.simulation import Simulation
from services.runtime.mock.transport import Receive, Scope, Send

PREFIX = "/agencies/"
_NO_AGENCY = MockResponse(404, b'{"detail":"there is no such agency"}')
_BROKEN = MockResponse(500, b"Internal Server Error", "text/plain")
_IN_OWN_WORDS = frozenset({"refused", "malformed", "unknown_field", "unknown_code", "office_closed"})


async def take_call(simulation: Simulation, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one HTTP call below `/agencies/<agency>`."""
    agency, _, path = scope["path"].removeprefix(PREFIX).partition("/")
    desk = simulation.desks.get(agency)
    body = await transport.read_body(receive)
    if body is None:
        return
    if desk is None:
        await transport.answer(send, _NO_AGENCY)
        return
    request = _request(scope, f"/{path}", body)
    met = simulation.script.meet(agency, simulation.clock.now())
    if met.delay_s:
        await asyncio.sleep(met.delay_s)
    if met.fault is None:
        await transport.answer(send, simulation.answer(desk, request))
    else:
        await _meet(simulation, desk, request, met, (scope, receive, send))


def _request(scope: Scope, path: str, body: bytes) -> MockRequest:
    query = dict(parse_qsl(scope["query_string"].decode())) if scope["query_string"] else {}
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return MockRequest(scope["method"], path, query, headers, body)


async def _meet(
    simulation: Simulation, desk: AgencyDesk, request: MockRequest, met: Met, connection: tuple[Scope, Receive, Send],
) -> None:
    scope, receive, send = connection
    if met.kind == "reset":
        await transport.abort(scope, receive)
    elif met.kind == "never":
        await transport.never_answer(scope, receive)
    elif met.kind == "error_500":
        await transport.answer(send, _BROKEN)
    elif met.kind in _IN_OWN_WORDS:
        await transport.answer(send, simulation.error(desk, request, met.kind or ""))
    else:
        await _answer_badly(simulation, desk, request, met, connection)


async def _answer_badly(
    simulation: Simulation, desk: AgencyDesk, request: MockRequest, met: Met, connection: tuple[Scope, Receive, Send],
) -> None:
    """Let the call have its effect, and then do something wrong with the answer."""
    scope, receive, send = connection
    odd = Random(request.path.encode() + request.body) if met.kind == "oddity" else None
    by_itself = desk.agency.answers_by
    late_s = met.fault.after_s if isinstance(met.fault, Late) and by_itself != "response" else 0
    twice = met.kind == "duplicate"
    if twice and by_itself != "callback":
        simulation.answer(desk, request)
    response = simulation.answer(desk, request, late_s=late_s, times=2 if twice else 1, odd=odd)
    if met.kind == "lost_response":
        await transport.abort(scope, receive)
    elif met.kind == "slow_drip":
        await transport.drip(receive, send, response)
    elif met.kind == "oversized":
        await transport.answer_oversized(receive, send, response)
    elif isinstance(met.fault, Late) and not late_s:
        await transport.answer_late(receive, send, response, met.fault.after_s)
    else:
        await transport.answer(send, response)
