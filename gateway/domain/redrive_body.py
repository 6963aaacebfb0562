"""The body of POST /v1/dead-letters/redrives and /quarantines: which messages, by id or by what they have in common."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from contracts.failures import FieldError, Unfit
from contracts.words import Model
from gateway.domain.body import read_body

#: Most messages of one call.
MOST_LETTERS = 1_000
_LetterId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
_Name = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.:-]{1,64}$")]


class LetterFilter(Model):
    """What messages have in common; the oldest open ones are taken. Empty: all."""

    reason: _Name | None = None
    topic: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_.-]{1,249}$")] | None = None
    agency: _Name | None = None


class RedriveDraft(Model):
    """The parts of a body that are valid by themselves; a part that is not is null."""

    ids: Annotated[tuple[_LetterId, ...], Field(min_length=1, max_length=MOST_LETTERS)] | None = None
    filter: LetterFilter | None = None
    dry_run: bool = Field(default=False, description="tell what would become of each, and do nothing")


class RedriveBody(RedriveDraft):
    """Either `ids` or `filter`."""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise Unfit("ids_or_filter", "请填写ids或filter，且只填一项", "give either ids or a filter", "ids / filter")
        return self


def read_redrive(raw: bytes) -> RedriveBody:
    """Read and check a body by itself.

    Raises: Rejected 400 malformed_json; Rejected 422 invalid_request with every wrong field
    """
    return read_body(raw, RedriveBody, RedriveDraft, _nothing_across, {"ids": (MOST_LETTERS, "too_many_items")})


def _nothing_across(_draft: RedriveDraft) -> list[FieldError]:
    return []
