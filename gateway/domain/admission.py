"""Whether a request is taken now: not while most of whom it asks are behind, unless its court asked for less than others. Pure.

An agency is behind when commands that are due have waited long to be sent, though it is asked and a worker for its kind lives: the
mesh cannot bring to an end what comes in. One slow agency of many refuses nobody, and neither does a dead kind: their parts wait.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil, exp

from gateway.domain.standing import Standing

#: Over how long a court's part of what is taken is counted, seconds.
_COUNTED_OVER_S = 60.0
#: A court that asked for less than this part of the mean is taken in all the same.
_SMALL = 0.5
_LEAST_WAIT_S, _MOST_WAIT_S = 2.0, 60.0


@dataclass(frozen=True, slots=True)
class AdmissionRule:
    """From when on requests are refused."""

    #: how long commands may wait to be sent, in seconds, and how long at the very most, for every court and with the broker away
    lag_s: float
    most_lag_s: float
    #: and how many must wait: fewer are sent before anybody would come back
    least_backlog: int


@dataclass(frozen=True, slots=True)
class Behind:
    """The agencies that are behind, each with for how long; none: whatever comes is taken."""

    by_agency: dict[str, float]

    def lag_s(self, asked: Sequence[str]) -> float:
        """Return how far behind most of whom a request asks are, in seconds: the median over its parts."""
        lags = sorted((self.by_agency.get(agency, 0.0) for agency in asked), reverse=True)
        return lags[len(lags) // 2] if lags else 0.0


def behind(standing: Standing, rule: AdmissionRule, *, away: bool) -> Behind:
    """Return who is behind; with the broker `away` only those that are at the very most: requests go on being taken meanwhile."""
    limit_s = rule.most_lag_s if away else rule.lag_s
    if sum(one.unsent for one in standing.waiting) < rule.least_backlog:
        return Behind({})
    idle = _idle_kinds(standing)
    suspended = {one.agency for one in standing.breakers()}
    ages = {one.agency: (standing.at - one.unsent_since).total_seconds() for one in standing.waiting
            if one.unsent_since is not None and one.agency not in suspended and one.asset_type not in idle}
    return Behind({agency: age_s for agency, age_s in ages.items() if age_s >= limit_s})


def _idle_kinds(standing: Standing) -> Collection[str]:
    """Return the kinds that no worker that lives serves, though some worker tells of itself."""
    if not any(one.role == "worker" for one in standing.heartbeats):
        return ()
    kinds = {one.asset_type for one in standing.waiting}
    return {name.removeprefix("worker:") for name in standing.dead(kinds) if name.startswith("worker:")}


class Courts:
    """How much each court asked for lately; times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._asked: dict[str, tuple[float, float]] = {}

    def took(self, court: str, now_s: float) -> None:
        """Count a request in."""
        self._asked[court] = (self._of(court, now_s) + 1, now_s)
        if len(self._asked) > 1 and now_s - min(at_s for _, at_s in self._asked.values()) > 10 * _COUNTED_OVER_S:
            self._asked = {name: told for name, told in self._asked.items() if now_s - told[1] <= 10 * _COUNTED_OVER_S}

    def is_small(self, court: str, now_s: float) -> bool:
        """Tell whether a court asked for much less than courts do in the mean."""
        counts = [self._of(name, now_s) for name in {*self._asked, court}]
        return self._of(court, now_s) < _SMALL * sum(counts) / len(counts)

    def _of(self, court: str, now_s: float) -> float:
        count, at_s = self._asked.get(court, (0.0, now_s))
        return count * exp((at_s - now_s) / _COUNTED_OVER_S)


def retry_after_s(lag_s: float, rule: AdmissionRule, *, small: bool, spread: float) -> int | None:
    """Return after how many seconds a request may come again; None: it is taken.

    Shape: `spread` in [0, 1) keeps those that were refused together from coming together
    """
    if lag_s < rule.lag_s or (small and lag_s < rule.most_lag_s):
        return None
    return ceil(min(_MOST_WAIT_S, max(_LEAST_WAIT_S, lag_s - rule.lag_s)) * (1 + spread))
