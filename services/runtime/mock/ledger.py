"""The effect ledger: what every order at every mock agency did, append-only, replayed after a restart.

An order is written before it is acted on; the law is pure, so that reading the orders again gives the same ledger.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from contracts.agency import Agency
from contracts.clock import china_date
from contracts.control import FOLLOW_UPS, PriorMeasure
from contracts.failures import AgencyRefused, IllegalTransition, NotFound
from contracts.registry import asset_type
from services.runtime.mock.counted import holds_money, thing_of, today, units_worth, with_pledges
from services.runtime.mock.happenings import Happening, PledgeReleased, Reversal, release_pledge, take_back, take_in
from services.runtime.mock.journal import Journal
from services.runtime.mock.law import Measure, Thing, stand, up_to
from services.runtime.mock.port import Effect, Holding, Order
from services.runtime.mock.register import Register, canonical
from services.runtime.mock.steps import AT_ONCE, follow_up, take_measure
from services.runtime.mock.terms import rule_of

_ORDER = TypeAdapter(Order)
_HAPPENING: TypeAdapter[Happening] = TypeAdapter(Happening)
_MOST_REMEMBERED = 20_000
#: One asset at one agency; the holder's number only where the key is not one thing without it (contracts KeyScope).
_Place = tuple[str, str, str]


@dataclass(slots=True)
class Entry:
    """One order, what it did when it came, and how often it came."""

    order: Order
    at: datetime
    holder: str | None
    effect: Effect
    times_received: int = 1
    #: which measure of which asset it made
    place: _Place | None = None
    index: int | None = None


class Ledger:
    """All effects by agency and request number, and the assets they touched."""

    def __init__(self, register: Register, journal: Journal) -> None:
        self._register, self._journal = register, journal
        self._entries: dict[str, dict[str, list[Entry]]] = {}
        self._things: dict[_Place, Thing] = {}
        self._measures: Counter[str] = Counter()
        self._first: dict[_Place, Thing] = {}
        self._replay()

    def _replay(self) -> None:
        for line in self._journal.lines():
            agency = self._register.agencies.get(line["agency"])
            if agency is None:
                continue
            if "again" in line:
                self._entries[agency.agency][line["again"]][-1].times_received += 1
            elif "happened" in line:
                place, thing = self._after(agency, _HAPPENING.validate_python(line["happened"]), datetime.fromisoformat(line["at"]))
                self._things[place] = thing
            else:
                self._act(agency, _ORDER.validate_python(line["order"]), datetime.fromisoformat(line["at"]))

    def clear(self) -> None:
        """Forget everything, on the disk too."""
        self._entries, self._things, self._measures = {}, {}, Counter()
        self._journal.clear()

    def close(self) -> None:
        """Close the file."""
        self._journal.close()

    def order(self, agency: Agency, order: Order, at: datetime) -> Effect:
        """Carry out an order; the same request number at an idempotent agency does nothing new and tells what stands."""
        known = self._entries.get(agency.agency, {}).get(order.request_no)
        if known and agency.idempotent:
            self._journal.append({"agency": agency.agency, "again": order.request_no}, durable=False)
            known[-1].times_received += 1
            return self.as_it_stands(agency, known[-1], at)
        self._journal.append({"agency": agency.agency, "at": at.isoformat(), "order": asdict(order)})
        return self._act(agency, order, at).effect

    def happen(self, agency: Agency, happening: Happening, at: datetime) -> list[Entry]:
        """Let something happen that no court ordered; return the orders on that asset, each as before.

        Raises: NotFound if there is no such asset or order; IllegalTransition if it cannot happen as things stand
        """
        place, thing = self._after(agency, happening, at)
        self._journal.append({"agency": agency.agency, "at": at.isoformat(), "happened": happening.model_dump()})
        self._things[place] = thing
        return [entry for entry in self.entries(agency, None, None) if entry.place == place]

    def _after(self, agency: Agency, happening: Happening, at: datetime) -> tuple[_Place, Thing]:
        if isinstance(happening, Reversal):
            entry = next(iter(self.entries(agency, happening.request_no, None)), None)
            if entry is None or entry.place is None or entry.index is None or entry.order.action in FOLLOW_UPS:
                raise NotFound("no measure was taken by this request number")
            return entry.place, take_back(self._at(entry.place, at), entry.index, at)
        found = self._register.find(agency, happening.key, happening.id_no)
        if found is None:
            raise NotFound("there is no such asset")
        holding, holder = found
        place, thing = _place(agency, holding.key, holder.id_no), self.thing(agency, holding, holder.id_no, at)
        if isinstance(happening, PledgeReleased):
            return place, release_pledge(thing, happening, at)
        if not holds_money(holding):
            raise IllegalTransition("the asset is no account of money")
        return place, take_in(thing, happening, at)

    def _act(self, agency: Agency, order: Order, at: datetime) -> Entry:
        try:
            entry = self._done(agency, order, at)
        except AgencyRefused as error:
            effect = Effect(order.request_no, order.action, order.key, "refused", code=error.refusal_code, amount_fen=order.amount_fen)
            entry = Entry(order, at, order.holder_id_no, effect)
        self._entries.setdefault(agency.agency, {}).setdefault(order.request_no, []).append(entry)
        return entry

    def _done(self, agency: Agency, order: Order, at: datetime) -> Entry:
        found = self._register.find(agency, order.key, order.holder_id_no)
        if found is None:
            raise AgencyRefused("asset_not_found")
        holding, holder = found
        place = _place(agency, order.key, holder.id_no)
        thing = up_to(self._things.get(place) or self._at_first(agency, place, holding), at)
        if thing.gone:
            raise AgencyRefused("asset_not_found")
        if order.action in FOLLOW_UPS:
            index = self._original(agency, order, place)
            sold = units_worth(holding, order.amount_fen) if order.amount_fen and thing.counted_in == "units" else None
            thing = follow_up(thing, index, order, at, sold)
        else:
            thing, index = take_measure(thing, order, at, self._control_no(agency, at))
        self._things[place] = thing
        effect = replace(_effect(thing, index, order, self._as_of(agency, place, holding, thing)), served_at=at)
        return Entry(order, at, canonical(holder.id_no), effect, place=place, index=index)

    def _control_no(self, agency: Agency, at: datetime) -> str:
        self._measures[agency.agency] += 1
        return f"{china_date(at):%Y%m%d}{self._measures[agency.agency]:08d}"

    def _original(self, agency: Agency, order: Order, place: _Place) -> int:
        """Find the measure a follow-up is about: by its request number (or that of a renewal), else the agency's number."""
        entries = self._entries.get(agency.agency, {}).get(order.original_request_no or "", [])
        measures = self._things[place].measures if place in self._things else ()
        named = [entry.index for entry in entries if entry.place == place and entry.index is not None]
        named += [index for index, measure in enumerate(measures)
                  if order.agency_control_no is not None and measure.control_no == order.agency_control_no]
        if not named:
            raise AgencyRefused("no_original_measure")
        return next((index for index in named if measures[index].live), named[0])

    def effect(self, agency: Agency, request_no: str, now: datetime) -> Effect | None:
        """Return what an earlier order did, a measure as it stands now; None if there was no such order."""
        entries = self._entries.get(agency.agency, {}).get(request_no)
        return self.as_it_stands(agency, entries[-1], now) if entries else None

    def as_it_stands(self, agency: Agency, entry: Entry, now: datetime) -> Effect:
        """Return what an entry's order did: a measure as it stands now, a follow-up as it was done."""
        if entry.place is None or entry.index is None or entry.order.action in FOLLOW_UPS:
            return entry.effect
        found = self._register.find(agency, entry.order.key, entry.holder)
        assert found is not None
        thing = self._at(entry.place, now)
        holding = self._as_of(agency, entry.place, found[0], thing)
        return replace(_effect(thing, entry.index, entry.order, holding), served_at=entry.at)

    def _as_of(self, agency: Agency, place: _Place, holding: Holding, thing: Thing) -> Holding:
        """Return a holding with the pledges it still has."""
        return with_pledges(holding, self._at_first(agency, place, holding).pledged - thing.pledged)

    def _at(self, place: _Place, now: datetime) -> Thing:
        thing = self._things[place] = up_to(self._things[place], now)
        return thing

    def thing(self, agency: Agency, holding: Holding, holder_id_no: str, now: datetime) -> Thing:
        """Return an asset as it stands now, with every measure on it."""
        place = _place(agency, holding.key, holder_id_no)
        return self._at(place, now) if place in self._things else up_to(self._at_first(agency, place, holding), now)

    def _at_first(self, agency: Agency, place: _Place, holding: Holding) -> Thing:
        """Return an asset as it was when the simulation began; remembered, since most queries ask for it."""
        thing = self._first.get(place)
        if thing is None:
            if len(self._first) >= _MOST_REMEMBERED:
                self._first.clear()
            thing = self._first[place] = thing_of(holding, rule_of(agency))
        return thing

    def today(self, agency: Agency, holding: Holding, holder_id_no: str, now: datetime) -> Holding | None:
        """Return a holding as it is now, None if it was transferred."""
        place = _place(agency, holding.key, holder_id_no)
        if place not in self._things and not (holding.prior_measures or getattr(holding.record, "marks", ())):
            return holding
        thing = self.thing(agency, holding, holder_id_no, now)
        return None if thing.gone else today(holding, self._at_first(agency, place, holding), thing)

    def measures(self, agency: Agency, holding: Holding, holder_id_no: str, now: datetime) -> list[PriorMeasure]:
        """Return the live measures on an asset in rank order."""
        if not holding.prior_measures and _place(agency, holding.key, holder_id_no) not in self._things:
            return []
        return stand(self.thing(agency, holding, holder_id_no, now))

    def entries(self, agency: Agency, request_no: str | None, id_no: str | None) -> Iterator[Entry]:
        """Return the entries of an agency in order of service, of one request number or of one subject's assets."""
        wanted = None if id_no is None else canonical(id_no)
        by_number = self._entries.get(agency.agency, {})
        chosen = by_number.values() if request_no is None else [by_number.get(request_no, [])]
        for entries in chosen:
            yield from (entry for entry in entries if wanted is None or entry.holder == wanted)


