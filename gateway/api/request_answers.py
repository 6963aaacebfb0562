"""What the routes of requests answer, as models: for `/openapi.json` and the tests. interface.md §1."""

from typing import Literal

from pydantic import AwareDatetime, Field

from contracts.outcome import Outcome
from contracts.subject import SecondLook
from contracts.words import Model
from gateway.api.left_out_answers import LeftOutAgency, LeftOutLine


class RequestAccepted(Model):
    """The answer to POST /v1/requests."""

    request_id: str
    state: Literal["in_progress"]
    accepted_at: AwareDatetime
    tasks: int
    left_out: tuple[LeftOutAgency, ...] = Field(description="all of it if it is 50 or fewer; else those near the subjects that are not asked, at most 50")
    left_out_summary: tuple[LeftOutLine, ...]
    warnings: tuple[SecondLook, ...] = Field(default=(), description="what was taken and should be looked at again")


class Counts(Model):
    """How many tasks there are and how each ended; `awaiting` have no outcome yet."""

    tasks: int
    awaiting: int
    found: int
    none_found: int
    refused: int
    unsupported: int
    failed: int
    overdue: int
    unreadable: int = Field(description="items that are there and cannot be read; no number of tasks")


class TaskLine(Model):
    """One agency's part of a request."""

    task_id: str
    agency: str
    asset_type: str
    subject: int
    outcome: Outcome | None
    code: str | None
    attempts: int
    answer_due_at: AwareDatetime
    answered_at: AwareDatetime | None
    late: bool
    unreadable: int = Field(description="items of its answer that are there and cannot be read")
    asked_as: str | None = Field(description="the former name that the agency was asked by")


class AskedSubject(Model):
    """One subject of a request, as agencies are asked about it."""

    subject: int
    name: str
    name_as_given: str | None = Field(description="what was typed, where `name` is its normal form")
    former_names: tuple[str, ...]
    id_type: str
    id_no: str
    warnings: tuple[SecondLook, ...]


class RequestSummary(Model):
    """A request in a list."""

    request_id: str
    case_no: str
    state: Literal["in_progress", "ended"]
    all_answered: bool = Field(description="ended, no gap, and every item read")
    accepted_at: AwareDatetime
    ended_at: AwareDatetime | None
    report_version: int
    counts: Counts


class RequestStatus(RequestSummary):
    """GET /v1/requests/{request_id}."""

    tasks: tuple[TaskLine, ...]
    subjects: tuple[AskedSubject, ...]


class RequestList(Model):
    """GET /v1/requests, newest first."""

    items: tuple[RequestSummary, ...]
    next_cursor: str | None
