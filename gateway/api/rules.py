"""GET /v1/rules: the legal table as the system reads it, for whoever must check what it decides."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.api import answers
from gateway.api.calls import doing
from gateway.api.lean import LeanRoute
from gateway.api.openapi import answer, refusals
from gateway.domain.law import FAMILIES, LawRow
from gateway.domain.law.overrides import table_of

router = APIRouter(route_class=LeanRoute, tags=["directory"])


@router.get("/v1/rules", summary="The legal table: every rule, its parameters, where it stands and since when",
            responses={200: answer("every rule as it stands in the caller's court, ended ones too", answers.RuleList),
                       **refusals("unauthenticated", "not_permitted")})
async def list_rules(request: Request) -> Response:
    """Return the rows, families in the order they are read; a court's own practice comes last, over what it changes."""
    async with doing(request, "rule.read") as call:
        table = table_of(call.court_code, call.deps.overrides)
    listed = answers.RuleList(items=tuple(map(rule_entry, table)), next_cursor=None)
    return Response(listed.model_dump_json(), media_type="application/json")


def rule_entry(row: LawRow) -> answers.RuleEntry:
    """Return a rule as callers see it."""
    return answers.RuleEntry(
        id=row.id, family=row.family, family_name=FAMILIES[row.family], zh=row.zh, en=row.en, does=row.does, parameters=dict(row.parameters),
        source=row.source, basis=row.basis, effective_from=row.effective_from, effective_to=row.effective_to, read_by=row.read_by,
        refusal=row.refusal, court_code=row.court_code or None)
