"""The unified asset report as a court reads it: models only. interface.md §1; compiled by gateway/domain/report.py."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field

from contracts.asset_type import CoOwner
from contracts.control import ControlPart, ControlState, PriorityRight, PriorMeasure
from contracts.messages import UnreadCode
from contracts.outcome import Outcome
from contracts.subject import IdType, Role, SecondLook, SubjectKind
from contracts.words import Model, Text

RestrictionEffect = Literal["not_liable", "share_limited", "no_freeze", "no_deduct", "purpose_limited"]
ChangeKind = Literal["asset_added", "asset_removed", "asset_changed", "outcome_changed", "control_changed", "proposal_changed"]


class Completeness(Model):
    """How many parts were asked and how each ended; `statement` can be read aloud."""

    asked: int
    found: int
    none_found: int
    refused: int
    unsupported: int
    failed: int
    overdue: int
    awaiting: int
    unreadable: int = Field(default=0, description="items that are there and cannot be read; they are in `unreadable` of their sections")
    left_out: int = Field(description="agencies not asked about a subject; why, by kind and place, is in the statement, and GET /v1/requests/{id}/left-out lists them")
    statement: Text


class Totals(Model):
    """Sums over assets in CNY, the debtor's share, in fen; what has no value is counted in `unvalued_assets`."""

    value_fen: int
    encumbered_fen: int
    controllable_fen: int
    secured_fen: int
    claim_fen: int | None = None
    unvalued_assets: int


class Source(Model):
    """Which answer an asset was read from, and as of when."""

    agency: str
    task_id: str
    as_of: AwareDatetime | None = None
    asked_as: str | None = Field(default=None, description="the former name that the agency was asked by")


class Restriction(Model):
    """A rule of law that keeps something of an asset from the court. Rules: GET /v1/rules."""

    rule: str = Field(description="id of the rule", examples=["SEC-MARGIN"])
    source: str
    effect: RestrictionEffect
    text: Text
    share: str | None = Field(default=None, description="the most that may be taken, a fraction of what is controllable")
    bars_control: bool = Field(default=False, description="nothing of the asset may be controlled")


class ReportUnread(Model):
    """A field of an agency's answer that was not read as its document says; `raw` is as it came. interface.md §5."""

    field: str
    wire: str
    code: UnreadCode
    raw: str | None = None
    label: Text = Field(description="what the field is, in words")


class ReportUnreadable(Model):
    """An item that an agency told of and that cannot be read: it is there, it is no asset, and nothing of it is valued."""

    agency: str
    task_id: str
    position: int | None = Field(default=None, description="its place in the answer, from 0; null: the answer tells of it and does not list it")
    record: dict[str, object] = Field(description="what was read of it")
    unread: tuple[ReportUnread, ...]


class ReportAsset(Model):
    """One asset of one subject, merged from every source that knows it. Amounts in fen, null where not known."""

    asset_id: str
    record: dict[str, object]
    value_fen: int | None = Field(default=None, description="worth of the whole asset")
    encumbered_fen: int = Field(description="prior measures and priority rights, at most the debtor's share of the value")
    controllable_fen: int | None = Field(default=None, description="what is left of the debtor's share to control today, and may be")
    debtor_share: str = Field(description="a fraction", examples=["1", "1/2"])
    co_owners: tuple[CoOwner, ...] = ()
    prior_measures: tuple[PriorMeasure, ...] = ()
    priority_rights: tuple[PriorityRight, ...] = ()
    restrictions: tuple[Restriction, ...] = Field(default=(), description="rules of law that keep something of it from the court")
    controls: tuple[str, ...] = ()
    sources: tuple[Source, ...]
    conflicts: tuple[str, ...] = Field(default=(), description="fields on which the sources differ; the newest is shown")
    unread: tuple[ReportUnread, ...] = Field(default=(), description="what of it was not read as its agency's document says; empty: all was")


class Gap(Model):
    """A part without an answer; `outcome` is null while it is still awaited."""

    agency: str
    task_id: str
    outcome: Outcome | None
    code: str
    reason: Text
    detail: str | None = Field(default=None, description="the agency's own words")
    asked_as: str | None = Field(default=None, description="the former name that the agency was asked by")
    suspended_since: AwareDatetime | None = Field(default=None, description="since when the agency does not answer and is not asked; it is not counted as no assets")


