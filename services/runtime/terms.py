"""What binds one call to an agency: until when it may begin, how long its answer is waited for, and who watches over it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Protocol

from contracts.failures import AgencyUnavailable


class NotBegun(AgencyUnavailable):
    """Nothing was sent: there was no time left for the call."""


class Guard(Protocol):
    """What ends this process, however it was stopped, before it does anything after an instant (deploy.guard)."""

    def arm(self, at_s: float) -> Callable[[], None]:
        """Watch until told to stop by calling what is returned; `at_s` is of the monotonic clock."""
        ...


def unguarded(at_s: float) -> Callable[[], None]:  # noqa: ARG001 - the shape of Guard.arm
    """Watch over nothing: where no second process could act meanwhile, and in tests."""
    return _nothing


def _nothing() -> None:
    return


@dataclass(slots=True, eq=False)
class Terms:
    """The terms of a call, in seconds of the monotonic clock.

    Shape: no try begins after `begin_by_s`, no answer is waited for after `answer_by_s`
    """

    begin_by_s: float = inf
    answer_by_s: float = inf

    def timeout_s(self, now_s: float, usual_s: float) -> float:
        """Return how long a try that begins now may take.

        Raises: NotBegun
        """
        if now_s > self.begin_by_s or now_s >= self.answer_by_s:
            raise NotBegun("no time is left for the call", code="busy")
        return min(usual_s, self.answer_by_s - now_s)


@dataclass(slots=True, eq=False)
class Act(Terms):
    """The terms of a call that must not be made twice: it begins once, under a turn, and is watched until it has ended.

    Shape: `over_s` is when the agency must be left alone; `turn` is told to the agency; `arm` is Guard.arm
    """

    over_s: float = inf
    turn: int = 0
    arm: Callable[[float], Callable[[], None]] = unguarded
    #: bytes may have gone out · an answer came back
    began: bool = False
    answered: bool = False
    _disarm: Callable[[], None] = field(default=_nothing)

    @property
    def under_way(self) -> bool:
        """Tell whether the agency may still be at work on it, for all that is known here."""
        return self.began and not self.answered

    def begin(self, now_s: float) -> None:
        """Note that bytes go out now: the last moment to leave it.

        Raises: NotBegun if it is too late, or if it began before
        """
        if self.began or now_s > self.begin_by_s:
            raise NotBegun("the turn is over", code="busy")
        self._disarm = self.arm(self.over_s)
        self.began = True

    def end(self) -> None:
        """Stop watching."""
        self._disarm()
        self._disarm = _nothing
