"""The courts by their code: name, level, seat, jurisdiction, superior. Pure; what the regular scheme does not give is in courts.csv.

The scheme: a letter for the province, two digits for its city, four for the county (法〔2015〕137号 art. 4, 5). domain.md §11.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, ValidationError

from contracts.agency import NATIONWIDE, Agency, Region
from contracts.case import PROVINCE_REGION, CourtCode, ShortText
from contracts.failures import DirectoryInvalid, FieldError
from contracts.words import Model
from gateway.domain.divisions import MUNICIPALITIES, divisions
from gateway.domain.field_errors import field_error

Level = Literal["supreme", "high", "intermediate", "basic"]
Kind = Literal["ordinary", "railway", "maritime", "intellectual_property", "financial", "internet", "oilfield", "forestry", "farm", "corps", "military"]
#: From above; a superior is of no lower level (新40, a branch of the high court, stands over intermediate courts of its own).
_RANKS: Mapping[Level, int] = {"supreme": 0, "high": 1, "intermediate": 2, "basic": 3}
#: More courts than these stand over none.
_MOST_OVER = 6
SUPREME = "最高法"
#: The scheme is in force since 2016: a division abolished before never had a court of its code. 法〔2015〕137号 art. 13.
_SCHEME_SINCE = "201512"
#: The level of a row of courts.csv that says there is no such court.
_NONE = "none"
#: 新90: cities of the corps, whose courts have codes of the corps.
_OF_THE_CORPS = "6590"


class CaseKey(NamedTuple):
    """A case of a court, the newest one of a control that was converted."""

    court_code: str
    case_no: str


class Court(Model):
    """One court. `regions` is its jurisdiction by divisions of today (GB/T 2260), 000000 the whole country; the supreme court has no superior."""

    code: CourtCode
    name: ShortText
    level: Level
    kind: Kind = "ordinary"
    seat: Region
    regions: Annotated[tuple[Region, ...], Field(min_length=1, max_length=500)]
    superior: CourtCode | None = None

    @property
    def provinces(self) -> frozenset[str]:
        """Return the provinces that its jurisdiction reaches into, by two digits; 00 all."""
        return frozenset(one[:2] for one in self.regions)

    def reaches_into(self, province: str) -> bool:
        """Tell whether its jurisdiction reaches into a province (two digits)."""
        return not self.provinces.isdisjoint({province, "00"})

    def may_ask(self, agency: Agency) -> bool:
        """Tell whether an agency serves the court."""
        if agency.serves == "all":
            return True
        if agency.serves == "province":
            return self.reaches_into(agency.region_code[:2])
        return any(map(self.code.startswith, agency.serves))


@dataclass(frozen=True, eq=False)
class Courts:
    """Every court: those listed, and those that the scheme gives."""

    listed: Mapping[str, Court]
    #: codes that the scheme gives though there is no such court
    none: frozenset[str] = frozenset()
    _found: dict[str, Court] = field(init=False, repr=False, default_factory=dict)

    def find(self, code: str) -> Court | None:
        """Return a court by its code, or None if there is no such court."""
        if code in self.none or code in self._found:
            return self._found.get(code)
        court = self.listed.get(code) or self._by_scheme(code)
        if court is not None:
            self._found[code] = court
        return court

    def name(self, code: str) -> str:
        """Return a court's name; one that is not known goes by its code, for what was stored before."""
        court = self.find(code)
        return court.name if court else code

    def seat(self, code: str) -> str:
        """Return the region of a court's seat, as request numbers have it; of a court that is not known, that of the whole country."""
        court = self.find(code)
        return court.seat if court else NATIONWIDE

    def is_superior(self, code: str, of: str) -> bool:
        """Tell whether a court stands over another, however many levels above."""
        return code in self.over(of)

    def over(self, code: str) -> tuple[str, ...]:
        """Return the courts over one, the nearest first, at most so many as there can be levels."""
        found, one = list[str](), self.find(code)
        while one is not None and one.superior is not None and len(found) < _MOST_OVER:
            found.append(one.superior)
            one = self.find(one.superior)
        return tuple(found)

    def _by_scheme(self, code: str) -> Court | None:
        letter, digits = code[:1], code[1:]
        if letter not in PROVINCE_REGION or "00" in (digits[:2], digits[2:]):
            return None  # the corps, the army and the supreme court are listed; a city is no court of the third tier, a province none of the second
        region = (PROVINCE_REGION[letter] + digits).ljust(6, "0")
        division = divisions().by_code.get(region)
        if division is None or region.startswith(_OF_THE_CORPS) or (division.until and division.until < _SCHEME_SINCE):
            return None
        name, today = divisions().name(region), divisions().today(region)
        if not digits:
            seat = region if region[:2] in MUNICIPALITIES else f"{region[:2]}0100"
            return Court(code=code, name=f"{name}高级人民法院", level="high", seat=seat, regions=today, superior=SUPREME)
        if len(digits) == len("53"):
            return Court(code=code, name=f"{name}中级人民法院", level="intermediate", seat=today[0], regions=today, superior=letter)
        return Court(code=code, name=f"{_short(region)}人民法院", level="basic", seat=today[0], regions=today, superior=self._over(code, region))

    def _over(self, code: str, region: str) -> str:
        """Return the code of the court above a basic one: the listed one whose jurisdiction it is in, else that of its city, else the high court."""
        listed = (one.code for one in self.listed.values()
                  if one.code[0] == code[0] and one.level == "intermediate" and one.kind == "ordinary" and region in one.regions)
        city = code[:3] if self.find(code[:3]) else code[0]
        return next(listed, city)


