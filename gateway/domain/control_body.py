"""The bodies of POST /v1/controls and of the actions on a control: models, and a reading that names everything wrong at once."""

from datetime import date
from typing import Annotated, TypeVar

from pydantic import Field, StringConstraints

from contracts.asset_type import Ratio
from contracts.case import Case, Officer, ShortText
from contracts.control import Measure
from contracts.documents import DocumentRef
from contracts.money import MOST_FEN
from contracts.subject import IdType, Name
from contracts.words import Model

MOST_ITEMS = 500
Some = Annotated[int, Field(ge=1, le=MOST_FEN, strict=True)]
ObjectId = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Documents = Annotated[tuple[DocumentRef, ...], Field(max_length=100)]
Months = Annotated[int, Field(ge=1, le=120, strict=True)]
Body = TypeVar("Body", bound=Model)


class ControlItem(Model):
    """One measure on one asset: at most one of amount, quantity, capital and ratio, and one of the two terms."""

    asset_id: ObjectId
    measure: Measure
    amount_fen: Some | None = None
    quantity: Some | None = None
    capital_fen: Some | None = None
    ratio: Ratio | None = None
    term_months: Months | None = None
    until_on: date | None = None


class ControlBody(Model):
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


class ReleaseBody(Model):
    """POST /v1/controls/{id}/releases; without an amount everything is released."""

    officer: Officer
    documents: Documents
    reason: ShortText
    amount_fen: Some | None = None


class CaseFundsAccount(Model):
    """The court's account of one case, where deducted money goes."""

    bank: ShortText
    account_no: ShortText
    name: ShortText


class DeductionBody(Model):
    """POST /v1/controls/{id}/deductions."""

    officer: Officer
    documents: Documents
    amount_fen: Some
    case_funds_account: CaseFundsAccount


class Transferee(Model):
    """Who gets the title."""

    name: Name
    id_type: IdType
    id_no: Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]


class TransferBody(Model):
    """POST /v1/controls/{id}/transfers."""

    officer: Officer
    documents: Documents
    transferee: Transferee


class ConversionBody(Model):
    """POST /v1/controls/{id}/conversions: a preservation measure becomes one of enforcement."""

    officer: Officer
    documents: Documents
    case: Case


def read_control(raw: bytes, *, today: date) -> ControlBody:
    """Read and check a body by itself; what depends on the assets is in control_rules.py.

    Raises: Rejected 400 malformed_json; Rejected 422 invalid_request with every wrong field
    """
    raise NotImplementedError


def read_action(raw: bytes, model: type[Body], *, today: date) -> Body:
    """Read the body of an action on a control (RenewalBody, ReleaseBody …). Raises as read_control."""
    raise NotImplementedError
