"""The agency directory: rows of the directory file, checked, with the lookups that routing needs. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from pydantic import ValidationError

from contracts.agency import NATIONWIDE, Agency
from contracts.failures import DirectoryInvalid
from contracts.registry import asset_types
from gateway.domain.courts import Courts, courts
from gateway.domain.divisions import above, divisions


def _grouped(agencies: Iterable[Agency]) -> Mapping[str, tuple[Agency, ...]]:
    groups: dict[str, list[Agency]] = {}
    for agency in agencies:
        groups.setdefault(agency.asset_type, []).append(agency)
    return MappingProxyType({code: tuple(group) for code, group in groups.items()})


@dataclass(frozen=True, eq=False)
class Directory:
    """The agencies in the order listed, and the courts that may ask them.

    Raises: DirectoryInvalid if a code is listed twice, or an asset type, a region or a court is unknown
    """

    agencies: tuple[Agency, ...]
    courts: Courts = field(default_factory=courts, repr=False)
    by_code: Mapping[str, Agency] = field(init=False, repr=False)
    by_asset_type: Mapping[str, tuple[Agency, ...]] = field(init=False, repr=False)
    _near: "_Near" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        problems = [*_listed_twice(self.agencies), *_of_unknown_type(self.agencies), *_of_unknown_place(self.agencies, self.courts)]
        if problems:
            raise DirectoryInvalid("; ".join(problems))
        object.__setattr__(self, "by_code", MappingProxyType({one.agency: one for one in self.agencies}))
        object.__setattr__(self, "by_asset_type", _grouped(self.agencies))
        object.__setattr__(self, "_near", _Near(self.agencies))

    def of_type(self, asset_type: str) -> tuple[Agency, ...]:
        """Return the agencies that keep one kind of asset, in the order listed; none for a kind nobody keeps."""
        return self.by_asset_type.get(asset_type, ())

    def named(self, asset_type: str, codes: Collection[str]) -> tuple[Agency, ...]:
        """Return the agencies of a kind of asset that these codes name, in the order listed."""
        places = sorted(self._near.places[code] for code in codes if code in self._near.places)
        return tuple(self.agencies[place] for place in places if self.agencies[place].asset_type == asset_type)

    def places_of(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return the cities and counties that agencies register, by their codes; none for what registers a whole province or more."""
        regions = dict.fromkeys(self.by_code[code].region_code for code in codes if code in self.by_code)
        return tuple(region for region in regions if above(region) and region != NATIONWIDE)

    def registering(self, asset_type: str, regions: Collection[str]) -> tuple[Agency, ...]:
        """Return the agencies of a kind of asset whose region meets one of these, in the order listed; its cost is theirs, not the directory's."""
        return tuple(self.agencies[place] for place in sorted({place for region in regions for place in self._near.of(asset_type, region)}))

    def without_register(self, asset_type: str, region: str) -> tuple[str, ...]:
        """Return the parts of a region that no agency of the directory registers for a kind of asset.

        Shape: none; the cities of a province that have no register; or the region itself, a county by its city, if there is none at all
        """
        if self._near.whole(asset_type, region):
            return ()
        if not self._near.any(asset_type, region):
            city = divisions().city(region)
            return (region if self._near.any(asset_type, city) else city,)
        return tuple(city for city in divisions().cities.get(region, ()) if not self._near.any(asset_type, city))


class _Near:
    """Places in the directory by kind of asset and region: of what registers exactly that region, and of what registers a part of it."""

    def __init__(self, agencies: Sequence[Agency]) -> None:
        self.at: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self.within: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self.places = {one.agency: place for place, one in enumerate(agencies)}
        for place, one in enumerate(agencies):
            self.at[one.asset_type, one.region_code].append(place)
            for region in _wider(one.region_code):
                self.within[one.asset_type, region].append(place)

    def of(self, asset_type: str, region: str) -> Iterator[int]:
        """Return the places of whatever registers a region, all of it or a part."""
        for one in (region, *_wider(region)):
            yield from self.at.get((asset_type, one), ())
        yield from self.within.get((asset_type, region), ())

    def whole(self, asset_type: str, region: str) -> bool:
        """Tell whether something registers all of a region."""
        return any((asset_type, one) in self.at for one in (region, *_wider(region)))

    def any(self, asset_type: str, region: str) -> bool:
        """Tell whether something registers a region or a part of it."""
        return (asset_type, region) in self.within or self.whole(asset_type, region)


