"""GET /healthz, /readyz and /metrics: alive; ready to take requests; numbers for Prometheus. Without a token."""

from collections import Counter

import orjson
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from contracts.failures import ServiceUnavailable
from gateway.api.deps import Deps, deps_of
from gateway.api.lean import LeanRoute
from gateway.api.openapi import answer, parameter
from gateway.api.settings import ApiSettings
from gateway.domain.standing import Limits, Standing

router = APIRouter(route_class=LeanRoute, tags=["operation"])
_JSON = "application/json"
#: The check that says whether the database takes writes: a full disk and a standby do not.
WRITABLE = "writable"


@router.get("/healthz", summary="The process lives", responses={200: answer("it lives")})
async def healthz(_request: Request) -> Response:
    """Answer; nothing is asked of anyone."""
    return Response(b'{"live":true}', media_type=_JSON)


@router.get("/readyz", summary="Requests are taken and sent on", openapi_extra={"parameters": [parameter(
    "for", "`intake`: whether requests are taken at all, whatever becomes of them meanwhile", type="string", enum=["all", "intake"])]},
    responses={200: answer("ready"), 503: answer("not ready")})
async def readyz(request: Request) -> Response:
    """Tell whether requests are taken and brought to an end, and what of the mesh is degraded, from what the store knows."""
    deps = deps_of(request)
    standing = await _standing(deps) if await _answers(deps) else None
    limits = limits_of(deps.api)
    age_s = None if standing is None else max(standing.unsent_s.values(), default=0.0)
    checks: dict[str, bool | float | None] = {"database": standing is not None, "outbox_age_s": age_s}
    checks |= {name: check() for name, check in deps.checks.items()}
    takes = standing is not None and checks.get(WRITABLE) is not False
    ready = takes and standing is not None and not standing.is_stopped(limits) and not any(value is False for value in checks.values())
    told = {"degraded": [], "kinds": {}, "roles": []} if standing is None else _told(standing, deps, limits)
    good = takes if request.query_params.get("for") == "intake" else ready
    return Response(orjson.dumps({"ready": ready, "checks": checks, **told}), 200 if good else 503, media_type=_JSON)


def limits_of(settings: ApiSettings) -> Limits:
    """Return from which ages on something is degraded."""
    return Limits(settings.most_outbox_age_s, settings.most_unanswered_s, settings.most_unapplied_s)


def _told(standing: Standing, deps: Deps, limits: Limits) -> dict[str, object]:
    """Return what an operator is told: what is degraded, the ages of each kind, and who lives."""
    kinds = {one.asset_type for one in deps.directory.agencies if one.served_by == "adapter"}
    backlog = Counter[str]()
    for one in standing.waiting:
        backlog[one.asset_type] += one.backlog
    ages = {kind: {"backlog": backlog[kind], "oldest_unsent_s": standing.unsent_s.get(kind), "oldest_unanswered_s": standing.unanswered_s.get(kind),
                   "oldest_unapplied_s": standing.unapplied_s.get(kind)} for kind in sorted({*kinds, *backlog, *standing.unapplied_s})}
    roles = [{"role": one.role, "detail": one.detail, "process": one.process, "age_s": round(one.age_s, 1), "idle_s": round(one.idle_s, 1),
              "alive": one.alive} for one in sorted(standing.heartbeats, key=lambda one: (one.role, one.detail, one.process))]
    return {"degraded": standing.degraded(kinds, limits), "kinds": ages, "roles": roles}


@router.get("/metrics", summary="Numbers for Prometheus", responses={200: {"description": "text format", "content": {"text/plain": {}}}})
async def metrics(request: Request) -> Response:
    """Return every metric of this process, and how the whole mesh stands as the store knows it."""
    await _standing(deps_of(request))
    return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _answers(deps: Deps) -> bool:
    try:
        await deps.database.ping()
    except ServiceUnavailable:
        return False
    return True


async def _standing(deps: Deps) -> Standing | None:
    try:
        return await deps.outlook.current()
    except ServiceUnavailable:
        return None
