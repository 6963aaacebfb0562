"""How many tasks of a request there are and how each ended. Pure; counted from rows, or folded from the event stream."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.outcome import GAP_OUTCOMES, OUTCOMES
from gateway.domain.other_names import known_by_another
from gateway.domain.progress import StreamEvent


def counts_of(outcomes: Mapping[str | None, int], unreadable: int = 0) -> dict[str, int]:
    """Return the counts as the API names them; None counts as awaiting, `unreadable` counts items that cannot be read."""
    ended: dict[str, int] = {outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES}
    return {"tasks": sum(outcomes.values()), "awaiting": outcomes.get(None, 0), **ended, "unreadable": unreadable}


def count(answers: Iterable[tuple[str | None, int]]) -> dict[str, int]:
    """Return the counts of single answers, each an outcome and how many items of it cannot be read."""
    told = list(answers)
    return counts_of(Counter(outcome for outcome, _ in told), sum(unreadable for _, unreadable in told))


def no_gap(counts: Mapping[str, int], known_by_another: int = 0) -> bool:
    """Tell whether every task was answered, those counted besides by another name of the subject, and every item of every answer read."""
    open_tasks = counts["awaiting"] + sum(counts[outcome] for outcome in GAP_OUTCOMES)
    return open_tasks == known_by_another and not counts["unreadable"]


#: What an event of a task keeps for its reader's counts beside what it tells (interface.md §1, events).
_NOT_SHOWN = frozenset({"subject", "code"})


@dataclass(frozen=True, slots=True)
class _Told:
    agency: str
    subject: int
    outcome: str
    code: str | None
    unreadable: int


class Counted:
    """The counts of one request while its stream is read from the beginning."""

    def __init__(self, tasks: int) -> None:
        """Take how many tasks there are."""
        self._tasks = tasks
        self._told: dict[str, _Told] = {}
        self.ended = False

    def fold(self, event: StreamEvent) -> dict[str, object]:
        """Take an event into account and return its data as a reader of the stream gets it."""
        self.note(event)
        if event.kind == "task":
            return {name: value for name, value in event.data.items() if name not in _NOT_SHOWN} | {"counts": self._counts()}
        if event.kind == "ended":
            self.ended = True
            return {**event.data, "all_answered": no_gap(self._counts(), len(known_by_another(list(self._told.values()))))}
        return dict(event.data)

    def note(self, event: StreamEvent) -> None:
        """Take an event into account."""
        if event.kind == "task":
            data: Mapping[str, Any] = event.data
            self._told[data["task_id"]] = _Told(data.get("agency", ""), data.get("subject", 0), data["outcome"], data.get("code"),
                                                data.get("unreadable", 0))

    def _counts(self) -> dict[str, int]:
        outcomes: Counter[str | None] = Counter(one.outcome for one in self._told.values())
        outcomes[None] = self._tasks - len(self._told)
        return counts_of(outcomes, sum(one.unreadable for one in self._told.values()))
