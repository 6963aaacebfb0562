"""How many tasks of a request there are and how each ended. Pure; counted from rows, or folded from the event stream."""

from collections import Counter
from collections.abc import Iterable, Mapping

from contracts.outcome import GAP_OUTCOMES, OUTCOMES
from gateway.domain.progress import StreamEvent


def counts_of(outcomes: Mapping[str | None, int]) -> dict[str, int]:
    """Return the counts as the API names them; None counts as awaiting."""
    ended: dict[str, int] = {outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES}
    return {"tasks": sum(outcomes.values()), "awaiting": outcomes.get(None, 0), **ended}


def count(outcomes: Iterable[str | None]) -> dict[str, int]:
    """Return the counts of single outcomes."""
    return counts_of(Counter(outcomes))


def no_gap(counts: Mapping[str, int]) -> bool:
    """Tell whether every task was answered."""
    return not counts["awaiting"] and not any(counts[outcome] for outcome in GAP_OUTCOMES)


class Counted:
    """The counts of one request while its stream is read from the beginning."""

    def __init__(self, tasks: int) -> None:
        """Take how many tasks there are."""
        self._tasks = tasks
        self._outcomes: dict[str, str] = {}
        self.ended = False

    def fold(self, event: StreamEvent) -> dict[str, object]:
        """Take an event into account and return its data as a reader of the stream gets it."""
        if event.kind == "task":
            self._outcomes[str(event.data["task_id"])] = str(event.data["outcome"])
            return {**event.data, "counts": self._counts()}
        if event.kind == "ended":
            self.ended = True
            return {**event.data, "all_answered": no_gap(self._counts())}
        return dict(event.data)

    def _counts(self) -> dict[str, int]:
        outcomes: Counter[str | None] = Counter(self._outcomes.values())
        outcomes[None] = self._tasks - len(self._outcomes)
        return counts_of(outcomes)
