"""What a report is compiled from: the request, its tasks and its controls, as the store reads them. Values only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Protocol

from contracts.asset_type import AssetType
from contracts.control import ControlPart, ControlState, PriorityRight, PriorMeasure
from contracts.keyed import keyed_hash
from contracts.messages import FoundAsset, Unread, UnreadableItem
from contracts.outcome import Outcome
from contracts.subject import Subject
from contracts.words import Text
from gateway.domain.law import LAW, Table
from gateway.domain.left_out import LeftOutGroup


class AssetIdOf(Protocol):
    """Gives an asset its id: a keyed hash of court (bound by the caller), asset type, holder of the key, key."""

    def __call__(self, asset_type: str, holder: str, key: str) -> str:
        """Return the id; `holder` is empty, an agency code, or an identity, by the type's key scope."""
        ...


def asset_ids(secret: bytes, court_code: str) -> AssetIdOf:
    """Return how the assets of a court get their ids."""
    return partial(keyed_hash, secret, "asset-id", court_code)


def holder_of(kind: AssetType, subject: Subject, register: str) -> str:
    """Return what makes a key one thing beside itself: nothing, the agency's register, or the subject (AssetType.key_scope)."""
    return {"everywhere": "", "agency": register, "subject": "/".join(subject.identity_key)}[kind.key_scope]


@dataclass(frozen=True, slots=True)
class ReportRequest:
    """What the report needs of the stored request; `asset_types` as asked (routing.asked_types)."""

    request_id: str
    case_no: str
    subjects: Sequence[Subject]
    asset_types: Sequence[str]
    left_out: Sequence[LeftOutGroup] = ()
    claim_fen: int | None = None
    #: the cause of the case, and the legal table as it stands in the court
    cause: str | None = None
    table: Table = LAW


@dataclass(frozen=True, slots=True)
class TaskView:
    """One query task and its answer; `outcome` null while awaiting."""

    task_id: str
    agency: str
    name: Text
    asset_type: str
    subject: int
    outcome: Outcome | None = None
    code: str | None = None
    detail: str | None = None
    as_of: datetime | None = None
    answered_at: datetime | None = None
    elapsed_s: float | None = None
    raw_sha256: str | None = None
    assets: Sequence[FoundAsset] = ()
    unreadable: Sequence[UnreadableItem] = ()
    unread: Sequence[Unread] = ()
    late: bool = False
    #: the former name that the agency was asked by; null: by the name of today
    asked_as: str | None = None
    #: since when its agency was not asked when the command came to it; null: it was asked
    suspended_since: datetime | None = None
    #: the register that the agency is a channel to; empty: its own
    register: str = ""


@dataclass(frozen=True, slots=True)
class ControlView:
    """One control on an asset of the report, as it stands. Amounts in fen."""

    control_id: str
    asset_id: str
    asset_type: str
    subject: int
    agency: str
    measure: str
    state: ControlState
    pending: str | None = None
    in_doubt: bool = False
    rank: int | None = None
    requested_fen: int | None = None
    actual_fen: int | None = None
    actual_quantity: int | None = None
    until_on: date | None = None
    #: what became of each part, where its agency takes hold of several apart
    parts: Sequence[ControlPart] = ()
    #: rights that its agency told of with its answer
    priority_rights: Sequence[PriorityRight] = ()
    #: measures before it that its agency told of with its answer
    prior_measures: Sequence[PriorMeasure] = ()
    #: what the asset's record is known by
    asset_key: str = ""
    requested_quantity: int | None = None
    surplus_claim: bool = False
    #: of its first step, so that our own measure in an agency's later answer is not counted as a prior one
    request_no: str | None = None
