"""What is not asked, as the REST edge shows it: models for `/openapi.json` and the tests."""

from pydantic import BaseModel, Field

from contracts.words import Model
from gateway.domain.left_out import LeftOutReason


class LeftOutAgency(Model):
    """An agency that is not asked about one subject, and why."""

    agency: str
    asset_type: str
    subject: int
    reason: LeftOutReason
    covered_by: str | None = Field(default=None, description="the agency that is asked in its place, of the same register")


class LeftOutLine(Model):
    """What is not asked for one reason, of one kind of asset in one place."""

    reason: LeftOutReason
    asset_type: str
    region_code: str | None = Field(description="of the register; null: of several regions")
    count: int = Field(description="agencies times subjects; 0 where the directory has no agency (`no_agency`)")
    subjects: tuple[int, ...]
    examples: tuple[str, ...] = Field(description="some of the agencies; GET /v1/requests/{request_id}/left-out has them all")


class LeftOutList(Model):
    """GET /v1/requests/{request_id}/left-out: by the directory as it stands, in the order of subjects, asset types and directory."""

    items: tuple[LeftOutAgency, ...]
    next_cursor: str | None


MODELS: tuple[type[BaseModel], ...] = (LeftOutList,)
