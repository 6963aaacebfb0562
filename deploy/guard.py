"""The kernel watches over acts that must not be made twice: a process that was stopped beyond its turn does not wake up again. ADR 17."""

import itertools
import signal
import time
from collections.abc import Callable
from functools import partial


class KernelGuard:
    """Arms the timer of this process for the earliest instant that it was given; SIGALRM ends it, and no handler of ours runs before.

    Shape: one a process, made on its main thread. A stopped process gets the signal before its next instruction.
    """

    def __init__(self) -> None:
        """Leave SIGALRM to the kernel."""
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        self._ends: dict[int, float] = {}
        self._numbers = itertools.count()

    def arm(self, at_s: float) -> Callable[[], None]:
        """Watch until told to stop by calling what is returned; `at_s` is of the monotonic clock."""
        number = next(self._numbers)
        self._ends[number] = at_s
        self._set()
        return partial(self._disarm, number)

    def _disarm(self, number: int) -> None:
        if self._ends.pop(number, None) is not None:
            self._set()

    def _set(self) -> None:
        """Set the timer; zero would disarm it, and an instant that has passed must not."""
        left_s = max(0.000_001, min(self._ends.values()) - time.monotonic()) if self._ends else 0.0
        signal.setitimer(signal.ITIMER_REAL, left_s)
