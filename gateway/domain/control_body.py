"""The bodies of POST /v1/controls and of the actions on a control: models, and a reading that names everything wrong at once."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from contracts.asset_type import Ratio
from contracts.case import Case, Officer, SaidName, ShortText
from contracts.control import Measure
from contracts.documents import DocumentRef
from contracts.failures import FieldError, Unfit
from contracts.money import MOST_FEN
from contracts.subject import IdNo, Named, plain_id
from contracts.words import AgencyCode, Code, Model
from gateway.domain.body import read_body
from gateway.domain.control import DEDUCTS_AT_ONCE
from gateway.domain.field_errors import field_error

MOST_ITEMS = 500
Some = Annotated[int, Field(ge=1, le=MOST_FEN, strict=True)]
ObjectId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Documents = Annotated[tuple[DocumentRef, ...], Field(max_length=100)]
Months = Annotated[int, Field(ge=1, le=120, strict=True)]
Body = TypeVar("Body", bound=Model)

_ONE_TERM = "term_months / until_on"
_ONE_EXTENT = "amount_fen / quantity / capital_fen / ratio"
_GOES_TO = "where the money goes: required of what moves money, refused elsewhere (CASE-FUNDS)"
_CONDITION = "provident fund only: the condition of withdrawal that the debtor meets, one of PF-DEDUCT"


class CaseFundsAccount(Model):
    """The court's account of one case, where deducted money goes."""

    bank: SaidName
    account_no: ShortText
    name: SaidName


class ControlItem(Model):
    """One measure on one asset: at most one of amount, quantity, capital and ratio, and one of the two terms.

    The asset is one of the report (`asset_id`), or a clue (`agency`, and `key` as the text of its record's key; domain.clues).
    """

    asset_id: ObjectId | None = None
    agency: AgencyCode | None = Field(default=None, description="of a clue: who keeps its register")
    key: ShortText | None = Field(default=None, description="of a clue: what its record is known by; parts joined by `/`")
    subject: Annotated[int, Field(ge=0, strict=True)] | None = Field(
        default=None, description="of a clue: index of its holder among the request's subjects; needed if there are several")
    measure: Measure
    amount_fen: Some | None = None
    quantity: Some | None = None
    capital_fen: Some | None = None
    ratio: Ratio | None = None
    term_months: Months | None = None
    until_on: date | None = None
    case_funds_account: CaseFundsAccount | None = Field(default=None, description=_GOES_TO)
    withdrawal_condition: Code | None = Field(default=None, description=_CONDITION)

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        clue = (self.agency, self.key)
        if (self.asset_id is None) == (None in clue) or (self.asset_id is not None and (*clue, self.subject) != (None, None, None)):
            raise Unfit("one_name", "财产应填写asset_id，或者填写agency与key", "name the asset by asset_id, or by agency and key", "asset_id / agency + key")
        return self

    @model_validator(mode="after")
    def _one_extent(self) -> Self:
        if sum(extent is not None for extent in (self.amount_fen, self.quantity, self.capital_fen, self.ratio)) > 1:
            raise Unfit("two_extents", "金额、数量、出资额、比例只能填一项", "give one of amount, quantity, capital and ratio", _ONE_EXTENT)
        return self

    @model_validator(mode="after")
    def _one_term(self) -> Self:
        if self.measure not in DEDUCTS_AT_ONCE or (self.term_months and self.until_on):
            _check_one_term(self.term_months, self.until_on)
        return self


def _check_one_term(term_months: int | None, until_on: date | None) -> None:
    if term_months is None and until_on is None:
        raise Unfit("term_required", "应填写期限或截止日期", "a term or an end date is required", _ONE_TERM)
    if term_months is not None and until_on is not None:
        raise Unfit("two_terms", "期限与截止日期只能填一项", "give a term or an end date, not both", _ONE_TERM)