def _wider(region: str) -> tuple[str, ...]:
    """Return what a region lies in, the nearest first."""
    return () if region == NATIONWIDE else (*above(region), NATIONWIDE)


def _listed_twice(agencies: Iterable[Agency]) -> list[str]:
    seen: set[str] = set()
    problems = []
    for one in agencies:
        if one.agency in seen:
            problems.append(f"agency {one.agency}: listed twice")
        seen.add(one.agency)
    return problems


def _of_unknown_type(agencies: Iterable[Agency]) -> list[str]:
    known = asset_types()
    return [f"agency {one.agency}: unknown asset type {one.asset_type!r}" for one in agencies if one.asset_type not in known]


def _of_unknown_place(agencies: Iterable[Agency], known: Courts) -> Iterator[str]:
    """Name regions and courts that are not there: an agency listed under them would never be asked, and nobody would know."""
    for one in agencies:
        if one.region_code != NATIONWIDE and not divisions().in_force(one.region_code):
            today = " or ".join(divisions().today(one.region_code)) if one.region_code in divisions().by_code else ""
            yield f"agency {one.agency}: there is no region {one.region_code} today" + (f", it is {today} now" if today else "")
        if isinstance(one.serves, tuple):
            yield from (f"agency {one.agency}: there is no court {code}" for code in one.serves if known.find(code) is None)


def parse_directory(raw: Mapping[str, object], shipped: Mapping[str, object] | None = None, known: Courts | None = None) -> Directory:
    """Read the directory file: `defaults` per asset type are merged under each row of `agencies`.

    Shape:  the rows of `shipped`, the file that comes with Chakong, stand first; `known` are the courts, without it those that come with Chakong
    Raises: DirectoryInvalid naming every row and field that is wrong
    """
    defaults, rows = _parts(raw)
    if shipped is not None:
        first_defaults, first_rows = _parts(shipped)
        defaults, rows = {**first_defaults, **defaults}, [*first_rows, *rows]
    problems = [f"defaults of unknown asset type {code!r}" for code in defaults if code not in asset_types()]
    agencies: list[Agency] = []
    for number, row in enumerate(rows, start=1):
        _read_row(number, row, defaults, agencies, problems)
    if problems:
        raise DirectoryInvalid("; ".join(problems))
    return Directory(tuple(agencies), known or courts())


def _parts(raw: Mapping[str, object]) -> tuple[Mapping[str, object], list[object]]:
    if unknown := raw.keys() - {"defaults", "agencies"}:
        raise DirectoryInvalid(f"unknown keys: {', '.join(sorted(map(str, unknown)))}")
    defaults, rows = raw.get("defaults") or {}, raw.get("agencies")
    if not isinstance(defaults, Mapping) or not isinstance(rows, list):
        raise DirectoryInvalid("`defaults` is a mapping by asset type and `agencies` a list of rows")
    return defaults, rows


def _read_row(number: int, row: object, defaults: Mapping[str, object], agencies: list[Agency], problems: list[str]) -> None:
    if not isinstance(row, Mapping):
        problems.append(f"row {number}: not a mapping")
        return
    under = defaults.get(str(row.get("asset_type"))) or {}
    if not isinstance(under, Mapping):
        problems.append(f"row {number}: the defaults of its asset type are not a mapping")
        return
    try:
        agencies.append(Agency.model_validate({**under, **row}))
    except ValidationError as error:
        name = row.get("agency", "?")
        problems += [f"row {number} ({name}): {'.'.join(map(str, one['loc'])) or 'row'}: {one['msg']}" for one in error.errors()]
