"""Which agencies a request goes to, and why the others are left out. Pure; the Recipient List of the mesh.

An agency is asked if its region meets one of the regions to look in and it serves the court; of several channels to one register the highest.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from contracts.agency import CHANNELS, Agency, lies_in
from contracts.registry import FIRST_SIX, asset_types
from gateway.domain.courts import Court
from gateway.domain.directory import Directory
from gateway.domain.left_out import MOST_LISTED, LeftOut, LeftOutGroup, LeftOutReason, Tally
from gateway.domain.request import RequestBody
from gateway.domain.where import look_in

Known = Mapping[int, Collection[str]]


class Part(NamedTuple):
    """One task to be: an agency asked about one subject (its index in the request), by one name where it matches by name."""

    subject: int
    agency: Agency
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """Every (subject, agency) of the asset types asked is either a part or counted in one of the groups; `listed` names the first of these."""

    parts: tuple[Part, ...]
    groups: tuple[LeftOutGroup, ...]
    listed: tuple[LeftOut, ...]


class Refusal(NamedTuple):
    """Why an agency near a subject is not asked."""

    agency: Agency
    reason: LeftOutReason
    covered_by: str | None = None


@dataclass(frozen=True, slots=True)
class Near:
    """What becomes of the agencies of one kind of asset that a request names, or that register where it looks, for one subject."""

    asked: tuple[Agency, ...]
    refused: tuple[Refusal, ...]


def asked_types(chosen: Sequence[str] | None, agencies: Collection[str] | None, directory: Directory) -> tuple[str, ...]:
    """Return the asset types a request asks for, in the order of its report's sections.

    Shape: those chosen; else those of the agencies chosen; else the first six, whose report must say where nobody could be asked, and
           every other type that an agency keeps; both in reading order
    """
    if chosen is not None:
        return tuple(chosen)
    if agencies is None:
        return tuple(code for code in asset_types() if code in FIRST_SIX or directory.of_type(code))
    kept = {directory.by_code[code].asset_type for code in agencies if code in directory.by_code}
    return tuple(code for code in asset_types() if code in kept)


def route(body: RequestBody, directory: Directory, court: Court, known: Known | None = None) -> Routing:
    """Divide a request among the agencies of the directory; `known`: the places of property already known, by subject (its index).

    Shape:  parts in the order subjects -> asset types asked -> directory; its cost is that of the agencies asked and of the reasons near them
    Source: design.md §2; `agencies` of the body names who is asked, wherever they register
    """
    question, parts, tally, refused = Question(body, directory, court, known or {}), list[Part](), Tally(), list[LeftOut]()
    for index, asset_type, regions in question.each():
        near = question.near(index, asset_type, regions)
        parts += [Part(index, agency) for agency in near.asked]
        for agency, reason, covered_by in near.refused:
            tally.add(reason, asset_type, agency.region_code, index, examples=(agency.agency,))
            if len(refused) < MOST_LISTED:
                refused.append(LeftOut(agency.agency, asset_type, index, reason, covered_by))
        question.count_others(tally, index, asset_type, regions, near)
    groups = tally.groups()
    few = sum(one.count for one in groups) <= MOST_LISTED
    return Routing(tuple(parts), groups, tuple(question.left_out()) if few else tuple(refused))


@dataclass(frozen=True, slots=True)
class Question:
    """A request before the directory, as a court asks it."""

    body: RequestBody
    directory: Directory
    court: Court
    known: Known = field(default_factory=dict)

    def each(self) -> Iterator[tuple[int, str, frozenset[str]]]:
        """Return every subject (its index) with every asset type asked, and the regions to look in."""
        types = asked_types(self.body.asset_types, self.body.agencies, self.directory)
        for index, subject in enumerate(self.body.subjects):
            regions = look_in(self.court, subject, self.body.regions or (), self.known.get(index, ()))
            yield from ((index, asset_type, regions) for asset_type in types)

    def near(self, index: int, asset_type: str, regions: frozenset[str]) -> Near:
        """Return who is asked about a subject for a kind of asset, and why others that come near are not."""
        kind = self.body.subjects[index].kind
        if self.body.agencies is None:
            return _near(self.directory, self.court, asset_type, regions, kind)
        named = self.directory.named(asset_type, self.body.agencies)
        return _sorted_out(named, self.court, kind)

    def count_others(self, tally: Tally, index: int, asset_type: str, regions: frozenset[str], near: Near) -> None:
        """Count the agencies of that kind that `near` does not name, and name the places for which there are none."""
        others = len(self.directory.of_type(asset_type)) - len(near.asked) - len(near.refused)
        unchosen = 0
        if self.body.agencies is None:
            for bare in _without_register(self.directory, asset_type, regions):
                tally.add("no_agency", asset_type, bare, index, count=0)
        else:
            named = [*near.asked, *(one.agency for one in near.refused)]
            unchosen = len(_registering(self.directory, asset_type, regions)) - sum(_meets(one, regions) for one in named)
        if unchosen:
            tally.add("not_asked", asset_type, None, index, count=unchosen)
        if others > unchosen:
            tally.add("outside_region", asset_type, None, index, count=others - unchosen)

    def left_out(self) -> Iterator[LeftOut]:
        """Return every agency of the kinds asked that is not asked about a subject; this one walks the whole directory."""
        for index, asset_type, regions in self.each():
            near = self.near(index, asset_type, regions)
            asked, refused = {one.agency for one in near.asked}, {one.agency.agency: one for one in near.refused}
            for agency in self.directory.of_type(asset_type):
                refusal = refused.get(agency.agency)
                if refusal is not None:
                    yield LeftOut(agency.agency, asset_type, index, refusal.reason, refusal.covered_by)
                elif agency.agency not in asked:
                    unchosen = self.body.agencies is not None and _meets(agency, regions)
                    yield LeftOut(agency.agency, asset_type, index, "not_asked" if unchosen else "outside_region")


@lru_cache(maxsize=512)
def _registering(directory: Directory, asset_type: str, regions: frozenset[str]) -> tuple[Agency, ...]:
    return directory.registering(asset_type, regions)


@lru_cache(maxsize=512)
def _without_register(directory: Directory, asset_type: str, regions: frozenset[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(bare for region in sorted(regions) for bare in directory.without_register(asset_type, region)))


@lru_cache(maxsize=512)
def _near(directory: Directory, court: Court, asset_type: str, regions: frozenset[str], kind: str) -> Near:
    """Return what becomes of the agencies near a subject; the same for all subjects of one kind and place."""
    sorted_out = _sorted_out(_registering(directory, asset_type, regions), court, kind)
    covered = {low.agency: high.agency for low, high in _covered(sorted_out.asked)}
    asked = tuple(one for one in sorted_out.asked if one.agency not in covered)
    lower = tuple(Refusal(one, "covered_by_higher_channel", covered[one.agency]) for one in sorted_out.asked if one.agency in covered)
    return Near(asked, (*sorted_out.refused, *lower))


def _sorted_out(agencies: Sequence[Agency], court: Court, kind: str) -> Near:
    reasons = [(agency, _reason(agency, court, kind)) for agency in agencies]
    return Near(tuple(agency for agency, reason in reasons if reason is None),
                tuple(Refusal(agency, reason) for agency, reason in reasons if reason is not None))


def _reason(agency: Agency, court: Court, kind: str) -> LeftOutReason | None:
    if not agency.can("query"):
        return "no_query_capability"
    if not court.may_ask(agency):
        return "not_served"
    return None if kind in agency.subject_kinds else "subject_kind_not_served"


def _covered(agencies: Sequence[Agency]) -> Iterator[tuple[Agency, Agency]]:
    """Return each row whose part of a register a higher channel to the same register covers, with that channel."""
    registers: dict[str, list[Agency]] = {}
    for one in sorted(agencies, key=lambda one: CHANNELS.index(one.channel)):
        higher = registers.setdefault(one.register_code, [])
        over = next((high for high in higher if high.channel != one.channel and lies_in(one.region_code, high.region_code)), None)
        if over is not None:
            yield one, over
        higher.append(one)


def _meets(agency: Agency, regions: Collection[str]) -> bool:
    return any(map(agency.registers, regions))
