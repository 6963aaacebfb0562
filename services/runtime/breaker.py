"""When an agency is not called: a pure machine per agency, closed, open, half-open. Time and jitter are passed in."""

from dataclasses import dataclass, replace
from typing import Literal

State = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class BreakerRule:
    """How many failures in a row open a breaker, and for how long, in seconds."""

    failures: int
    pause_s: float
    most_pause_s: float
    #: how long one call may try whether the agency is back before another may
    probe_s: float
    #: a call that waited so long, while nobody else was answered, opens it alone: the agency accepts and never answers
    silent_s: float = float("inf")


@dataclass(frozen=True, slots=True)
class Breaker:
    """One agency's breaker; times are seconds of a monotonic clock."""

    rule: BreakerRule
    failures: int = 0
    #: how often in a row it opened; the pause doubles each time
    openings: int = 0
    #: open: when it half-opens; half-open: when the call that tries is given up
    until_s: float = 0.0
    probing: bool = False

    @property
    def state(self) -> State:
        """Return closed (all calls pass), open (none does) or half_open (one call tries)."""
        if not self.openings:
            return "closed"
        return "half_open" if self.probing else "open"

    def admit(self, now_s: float) -> tuple["Breaker", bool]:
        """Tell whether a call may be made; the first one after the pause is the one that tries."""
        if self.state == "closed":
            return self, True
        if now_s < self.until_s:
            return self, False
        return replace(self, probing=True, until_s=now_s + self.rule.probe_s), True

    def wait_s(self, now_s: float) -> float:
        """Return when a call that was not admitted may be made; while one tries, the first pause is a good guess."""
        return self.rule.pause_s if self.probing else max(0.0, self.until_s - now_s)

    def succeeded(self) -> "Breaker":
        """Take an answer into account, whatever it said."""
        return self if not self.failures and not self.openings else Breaker(self.rule)

    def failed(self, now_s: float, jitter: float, silent_s: float = 0.0) -> "Breaker":
        """Take a call without an answer into account; `jitter` in [0, 1) spreads the end of the pause.

        Shape: a failure of a call that began before it opened changes nothing
        Units: silent_s is how long the call waited without anybody being answered
        """
        failures = self.failures + 1
        if (failures < self.rule.failures and silent_s < self.rule.silent_s and not self.openings) or self.state == "open":
            return replace(self, failures=failures)
        pause_s = min(self.rule.most_pause_s, self.rule.pause_s * 2**self.openings)
        return replace(self, failures=failures, openings=self.openings + 1, probing=False,
                       until_s=now_s + pause_s * (0.5 + jitter / 2))
