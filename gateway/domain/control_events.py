"""What can happen to a control, as past participles, and how an agency's answer becomes one of them. Pure."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from contracts.control import ControlAnswer
from contracts.failures import IllegalTransition


@dataclass(frozen=True, slots=True)
class Sent:
    """We asked the agency for a follow-up: renew, release, deduct or transfer; a renewal names its new end."""

    action: str
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """What an agency says of what it holds. Amounts in fen; null: it did not say, and what stood before stands."""

    actual_fen: int | None = None
    unfunded_fen: int | None = None
    actual_quantity: int | None = None
    rank: int | None = None
    waiting_serial: str | None = None
    served_at: datetime | None = None
    effective_at: datetime | None = None
    until_on: date | None = None
    agency_control_no: str | None = None
    #: all that was deducted under this control so far
    deducted_fen: int | None = None


@dataclass(frozen=True, slots=True)
class Confirmed(Holding):
    """The agency holds the asset for us, first in rank: at once, by promotion, or with a new amount."""


@dataclass(frozen=True, slots=True)
class PartlyConfirmed(Holding):
    """A part is held, the rest waits or is marked."""


@dataclass(frozen=True, slots=True)
class Waiting(Holding):
    """An earlier measure holds the asset; rank 2 is the first in waiting."""


@dataclass(frozen=True, slots=True)
class Marked(Holding):
    """Pledged listed shares were marked, not frozen."""


@dataclass(frozen=True, slots=True)
class Renewed(Holding):
    """The term was extended; rank stays."""


@dataclass(frozen=True, slots=True)
class PartlyReleased(Holding):
    """A part was released on our order, the rest stays held."""


@dataclass(frozen=True, slots=True)
class PartlyDeducted(Holding):
    """A part of the money went to the case account, the rest stays held."""


@dataclass(frozen=True, slots=True)
class Deducted(Holding):
    """The money went to the case account."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The agency declined what is pending; `code` is one of contracts.outcome.REASONS."""

    code: str


@dataclass(frozen=True, slots=True)
class Released:
    """The measure was released, on our order or a superior court's."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """The title went to the transferee."""


@dataclass(frozen=True, slots=True)
class TermEnded:
    """The term ended without renewal."""


@dataclass(frozen=True, slots=True)
class AnswerOverdue:
    """The deadline of what is pending passed, or its answer cannot be read: only a person or a later answer can tell."""

    code: str = "no_answer"


@dataclass(frozen=True, slots=True)
class Lapsed:
    """The first court disposed of the asset; what waited extends to surplus proceeds (法〔2022〕107号)."""

    surplus_claim: bool = False


@dataclass(frozen=True, slots=True)
class Reversed:
    """The agency took its confirmation back."""

    code: str = "rejected_by_agency"


Event = (Sent | Confirmed | PartlyConfirmed | Waiting | Marked | Renewed | PartlyReleased | PartlyDeducted | Deducted | Refused
         | Released | Transferred | TermEnded | AnswerOverdue | Lapsed | Reversed)

_KINDS: dict[type, str] = {
    Sent: "sent", Confirmed: "confirmed", PartlyConfirmed: "partly_confirmed", Waiting: "waiting", Marked: "marked",
    Renewed: "renewed", PartlyReleased: "partly_released", PartlyDeducted: "partly_deducted", Deducted: "deducted",
    Refused: "refused", Released: "released", Transferred: "transferred", TermEnded: "term_ended",
    AnswerOverdue: "answer_overdue", Lapsed: "lapsed", Reversed: "reversed",
}


def kind_of(event: Event) -> str:
    """Return the word an event is appended under."""
    return _KINDS[type(event)]


def detail_of(event: Event) -> dict[str, object]:
    """Return what an event says, as JSON values, without what it does not say."""
    return {name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(event).items() if value is not None}


_HELD: dict[str, type[Holding]] = {"renew": Renewed, "release": PartlyReleased, "deduct": PartlyDeducted}
_BY_STATE: dict[str, type[Holding]] = {"in_force": Confirmed, "partly_in_force": PartlyConfirmed, "marked": Marked,
                                       "waiting": Waiting, "deducted": Deducted}


def event_of(answer: ControlAnswer, action: str) -> Event:
    """Read an agency's answer to an action (that of the order, never `status`) as an event.

    Raises: IllegalTransition if the answer says nothing of what was asked
    """
    match answer.state:
        case "in_force" | "partly_in_force" | "marked" if action in _HELD:
            return _holding(_HELD[action], answer)
        case "in_force" | "partly_in_force" | "marked" | "waiting" if action in ("transfer", "renew", "release", "deduct"):
            raise IllegalTransition(f"the agency answers {action} with {answer.state}: nothing was done")
        case "in_force" | "partly_in_force" | "marked" | "waiting" | "deducted":
            return _holding(_BY_STATE[answer.state], answer)
        case "refused":
            return Refused("rejected_by_agency")
        case "released":
            return Released()
        case "expired":
            return TermEnded()
        case "lapsed":
            return Lapsed()
        case "transferred":
            return Transferred()
        case "reversed":
            return Reversed()
        case "requested":
            raise IllegalTransition("the agency answered without a result")


def _holding(kind: type[Holding], answer: ControlAnswer) -> Event:
    said = {name: getattr(answer, name) for name in Holding.__dataclass_fields__}
    return kind(**said)  # type: ignore[return-value]  # every kind given here is an event
