"""Whether a loop still turns: written by the loop, read by whoever asks, from another thread too."""

import time
from collections.abc import Callable


class Pulse:
    """When a loop last turned."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        """Begin now; `now_s` counts seconds of a monotonic clock."""
        self._now_s = now_s
        self._expected_s = now_s()

    def turn(self, allow_s: float = 0.0) -> None:
        """Say that the loop turned, and how long it means to rest before it turns again."""
        self._expected_s = self._now_s() + allow_s

    @property
    def idle_s(self) -> float:
        """Return for how long it should have turned and did not, in seconds."""
        return max(0.0, self._now_s() - self._expected_s)


class Pulses:
    """Several loops of one role, seen as one: it turns as its slowest does."""

    def __init__(self) -> None:
        """Begin with none."""
        self._loops: list[Pulse] = []

    def begin(self) -> Pulse:
        """Return what one more loop turns."""
        self._loops.append(Pulse())
        return self._loops[-1]

    @property
    def idle_s(self) -> float:
        """Return for how long the slowest should have turned and did not, in seconds."""
        return max((one.idle_s for one in self._loops), default=0.0)
