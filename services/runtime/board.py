"""Which agencies this worker does not simply ask at present: kept beside the breakers, told of to the mesh."""

import asyncio
from datetime import datetime, timedelta
from typing import Literal

from contracts.clock import Clock
from contracts.state import BreakerState
from contracts.telemetry import BREAKER_OPEN, BREAKER_STATE
from services.runtime.breaker import State

_STATES: tuple[State, ...] = ("closed", "open", "half_open")
#: More agencies than these in one message would be a long one; that all are away is told as well by so many.
_MOST = 5_000


class Board:
    """The state of every breaker that is not closed, with since when."""

    def __init__(self, clock: Clock) -> None:
        """Begin with all closed."""
        self._clock = clock
        self._told: dict[str, BreakerState] = {}
        self.changed = asyncio.Event()

    def since(self, agency: str) -> datetime | None:
        """Return since when an agency is not simply asked."""
        told = self._told.get(agency)
        return told.since if told else None

    def show(self, agency: str, state: State, wait_s: float) -> None:
        """Take a breaker's state; `wait_s` until a call may try again."""
        for one in _STATES:
            BREAKER_STATE.labels(agency, one).set(one == state)
        BREAKER_OPEN.labels(agency).set(state == "open")
        before = self._told.pop(agency, None)
        if state != "closed":
            now = self._clock.now()
            word: Literal["suspended", "trying"] = "trying" if state == "half_open" else "suspended"
            self._told[agency] = BreakerState(agency=agency, state=word, since=before.since if before else now,
                                              next_try_at=now + timedelta(seconds=wait_s) if word == "suspended" else None)
        if before or state != "closed":
            self.changed.set()

    def told(self) -> tuple[BreakerState, ...]:
        """Return every agency that is not simply asked."""
        return tuple(self._told.values())[:_MOST]
