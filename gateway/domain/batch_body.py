"""The body of POST /v1/control-batches: one step on many controls."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.case import Officer, ShortText
from contracts.failures import FieldError, Unfit
from contracts.words import Model
from gateway.domain.body import read_body
from gateway.domain.control_body import Documents, Months, ObjectId, Some
from gateway.domain.field_errors import field_error

#: What a body of 1 MiB can name; beyond it a second batch is needed.
MOST_BATCH_ITEMS = 5_000


class BatchItem(Model):
    """One control; what it does not say of term or amount is said by the batch."""

    control_id: ObjectId
    term_months: Months | None = None
    until_on: date | None = None
    amount_fen: Some | None = None


class BatchDraft(Model):
    """The parts of a body that are valid by themselves; a part that is not is null."""

    action: Literal["renew", "release"] | None = None
    items: Annotated[tuple[BatchItem, ...], Field(min_length=1, max_length=MOST_BATCH_ITEMS)] | None = None
    officer: Officer | None = None
    documents: Documents | None = None
    term_months: Months | None = None
    until_on: date | None = None
    reason: ShortText | None = None


class BatchBody(BatchDraft):
    """POST /v1/control-batches: a renewal names a term, for all or for each item; a release has a reason."""

    action: Literal["renew", "release"]
    items: Annotated[tuple[BatchItem, ...], Field(min_length=1, max_length=MOST_BATCH_ITEMS)]
    officer: Officer
    documents: Documents

    @model_validator(mode="after")
    def _fits_its_action(self) -> Self:
        if self.action == "release" and self.reason is None:
            raise Unfit("reason_required", "解除应说明理由", "a release has a reason", "reason")
        return self


def read_batch(raw: bytes) -> BatchBody:
    """Read and check a body by itself.

    Raises: Rejected 400 malformed_json; Rejected 422 invalid_request with every wrong field
    """
    return read_body(raw, BatchBody, BatchDraft, _across, {"items": (MOST_BATCH_ITEMS, "too_many_items")})


def _across(draft: BatchDraft) -> list[FieldError]:
    """Name controls that are listed twice, and terms that are missing or given twice."""
    seen: set[str] = set()
    errors = []
    for index, item in enumerate(draft.items or ()):
        if item.control_id in seen:
            errors.append(field_error(("items", index), "duplicate_item", "同一控制重复", "this control is listed twice"))
        seen.add(item.control_id)
        if draft.action == "renew" and not _has_one_term(draft, item):
            errors.append(field_error(("items", index), "term_required", "应填写期限或截止日期，且只填一项",
                                      "give a term or an end date, and not both", "term_months / until_on"))
    return errors


def _has_one_term(draft: BatchDraft, item: BatchItem) -> bool:
    months, until_on = term_of(draft, item)
    return (months is None) != (until_on is None)


def term_of(body: BatchDraft, item: BatchItem) -> tuple[int | None, date | None]:
    """Return the months or the end date of an item: its own, else the batch's."""
    if item.term_months is not None or item.until_on is not None:
        return item.term_months, item.until_on
    return body.term_months, body.until_on
