"""The mock agencies over HTTP: agencies in their own words under /agencies, one neutral face for testers under /admin.

Calls to agencies bypass FastAPI: the simulation shares its machine with what is tested. Source: interface.md §4
"""

from typing import Annotated, Any

import orjson
from fastapi import FastAPI, HTTPException, Path, Query, Response
from pydantic import Field

from contracts.agency import Agency
from contracts.failures import StateError
from contracts.words import Model
from services.runtime.edge import Edge
from services.runtime.mock.calls import PREFIX, take_call
from services.runtime.mock.faults import FaultList
from services.runtime.mock.happenings import Happening
from services.runtime.mock.simulation import Simulation
from services.runtime.mock.transport import Receive, Scope, Send


class Advance(Model):
    """The body of `POST /admin/clock`."""

    advance_s: float = Field(ge=0, le=20 * 366 * 86_400, allow_inf_nan=False, description="seconds to put the clock forward")


class MockApp:
    """The ASGI application."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation, self._admin = simulation, admin(simulation)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send calls to agencies their own short way, the rest to the testers' face."""
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await take_call(self._simulation, scope, receive, send)
        else:
            await self._admin(scope, receive, send)


def admin(simulation: Simulation) -> FastAPI:
    """Make the testers' face."""
    app = FastAPI(title="Chakong mock agencies", description="The truth, the effects, the faults and the clock, for testers.")
    _add_truth(app, simulation)
    _add_faults(app, simulation)
    _add_events(app, simulation)
    _add_clock(app, simulation)
    app.add_middleware(Edge)
    return app


def _agency(simulation: Simulation, code: str) -> Agency:
    agency = simulation.register.agencies.get(code)
    if agency is None:
        raise HTTPException(404, "there is no such agency")
    return agency


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_UTC_Z), media_type="application/json")


Code = Annotated[str, Path(description="code of the agency")]
IdNo = Annotated[str | None, Query(description="id number of a subject")]


def _add_truth(app: FastAPI, simulation: Simulation) -> None:
    @app.get("/admin/register")
    async def register(id_no: Annotated[str, Query(description="resident id or unified social credit code")]) -> Response:
        """Return the truth about a subject: what it holds today at every agency."""
        subject = simulation.register.subject(id_no)
        if subject is None:
            raise HTTPException(404, "there is no such subject")
        return _json({"subject": subject.told() | {"region_code": subject.region_code}, "assets": simulation.truth(subject)})

    @app.get("/admin/agencies/{agency}/ledger")
    async def ledger(agency: Code, request_no: str | None = None, id_no: IdNo = None) -> Response:
        """Return what really happened: one entry for each effect, however often it was asked; refusals apart."""
        row = _agency(simulation, agency)
        return _json({"effects": simulation.effects(row, request_no, id_no),
                      "refusals": simulation.refusals(row, request_no, id_no)})


def _add_faults(app: FastAPI, simulation: Simulation) -> None:
    @app.get("/admin/agencies/{agency}/faults")
    async def get_faults(agency: Code) -> FaultList:
        """Return the scripted faults that have not ended."""
        return FaultList(faults=tuple(simulation.script.get(_agency(simulation, agency).agency, simulation.clock.now())))

    @app.put("/admin/agencies/{agency}/faults")
    async def put_faults(agency: Code, body: FaultList) -> FaultList:
        """Replace the scripted faults."""
        simulation.script.put(_agency(simulation, agency).agency, body.faults, simulation.clock.now())
        return body

    @app.delete("/admin/agencies/{agency}/faults")
    async def delete_faults(agency: Code) -> FaultList:
        """Let the agency work again."""
        simulation.script.put(_agency(simulation, agency).agency, (), simulation.clock.now())
        return FaultList(faults=())


def _add_events(app: FastAPI, simulation: Simulation) -> None:
    @app.post("/admin/agencies/{agency}/events")
    async def happen(agency: Code, body: Happening) -> Response:
        """Let something happen that no court ordered; return what the orders on that asset are now."""
        try:
            return _json({"effects": simulation.happen(_agency(simulation, agency), body)})
        except StateError as error:
            raise HTTPException(error.status, str(error)) from error


def _add_clock(app: FastAPI, simulation: Simulation) -> None:
    @app.get("/admin/clock")
    async def now() -> Response:
        """Return the simulated instant."""
        return _json({"now_at": simulation.clock.now()})

    @app.post("/admin/clock")
    async def advance(body: Advance) -> Response:
        """Put the clock forward; in one embedded process every role shares it."""
        simulation.clock.advance(body.advance_s)
        return _json({"now_at": simulation.clock.now()})

    @app.post("/admin/reset")
    async def reset() -> Response:
        """Go back to the start: ledgers, faults and clock, same seed."""
        simulation.reset()
        return _json({"now_at": simulation.clock.now()})

    @app.get("/healthz")
    async def healthz() -> Response:
        """Tell that the process lives."""
        return _json({"status": "ok"})