class Section(Model):
    """One asset type's part for one subject; `asked` 0 says that no agency was asked, which is not "no assets"."""

    asset_type: str
    asked: int
    assets: tuple[ReportAsset, ...]
    unreadable: tuple[ReportUnreadable, ...] = Field(default=(), description="items that are there and cannot be read")
    gaps: tuple[Gap, ...]


class ReportSubject(Model):
    """One subject with a section for each asset type asked, in the order asked."""

    subject: int
    kind: SubjectKind
    role: Role
    name: str
    name_as_given: str | None = Field(default=None, description="what was typed, where `name` is its normal form")
    former_names: tuple[str, ...] = ()
    id_type: IdType
    id_no: str
    warnings: tuple[SecondLook, ...] = Field(default=(), description="what was taken and should be looked at again")
    sections: tuple[Section, ...]


class AgencyLine(Model):
    """One task as the report's list of sources shows it."""

    agency: str
    name: Text
    asset_type: str
    task_id: str
    subject: int
    outcome: Outcome | None
    as_of: AwareDatetime | None = None
    answered_at: AwareDatetime | None = None
    elapsed_s: float | None = None
    raw_sha256: str | None = None
    late: bool = False
    unread: tuple[ReportUnread, ...] = Field(default=(), description="what was not read of the answer itself, outside its items")
    asked_as: str | None = Field(default=None, description="the former name that the agency was asked by")


class ReportControl(Model):
    """One control on an asset of the report, as it stands. Amounts in fen."""

    control_id: str
    asset_id: str
    asset_type: str
    asset_key: str = Field(default="", description="what the asset's record is known by; it may be a clue that no answer tells of")
    subject: int
    agency: str
    measure: str
    state: ControlState
    pending: str | None = None
    in_doubt: bool = False
    rank: int | None = None
    requested_fen: int | None = None
    actual_fen: int | None = None
    secured_fen: int = 0
    until_on: date | None = None
    requested_quantity: int | None = None
    actual_quantity: int | None = None
    due_in_days: int | None = Field(default=None, description="days that a running term has left on the day of the version")
    surplus_claim: bool = Field(default=False, description="lapsed, and a claim to what the disposal leaves is open")
    parts: tuple[ControlPart, ...] = Field(default=(), description="what became of each part, where its agency takes hold of several apart")
    prior_measures: tuple[PriorMeasure, ...] = Field(default=(), description="what stands before it, as its agency told with its answer")

    def others(self, asset: ReportAsset | None) -> tuple[PriorMeasure, ...]:
        """Return the measures of others on its asset: what the register told, and what the agency told with its answer to this control."""
        told = asset.prior_measures if asset else ()
        known = {one.identity for one in told}
        return told + tuple(one for one in self.prior_measures if one.identity not in known)


class ReleaseProposal(Model):
    """A measure to release, since more than the claim is secured. Amounts in fen; it goes out on a release ruling and notice."""

    proposal_id: str
    control_id: str
    asset_id: str
    asset_type: str
    subject: int
    amount_fen: int | None = Field(default=None, description="how much of it to release; null: all of it")
    secured_fen: int = Field(description="what the measure secures now")
    claim_fen: int
    excess_fen: int = Field(description="what all measures secure beyond the claim")
    reason: Text


class Change(Model):
    """What differs from the version before."""

    kind: ChangeKind
    asset_id: str | None = None
    subject: int | None = None
    asset_type: str | None = None
    before: dict[str, object] | None = None
    after: dict[str, object] | None = None


class AssetReport(Model):
    """The unified asset report, one version."""

    request_id: str
    case_no: str
    version: int
    compiled_at: AwareDatetime
    all_ended: bool
    all_answered: bool
    completeness: Completeness
    totals: Totals
    subjects: tuple[ReportSubject, ...]
    agencies: tuple[AgencyLine, ...]
    controls: tuple[ReportControl, ...] = ()
    release_proposals: tuple[ReleaseProposal, ...] = ()
    changes: tuple[Change, ...] = ()
