"""How much unanswered work the broker holds: counted in bytes, so that an in-memory broker never drops a message. Pure."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

#: One sending of a command: its task, the lease it is sent under, and when it is sent again if nothing is heard.
Sending = tuple[str, datetime, datetime]
#: A reply is expected to be this many times as long as its command.
_REPLY_FACTOR = 2
#: Bytes of one command with its headers and its expected reply, while nothing is known yet.
_USUAL_BYTES = 4_500


class InFlight:
    """Commands sent and not yet answered, with their size and the expected size of their replies."""

    def __init__(self, most_bytes: int) -> None:
        """Take the bound."""
        self._most = most_bytes
        self._bytes: dict[Sending, int] = {}
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

    def sent(self, sendings: Iterable[tuple[Sending, int]]) -> None:
        """Count sendings in, each with the bytes of its command."""
        for one, command_bytes in sendings:
            size = command_bytes * (1 + _REPLY_FACTOR)
            self._total += size - self._bytes.get(one, 0)
            self._bytes[one] = size

    def waiting(self) -> list[Sending]:
        """Return what is counted in."""
        return list(self._bytes)

    def keep(self, asked: Sequence[Sending], still: AbstractSet[Sending]) -> None:
        """Count out those asked about that are no longer waiting."""
        for one in asked:
            if one not in still:
                self._total -= self._bytes.pop(one, 0)
