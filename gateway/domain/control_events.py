"""What can happen to a control, as past participles, and how an agency's answer becomes one of them. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from functools import partial
from typing import Literal

from contracts.control import FOLLOW_UPS, ControlAnswer, ControlPart, ControlState, PriorityRight, PriorMeasure
from contracts.failures import IllegalTransition


@dataclass(frozen=True, slots=True)
class Sent:
    """We asked the agency for a follow-up: renew, release, deduct or transfer; a renewal names its new end."""

    action: str
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """The court ordered a release while something was pending; it is sent when that is answered."""

    action: Literal["release"] = "release"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The court released the measure before any agency got the order: it never goes out (CANCEL-WINS)."""


@dataclass(frozen=True, slots=True)
class Converted:
    """Preservation became enforcement (民诉法解释 art. 168): the case, perhaps the court, changed; no agency is asked.

    `claim`: what is owed in the case by now (contracts.case.Claim as JSON), where the court states it
    """

    from_case_no: str
    from_court_code: str
    case_no: str
    court_code: str
    claim: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """What an agency says of what it holds. Amounts in fen; null: it did not say, and what stood before stands."""

    actual_fen: int | None = None
    unfunded_fen: int | None = None
    #: units frozen, marked and waited for
    actual_quantity: int | None = None
    marked_quantity: int | None = None
    waiting_quantity: int | None = None
    rank: int | None = None
    waiting_serial: str | None = None
    served_at: datetime | None = None
    effective_at: datetime | None = None
    until_on: date | None = None
    agency_control_no: str | None = None
    #: all that was deducted under this control so far
    deducted_fen: int | None = None
    #: what became of each part, where the agency takes hold of several apart
    parts: tuple[ControlPart, ...] | None = None
    #: rights that are paid first, where the agency tells of them with its answer
    priority_rights: tuple[PriorityRight, ...] | None = None
    #: measures that stand before it, where the agency tells of them with its answer
    prior_measures: tuple[PriorMeasure, ...] | None = None


@dataclass(frozen=True, slots=True)
class Confirmed(Holding):
    """The agency holds the asset for us, first in rank: at once, by promotion, or with a new amount."""


@dataclass(frozen=True, slots=True)
class PartlyConfirmed(Holding):
    """A part is held; the rest waits, is marked, or was declined."""


@dataclass(frozen=True, slots=True)
class Waiting(Holding):
    """An earlier measure holds the asset; rank 2 is the first in waiting."""


@dataclass(frozen=True, slots=True)
class Marked(Holding):
    """Pledged listed shares were marked, not frozen."""


@dataclass(frozen=True, slots=True)
class AfterStep(Holding):
    """What the agency still holds after a step; `now`: in which state, where it says so."""

    now: ControlState | None = None


@dataclass(frozen=True, slots=True)
class Renewed(AfterStep):
    """The term was extended; rank stays."""


@dataclass(frozen=True, slots=True)
class PartlyReleased(AfterStep):
    """A part was released on our order, the rest stays held."""


@dataclass(frozen=True, slots=True)
class PartlyDeducted(AfterStep):
    """A part of the money went to the case account, the rest stays held."""


@dataclass(frozen=True, slots=True)
class PartlyTransferred(AfterStep):
    """The title of what was held went to the transferee; the rest stays marked, or waits."""


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
    """The term ended without renewal: by the clock, unless a step is pending that may have been done in time, or as the agency told.

    `told`: what waited may have taken effect and ended since it was asked last
    """

    told: bool = False


@dataclass(frozen=True, slots=True)
class TermWarned:
    """The term ends within so many days (rule RENEW-WARN)."""

    days: int


@dataclass(frozen=True, slots=True)
class SurplusSettled:
    """What the disposal left was transferred to us, in fen, or reported nil: the surplus claim of a lapsed measure is closed."""

    amount_fen: int = 0


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


