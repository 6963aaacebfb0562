"""The answers on plans and release proposals as models: for `/openapi.json` and the tests. The routes write bytes themselves."""

from typing import Literal

from pydantic import AwareDatetime

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


class ProposalList(Model):
    """GET /v1/release-proposals: what stands by the request's newest report."""

    request_id: str
    report_version: int
    items: tuple[ReleaseProposal, ...]
    next_cursor: None


MODELS = (PlanStatus, ProposalList)