def _place(agency: Agency, key: str, holder_id_no: str) -> _Place:
    shared = asset_type(agency.asset_type).key_scope != "subject"
    return agency.agency, key, "" if shared else canonical(holder_id_no)


def _effect(thing: Thing, index: int, order: Order, holding: Holding) -> Effect:
    """Write what an order did as its measure stands in the given state of the asset."""
    measure = thing.measures[index]
    in_fen, in_units = thing.counted_in == "fen", thing.counted_in == "units"
    earlier = stand(replace(thing, measures=thing.measures[:index]))
    return Effect(
        request_no=order.request_no, action=order.action, key=order.key, state=measure.state, amount_fen=order.amount_fen,
        actual_fen=measure.actual if in_fen else None, unfunded_fen=_unfunded(measure, order) if in_fen else None,
        quantity=measure.actual if in_units else None, marked_quantity=measure.marked if in_units else None,
        waiting_quantity=(measure.waits_for if measure.live else 0) if in_units else None, rank=measure.rank,
        until_on=None if measure.state == "waiting" else measure.until_on, served_at=measure.served_at,
        effective_at=measure.effective_at, agency_control_no=measure.control_no,
        deducted_fen=measure.deducted_fen or None, prior_measures=tuple(earlier), priority_rights=holding.priority_rights)


def _unfunded(measure: Measure, order: Order) -> int | None:
    """Return what a measure lacks of what was asked (domain.md §7.4); a whole measure lacks nothing."""
    if order.action in AT_ONCE and not measure.live:
        return (order.amount_fen or 0) - measure.deducted_fen
    return measure.waits_for if measure.live and measure.requested is not None else None
