"""The FastAPI application: which routers there are, and what every call goes through."""

from fastapi import FastAPI

from gateway.api import (
    batches,
    claims,
    controls,
    court_events,
    dead_letters,
    directory,
    documents,
    events,
    handbook,
    health,
    left_out,
    oddities,
    plans,
    proposals,
    raw_answers,
    reconciliation,
    report,
    requests,
    rules,
    steps,
    surplus,
    turns,
)
from gateway.api.deps import Deps
from gateway.api.edge import Edge
from gateway.api.openapi import describe
from gateway.api.problems import HANDLERS

#: One router a group of paths; a new one is added here.
ROUTERS = (requests.router, left_out.router, report.router, raw_answers.router, events.router, court_events.router, controls.router, steps.router, surplus.router, batches.router, plans.router,
           proposals.router, reconciliation.router, documents.router, directory.router, oddities.router, dead_letters.router, rules.router, claims.router, turns.router, health.router, handbook.router)


def make_app(deps: Deps) -> FastAPI:
    """Make the application; `deps.run` does what goes on behind it."""
    app = FastAPI(title="查控 Chakong", version="1", redirect_slashes=False, docs_url=None, redoc_url=None,
                  exception_handlers=dict(HANDLERS))
    app.state.deps = deps
    # As they are: routers that are included are searched one by one, at three times the cost of the routes in them.
    app.router.routes.extend(route for router in ROUTERS for route in router.routes)
    app.add_middleware(Edge, new_id=deps.new_id, most_in_flight=deps.api.most_in_flight)
    describe(app)
    return app
