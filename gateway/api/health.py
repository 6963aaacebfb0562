"""GET /healthz, /readyz and /metrics: alive; ready to take requests; numbers for Prometheus. Without a token."""

import orjson
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import ServiceUnavailable
from gateway.api.deps import Deps, deps_of
from gateway.api.lean import LeanRoute
from gateway.api.openapi import answer
from gateway.store.health import outbox_age_s

router = APIRouter(route_class=LeanRoute, tags=["operation"])
_JSON = "application/json"


@router.get("/healthz", summary="The process lives", responses={200: answer("it lives")})
async def healthz(_request: Request) -> Response:
    """Answer; nothing is asked of anyone."""
    return Response(b'{"live":true}', media_type=_JSON)


@router.get("/readyz", summary="Requests are taken and sent on", responses={200: answer("ready"), 503: answer("not ready")})
async def readyz(request: Request) -> Response:
    """Ask the database, the age of the outbox and the checks of the installation (Kafka, workers)."""
    deps = deps_of(request)
    age_s = await _outbox_age_s(deps)
    checks: dict[str, bool | float | None] = {"database": age_s is not None, "outbox_age_s": age_s}
    checks |= {name: check() for name, check in deps.checks.items()}
    ready = age_s is not None and age_s < deps.api.most_outbox_age_s and not any(value is False for value in checks.values())
    return Response(orjson.dumps({"ready": ready, "checks": checks}), 200 if ready else 503, media_type=_JSON)


@router.get("/metrics", summary="Numbers for Prometheus", responses={200: {"description": "text format", "content": {"text/plain": {}}}})
async def metrics(_request: Request) -> Response:
    """Return every metric of this process."""
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _outbox_age_s(deps: Deps) -> float | None:
    try:
        return await outbox_age_s(deps.database, deps.clock.now())
    except ServiceUnavailable:
        return None
