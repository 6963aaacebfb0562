"""Answers an agency gives later: kept until they are ready, and until they have left the newest `2 × most` of them.

They are written to a file (two generations of `most` lines), so that an agency that is killed forgets none.
"""

import heapq
from base64 import b64decode, b64encode
from collections import ChainMap
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from contracts.agency import Agency
from services.runtime.mock.journal import Journal
from services.runtime.mock.port import Later, MockResponse

_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _MOST_TRIES = 0.5, 60.0, 20


@dataclass(frozen=True, slots=True)
class Delays:
    """How long agencies take for what they do not answer at once, in seconds of the simulated clock."""

    status_s: float = 0.2
    callback_s: float = 0.5
    manual_s: float = 2 * 86_400.0

    def of(self, agency: Agency) -> timedelta:
        """Return how long an agency takes."""
        if agency.mode == "manual":
            return timedelta(seconds=self.manual_s)
        return timedelta(seconds=self.callback_s if agency.answers_by == "callback" else self.status_s)


@dataclass(frozen=True, slots=True)
class Kept:
    """One answer, when it is ready, and where and how often it is still to be told."""

    agency: str
    request_no: str
    response: MockResponse
    ready_at: datetime
    url: str | None = None
    times: int = 1
    tries: int = 0


class Answers:
    """The kept answers by agency and request number, and those to call back, by when they are due."""

    def __init__(self, path: Path | None, delays: Delays, *, most: int = 5_000) -> None:
        self._delays, self._most, self._path = delays, most, path
        self._new, self._old = Journal(path), Journal(path and path.with_suffix(".old.jsonl"))
        self._kept: ChainMap[tuple[str, str], Kept] = ChainMap({}, {})
        self._due: list[tuple[datetime, int, Kept]] = []
        self._pushed = 0
        self._read(self._old)
        self._kept = ChainMap({}, self._kept.maps[0])
        self._read(self._new)
        for kept in self._kept.values():
            self._push(kept, kept.ready_at)

    def _read(self, journal: Journal) -> None:
        for line in journal.lines():
            if "told" in line:
                place = (line["agency"], line["told"])
                self._kept[place] = replace(self._kept[place], url=None)
            else:
                kept = _from_line(line)
                self._kept[kept.agency, kept.request_no] = kept

    def keep(self, agency: Agency, later: Later, now: datetime, *, late_s: float = 0, times: int = 1) -> None:
        """Keep what is told later; a number received again is told again, and is not ready any later."""
        ready_at = now + self._delays.of(agency) + timedelta(seconds=late_s)
        for request_no, response in later.answers.items():
            known = self._kept.get((agency.agency, request_no))
            kept = Kept(agency.agency, request_no, response, known.ready_at if known else ready_at,
                        later.callbacks.get(request_no), times)
            self._new.append(_to_line(kept), durable=False)
            self._kept[agency.agency, request_no] = kept
            self._push(kept, max(kept.ready_at, now))
        if len(self._kept.maps[0]) >= self._most:
            self._turn_over()

    def _push(self, kept: Kept, due_at: datetime) -> None:
        if kept.url:
            self._pushed += 1
            heapq.heappush(self._due, (due_at, self._pushed, kept))

    def _turn_over(self) -> None:
        self._kept = ChainMap({}, self._kept.maps[0])
        self._new.close()
        if self._path is not None:
            self._path.replace(self._path.with_suffix(".old.jsonl"))

    def get(self, agency: str, request_no: str, now: datetime) -> MockResponse | None:
        """Return a kept answer, None while it is not ready.

        Raises: KeyError if no such request was received
        """
        kept = self._kept[agency, request_no]
        return kept.response if now >= kept.ready_at else None

    def due(self, now: datetime) -> list[Kept]:
        """Take out what is to be called back by now."""
        taken = []
        while self._due and self._due[0][0] <= now:
            taken.append(heapq.heappop(self._due)[2])
        return taken

    def next_due_at(self) -> datetime | None:
        """Return when the next call-back is due."""
        return self._due[0][0] if self._due else None

    def told(self, kept: Kept, now: datetime, *, taken: bool) -> None:
        """Note that a call-back was taken, or try it again after a pause that grows."""
        times = kept.times - 1 if taken else kept.times
        if times == 0:
            self._new.append({"agency": kept.agency, "told": kept.request_no}, durable=False)
        elif kept.tries < _MOST_TRIES:
            pause_s = 0.0 if taken else min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**kept.tries)
            again = replace(kept, times=times, tries=kept.tries + (not taken))
            self._push(again, now + timedelta(seconds=pause_s))

    def clear(self) -> None:
        """Forget everything, on the disk too."""
        self._kept, self._due = ChainMap({}, {}), []
        self._new.clear()
        self._old.clear()

    def close(self) -> None:
        """Close the files."""
        self._new.close()
        self._old.close()


def _to_line(kept: Kept) -> dict[str, Any]:
    response = kept.response
    return {"agency": kept.agency, "request_no": kept.request_no, "ready_at": kept.ready_at.isoformat(), "url": kept.url,
            "times": kept.times, "status": response.status, "content_type": response.content_type,
            "headers": dict(response.headers), "body": b64encode(response.body).decode()}


def _from_line(line: dict[str, Any]) -> Kept:
    response = MockResponse(line["status"], b64decode(line["body"]), line["content_type"], line["headers"])
    return Kept(line["agency"], line["request_no"], response, datetime.fromisoformat(line["ready_at"]), line["url"], line["times"])
