"""The legal table: rules of law as rows with parameters, source and time of validity; code reads it and knows no number.

A rule that changes is a new row with a later `effective_from`; the old one gets an `effective_to`. One module a family.
Where a row is practice, a court may set its parameters (overrides.py). domain.md §7 to §11 with §8a over them.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from math import floor
from types import MappingProxyType

from contracts.case import parse_case_no
from contracts.words import Text
from gateway.domain.law import accounts, deadlines, extent, liable, procedure, queue, steps, terms
from gateway.domain.law.row import LawRow, Table

__all__ = ["FAMILIES", "LAW", "LawRow", "Table", "cap_months", "exemption", "latest", "liability", "liable_share", "may_control",
           "renewal_cap_months", "restrictions", "rules", "texts", "words"]

#: The families in the order they are read.
FAMILIES: Mapping[str, Text] = MappingProxyType({
    "liability": Text(zh="责任主体与案件类型", en="Who is liable, in which cases"),
    "extent": Text(zh="标的额与数额", en="For how much"),
    "accounts": Text(zh="受保护的账户与财产", en="Protected accounts and property"),
    "terms": Text(zh="期限、续行与届满", en="Terms, renewal and expiry"),
    "queue": Text(zh="顺位与轮候", en="Rank and waiting"),
    "steps": Text(zh="解除、划拨、转换、文书与股权", en="Release, deduction, conversion, documents and equity"),
    "deadlines": Text(zh="协助期限与工作日", en="Agencies' deadlines and working days"),
    "procedure": Text(zh="执行程序与终本", en="The course of a case and its termination"),
})
LAW: Table = (*liable.ROWS, *extent.ROWS, *accounts.ROWS, *terms.ROWS, *queue.ROWS, *steps.ROWS, *deadlines.ROWS, *procedure.ROWS)


@lru_cache(maxsize=256)
def rules(day: date, table: Table = LAW) -> Mapping[str, LawRow]:
    """Return the rules that hold on a day, by id; of two the later one in the table stands."""
    return MappingProxyType({row.id: row for row in table if row.holds_on(day)})


def latest(rule_id: str) -> LawRow:
    """Return a rule as it stands now, for what has no day of its own."""
    return next(row for row in reversed(LAW) if row.id == rule_id)


def cap_months(duration_rule: str, day: date, table: Table = LAW) -> int:
    """Return the longest term of a rule DUR-*, in months.

    Raises: KeyError if no such rule holds on the day
    """
    months = rules(day, table)[duration_rule].parameters["months"]
    assert isinstance(months, int)
    return months


def renewal_cap_months(duration_rule: str, day: date, table: Table = LAW) -> int:
    """Return the longest renewal, in months: the cap, before 2015-02-04 half of it (RENEW-MAX). Raises as cap_months."""
    return floor(cap_months(duration_rule, day, table) * Fraction(str(rules(day, table)["RENEW-MAX"].parameters["of_cap"])))


def liability(role: str, day: date, table: Table = LAW) -> LawRow | None:
    """Return the rule on whether a subject's property may be controlled, None where the law has none."""
    return next((row for row in rules(day, table).values() if row.parameters.get("role") == role), None)


def liable_share(role: str, day: date, table: Table = LAW) -> str | None:
    """Return for which share of an asset its holder is liable, `1/2`; None for all of it, or where the law has no rule."""
    row = liability(role, day, table)
    return str(row.parameters["share"]) if row is not None and row.parameters["liable"] is True and "share" in row.parameters else None


def exemption(record: Mapping[str, object], measure: str, day: date, *, cause: str | None = None, table: Table = LAW) -> LawRow | None:
    """Return the rule that bars a measure or a deduction on what a record describes, None if nothing does.

    Shape: `cause` is the cause of the case, which lifts some rules
    """
    return next((row for row in rules(day, table).values() if _describes(row, record) and _bars(row, measure, cause)), None)


def restrictions(
    asset_type: str, record: Mapping[str, object], day: date, *, cause: str | None = None, table: Table = LAW,
) -> tuple[LawRow, ...]:
    """Return the rules that protect what a record describes, whatever they bar; those that the cause lifts are left out."""
    return tuple(row for row in _protecting(day, table)
                 if (_describes(row, record) or row.parameters.get("asset_type") == asset_type) and not _lifted(row, cause))


@lru_cache(maxsize=256)
def _protecting(day: date, table: Table) -> tuple[LawRow, ...]:
    return tuple(row for row in rules(day, table).values() if "effect" in row.parameters)


def _describes(row: LawRow, record: Mapping[str, object]) -> bool:
    return "field" in row.parameters and record.get(str(row.parameters["field"])) == row.parameters["value"]


def _bars(row: LawRow, measure: str, cause: str | None) -> bool:
    return measure in texts(row, "barred") and not _lifted(row, cause)


def _lifted(row: LawRow, cause: str | None) -> bool:
    return cause in texts(row, "unless_causes")


def texts(row: LawRow, name: str) -> tuple[str, ...]:
    """Return a parameter of a rule that is a list of words, empty if it has no such parameter."""
    value = row.parameters.get(name, ())
    assert isinstance(value, tuple)
    return value


def words(rule_id: str, name: str) -> tuple[str, ...]:
    """Return a parameter of a rule as it stands now that is a list of words."""
    return texts(latest(rule_id), name)


def may_control(case_no: str, day: date) -> LawRow | None:
    """Return the rule that a case of this type offends by controlling property, None if it may."""
    row = rules(day)["CASE-TYPE"]
    return None if parse_case_no(case_no).type_code in texts(row, "types") else row
