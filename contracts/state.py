"""What a process tells of itself every few seconds: that it lives, and which agencies it does not ask at present. No personal data."""

from typing import Literal

from pydantic import AwareDatetime, Field

from contracts.words import AgencyCode, Message

STATE_TYPE = "cn.chakong.state.v1"
#: How often a process tells of itself, and after what silence it is counted as gone, seconds.
BEAT_EVERY_S, GONE_AFTER_S = 5.0, 20.0
#: A main loop that has not turned for so long is stuck, seconds.
STUCK_AFTER_S = 60.0


class BreakerState(Message):
    """An agency that a worker does not ask, or of which one call tries whether it is back."""

    agency: AgencyCode
    state: Literal["suspended", "trying"]
    since: AwareDatetime
    next_try_at: AwareDatetime | None = None


class RoleState(Message):
    """One role of one process."""

    role: str
    detail: str = Field(default="", description="the kinds of asset a worker serves, comma separated; empty: all, or not a worker")
    process: str = Field(description="host and number of the process")
    started_at: AwareDatetime
    idle_s: float = Field(default=0.0, ge=0, description="for how long its main loop should have turned and did not, seconds")
    breakers: tuple[BreakerState, ...] = Field(default=(), description="a worker's: every agency that is not simply asked")
    unapplied: dict[str, AwareDatetime] = Field(default={}, description="the aggregator's: since when the oldest reply in hand waits, by kind of asset")
