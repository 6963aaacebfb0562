"""The law of rank on one asset: who holds what, who waits, who moves up, what ends. Pure; independent of the gateway.

A whole thing (a house, a vehicle) counts as one unit that one measure takes. What can be divided (money, shares) is given
out in order of service: each measure takes what is left, and whoever gets less than asked closes the queue behind it.
Pledged units cannot be frozen: a measure marks those that no earlier one has marked for what it could not freeze, and only
the rest waits. What a measure has it keeps; a mark becomes a freeze when the pledge ends, never by a share that falls free.
Source: domain.md §7.3, §7.4, §8a; 法发〔2021〕9号
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from contracts.clock import china_date
from contracts.control import Measure as MeasureKind
from contracts.control import PriorMeasure
from services.runtime.mock.terms import Term, TermRule, day_after, end_on

State = Literal[
    "waiting", "in_force", "partly_in_force", "marked", "released", "expired", "lapsed", "deducted", "transferred", "reversed"]
IN_FORCE = frozenset({"in_force", "partly_in_force", "marked"})
LIVE = IN_FORCE | {"waiting"}
#: Measures that take no rank: a watch-list entry holds nothing.
BESIDE = frozenset({"watchlist"})


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure on one thing over its whole life. `requested`, `actual`, `marked`: fen or units; `requested` None is the whole."""

    kind: MeasureKind
    authority: str
    document_no: str | None
    requested: int | None
    term: Term
    served_at: datetime | None
    request_no: str | None = None
    control_no: str | None = None
    state: State = "waiting"
    actual: int = 0
    marked: int = 0
    rank: int | None = None
    effective_at: datetime | None = None
    until_on: date | None = None
    deducted_fen: int = 0

    @property
    def live(self) -> bool:
        """Tell whether the measure still stands, in force or waiting."""
        return self.state in LIVE

    @property
    def has(self) -> int:
        """Return what it froze and marked."""
        return self.actual + self.marked

    @property
    def waits_for(self) -> int:
        """Return what it still lacks; a measure on the whole lacks nothing."""
        return 0 if self.requested is None else self.requested - self.has


@dataclass(frozen=True, slots=True)
class Thing:
    """One asset at one agency and every measure it ever had, in order of service.

    `total` is what can be frozen (fen, units, or 1 for a whole thing), `taken` what left by deduction or transfer.
    """

    total: int
    counted_in: Literal["fen", "units"] | None
    rule: TermRule
    #: units that a pledge bars from freezing; they can be marked
    pledged: int = 0
    taken: int = 0
    #: a measure takes hold of only a part of what it is for
    in_part: bool = False
    measures: tuple[Measure, ...] = field(default=())

    @property
    def gone(self) -> bool:
        """Tell whether the whole of it was transferred or sold; an account stays when its money went."""
        if self.taken < self.total or self.pledged:
            return False
        return self.counted_in == "units" or any(measure.state == "transferred" for measure in self.measures)

    @property
    def held(self) -> int:
        """Return what all measures together froze."""
        return sum(measure.actual for measure in self.measures)

    @property
    def left(self) -> int:
        """Return what can be frozen and is not."""
        return self.total - self.taken - self.held

    @property
    def unmarked(self) -> int:
        """Return the pledged units that nobody has marked."""
        return max(0, self.pledged - sum(measure.marked for measure in self.measures))

    def with_measure(self, index: int, measure: Measure) -> "Thing":
        """Return the thing with one measure replaced."""
        return replace(self, measures=(*self.measures[:index], measure, *self.measures[index + 1:]))


def settle(thing: Thing, at: datetime | None) -> Thing:
    """Give the thing out in order of service; what newly takes effect does so at this instant (None: when it was served)."""
    return replace(thing, measures=tuple(_given_out(thing, at)))


def _given_out(thing: Thing, at: datetime | None) -> Iterator[Measure]:
    left, unmarked, rank = thing.left, thing.unmarked, 1
    anyone_holds = closed = False
    for measure in thing.measures:
        if not measure.live:
            yield measure
            continue
        if measure.kind in BESIDE:
            yield _in_force(thing, measure, None, at)
            continue
        closed = closed or (anyone_holds and not (measure.has or left or unmarked))
        if closed:
            rank += 1
            yield replace(measure, rank=rank)
            continue
        given = _given(measure, left, unmarked)
        left, unmarked = left - (given.actual - measure.actual), unmarked - (given.marked - measure.marked)
        anyone_holds = anyone_holds or given.has > 0
        closed = given.requested is None or given.waits_for > 0
        yield _in_force(thing, given, 1, at)


