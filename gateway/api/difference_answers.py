"""What the routes on differences with agencies answer, as models: for `/openapi.json` and the tests."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from contracts.words import Model


class Settlement(Model):
    """How a difference came to its end."""

    reason: Literal["explained", "mended", "took_theirs", "adopted", "released", "agrees_again"]
    note: str | None = None


class DifferenceItem(Model):
    """One thing on which an agency and our controls differ."""

    difference_id: str
    kind: Literal["not_ours", "missing_there", "state", "amount", "term"]
    agency: str
    control_id: str | None = Field(description="the control it is about; null: none stands for what the agency holds")
    ours: dict[str, Any] = Field(description="what our control says; of `not_ours` the controls that go by the same number")
    theirs: dict[str, Any] = Field(description="what the agency says; `state` null: it never received it")
    found_by: Literal["status", "query"] = Field(description="asked by request number, or listed on an asset")
    request_id: str
    asset_id: str
    asset_type: str
    found_at: AwareDatetime
    last_seen_at: AwareDatetime
    adopted_as: str | None = Field(description="the control that was made to stand for it")
    settled_at: AwareDatetime | None
    settled_by: str | None = Field(description="work card number; null: settled by itself")
    settlement: Settlement | None


class DifferenceList(Model):
    """GET /v1/reconciliation, newest first."""

    items: tuple[DifferenceItem, ...]
    next_cursor: str | None


MODELS: tuple[type[BaseModel], ...] = (DifferenceItem, DifferenceList)
