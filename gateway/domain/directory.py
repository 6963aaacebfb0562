"""The agency directory: rows of the directory file, checked, with the lookups that routing needs. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pydantic import ValidationError

from contracts.agency import Agency
from contracts.failures import DirectoryInvalid
from contracts.registry import asset_types


def _grouped(agencies: Iterable[Agency]) -> Mapping[str, tuple[Agency, ...]]:
    groups: dict[str, list[Agency]] = {}
    for agency in agencies:
        groups.setdefault(agency.asset_type, []).append(agency)
    return MappingProxyType({code: tuple(group) for code, group in groups.items()})


@dataclass(frozen=True, eq=False)
class Directory:
    """The agencies in the order listed.

    Raises: DirectoryInvalid if a code is listed twice or an asset type is unknown
    """

    agencies: tuple[Agency, ...]
    by_code: Mapping[str, Agency] = field(init=False, repr=False)
    by_asset_type: Mapping[str, tuple[Agency, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        problems = [*_listed_twice(self.agencies), *_of_unknown_type(self.agencies)]
        if problems:
            raise DirectoryInvalid("; ".join(problems))
        object.__setattr__(self, "by_code", MappingProxyType({one.agency: one for one in self.agencies}))
        object.__setattr__(self, "by_asset_type", _grouped(self.agencies))

    def of_type(self, asset_type: str) -> tuple[Agency, ...]:
        """Return the agencies that keep one kind of asset, in the order listed; none for a kind nobody keeps."""
        return self.by_asset_type.get(asset_type, ())


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


def parse_directory(raw: Mapping[str, object], shipped: Mapping[str, object] | None = None) -> Directory:
    """Read the directory file: `defaults` per asset type are merged under each row of `agencies`.

    Shape:  the rows of `shipped`, the file that comes with Chakong, stand first
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
    return Directory(tuple(agencies))


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