def _given(measure: Measure, left: int, unmarked: int) -> Measure:
    """Return the measure with what it lacked of what is left: frozen where that can be, else marked."""
    lacks = left + unmarked if measure.requested is None else measure.waits_for
    frozen = min(lacks, left)
    marked = min(lacks - frozen, unmarked)
    return replace(measure, actual=measure.actual + frozen, marked=measure.marked + marked)


def _in_force(thing: Thing, measure: Measure, rank: int | None, at: datetime | None) -> Measure:
    effective_at = measure.effective_at or at or measure.served_at
    began_on = None if effective_at is None else china_date(effective_at)
    until_on = measure.until_on if measure.state in IN_FORCE else end_on(thing.rule, measure.term, began_on)
    return replace(measure, state=_state(thing, measure), rank=rank, effective_at=effective_at, until_on=until_on)


def _state(thing: Thing, measure: Measure) -> State:
    """Return the state of a measure that has something; only money is in force before there is any."""
    if thing.counted_in != "units":
        return "partly_in_force" if thing.in_part else "in_force"
    if not (measure.marked or measure.waits_for):
        return "in_force"
    return "partly_in_force" if measure.actual else "marked"


def end_pledge(thing: Thing, units: int, at: datetime) -> Thing:
    """Free so many units of a pledge: marks on them become freezes in order of rank, what nobody marked is given out."""
    freed, measures = units, []
    for measure in thing.measures:
        turned = min(measure.marked, freed)
        freed -= turned
        measures.append(replace(measure, actual=measure.actual + turned, marked=measure.marked - turned))
    return settle(replace(thing, total=thing.total + units, pledged=thing.pledged - units, measures=tuple(measures)), at)


def up_to(thing: Thing, now: datetime) -> Thing:
    """Let the clock run: what ended without renewal expires, and the next in waiting moves up at that instant."""
    today = china_date(now)
    while (ended := _next_to_expire(thing, today)) is not None:
        index, measure, moment = ended
        thing = settle(thing.with_measure(index, end(measure, "expired")), moment)
    return thing


def _next_to_expire(thing: Thing, today: date) -> tuple[int, Measure, datetime] | None:
    over = [(_moment(measure), index) for index, measure in enumerate(thing.measures)
            if measure.state in IN_FORCE and measure.until_on is not None and measure.until_on < today]
    if not over:
        return None
    moment, index = min(over)
    return index, thing.measures[index], moment


def _moment(measure: Measure) -> datetime:
    """Return when a measure ends; one that moved up after its end (its term ran from service) ends as it moves up."""
    assert measure.until_on is not None
    ends_at = day_after(measure.until_on)
    return ends_at if measure.effective_at is None else max(ends_at, measure.effective_at)


def end(measure: Measure, state: State) -> Measure:
    """Return the measure ended: it holds nothing and has no rank."""
    return replace(measure, state=state, actual=0, marked=0, rank=None)


def stand(thing: Thing) -> list[PriorMeasure]:
    """Return the live measures in rank order, each with what it holds, or asks for while it waits.

    Shape: what only marks holds nothing and is not among them; the register tells it as a mark
    """
    live = [measure for measure in thing.measures if measure.live and measure.state != "marked"]
    live.sort(key=lambda measure: measure.rank or len(live) + 1)
    return [_as_prior(thing, measure) for measure in live]


def _as_prior(thing: Thing, measure: Measure) -> PriorMeasure:
    """Say what stands; a freeze of a whole account (fen, none requested) has no amount, whatever it holds."""
    waiting = measure.state == "waiting"
    counted = measure.requested if waiting else measure.actual
    since = measure.served_at if waiting else measure.effective_at
    return PriorMeasure(
        kind=measure.kind, authority=measure.authority, document_no=measure.document_no, rank=measure.rank,
        amount_fen=counted if thing.counted_in == "fen" and measure.requested is not None else None,
        quantity=counted if thing.counted_in == "units" else None,
        from_on=None if since is None else china_date(since), until_on=None if waiting else measure.until_on,
        request_no=measure.request_no)
