"""The answers on plans and release proposals as models: for `/openapi.json` and the tests. The routes write bytes themselves."""

from typing import Literal

from pydantic import AwareDatetime, Field

from contracts.report import ReleaseProposal
from contracts.words import Model
from gateway.domain.plan import Plan


class PlanStatus(Plan):
    """POST and GET /v1/control-plans: `open` until executed, replaced by a newer one of the request, or ended."""

    plan_id: str
    request_id: str
    case_no: str
    state: Literal["open", "executed", "superseded", "expired"]
    created_at: AwareDatetime
    expires_at: AwareDatetime


class StandingProposal(ReleaseProposal):
    """A proposal in the list of those that stand."""

    request_id: str = Field(description="that the control was ordered under")
    case_no: str
    announced_at: AwareDatetime


class ProposalList(Model):
    """GET /v1/release-proposals: what stands, of one request if it was asked for."""

    request_id: str | None
    report_version: int | None = Field(description="the newest of the request asked for")
    items: tuple[StandingProposal, ...]
    next_cursor: str | None


MODELS = (PlanStatus, ProposalList)