def _short(region: str) -> str:
    """Return a county's name as its court has it: a district and what is under a municipality with the city, any other alone."""
    table, own = divisions(), divisions().by_code[region].name
    above_it = f"{region[:2]}0000" if region[:2] in MUNICIPALITIES else f"{region[:4]}00"
    with_city = own.endswith("区") or region[:2] in MUNICIPALITIES
    return (table.by_code[above_it].name if with_city and above_it in table.by_code else "") + own


@cache
def courts() -> Courts:
    """Return the courts that come with Chakong, read at first use."""
    text = files("gateway.domain").joinpath("courts.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines() if not line.startswith("#")]
    return Courts({row[0]: _listed(row) for row in rows if row[2] != _NONE}, frozenset(row[0] for row in rows if row[2] == _NONE))


def _listed(row: Sequence[str]) -> Court:
    code, name, level, kind, seat, regions, superior = row
    return Court.model_validate({"code": code, "name": name, "level": level, "kind": kind, "seat": seat, "regions": regions.split(),
                                 "superior": superior or (code[0] if level == "intermediate" else None)})


def parse_courts(raw: Mapping[str, object]) -> Courts:
    """Read the file of an installation: `courts`, a list of rows that are added to those that come with Chakong, or stand in their place.

    Raises: DirectoryInvalid naming every row and field that is wrong
    """
    rows = raw.get("courts")
    if raw.keys() != {"courts"} or not isinstance(rows, list):
        raise DirectoryInvalid("courts: the file has one key, `courts`, a list of rows")
    added, problems = list[Court](), list[str]()
    for number, row in enumerate(rows, start=1):
        try:
            added.append(Court.model_validate(row))
        except ValidationError as error:
            problems += [f"court {number}: {'.'.join(map(str, one['loc'])) or 'row'}: {one['msg']}" for one in error.errors()]
    problems += [f"court {code}: listed twice" for code in dict.fromkeys(one.code for one in added) if sum(one.code == code for one in added) > 1]
    known = Courts({**courts().listed, **{one.code: one for one in added}}, courts().none - {one.code for one in added})
    problems += [f"court {one.code}: {what}" for one in added for what in _unknown(one, known)]
    if problems:
        raise DirectoryInvalid("; ".join(problems))
    return known


def _unknown(court: Court, known: Courts) -> Iterator[str]:
    """Name what a row points to and is not there."""
    over = None if court.superior is None else known.find(court.superior)
    if court.superior is not None and over is None:
        yield f"superior {court.superior}: there is no such court"
    if over is not None and _RANKS[over.level] > _RANKS[court.level]:
        yield f"superior {court.superior}: it is of a lower level"
    if court.code in known.over(court.code):
        yield f"superior {court.superior}: the court would stand over itself"
    if court.level != "supreme" and court.superior is None:
        yield "superior: which court stands over it is missing"
    for region in {court.seat, *court.regions}:
        if region != NATIONWIDE and not divisions().in_force(region):
            yield f"region {region}: there is no such division today"


def unknown_court(path: Sequence[str | int]) -> FieldError:
    """Name a court that is not there, with what to do."""
    return field_error(path, "unknown_court", "法院代字不在法院表中：请核对；确有该法院的，由管理员在 CHAKONG_COURTS 指定的文件中添加",
                       "there is no court of this code in the list of courts; if there is one, the operator adds it to the file that CHAKONG_COURTS names",
                       "粤5302, 粤53, 粤, 粤71, 最高法")
