"""What a worker says when it asks for a turn, and what it is told."""

from pydantic import BaseModel, Field

from contracts.words import Model


class TurnBody(Model):
    """Who asks for a turn."""

    holder: str = Field(min_length=1, max_length=100, pattern=r"^[!-~]+$", description="names the process that will act, and no person")


class TurnGranted(Model):
    """A turn: its bearer alone may ask the agency how the step stands, and act."""

    turn: int = Field(description="counts up for each task: the fencing number")
    for_s: float = Field(description="how long, counted from before the call was made")
    grace_s: float = Field(description="the end of it in which nothing is begun or waited for")
    earlier: bool = Field(description="there was a turn before: something may have been done")


MODELS: tuple[type[BaseModel], ...] = (TurnBody, TurnGranted)
