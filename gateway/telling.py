"""An event as a court reads it, over server-sent events and on Kafka alike: what the stream of its request says, and which case it is about."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.domain.counts import Counted
from gateway.domain.progress import StreamEvent
from gateway.store.court_events import CourtEvent, answers_before
from gateway.store.database import Connection

#: Requests whose counts are kept between pages; of others the answers before are read again.
_MOST_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """An event with what is told of it."""

    position: int
    court_code: str
    kind: str
    data: Mapping[str, object]
    event: CourtEvent


class Telling:
    """Tells events in the order of their positions; it remembers the running counts of the requests it told of last."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counted: OrderedDict[str, Counted] = OrderedDict()

    async def tell(self, connection: Connection, events: Sequence[CourtEvent]) -> list[ToldEvent]:
        """Return events as they are told, in the order given."""
        await self._catch_up(connection, events)
        told = [ToldEvent(one.position, one.court_code, one.kind, self._data(one), one) for one in events]
        while len(self._counted) > _MOST_KEPT:
            self._counted.popitem(last=False)
        return told

    async def _catch_up(self, connection: Connection, events: Sequence[CourtEvent]) -> None:
        """Read what was answered before the first of each request that is not remembered."""
        firsts: dict[str, int] = {}
        for one in events:
            if one.request_id is not None and one.seq is not None and one.request_id not in self._counted:
                self._counted[one.request_id] = Counted(one.tasks or 0)
                if one.seq > 1:
                    firsts[one.request_id] = one.seq
        for request_id, before in (await answers_before(connection, firsts)).items() if firsts else ():
            for event in before:
                self._counted[request_id].note(event)

    def _data(self, one: CourtEvent) -> dict[str, object]:
        around = {"position": one.position, "court_code": one.court_code, "kind": one.kind, "at": one.at}
        if one.request_id is None or one.seq is None:
            return {**around, **one.data}
        self._counted.move_to_end(one.request_id)
        told = self._counted[one.request_id].fold(StreamEvent(one.seq, one.kind, one.data))  # type: ignore[arg-type]  # as it was written
        return {**around, "request_id": one.request_id, "case_no": one.case_no, **told}