Event = (Sent | Held | Withdrawn | Converted | Confirmed | PartlyConfirmed | Waiting | Marked | Renewed | PartlyReleased | PartlyDeducted | PartlyTransferred | Deducted | Refused
         | Released | Transferred | TermEnded | TermWarned | AnswerOverdue | Lapsed | SurplusSettled | Reversed)

_KINDS: dict[type, str] = {
    Sent: "sent", Held: "held", Withdrawn: "withdrawn", Converted: "converted", Confirmed: "confirmed", PartlyConfirmed: "partly_confirmed", Waiting: "waiting", Marked: "marked",
    Renewed: "renewed", PartlyReleased: "partly_released", PartlyDeducted: "partly_deducted", PartlyTransferred: "partly_transferred", Deducted: "deducted",
    Refused: "refused", Released: "released", Transferred: "transferred", TermEnded: "term_ended",
    AnswerOverdue: "answer_overdue", Lapsed: "lapsed", Reversed: "reversed", TermWarned: "term_warning", SurplusSettled: "surplus_settled",
}


def kind_of(event: Event) -> str:
    """Return the word an event is appended under."""
    return _KINDS[type(event)]


def detail_of(event: Event) -> dict[str, object]:
    """Return what an event says, as JSON values, without what it does not say."""
    return {name: _as_json(value) for name, value in asdict(event).items() if value is not None}


def _as_json(value: object) -> object:
    if isinstance(value, tuple):
        return [one.model_dump(mode="json", exclude_none=True) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def parts_held(parts: Sequence[ControlPart] | None) -> frozenset[str]:
    """Return which parts of a control its agency holds."""
    return frozenset(one.part for one in parts or () if one.state == "in_force")


#: Most measures that are kept with an answer of those that stand before it.
_MOST_NAMED = 20
#: What an agency says of an asset it holds, by what it was asked.
_AFTER: dict[str, type[AfterStep]] = {"renew": Renewed, "release": PartlyReleased, "deduct": PartlyDeducted, "transfer": PartlyTransferred}
#: What takes units away, so that what lacked some waits on.
_TAKES = frozenset({"deduct", "transfer"})
_BY_STATE: dict[str, type[Holding]] = {"in_force": Confirmed, "partly_in_force": PartlyConfirmed, "marked": Marked, "waiting": Waiting}
#: What needs no more than the state.
_PLAIN: dict[str, Event] = {"refused": Refused("rejected_by_agency"), "released": Released(), "expired": TermEnded(told=True), "lapsed": Lapsed(surplus_claim=True),
                            "transferred": Transferred(), "reversed": Reversed()}


def event_of(answer: ControlAnswer, action: str) -> Event:
    """Read an agency's answer to an action (that of the order, never `status`) as an event.

    Raises: IllegalTransition if the answer says nothing of what was asked
    """
    state = answer.state
    if state in _PLAIN:
        return _PLAIN[state]
    if state == "deducted":
        return _holding(Deducted, answer)
    if state in _BY_STATE and action not in FOLLOW_UPS:
        return _holding(_BY_STATE[state], answer)
    in_units = answer.actual_quantity is not None
    if state in _BY_STATE and action in _AFTER and (in_units or action != "transfer") and (state != "waiting" or (in_units and action in _TAKES)):
        return _holding(partial(_AFTER[action], now=state), answer)
    raise IllegalTransition(f"the agency answers {action} with {state}: it says nothing of what was asked")


def _before(answer: ControlAnswer) -> tuple[PriorMeasure, ...]:
    """Return who stands before a measure; an account that is frozen a thousand times has not a thousand names with each."""
    before = [one for one in answer.prior_measures if one.rank is None or answer.rank is None or one.rank < answer.rank]
    return tuple(before[:_MOST_NAMED])


def _holding(kind: Callable[..., Holding], answer: ControlAnswer) -> Event:
    said = {field.name: getattr(answer, field.name) for field in fields(Holding)}
    said |= {"parts": answer.parts or None, "priority_rights": answer.priority_rights or None, "prior_measures": _before(answer) or None}
    return kind(**said)  # type: ignore[return-value]  # every kind given here is an event
