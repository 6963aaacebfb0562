"""The administrative divisions, of today and of every revision since 1980: what a six-digit code stands for. Pure; divisions.csv has its sources."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple

#: Provinces without cities between them and their districts.
MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
#: What a county under a province itself has in place of a city: 469001.
_UNDER_PROVINCE = "90"


class Division(NamedTuple):
    """One division. `until`: the revision (YYYYMM) that listed it last, empty if in force; `now`: what has its name today."""

    code: str
    name: str
    until: str
    now: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Divisions:
    """The table by code."""

    by_code: Mapping[str, Division]
    cities: Mapping[str, tuple[str, ...]]

    def in_force(self, code: str) -> bool:
        """Tell whether there is such a division today."""
        return code in self.by_code and not self.by_code[code].until

    def name(self, code: str) -> str:
        """Return the name with the divisions above it: 445302 -> 广东省云浮市云城区; an unknown code as it is."""
        parts = dict.fromkeys(self.by_code[one].name for one in (*reversed(above(code)), code) if one in self.by_code)
        return "".join(parts) or code

    def today(self, code: str) -> tuple[str, ...]:
        """Return the divisions of today that stand for a code of any day.

        Shape: itself if in force; else what has its name today and the city that its first four digits name, else the province; else none
        """
        if self.in_force(code):
            return (code,)
        now = self.by_code[code].now if code in self.by_code else ()
        rest = next((one for one in above(code) if self.in_force(one)), None)
        return now if rest is None or rest in now or any(rest in above(one) for one in now) else (*now, rest)

    def city(self, code: str) -> str:
        """Return the city of a county, of a municipality's the municipality; of what is under a province itself, and of anything larger, the code as it is."""
        city = f"{code[:2]}0000" if code[:2] in MUNICIPALITIES else f"{code[:4]}00"
        return city if self.in_force(city) else code


def above(code: str) -> tuple[str, ...]:
    """Return the codes of the city and the province above a division, the nearer first."""
    city, province = f"{code[:4]}00", f"{code[:2]}0000"
    if code == province:
        return ()
    return (province,) if code == city else (city, province)


@cache
def divisions() -> Divisions:
    """Return the table, read at first use."""
    text = files("gateway.domain").joinpath("divisions.csv").read_text(encoding="utf-8")
    by_code = {one.code: one for one in _rows(text)}
    return Divisions(by_code, _cities(by_code.values()))


def _rows(text: str) -> Iterator[Division]:
    for line in text.splitlines():
        if not line.startswith("#"):
            code, name, until, now = line.split(",")
            yield Division(code, name, until, tuple(now.split()))


def _cities(every: Iterable[Division]) -> Mapping[str, tuple[str, ...]]:
    """Return the cities of each province of today, with the counties that no city is above."""
    found: dict[str, list[str]] = {}
    for one in every:
        province, city, county = one.code[:2], one.code[2:4], one.code[4:]
        is_city = county == "00" and city != "00"
        if not one.until and (is_city or (county != "00" and (city == _UNDER_PROVINCE or province in MUNICIPALITIES))):
            found.setdefault(f"{province}0000", []).append(one.code)
    return {province: tuple(codes) for province, codes in found.items()}
