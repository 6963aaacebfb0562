"""What an adapter is: two pure functions between our messages and one agency's HTTP words. The runtime does all I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import AwareDatetime

from contracts.agency import Agency
from contracts.control import ControlAnswer
from contracts.messages import Command, FoundAsset, Unread, UnreadableItem


@dataclass(frozen=True, slots=True)
class AgencyCall:
    """One HTTP call to an agency; `path` is relative to its endpoint and begins with `/`."""

    method: str
    path: str
    content: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AgencyResponse:
    """What came back: a status below 500 (5xx and 429 never reach an adapter), or the body of a call-back (status 200)."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A command with what the runtime adds for the agency: a call-back address and the documents' content, by id."""

    command: Command
    callback_url: str | None = None
    contents: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an answer is matched to: all of it fits into a call-back reference, so a stateless process can read an answer."""

    task_id: str
    request_id: str
    request_no: str
    #: query, freeze, release …: what the answer is about, never `status`
    asks: str


@dataclass(frozen=True, slots=True)
class Found:
    """The agency answered; without assets and unreadable items it states that it has nothing.

    `as_of` is null where its time cannot be read; `unread` is what was not read of the answer itself, outside its items.
    """

    as_of: AwareDatetime | None
    assets: Sequence[FoundAsset]
    unreadable: Sequence[UnreadableItem] = ()
    unread: Sequence[Unread] = ()


@dataclass(frozen=True, slots=True)
class Controlled:
    """The agency did (or queued) a control step."""

    as_of: AwareDatetime
    control: ControlAnswer


@dataclass(frozen=True, slots=True)
class Refused:
    """The agency declined; `code` is one of contracts.outcome.REASONS, `detail` the agency's own words."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The agency does not do this."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The agency took the request and answers later; `ask_after_s` is when its status may be asked, if it says so."""

    agency_ref: str
    ask_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class OutsideProtocol:
    """This one item of the answer is outside the agency's document; the others stand."""

    detail: str


Answer = Found | Controlled | Refused | Unsupported | Accepted | OutsideProtocol


class Adapter(Protocol):
    """The translation for one asset type, pure both ways. Registered as `ADAPTER` in services/<asset_type>/adapter.py."""

    asset_type: str

    def to_call(self, agency: Agency, outgoing: Sequence[Outgoing]) -> AgencyCall:
        """Write one call for commands that all have the same action.

        Shape:   one command, or for `query` up to `agency.batch_size`; `status` one at a time
        Raises:  AgencyUnsupported if this agency has no such action
        """
        ...

    def to_answers(self, agency: Agency, asked: Sequence[Asked], response: AgencyResponse) -> Mapping[str, Answer]:
        """Read what came back, by request number.

        Shape:   an entry for each request number asked; one the agency left out is OutsideProtocol
        Raises:  AgencyProtocolError if the whole answer is outside the agency's document (also 4xx it does not document);
                 AgencyUnavailable if it says in its own words that it is busy or closed
        """
        ...
