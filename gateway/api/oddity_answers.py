"""What the list of oddly written answers shows, as models: for `/openapi.json` and the tests."""

from pydantic import AwareDatetime, BaseModel, Field

from contracts.messages import UnreadCode
from contracts.words import Model


class Oddity(Model):
    """One field that was not read as the document says."""

    field: str = Field(description="our field, places in lists left out")
    wire: str = Field(description="the agency's name for it")
    code: UnreadCode
    form: str = Field(description="the form of what was written: 9 a digit, A a letter, 字 a Chinese character; never what it says")


class OddAnswer(Model):
    """One answer that was not read in full; it names no person and no case."""

    task_id: str
    agency: str
    asset_type: str
    answered_at: AwareDatetime
    unreadable: int = Field(description="items of it that are there and cannot be read")
    oddities: tuple[Oddity, ...]


class OddityList(Model):
    """GET /v1/oddities, newest first."""

    items: tuple[OddAnswer, ...]
    next_cursor: str | None


MODELS: tuple[type[BaseModel], ...] = (OddityList,)
