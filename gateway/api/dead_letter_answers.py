"""The answers about messages that were set aside, as models: for `/openapi.json` and the tests."""

from pydantic import AwareDatetime, BaseModel, Field

from contracts.words import Model
from gateway.domain.dead_letters import State
from gateway.redriving import Became


class DeadLetterLine(Model):
    """One message that was set aside; what it says is not shown."""

    id: str
    at: AwareDatetime
    topic: str = Field(description="where it came from")
    partition: int | None
    offset: int | None
    reason: str
    detail: str = Field(description="which field, never what it holds")
    action: str | None
    agency: str | None
    task_id: str | None
    controls: bool = Field(description="a command that may change what an agency holds: two persons are needed")
    whole: bool = Field(description="false: it was cut, and cannot be sent again")
    redrives: int = Field(description="how often it had been sent again before it came back")
    size_bytes: int
    sha256: str
    state: State
    asked_by: str | None = Field(description="who wanted it sent again first, where two persons are needed")
    changed_by: str | None
    changed_at: AwareDatetime | None


class DeadLetterList(Model):
    """GET /v1/dead-letters, newest first."""

    items: tuple[DeadLetterLine, ...]
    next_cursor: str | None


class ReasonLine(Model):
    """How many messages were set aside for one reason on one topic."""

    reason: str
    topic: str
    letters: int
    open: int
    due: int
    redriven: int
    quarantined: int
    oldest_at: AwareDatetime
    newest_at: AwareDatetime


class ReasonList(Model):
    """GET /v1/dead-letters/reasons, the most first."""

    items: tuple[ReasonLine, ...]


class RedriveLine(Model):
    """What becomes of one message."""

    id: str
    verdict: Became


class RedriveTaken(Model):
    """The answer to POST /v1/dead-letters/redrives and /quarantines."""

    dry_run: bool
    counts: dict[Became, int]
    items: tuple[RedriveLine, ...]


MODELS: tuple[type[BaseModel], ...] = (DeadLetterList, ReasonList, RedriveTaken)
