"""Measures and the states of a control: words both sides use. The machine itself is gateway/domain/control.py."""

from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

from contracts.bounds import FIRST_YEAR, LAST_YEAR, MOST_NAME_CHARS, MOST_REF_CHARS, in_our_time
from contracts.money import MOST_FEN, Fen
from contracts.words import Code, Message, Text

DayT = TypeVar("DayT", bound=date)
#: Most parts of a control, and most of an agency's own codes, that are kept with an answer.
_MOST_PARTS, _MOST_CODES = 100, 100

Measure = Literal["freeze", "seal", "pre_seal", "seize", "freeze_and_deduct", "withdraw_income", "watchlist"]
#: What a command asks an agency to do. `status` asks how an earlier request number stands.
Action = Literal[
    "query", "freeze", "seal", "pre_seal", "seize", "freeze_and_deduct", "withdraw_income", "watchlist",
    "renew", "release", "deduct", "transfer", "status",
]
MEASURES: tuple[Measure, ...] = ("freeze", "seal", "pre_seal", "seize", "freeze_and_deduct", "withdraw_income", "watchlist")
FOLLOW_UPS = ("renew", "release", "deduct", "transfer")

ControlState = Literal[
    "requested",         #: asked, the agency has confirmed nothing yet
    "in_force",          #: the agency holds the asset for us, first in rank
    "partly_in_force",   #: a part is held; the rest waits, is marked, or was declined
    "waiting",           #: an earlier measure holds the asset (轮候)
    "marked",            #: pledged listed shares, marked and not frozen
    "refused",           #: the agency declined
    "released",          #: released on our order
    "expired",           #: its term ended without renewal
    "lapsed",            #: the first court disposed of the asset
    "deducted",          #: the money went to the case account
    "transferred",       #: the title went to the transferee
    "reversed",          #: the agency took its confirmation back
]
FINAL_STATES = frozenset({"refused", "released", "expired", "lapsed", "deducted", "transferred", "reversed"})
RankBasis = Literal["served_at", "publicity"]

MEASURE_NAMES: dict[str, Text] = {
    "freeze": Text(zh="冻结", en="freeze"), "seal": Text(zh="查封", en="seal"), "pre_seal": Text(zh="预查封", en="pre-seal"),
    "seize": Text(zh="扣押", en="seize"), "freeze_and_deduct": Text(zh="冻结并划拨", en="freeze and deduct"),
    "withdraw_income": Text(zh="提取收入", en="withdraw income"), "watchlist": Text(zh="布控", en="watch-list entry"),
    "renew": Text(zh="续行", en="renew"), "release": Text(zh="解除", en="release"),
    "deduct": Text(zh="划拨", en="deduct"), "transfer": Text(zh="过户", en="transfer"),
}
STATE_NAMES: dict[str, Text] = {
    "requested": Text(zh="已请求", en="requested"), "in_force": Text(zh="已控制", en="in force"),
    "partly_in_force": Text(zh="部分控制", en="partly in force"), "waiting": Text(zh="轮候", en="waiting"),
    "marked": Text(zh="已标记", en="marked"), "refused": Text(zh="未控制", en="refused"),
    "released": Text(zh="已解除", en="released"), "expired": Text(zh="已到期", en="expired"),
    "lapsed": Text(zh="已失效", en="lapsed"), "deducted": Text(zh="已划拨", en="deducted"),
    "transferred": Text(zh="已过户", en="transferred"), "reversed": Text(zh="已撤回", en="reversed"),
}


#: What decides of the measures and rights on an asset: one of which it cannot be read cannot be said to be free.
DECIDING_WITHIN = {"prior_measures": frozenset({"kind", "authority", "amount_fen", "quantity"}),
                   "priority_rights": frozenset({"kind", "holder", "amount_fen"})}


def _no_number(value: object) -> object:
    if isinstance(value, int | float):
        raise ValueError("a date is written 2026-11-23")  # noqa: TRY004 - pydantic wants a ValueError
    return value


Day = Annotated[date, BeforeValidator(_no_number)]
Count = Annotated[int, Field(ge=0, le=10**15, strict=True)]
Who = Annotated[str, Field(min_length=1)]


