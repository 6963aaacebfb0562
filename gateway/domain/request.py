"""The body of POST /v1/requests: its models, and a reading that names everything wrong with it at once. interface.md §1."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from contracts.case import Case, Officer
from contracts.documents import DocumentRef
from contracts.subject import Subject
from contracts.words import AgencyCode, Code, Model
from gateway.domain.directory import Directory

MOST_SUBJECTS = 100
Purpose = Literal["enforcement", "preservation_pre_suit", "preservation_in_suit", "preservation_pre_enforcement"]


class TransactionPeriod(Model):
    """The days for which account transactions are asked too, both included."""

    from_on: date
    to_on: date


class RequestBody(Model):
    """What a court asks: about whom, for what, of whom. `asset_types` and `agencies` null: all."""

    case: Case
    officer: Officer
    documents: Annotated[tuple[DocumentRef, ...], Field(max_length=100)]
    purpose: Purpose
    subjects: Annotated[tuple[Subject, ...], Field(min_length=1, max_length=MOST_SUBJECTS)]
    asset_types: Annotated[tuple[Code, ...], Field(min_length=1, max_length=100)] | None = None
    agencies: Annotated[tuple[AgencyCode, ...], Field(min_length=1, max_length=5000)] | None = None
    answer_by: date | None = None
    transactions: TransactionPeriod | None = None


def read_request(raw: bytes, directory: Directory, *, today: date) -> RequestBody:
    """Read and check a body; `today` is the date in China.

    Raises: Rejected 400 malformed_json; Rejected 422 invalid_request with every wrong field
    """
    raise NotImplementedError
