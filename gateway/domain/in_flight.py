"""How much unanswered work the broker holds, by topic and by agency, so that nobody's silence holds up anybody else. Pure.

Counted in bytes, so that an in-memory broker never drops a message. Nobody may hold more than what is still free: one topic that
is not read any more takes half of the bound, two a third each, and whoever comes next finds as much again; the same among the
agencies of a topic. A command that is counted is sent again in its own place: it needs no room. ADR 21.
"""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Protocol, TypeVar

#: One sending of a command: its task, the lease it is sent under, and when it is sent again if nothing is heard.
Sending = tuple[str, datetime, datetime]
#: A reply is expected to be this many times as long as its command.
_REPLY_FACTOR = 2
#: Bytes of one command with its headers and its expected reply, while nothing is known yet.
_USUAL_BYTES = 4_500


class Addressed(Protocol):
    """A command on its way: which task, by which topic, to which agency."""

    @property
    def task_id(self) -> str:
        """Return the task."""
        ...

    @property
    def topic(self) -> str:
        """Return the topic."""
        ...

    @property
    def agency(self) -> str:
        """Return the agency."""
        ...


T = TypeVar("T", bound=Addressed)


@dataclass(frozen=True, slots=True)
class Head:
    """An agency for which commands are due, with the oldest of them."""

    agency: str
    topic: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class _Held:
    sending: Sending
    topic: str
    agency: str
    size: int
    #: how often the broker was given it without an answer
    copies: int = 1


class _Room:
    """The bound and what of it is used."""

    def __init__(self, most: int) -> None:
        self.most, self.total = most, 0
        self.topics: Counter[str] = Counter()
        self.agencies: Counter[str] = Counter()

    def copy(self) -> "_Room":
        made = _Room(self.most)
        made.total, made.topics, made.agencies = self.total, self.topics.copy(), self.agencies.copy()
        return made

    def fits(self, topic: str, agency: str, size: int) -> bool:
        """Tell whether an agency may hold so much more; one that holds nothing gets its one command as long as there is room at all."""
        free = self.most - self.total
        if not self.agencies[agency]:
            return size <= free
        topic_free = (free - self.topics[topic]) // 2
        return size <= topic_free and self.agencies[agency] + size <= topic_free

    def add(self, topic: str, agency: str, size: int) -> None:
        self.total += size
        self.topics[topic] += size
        self.agencies[agency] += size
        for used, name in ((self.topics, topic), (self.agencies, agency)):
            if not used[name]:
                del used[name]


class InFlight:
    """Commands sent and not yet answered, with their size and the expected size of their replies."""

    def __init__(self, most_bytes: int) -> None:
        """Take the bound."""
        self._room = _Room(most_bytes)
        #: those that were asked about longest ago first
        self._held: dict[str, _Held] = {}
        self._behind: frozenset[str] = frozenset()

    @property
    def pressed(self) -> bool:
        """Tell whether somebody waits for room, or more than half of the bound is used."""
        return bool(self._behind) or self._room.total * 2 > self._room.most

    @property
    def bytes_by_topic(self) -> Mapping[str, int]:
        """Return what each topic holds."""
        return self._room.topics

    def fitting(self, tasks: Sequence[T]) -> list[T]:
        """Return the commands that may be sent at once, in order; those of an agency with older ones in the store wait behind them."""
        room, taken = self._room.copy(), []
        for task in tasks:
            if task.agency not in self._behind and room.fits(task.topic, task.agency, _USUAL_BYTES):
                room.add(task.topic, task.agency, _USUAL_BYTES)
                taken.append(task)
        return taken

    def allot(self, heads: Sequence[Head], most: int) -> dict[str, int]:
        """Return how many commands each agency may send now; from now on those that got no room have older ones in the store."""
        given, refused = self._shared_out(heads, most)
        self._behind = refused
        return given

    def quotas(self, heads: Sequence[Head], most: int) -> dict[str, int]:
        """Return how many commands each agency may send now, `most` in all, one after the other in turn, longest waiting first."""
        return self._shared_out(heads, most)[0]

    def _shared_out(self, heads: Sequence[Head], most: int) -> tuple[dict[str, int], frozenset[str]]:
        room, turns, given = self._room.copy(), deque(heads), Counter[str]()
        refused: set[str] = set()
        for _ in range(most + len(heads)):
            if not turns or given.total() >= most:
                break
            head = turns.popleft()
            if not room.fits(head.topic, head.agency, _USUAL_BYTES):
                refused.add(head.agency)
                continue
            room.add(head.topic, head.agency, _USUAL_BYTES)
            given[head.agency] += 1
            turns.append(head)
        return dict(given), frozenset(refused)

    def due(self, now: datetime, most: int) -> list[str]:
        """Return the tasks counted in that are to be sent again."""
        return list(islice((task_id for task_id, held in self._held.items() if held.sending[2] <= now), most))

    def sent(self, sendings: Iterable[tuple[Sending, Addressed, int]]) -> None:
        """Count sendings in, each with the bytes of its command; one that is counted takes its own place."""
        for sending, task, command_bytes in sendings:
            before = self._held.get(task.task_id)
            size = command_bytes * (1 + _REPLY_FACTOR)
            self._drop(task.task_id)
            self._held[task.task_id] = _Held(sending, task.topic, task.agency, size, before.copies + 1 if before else 1)
            self._room.add(task.topic, task.agency, size)

    def not_taken(self, sendings: Iterable[Sending]) -> None:
        """Count out what the broker did not take; of what it has an older copy, that one counts, until the lease ends."""
        for sending in sendings:
            held = self._current(sending)
            if held is not None and held.copies > 1:
                self._held[sending[0]] = replace(held, sending=(sending[0], sending[1], sending[1]), copies=held.copies - 1)
            elif held is not None:
                self._drop(sending[0])

    def not_marked(self, sendings: Iterable[Sending]) -> None:
        """Take note that the rows of these show their lease, so that they are due when it ends."""
        for sending in sendings:
            held = self._current(sending)
            if held is not None:
                self._held[sending[0]] = replace(held, sending=(sending[0], sending[1], sending[1]))

    def waiting(self, most: int) -> list[Sending]:
        """Return what is counted in and was asked about longest ago."""
        return [held.sending for held in islice(self._held.values(), most)]

    def keep(self, asked: Collection[Sending], still: Collection[Sending]) -> None:
        """Count out those asked about that are no longer waiting."""
        for one in asked:
            held = self._current(one)
            if held is None:
                continue
            self._drop(one[0])
            if one in still:
                self._held[one[0]] = held
                self._room.add(held.topic, held.agency, held.size)

    def _current(self, sending: Sending) -> _Held | None:
        held = self._held.get(sending[0])
        return held if held is not None and held.sending[:2] == sending[:2] else None

    def _drop(self, task_id: str) -> None:
        held = self._held.pop(task_id, None)
        if held is not None:
            self._room.add(held.topic, held.agency, -held.size)
