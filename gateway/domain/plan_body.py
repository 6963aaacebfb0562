"""The bodies of POST /v1/control-plans and of POST /v1/controls with a `plan_id`. Pure."""

from contracts.case import Claim, Officer
from contracts.documents import RELEASE
from contracts.failures import FieldError
from contracts.words import Model
from gateway.domain.body import parse, read_body
from gateway.domain.control_body import Documents, ObjectId
from gateway.domain.court_policy import PlanPolicy
from gateway.domain.field_errors import field_error
from gateway.domain.request import document_errors


class PlanDraft(Model):
    """The parts of a body that are valid by themselves; a part that is not is null."""

    request_id: ObjectId | None = None
    claim: Claim | None = None
    policy: PlanPolicy | None = None
    release_documents: Documents | None = None


class PlanBody(PlanDraft):
    """POST /v1/control-plans. Without `claim` the case's; `release_documents` let an excess be released at once."""

    request_id: ObjectId


class PlanOrderDraft(Model):
    """The parts of a body that are valid by themselves; a part that is not is null."""

    plan_id: ObjectId | None = None
    officer: Officer | None = None
    documents: Documents | None = None


class PlanOrderBody(PlanOrderDraft):
    """POST /v1/controls with a plan: the controls it names, under these documents."""

    plan_id: ObjectId
    officer: Officer
    documents: Documents


def read_plan(raw: bytes) -> PlanBody:
    """Read and check a body.

    Raises: Rejected 400 malformed_json; Rejected 422 invalid_request with every wrong field
    """
    return read_body(raw, PlanBody, PlanDraft, _release_documents, {})


def _release_documents(draft: PlanDraft) -> list[FieldError]:
    """Name what a release needs and the given documents lack."""
    if draft.release_documents is None:
        return []
    lacking = document_errors(RELEASE, draft.release_documents)
    return [field_error(("release_documents",), one.code, one.zh, one.en, one.expected) for one in lacking]


def names_a_plan(raw: bytes) -> bool:
    """Tell whether the body of POST /v1/controls executes a plan.

    Raises: Rejected 400 malformed_json
    """
    parts = parse(raw)
    return isinstance(parts, dict) and "plan_id" in parts


def read_plan_order(raw: bytes) -> PlanOrderBody:
    """Read and check a body that executes a plan. Raises as read_plan."""
    return read_body(raw, PlanOrderBody, PlanOrderDraft, _nothing, {})


def _nothing(_: PlanOrderDraft) -> list[FieldError]:
    return []
