"""What travels over Kafka: commands to adapters and their replies. interface.md §2; optional fields are added, none change."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from contracts.case import CaseReference, CommandOfficer
from contracts.control import Action, ControlAnswer, ControlOrder, PriorityRight, PriorMeasure
from contracts.documents import CommandDocument
from contracts.subject import Identity
from contracts.words import AgencyCode, Code, Message

REPLY_TYPE = "cn.chakong.reply.v1"

#: Raw bytes of an agency's answer that are kept with a `failed` reply, as text.
MOST_RAW_CHARS = 65_536


class TransactionWindow(Message):
    """The days for which account transactions are asked too, of an agency that offers them (capability `transactions`)."""

    from_on: date
    to_on: date


class Command(Message):
    """One agency's part of a request. A repeated command (same task) repeats the reply, never the effect."""

    task_id: str
    request_id: str
    request_no: Annotated[str, StringConstraints(max_length=45)]
    attempt: int = 1
    agency: AgencyCode
    asset_type: Code
    action: Action
    of_action: Action | None = Field(default=None, description="for `status`: the action whose request_no is asked about")
    agency_ref: str | None = Field(default=None, description="what the agency acknowledged the request with")
    case: CaseReference
    officer: CommandOfficer
    documents: tuple[CommandDocument, ...] = ()
    subject: Identity
    transactions: TransactionWindow | None = None
    control: ControlOrder | None = None
    answer_due_at: AwareDatetime

    @property
    def asks(self) -> Action:
        """Return the action an answer is about, through `status`."""
        return self.of_action or self.action


class FoundAsset(Message):
    """One asset as the agency records it, with what already stands on it."""

    record: dict[str, object]
    prior_measures: tuple[PriorMeasure, ...] = ()
    priority_rights: tuple[PriorityRight, ...] = ()


class Reply(Message):
    """An adapter's answer to one command.

    Shape: `answered` has an outcome (found, none_found, refused, unsupported, failed, controlled); `acknowledged` an
    agency_ref; `deferred` an until. A field that does not belong to the kind is null.
    """

    task_id: str
    agency: str
    kind: Literal["answered", "acknowledged", "deferred"]
    outcome: Literal["found", "none_found", "refused", "unsupported", "failed", "controlled"] | None = None
    code: Code | None = None
    detail: Annotated[str, StringConstraints(max_length=2000)] | None = None
    as_of: AwareDatetime | None = None
    assets: tuple[FoundAsset, ...] | None = None
    control: ControlAnswer | None = None
    agency_ref: str | None = None
    until: AwareDatetime | None = Field(default=None, description="deferred: ask again then; acknowledged: ask the status then")
    elapsed_s: float | None = None
    raw_sha256: str | None = None
    raw: Annotated[str, StringConstraints(max_length=MOST_RAW_CHARS)] | None = Field(
        default=None, description="the agency's own answer, kept when it is outside its protocol")
