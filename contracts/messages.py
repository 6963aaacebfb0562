"""What travels over Kafka: commands to adapters and their replies. interface.md §2; optional fields are added, none change."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from contracts.case import CaseReference, CommandOfficer
from contracts.control import Action, ControlAnswer, ControlOrder, PriorityRight, PriorMeasure
from contracts.documents import CommandDocument
from contracts.raw import MOST_FIELD_CHARS
from contracts.subject import Identity
from contracts.words import AgencyCode, Code, Message

REPLY_TYPE = "cn.chakong.reply.v1"

#: Raw bytes of an agency's answer that are kept with a `failed` reply, as text.
MOST_RAW_CHARS = 65_536

UnreadCode = Literal[
    "unknown_code",   #: a code that the published list does not have
    "unknown_field",  #: a field that the agency's document does not have
    "bad_form",       #: not in a form that means one thing
    "missing",        #: it should be there and is not
    "implausible",    #: read, and hardly true
]


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
    turn_url: str | None = Field(default=None, description="where the turn to act is granted, for a step that the agency would do twice; ends with the task")
    answer_due_at: AwareDatetime

    @property
    def asks(self) -> Action:
        """Return the action an answer is about, through `status`."""
        return self.of_action or self.action


class Unread(Message):
    """A field of an agency's answer that was not read as its document says: kept as it came, never replaced. interface.md §5."""

    field: str = Field(description="our field, `prior_measures.0.until_on` inside a list; the agency's own name where we have none")
    wire: str = Field(description="the agency's name for it")
    code: UnreadCode
    raw: Annotated[str, StringConstraints(max_length=MOST_FIELD_CHARS)] | None = Field(
        default=None, description="as it came, JSON where it is no text; null where it is missing")


class FoundAsset(Message):
    """One asset as the agency records it, with what already stands on it, and what of it was not read."""

    record: dict[str, object]
    prior_measures: tuple[PriorMeasure, ...] = ()
    priority_rights: tuple[PriorityRight, ...] = ()
    unread: tuple[Unread, ...] = ()


class UnreadableItem(Message):
    """An item of an answer of which it cannot be read which thing it is, whose, how much, in what state, or what is on it before."""

    position: int | None = Field(default=None, ge=0, le=10**6, description="its place in the answer, from 0; null: the answer tells of it and does not list it")
    record: dict[str, object] = Field(default_factory=dict, description="what was read; it may be valid for nothing")
    unread: tuple[Unread, ...]


def _in_our_time(value: datetime) -> datetime:
    """Refuse an instant that no register answers at, and that neither PostgreSQL nor the time of China takes."""
    if not 1949 < value.year < 2200:  # noqa: PLR2004 - years
        raise ValueError("an instant between 1950 and 2199")
    return value


Instant = Annotated[AwareDatetime, AfterValidator(_in_our_time)]


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
    as_of: Instant | None = None
    assets: tuple[FoundAsset, ...] | None = None
    unreadable: tuple[UnreadableItem, ...] | None = Field(default=None, description="found: items that are there and cannot be read")
    unread: tuple[Unread, ...] | None = Field(default=None, description="what was not read of the answer itself, outside its items")
    control: ControlAnswer | None = None
    agency_ref: str | None = None
    until: Instant | None = Field(default=None, description="deferred: ask again then; acknowledged: ask the status then")
    elapsed_s: float | None = None
    raw_sha256: str | None = None
    raw: Annotated[str, StringConstraints(max_length=MOST_RAW_CHARS)] | None = Field(
        default=None, description="the agency's own answer, kept when it is outside its protocol")
