"""The two shapes every other contract is made of: a strict frozen model, and a name in Chinese and English."""

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

#: Context of a validation that reads what was checked when it was taken: rules that came later do not hold for it.
STORED = {"stored": True}


class Model(BaseModel):
    """A frozen value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(BaseModel):
    """A frozen value that travels between releases: an unknown field of a newer sender is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Text(Model):
    """One text in both languages; what a court person reads is `zh`."""

    zh: str
    en: str


Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
AgencyCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]

#: Makes a new identifier, unique for all time and rising with it; passed in, never called at import.
NewId = Callable[[], str]