class ControlDraft(Model):
    """The parts of a body that are valid by themselves; a part that is not is null."""

    request_id: ObjectId | None = None
    officer: Officer | None = None
    documents: Documents | None = None
    items: Annotated[tuple[ControlItem, ...], Field(min_length=1, max_length=MOST_ITEMS)] | None = None


class ControlBody(ControlDraft):
    """POST /v1/controls."""

    request_id: ObjectId
    officer: Officer
    documents: Documents
    items: Annotated[tuple[ControlItem, ...], Field(min_length=1, max_length=MOST_ITEMS)]


class RenewalBody(Model):
    """POST /v1/controls/{id}/renewals."""

    officer: Officer
    documents: Documents
    term_months: Months | None = None
    until_on: date | None = None

    @model_validator(mode="after")
    def _one_term(self) -> Self:
        _check_one_term(self.term_months, self.until_on)
        return self


class ReleaseBody(Model):
    """POST /v1/controls/{id}/releases; without an amount or a quantity everything is released."""

    officer: Officer
    documents: Documents
    reason: ShortText
    amount_fen: Some | None = None
    quantity: Some | None = None


class DeductionBody(Model):
    """POST /v1/controls/{id}/deductions."""

    officer: Officer
    documents: Documents
    amount_fen: Some
    case_funds_account: CaseFundsAccount | None = Field(default=None, description=_GOES_TO)
    withdrawal_condition: Code | None = Field(default=None, description=_CONDITION)


class Transferee(Named):
    """Who gets the title."""


class TransferBody(Model):
    """POST /v1/controls/{id}/transfers."""

    officer: Officer
    documents: Documents
    transferee: Transferee | None = None


class SurplusBody(Model):
    """POST /v1/controls/{id}/surplus: what came of the claim to what a disposal left."""

    outcome: Literal["nil", "transferred"]
    amount_fen: Some | None = None

    @model_validator(mode="after")
    def _an_amount_goes_with_a_transfer(self) -> Self:
        if (self.outcome == "transferred") != (self.amount_fen is not None):
            raise Unfit("amount_of_transfer", "移交剩余价款应载明金额，没有剩余则不填", "amount_fen goes with transferred, and only with it")
        return self


class SearchBody(Model):
    """POST /v1/controls/search: the controls on one subject, by id number."""

    id_no: Annotated[IdNo, AfterValidator(plain_id)]


class ConversionBody(Model):
    """POST /v1/controls/{id}/conversions: a preservation measure becomes one of enforcement."""

    officer: Officer
    documents: Documents
    case: Case


def read_control(raw: bytes, *, today: date) -> ControlBody:
    """Read and check a body by itself; what depends on the assets is in control_rules.py. `today` is the date in China.

    Raises: Rejected 400 malformed_json; Rejected 422 invalid_request with every wrong field
    """
    return read_body(raw, ControlBody, ControlDraft, partial(_across, today=today), {"items": (MOST_ITEMS, "too_many_items")})


def read_action(raw: bytes, model: type[Body]) -> Body:
    """Read the body of an action on a control (RenewalBody, ReleaseBody, …). Raises as read_control."""
    return read_body(raw, model, Model, _nothing, {})


def _nothing(_: Model) -> list[FieldError]:
    return []


def _across(draft: ControlDraft, *, today: date) -> list[FieldError]:
    return [*_terms(draft, today), *_repeated_measures(draft)]


def _terms(draft: ControlDraft, today: date) -> Iterator[FieldError]:
    for index, item in enumerate(draft.items or ()):
        if item.until_on is not None and item.until_on < today:
            yield field_error(("items", index, "until_on"), "in_the_past", "日期已过", "the date has passed", f"≥ {today}")


def _repeated_measures(draft: ControlDraft) -> Iterator[FieldError]:
    seen: set[tuple[object, ...]] = set()
    for index, item in enumerate(draft.items or ()):
        named = (item.asset_id, item.agency, item.key, item.subject, item.measure)
        if named in seen:
            yield field_error(("items", index), "duplicate_item", "同一财产的同一措施重复", "this measure on this asset is listed twice")
        seen.add(named)
