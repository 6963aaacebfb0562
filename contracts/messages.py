"""What travels over Kafka: commands to adapters and their replies. interface.md §2; optional fields are added, none change."""

from base64 import b64decode
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from contracts.bounds import MOST_ID_CHARS, MOST_RAW_BYTES, NUMBERS_BELOW
from contracts.case import CaseReference, CommandOfficer
from contracts.control import Action, AgencyNo, ControlAnswer, ControlOrder, Instant, PriorityRight, PriorMeasure
from contracts.documents import CommandDocument
from contracts.raw import MOST_FIELD_CHARS
from contracts.subject import Identity
from contracts.words import AgencyCode, Code, Message

REPLY_TYPE = "cn.chakong.reply.v1"

#: Characters of an agency's answer that a `failed` reply carries as text (`raw`).
MOST_RAW_CHARS = 65_536
_MOST_BASE64 = 4 * (MOST_RAW_BYTES // 3 + 1)

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


def _is_base64(text: str) -> str:
    b64decode(text, validate=True)
    return text


class Reply(Message):
    """An adapter's answer to one command.

    Shape: `answered` has an outcome (found, none_found, refused, unsupported, failed, controlled); `acknowledged` an
    agency_ref; `deferred` an until. A field that does not belong to the kind is null.
    """

    task_id: Annotated[str, StringConstraints(max_length=MOST_ID_CHARS)]
    agency: Annotated[str, StringConstraints(max_length=MOST_ID_CHARS)]
    kind: Literal["answered", "acknowledged", "deferred"]
    outcome: Literal["found", "none_found", "refused", "unsupported", "failed", "controlled"] | None = None
    code: Code | None = None
    detail: Annotated[str, StringConstraints(max_length=2000)] | None = None
    as_of: Instant | None = None
    assets: tuple[FoundAsset, ...] | None = None
    unreadable: tuple[UnreadableItem, ...] | None = Field(default=None, description="found: items that are there and cannot be read")
    unread: tuple[Unread, ...] | None = Field(default=None, description="what was not read of the answer itself, outside its items")
    control: ControlAnswer | None = None
    agency_ref: AgencyNo | None = None
    until: Instant | None = Field(default=None, description="deferred: ask again then; acknowledged: ask the status then")
    elapsed_s: float | None = None
    raw_sha256: Annotated[str, StringConstraints(max_length=128)] | None = Field(
        default=None, description="SHA-256 (hex) of the whole of the agency's own answer, raw_size bytes; null where it was not read to its end")
    raw_size: Annotated[int, Field(ge=0, lt=NUMBERS_BELOW)] | None = Field(default=None, description="bytes of that whole")
    raw_base64: Annotated[str, StringConstraints(max_length=_MOST_BASE64), AfterValidator(_is_base64)] | None = Field(
        default=None, description="the agency's own answer, byte by byte (base64), kept when it is outside its protocol: "
                                  f"all of it up to {MOST_RAW_BYTES} bytes, else its beginning")
    raw_media_type: Annotated[str, StringConstraints(max_length=200)] | None = Field(default=None, description="its content type as it came")
    raw: Annotated[str, StringConstraints(max_length=MOST_RAW_CHARS)] | None = Field(
        default=None, description="in place of raw_base64, as text: still read, no more written")

    @property
    def evidence(self) -> tuple[bytes, str | None] | None:
        """Return what is kept of the agency's own answer, with its content type; an older sender's text is UTF-8."""
        if self.raw_base64 is not None:
            return b64decode(self.raw_base64), self.raw_media_type
        return None if self.raw is None else (self.raw.encode(), self.raw_media_type or "text/plain; charset=utf-8")
