"""Which agencies a request goes to, and why the others are left out. Pure; the Recipient List of the mesh."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from contracts.agency import Agency
from contracts.registry import FIRST_SIX, asset_types
from gateway.domain.directory import Directory
from gateway.domain.request import RequestBody

LeftOutReason = Literal["outside_region", "no_query_capability", "subject_kind_not_served", "not_asked"]


class Part(NamedTuple):
    """One task to be: an agency asked about one subject (its index in the request), by one name where it matches by name."""

    subject: int
    agency: Agency
    name: str | None = None


class LeftOut(NamedTuple):
    """An agency that is not asked about one subject, and why. Fields as in the answer to POST /v1/requests."""

    agency: str
    asset_type: str
    subject: int
    reason: LeftOutReason


@dataclass(frozen=True, slots=True)
class Routing:
    """Every (subject, agency) of the asset types asked is either a part or left out."""

    parts: tuple[Part, ...]
    left_out: tuple[LeftOut, ...]


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


@lru_cache(maxsize=512)
def _here(directory: Directory, asset_types_asked: tuple[str, ...], region_code: str) -> tuple[tuple[Agency, LeftOutReason | None], ...]:
    """Return the agencies of the types asked, each with the reason that keeps it out of the region; same for all subjects."""
    return tuple((agency, _out_of_reach(agency, region_code))
                 for asset_type in asset_types_asked for agency in directory.of_type(asset_type))


def _out_of_reach(agency: Agency, region_code: str) -> LeftOutReason | None:
    if not agency.covers(region_code):
        return "outside_region"
    return None if agency.can("query") else "no_query_capability"


def _reason(agency: Agency, kind: str, chosen: Collection[str] | None) -> LeftOutReason | None:
    if kind not in agency.subject_kinds:
        return "subject_kind_not_served"
    return "not_asked" if chosen is not None and agency.agency not in chosen else None


def route(body: RequestBody, directory: Directory, region_code: str) -> Routing:
    """Divide a request among the agencies of the directory.

    Shape:  parts in the order subjects -> asset types asked -> directory
    Source: design.md §2; `agencies` of the body narrows what routing finds
    """
    chosen = None if body.agencies is None else frozenset(body.agencies)
    here = _here(directory, asked_types(body.asset_types, chosen, directory), region_code)
    parts: list[Part] = []
    left_out: list[LeftOut] = []
    for index, subject in enumerate(body.subjects):
        for agency, out_of_reach in here:
            reason = out_of_reach or _reason(agency, subject.kind, chosen)
            if reason:
                left_out.append(LeftOut(agency.agency, agency.asset_type, index, reason))
            else:
                parts.append(Part(index, agency))
    return Routing(tuple(parts), tuple(left_out))
