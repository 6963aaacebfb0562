"""Faults a tester scripts for one agency: which there are, and which of them the next call meets. Repeatable by seed.

Only the choice is made here; what a fault does to the connection is in transport.py. Source: interface.md §4
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.words import Model

#: How long a held connection is kept at most, for `late` and `never`.
LATE_AT_MOST_S, NEVER_AT_MOST_S = 60.0, 120.0
_P99 = 2.3263478740408408  # of the standard normal distribution


_Number = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]


class _Scripted(Model):
    rate: _Number = Field(default=1.0, le=1, description="share of calls that meet it")
    for_s: _Number | None = Field(default=None, description="ends by itself after so many seconds of the simulated clock")


class Latency(_Scripted):
    """The answer takes longer: log-normal with this median and this 99th percentile, in milliseconds."""

    kind: Literal["latency"]
    p50_ms: _Number = Field(le=60_000)
    p99_ms: _Number = Field(le=60_000)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.p99_ms < self.p50_ms:
            raise ValueError("p99_ms is at least p50_ms")
        return self

    def draw_s(self, rng: Random) -> float:
        """Draw how long one answer takes, in seconds."""
        sigma = math.log(self.p99_ms / self.p50_ms) / _P99
        return min(NEVER_AT_MOST_S, self.p50_ms / 1000 * math.exp(sigma * rng.gauss(0, 1)))


class Late(_Scripted):
    """The answer comes only after so many seconds: a held connection at most 60, a status or a call-back any time."""

    kind: Literal["late"]
    after_s: _Number = Field(le=90 * 86_400)


class Plain(_Scripted):
    """A fault without further numbers.

    error_500; refused, malformed, unknown_field, unknown_code, office_closed (in the agency's own words); duplicate (received
    twice, called back twice); never (accepts, holds the connection); slow_drip (1 byte a second); reset (the connection is
    aborted, nothing happens); oddity (one odd field in one item of a right answer to a query); oversized (100 MB); lost_response (it happens, then the connection is aborted).
    """

    kind: Literal["error_500", "refused", "malformed", "unknown_field", "unknown_code", "duplicate", "never", "slow_drip",
                  "reset", "oversized", "lost_response", "office_closed", "oddity"]


Fault = Annotated[Latency | Late | Plain, Field(discriminator="kind")]


class FaultList(Model):
    """The body of `PUT /admin/agencies/{agency}/faults`."""

    faults: tuple[Fault, ...] = Field(max_length=50)


@dataclass(frozen=True, slots=True)
class Met:
    """What one call meets: a delay in seconds, and at most one fault beside it."""

    delay_s: float = 0.0
    fault: Late | Plain | None = None

    @property
    def kind(self) -> str | None:
        """Return the kind of the fault."""
        return self.fault.kind if self.fault else None


_NOTHING = Met()


class Script:
    """The scripted faults by agency. A call's draw depends on seed, agency and the number of calls since the script was set."""

    def __init__(self, seed: int, initial: Mapping[str, Sequence[Fault]], now: datetime) -> None:
        self._seed, self._initial = seed, initial
        self._faults: dict[str, list[tuple[datetime | None, Fault]]] = {}
        self._calls: dict[str, int] = {}
        self.reset(now)

    def reset(self, now: datetime) -> None:
        """Go back to the faults of the start."""
        self._faults = {}
        for agency, faults in self._initial.items():
            self.put(agency, faults, now)

    def put(self, agency: str, faults: Sequence[Fault], now: datetime) -> None:
        """Replace the faults of an agency; without faults it works."""
        self._calls[agency] = 0
        self._faults.pop(agency, None)
        if faults:
            self._faults[agency] = [(_end(fault, now), fault) for fault in faults]

    def get(self, agency: str, now: datetime) -> list[Fault]:
        """Return the faults of an agency that have not ended."""
        return [fault for ends_at, fault in self._faults.get(agency, ()) if ends_at is None or now < ends_at]

    def meet(self, agency: str, now: datetime) -> Met:
        """Draw what the next call meets: all latencies add up, of the other faults the first that hits counts."""
        if agency not in self._faults:
            return _NOTHING
        self._calls[agency] += 1
        rng = Random(f"{self._seed}|{agency}|{self._calls[agency]}")
        hits = [fault for fault in self.get(agency, now) if rng.random() < fault.rate]
        delay_s = sum(fault.draw_s(rng) for fault in hits if isinstance(fault, Latency))
        return Met(delay_s, next((fault for fault in hits if not isinstance(fault, Latency)), None))


def _end(fault: Fault, now: datetime) -> datetime | None:
    return None if fault.for_s is None else now + timedelta(seconds=fault.for_s)
