"""How the mesh stands, judged from what the store knows: what waits by agency and kind, who is alive, what is degraded. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal

from contracts.state import GONE_AFTER_S, STUCK_AFTER_S, BreakerState

#: Roles of which one must be alive, besides a worker for each kind.
NEEDED = ("relay", "aggregator", "schedule")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one agency's answers. Instants are the mesh's."""

    agency: str
    asset_type: str
    #: commands due to be sent, and those sent and not answered
    backlog: int
    #: since when the oldest command is due that was not sent
    unsent_since: datetime | None
    #: since when the oldest command that was sent is unanswered
    unanswered_since: datetime | None
    #: of the backlog, how many are due to be sent
    unsent: int = 0


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A role of a process as it last told of itself."""

    role: str
    detail: str
    process: str
    #: how long ago it told, by the database's clock, in seconds
    age_s: float
    #: for how long its main loop had not turned then, in seconds
    idle_s: float
    breakers: tuple[BreakerState, ...] = ()
    unapplied: Mapping[str, datetime] | None = None

    @property
    def gone(self) -> bool:
        """Tell whether it was silent for so long that it is counted as dead."""
        return self.age_s > GONE_AFTER_S

    @property
    def alive(self) -> bool:
        """Tell whether it is there and its main loop turns."""
        return not self.gone and self.idle_s < STUCK_AFTER_S


@dataclass(frozen=True, slots=True)
class AgencyStanding:
    """How one agency stands over all workers."""

    state: Literal["available", "suspended", "trying"] = "available"
    since: datetime | None = None
    next_try_at: datetime | None = None
    backlog: int = 0
    oldest_unanswered_s: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """From which ages on something is degraded, in seconds."""

    unsent_s: float
    unanswered_s: float
    unapplied_s: float


@dataclass(frozen=True)
class Standing:
    """The mesh as of one instant."""

    at: datetime
    waiting: tuple[Waiting, ...]
    heartbeats: tuple[Heartbeat, ...]

    @cached_property
    def unsent_s(self) -> dict[str, float]:
        """Return the age of the oldest unsent command of each kind, in seconds."""
        return self._oldest((one.asset_type, one.unsent_since) for one in self.waiting)

    @cached_property
    def unanswered_s(self) -> dict[str, float]:
        """Return the age of the oldest unanswered command of each kind, in seconds; of agencies that are not asked at present, none."""
        suspended = {one.agency for one in self.breakers()}
        return self._oldest((one.asset_type, one.unanswered_since) for one in self.waiting if one.agency not in suspended)

    @cached_property
    def unapplied_s(self) -> dict[str, float]:
        """Return the age of the oldest reply of each kind that an aggregator has and has not applied, in seconds."""
        return self._oldest(pair for one in self.heartbeats if not one.gone for pair in (one.unapplied or {}).items())

    def _oldest(self, since: Iterable[tuple[str, datetime | None]]) -> dict[str, float]:
        ages: dict[str, float] = {}
        for kind, instant in since:
            if instant is not None:
                ages[kind] = max(ages.get(kind, 0.0), (self.at - instant).total_seconds())
        return ages

    @property
    def backlog(self) -> int:
        """Return how many commands wait, to be sent or for an answer."""
        return sum(one.backlog for one in self.waiting)

    def breakers(self) -> list[BreakerState]:
        """Return the agencies that workers do not simply ask; one that any worker tries is being tried."""
        told: dict[str, BreakerState] = {}
        for one in (breaker for beat in self.heartbeats if not beat.gone for breaker in beat.breakers):
            kept = told.get(one.agency)
            told[one.agency] = one if kept is None else _joined(kept, one)
        return list(told.values())

    def agencies(self) -> dict[str, AgencyStanding]:
        """Return each agency of which there is something to tell."""
        breakers = {one.agency: one for one in self.breakers()}
        waiting = {one.agency: one for one in self.waiting}
        return {agency: self._agency(breakers.get(agency), waiting.get(agency)) for agency in {*breakers, *waiting}}

    def _agency(self, breaker: BreakerState | None, waiting: Waiting | None) -> AgencyStanding:
        since = waiting.unanswered_since if waiting else None
        return AgencyStanding(
            breaker.state if breaker else "available", breaker.since if breaker else None, breaker.next_try_at if breaker else None,
            waiting.backlog if waiting else 0, round((self.at - since).total_seconds(), 3) if since else None)

    def dead(self, kinds: Collection[str]) -> list[str]:
        """Return the roles of which none is alive: by name, a worker by its kind (`worker:deposits`)."""
        alive = [one for one in self.heartbeats if one.alive]
        served = {kind for one in alive if one.role == "worker" for kind in (one.detail.split(",") if one.detail else kinds)}
        roles = {one.role for one in alive}
        return [*(role for role in NEEDED if role not in roles), *(f"worker:{kind}" for kind in sorted(set(kinds) - served))]

    def degraded(self, kinds: Collection[str], limits: Limits) -> list[str]:
        """Return what an operator must be told of, each by its name and kind."""
        return [*self.dead(kinds),
                *(f"unsent:{kind}" for kind in _beyond(self.unsent_s, limits.unsent_s)),
                *(f"unanswered:{kind}" for kind in _beyond(self.unanswered_s, limits.unanswered_s)),
                *(f"unapplied:{kind}" for kind in _beyond(self.unapplied_s, limits.unapplied_s))]

    def is_stopped(self, limits: Limits) -> bool:
        """Tell whether nothing is sent any more: commands are too old, and no relay is alive; one kind that waits is only degraded."""
        return "relay" in self.dead(()) and max(self.unsent_s.values(), default=0.0) >= limits.unsent_s


def _joined(one: BreakerState, other: BreakerState) -> BreakerState:
    """Return what two workers tell of an agency as one: the longer suspension, the sooner try."""
    tries = [at for at in (one.next_try_at, other.next_try_at) if at is not None]
    state: Literal["suspended", "trying"] = "trying" if "trying" in (one.state, other.state) else "suspended"
    return BreakerState(agency=one.agency, state=state, since=min(one.since, other.since), next_try_at=min(tries, default=None))


def _beyond(ages: Mapping[str, float], most_s: float) -> Sequence[str]:
    return sorted(kind for kind, age_s in ages.items() if age_s >= most_s)

