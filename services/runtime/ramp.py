"""How fast an agency that is back is asked: no faster than half as fast again as it was asked before. Pure but for its own state.

What piled up meanwhile drains at that pace, each worker at its own part of it, so that many workers together keep it too.
"""

from math import exp

#: Over how long the usual pace is learnt, seconds.
_LEARNT_OVER_S = 30.0
#: What is learnt in less time than this is taken for as much as came in so long, seconds.
_YOUNG_S = 5.0
_ABOVE_USUAL, _LEAST_PER_S = 1.5, 1.0
#: The pace doubles in so long, lest what was learnt at night hold up a day.
_DOUBLES_S = 300.0
#: The pace is let go when nobody had to wait for so long.
_CALM_S = 10.0


class Ramp:
    """The pace of calls to one agency after it was away; times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        """Begin without a bound, and without having learnt anything."""
        self._learnt_per_s, self._seen_s, self._since_s = 0.0, 0.0, float("inf")
        self._per_s: float | None = None
        self._began_s = self._next_s = self._waited_s = 0.0

    def answered(self, now_s: float) -> None:
        """Learn from a call that was answered; what is caught up after a return is not the usual pace."""
        if self._per_s is None:
            self._learnt_per_s = self._learnt_per_s * exp((self._seen_s - now_s) / _LEARNT_OVER_S) + 1 / _LEARNT_OVER_S
            self._seen_s, self._since_s = now_s, min(self._since_s, now_s)

    @property
    def usual_per_s(self) -> float:
        """Return how often the agency was called and answered, as of its last answer."""
        learnt_s = max(_YOUNG_S, self._seen_s - self._since_s)
        return self._learnt_per_s / (1 - exp(-learnt_s / _LEARNT_OVER_S))

    def begin(self, now_s: float) -> None:
        """Take note that the agency is back."""
        if self._per_s is None:
            self._per_s = max(_LEAST_PER_S, _ABOVE_USUAL * self.usual_per_s)
        self._began_s = self._waited_s = now_s
        self._next_s = now_s + 1 / self._per_s

    def wait_s(self, now_s: float) -> float:
        """Return how long the next call has to wait for its turn, and give it that turn."""
        if self._per_s is None:
            return 0.0
        if now_s - self._waited_s > _CALM_S:
            self._per_s, self._seen_s = None, now_s
            return 0.0
        begin_s = max(now_s, self._next_s)
        self._next_s = begin_s + 1 / (self._per_s * 2 ** ((now_s - self._began_s) // _DOUBLES_S))
        if begin_s > now_s:
            self._waited_s = begin_s
        return begin_s - now_s