class PriorMeasure(Message):
    """A measure of any authority that stands on an asset; rank 1 is first. Source: domain.md §4.2 DJXX."""

    kind: Measure
    authority: Who
    document_no: str | None = None
    amount_fen: Fen | None = None
    quantity: Count | None = None
    rank: Annotated[int, Field(ge=1, le=10**6, strict=True)] | None = None
    from_on: Day | None = None
    until_on: Day | None = None
    request_no: str | None = None

    @property
    def identity(self) -> tuple[str, str, str | None]:
        """Return what makes two reports of a measure the same, whoever reports it."""
        return (self.kind, self.authority, self.document_no)


class PriorityRight(Message):
    """A right that is paid first. It does not bar freezing. Source: domain.md §4.2 QLXX, §8a."""

    kind: Literal["mortgage", "pledge", "lien", "maximum_mortgage", "residence_right", "other"]
    holder: Who
    amount_fen: Fen | None = None


class Transferee(Message):
    """Who gets the title; `name_as_given` is what the court typed, where `name` is its normal form."""

    name: str
    id_type: str
    id_no: str
    name_as_given: str | None = None


class FundsAccount(Message):
    """The court's account of one case, where deducted money goes."""

    bank: str
    account_no: str
    name: str


class ControlOrder(Message):
    """What a control command asks for, on which asset, and which earlier step it follows."""

    control_id: str
    measure: str
    asset: dict[str, object]
    amount_fen: int | None = None
    quantity: int | None = None
    capital_fen: int | None = None
    ratio: str | None = None
    term_months: int | None = None
    until_on: date | None = None
    original_request_no: str | None = None
    original_case_no: str | None = None
    agency_control_no: str | None = None
    waiting_serial: str | None = None
    transferee: Transferee | None = None
    case_funds_account: FundsAccount | None = None
    withdrawal_condition: str | None = None


def _in_our_time(value: DayT) -> DayT:
    """Refuse a day, or an instant, that no register answers with, and that cannot be computed with in China."""
    if not in_our_time(value):
        raise ValueError(f"between {FIRST_YEAR} and {LAST_YEAR}")
    return value


Instant = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
#: A number that an agency gives.
AgencyNo = Annotated[str, StringConstraints(max_length=MOST_REF_CHARS)]
_Amount = Annotated[int, Field(ge=-MOST_FEN, le=MOST_FEN)]
_Detail = Annotated[str, StringConstraints(max_length=2000)]


def _kept_codes(told: object) -> object:
    """Cut what is kept and never read to what can be kept."""
    if not isinstance(told, dict):
        return told
    return {str(name)[:MOST_NAME_CHARS]: value[:MOST_REF_CHARS] if isinstance(value, str) else value for name, value in list(told.items())[:_MOST_CODES]}


class ControlPart(Message):
    """What became of one part of a control (contracts.asset_type parts): a product frozen, its return account declined. Amounts in fen."""

    part: Code
    state: ControlState
    actual_fen: _Amount | None = None
    #: why it was declined, one of contracts.outcome.REASONS; `detail` says it in the agency's words
    code: Code | None = None
    detail: _Detail | None = None


class ControlAnswer(Message):
    """What the agency confirmed of a control. Amounts in fen; a waiting control has a rank and no end date."""

    state: ControlState
    actual_fen: _Amount | None = None
    unfunded_fen: _Amount | None = None
    #: units frozen, marked (pledged, so not frozen) and waited for; they make up what was asked
    actual_quantity: _Amount | None = None
    marked_quantity: _Amount | None = None
    waiting_quantity: _Amount | None = None
    rank: _Amount | None = None
    waiting_serial: AgencyNo | None = None
    served_at: Instant | None = None
    effective_at: Instant | None = None
    until_on: Annotated[date, AfterValidator(_in_our_time)] | None = None
    agency_control_no: AgencyNo | None = None
    deducted_fen: _Amount | None = None
    #: where the measure takes hold of several things apart, what became of each; the amounts above are those of all together
    parts: Annotated[tuple[ControlPart, ...], Field(max_length=_MOST_PARTS)] = ()
    prior_measures: tuple[PriorMeasure, ...] = ()
    priority_rights: tuple[PriorityRight, ...] = ()
    wire: Annotated[dict[str, str], BeforeValidator(_kept_codes)] = Field(default_factory=dict, description="the agency's own codes behind this answer (KZCS and the rest), kept and never read")
