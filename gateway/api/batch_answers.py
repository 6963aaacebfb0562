"""The answers about batches as models, beside answers.py."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from contracts.words import Model


class BatchLine(Model):
    """One item of a batch: taken, or refused with its problem."""

    index: int
    control_id: str
    problem: dict[str, Any] | None = Field(default=None, description="code, title, status, errors and rule, as a call of its own would say")


class BatchTaken(Model):
    """The answer to POST /v1/control-batches."""

    batch_id: str
    items: tuple[BatchLine, ...]


class BatchProgressLine(BatchLine):
    """One item with what became of it."""

    outcome: Literal["refused", "held", "awaiting", "done", "declined", "in_doubt"]


class BatchCounts(Model):
    """How many items there are and what became of them."""

    items: int
    refused: int
    held: int
    awaiting: int
    done: int
    declined: int
    in_doubt: int


class BatchStatus(Model):
    """GET /v1/control-batches/{batch_id}."""

    batch_id: str
    action: Literal["renew", "release"]
    accepted_at: AwareDatetime
    counts: BatchCounts
    states: dict[str, int] = Field(description="how many controls are in which state now")
    items: tuple[BatchProgressLine, ...]


MODELS: tuple[type[BaseModel], ...] = (BatchTaken, BatchStatus)
