"""How much unanswered work the broker holds: counted in bytes, so that an in-memory broker never drops a message. Pure."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

#: A reply is expected to be this many times as long as its command.
_REPLY_FACTOR = 2
#: Bytes of one command with its headers and its expected reply, while nothing is known yet.
_USUAL_BYTES = 4_500


class InFlight:
    """Commands sent and not yet answered, with their size and the expected size of their replies."""

    def __init__(self, most_bytes: int) -> None:
        """Take the bound."""
        self._most = most_bytes
        self._bytes: dict[tuple[str, datetime], int] = {}
        self._total = 0

    @property
    def full(self) -> bool:
        """Tell whether nothing more should be sent."""
        return self._total >= self._most

    @property
    def pressed(self) -> bool:
        """Tell whether more than half of the bound is used."""
        return self._total * 2 > self._most

    def room_for(self, most: int) -> int:
        """Return how many commands may be sent, `most` at most."""
        return max(0, min(most, (self._most - self._total) // _USUAL_BYTES))

    def sent(self, tasks: Iterable[tuple[str, datetime, int]]) -> None:
        """Count commands in: task, when it is sent again, bytes of its command."""
        for task_id, again_at, command_bytes in tasks:
            size = command_bytes * (1 + _REPLY_FACTOR)
            self._total += size - self._bytes.get((task_id, again_at), 0)
            self._bytes[task_id, again_at] = size

    def waiting(self) -> list[tuple[str, datetime]]:
        """Return what is counted in: task and when it is sent again."""
        return list(self._bytes)

    def keep(self, asked: Sequence[tuple[str, datetime]], still: AbstractSet[tuple[str, datetime]]) -> None:
        """Count out those asked about that are no longer waiting."""
        for one in asked:
            if one not in still:
                self._total -= self._bytes.pop(one, 0)
