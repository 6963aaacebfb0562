"""Back-pressure: whether intake takes a request now, by how the mesh stood a moment ago. It asks nobody and costs nothing while all is well."""

import asyncio
from collections.abc import Callable, Sequence
from hashlib import blake2b

from contracts.failures import Rejected
from contracts.telemetry import REQUESTS_REFUSED
from gateway.domain.admission import AdmissionRule, Behind, Courts, behind, retry_after_s
from gateway.domain.standing import Standing

#: Of requests that are refused unread one in so many is read; and how many keys of requests that were taken in are kept.
_READ_ONE_IN, _KEPT_KEYS = 8, 10_000


class TooMuchAtOnce(Rejected):
    """More comes in than is brought to an end; `retry_after_s` says when to come again."""

    def __init__(self, retry_after_s: int, lag_s: float | None = None) -> None:
        """Say both; without a lag the court has too many calls under way."""
        why = "the court has too many calls under way" if lag_s is None else f"the agencies that this request asks are {lag_s:.0f} s behind"
        super().__init__(429, "too_much_at_once", "受理过多，请稍后再试 / More comes in than is brought to an end; try again later",
                         detail=why)
        self.retry_after_s = retry_after_s


class Admission:
    """Keeps who is behind, and what each court asked for lately."""

    def __init__(self, newest: Callable[[], Standing | None], rule: AdmissionRule, *, away: Callable[[], bool]) -> None:
        """Take how the mesh stands, and what tells whether the broker is away."""
        self._newest, self._rule, self._away = newest, rule, away
        self._judged: Standing | None = None
        self._behind = Behind({})
        self._courts = Courts()
        #: whom each court's last request asked, and the newest keys that were taken in
        self._last: dict[str, Sequence[str]] = {}
        self._taken: dict[tuple[str, str], None] = {}

    def look(self, court: str, key: str) -> None:
        """Refuse a request unread, which costs next to nothing, if the last of its court would be refused now.

        Shape:  one in eight is read all the same, since it may ask others; so is what was taken in before
        Raises: TooMuchAtOnce
        """
        asked = self._last.get(court)
        if asked and self._who_is_behind().by_agency and (court, key) not in self._taken and _digest(key) % _READ_ONE_IN:
            self._check(court, asked, key, asyncio.get_running_loop().time())

    def admit(self, court: str, asked: Sequence[str], key: str) -> None:
        """Take a request in, or refuse it; `asked` has the agency of each part.

        Raises: TooMuchAtOnce
        """
        now_s = asyncio.get_running_loop().time()
        self._last[court] = asked
        if self._who_is_behind().by_agency:
            self._check(court, asked, key, now_s)
        self._courts.took(court, now_s)
        self._taken[court, key] = None
        if len(self._taken) > _KEPT_KEYS:
            del self._taken[next(iter(self._taken))]

    def _check(self, court: str, asked: Sequence[str], key: str, now_s: float) -> None:
        lag_s = self._behind.lag_s(asked)
        wait_s = retry_after_s(lag_s, self._rule, small=self._courts.is_small(court, now_s), spread=_digest(key) / 256)
        if wait_s is not None:
            REQUESTS_REFUSED.inc()
            raise TooMuchAtOnce(wait_s, lag_s)

    def _who_is_behind(self) -> Behind:
        newest = self._newest()
        if newest is not None and newest is not self._judged:
            self._judged, self._behind = newest, behind(newest, self._rule, away=self._away())
        return self._behind


def _digest(key: str) -> int:
    return blake2b(key.encode(), digest_size=1).digest()[0]
