"""How many tasks of a request there are and how each ended. Pure; counted from rows, or folded from the event stream."""

from collections import Counter
from collections.abc import Iterable, Mapping

from contracts.outcome import GAP_OUTCOMES, OUTCOMES
from gateway.domain.progress import StreamEvent


def counts_of(outcomes: Mapping[str | None, int], unreadable: int = 0) -> dict[str, int]:
    """Return the counts as the API names them; None counts as awaiting, `unreadable` counts items that cannot be read."""
    ended: dict[str, int] = {outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES}
    return {"tasks": sum(outcomes.values()), "awaiting": outcomes.get(None, 0), **ended, "unreadable": unreadable}


def count(answers: Iterable[tuple[str | None, int]]) -> dict[str, int]:
    """Return the counts of single answers, each an outcome and how many items of it cannot be read."""
    told = list(answers)
    return counts_of(Counter(outcome for outcome, _ in told), sum(unreadable for _, unreadable in told))


def no_gap(counts: Mapping[str, int]) -> bool:
    """Tell whether every task was answered, and every item of every answer read."""
    return not counts["awaiting"] and not counts["unreadable"] and not any(counts[outcome] for outcome in GAP_OUTCOMES)


class Counted:
    """The counts of one request while its stream is read from the beginning."""

    def __init__(self, tasks: int) -> None:
        """Take how many tasks there are."""
        self._tasks = tasks
        self._answers: dict[str, tuple[str, int]] = {}
        self.ended = False

    def fold(self, event: StreamEvent) -> dict[str, object]:
        """Take an event into account and return its data as a reader of the stream gets it."""
        if event.kind == "task":
            self._answers[str(event.data["task_id"])] = (str(event.data["outcome"]), int(str(event.data.get("unreadable", 0))))
            return {**event.data, "counts": self._counts()}
        if event.kind == "ended":
            self.ended = True
            return {**event.data, "all_answered": no_gap(self._counts())}
        return dict(event.data)

    def _counts(self) -> dict[str, int]:
        outcomes: Counter[str | None] = Counter(outcome for outcome, _ in self._answers.values())
        outcomes[None] = self._tasks - len(self._answers)
        return counts_of(outcomes, sum(unreadable for _, unreadable in self._answers.values()))
