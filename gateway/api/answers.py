"""The answers of the REST edge as models: for `/openapi.json` and the tests. interface.md §1. The routes write bytes themselves."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from contracts.agency import Capability, Channel, Mode, Serves
from contracts.control import ControlState, Measure, PriorMeasure, RankBasis
from contracts.failures import FieldError, Rule
from contracts.report import AssetReport
from contracts.words import Code, Model, Text
from gateway.api.request_answers import RequestAccepted as RequestAccepted
from gateway.api.request_answers import RequestList as RequestList
from gateway.api.request_answers import RequestStatus as RequestStatus
from gateway.domain.who_holds import HeldAsset


class Problem(Model):
    """A refusal or a fault. Source: RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="stable; each route lists its own")
    trace_id: str
    errors: tuple[FieldError, ...] = ()
    rule: Rule | None = Field(default=None, description="the rule of law a refusal rests on")


class DocumentStored(Model):
    """The answer to POST /v1/documents."""

    document_id: str
    size_bytes: int
    media_type: str


class AgencyEntry(Model):
    """One agency of the directory."""

    agency: str
    name: Text
    asset_type: str
    region_code: str
    serves: Serves
    channel: Channel
    channel_to: str | None = Field(description="the register the agency is a channel to, where several are")
    capabilities: tuple[Capability, ...]
    mode: Mode
    answer_due_working_days: int
    served_by: Literal["adapter", "external"]
    matches_name: bool = Field(description="is asked by each former name too")
    takes_nationality: bool
    state: Literal["available", "suspended", "trying"] = Field(description="suspended: it did not answer and is not asked until next_try_at")
    since: datetime | None = Field(description="since when it is suspended")
    next_try_at: datetime | None
    backlog: int = Field(description="commands that wait to be sent, or for its answer")
    oldest_unanswered_s: float | None = Field(description="since when the oldest command that was sent is unanswered")


class AgencyList(Model):
    """GET /v1/agencies."""

    items: tuple[AgencyEntry, ...]
    next_cursor: None


class AssetTypeEntry(Model):
    """One kind of asset: what can be done to it and with which documents, and the JSON Schema of its record."""

    asset_type: str
    name: Text
    measures: tuple[str, ...]
    required_documents: dict[str, tuple[tuple[str, ...], ...]]
    record_schema: dict[str, Any]


class AssetTypeList(Model):
    """GET /v1/asset-types."""

    items: tuple[AssetTypeEntry, ...]
    next_cursor: None


class ControlLine(Model):
    """One control of the answer to POST /v1/controls."""

    control_id: str
    asset_id: str
    state: ControlState
    pending: str | None


class ControlsOrdered(Model):
    """The answer to POST /v1/controls."""

    controls: tuple[ControlLine, ...]


class ControlSubject(Model):
    """Whose asset is controlled."""

    name: str
    id_type: str
    id_no: str


class ControlEventLine(Model):
    """One thing that happened to a control; `by` is court, agency or clock."""

    event_id: str
    at: AwareDatetime
    kind: str
    by: Literal["court", "agency", "clock"]
    before: ControlState
    after: ControlState
    detail: dict[str, Any]


class Quantities(Model):
    """How the units of a control stand; null where the agency did not say. Frozen, marked and waiting make up `requested`."""

    requested: int | None = Field(description="what the court asked, less the parts released or deducted since")
    frozen: int | None
    marked: int | None = Field(description="pledged, so marked and not frozen")
    waiting: int | None


class ControlPartLine(Model):
    """What became of one part of a control: `refused` with the reason, where its agency took hold of another part only. In fen."""

    part: Code
    name: Text
    state: ControlState
    actual_fen: int | None
    code: Code | None
    reason: Text | None
    detail: str | None = Field(description="the agency's own words")


class ControlStatus(ControlLine):
    """GET /v1/controls/{control_id}: `state` is what the agency confirmed, `pending` what was asked and not heard. In fen."""

    request_id: str
    case_no: str
    court_code: str
    subject: ControlSubject
    asset_type: str
    agency: str
    request_no: str = Field(description="of the measure itself, as its agency knows it")
    measure: Measure
    held: Literal["release"] | None = Field(description="accepted, and sent when what is pending is answered")
    in_doubt: bool
    rank: int | None
    rank_basis: RankBasis
    waiting_serial: str | None
    code: str | None
    requested_fen: int | None
    actual_fen: int | None
    unfunded_fen: int | None
    secured_fen: int = Field(description="what it really secures, after prior measures and priority rights")
    claim_fen: int | None = Field(description="what is owed in the case, beside what is secured")
    deducted_fen: int
    requested_quantity: int | None
    actual_quantity: int | None
    requested_capital_fen: int | None = Field(description="of equity: how much of the capital")
    requested_ratio: str | None = Field(description="of equity: which share of it")
    quantities: Quantities | None = Field(description="how the units stand; null for what is not counted in units")
    remaining_fen: int | None = Field(description="what is asked for still, once a part was released or deducted: actual and unfunded; null before")
    remaining_quantity: int | None
    parts: tuple[ControlPartLine, ...] | None = Field(description="what became of each part; null for what has none, empty while nothing was told")
    served_at: AwareDatetime | None
    effective_at: AwareDatetime | None
    until_on: date | None
    term_months: int | None
    agency_control_no: str | None
    original_case_no: str | None = Field(description="the preservation case it was ordered in, if it was converted")
    surplus_claim: bool = Field(description="lapsed, and what the disposal left is not transferred or reported nil yet")
    surplus_fen: int | None
    others: tuple[PriorMeasure, ...] = Field(description="measures of others on the asset, as its agencies told them last")
    due_in_days: int | None = Field(description="days from today to the last day of the term, null where none runs")
    last_working_day_on: date | None = Field(description="the last working day on or before the end, on which the agency can still act")
    calendar_provisional: bool | None = Field(description="that working day may move: its year is not announced")
    answer_due_at: AwareDatetime | None
    events: tuple[ControlEventLine, ...]


class ControlList(Model):
    """GET /v1/controls, newest first."""

    items: tuple[ControlStatus, ...]
    next_cursor: str | None


class ControlsOnSubject(ControlList):
    """POST /v1/controls/search: the court's newest controls on a subject, and every measure of anybody on its assets."""

    assets: tuple[HeldAsset, ...]


class RuleEntry(Model):
    """One rule of law: what it says, its parameters, where it stands, when it holds, and what the system does with it."""

    id: str
    family: str
    family_name: Text
    zh: str
    en: str
    does: Text = Field(description="what the system does with it")
    parameters: dict[str, Any]
    source: str
    basis: Literal["statute", "practice"] = Field(description="practice may be set by a court for itself")
    effective_from: date
    effective_to: date | None
    read_by: tuple[str, ...] = Field(description="files that read the row; none: it is for people to read")
    refusal: str | None = Field(description="code of the refusal that names it")
    court_code: str | None = Field(description="whose own practice it is")


class RuleList(Model):
    """GET /v1/rules."""

    items: tuple[RuleEntry, ...]
    next_cursor: None


MODELS: tuple[type[BaseModel], ...] = (
    Problem, RequestAccepted, RequestStatus, RequestList, AssetReport, DocumentStored, AgencyList, AssetTypeList,
    ControlsOrdered, ControlStatus, ControlList, ControlsOnSubject, RuleList,
)
