"""How long a measure may last and when it ends, as an agency's register counts it. Pure; independent of the gateway."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from contracts.agency import Agency
from contracts.clock import CHINA
from contracts.failures import AgencyRefused
from contracts.registry import asset_type

#: Months a measure, and each renewal of it, may last at most. A fund takes what any court orders: one year in some, three in others.
#: Source: domain.md §8 DUR-*, §8a
CAP_MONTHS: Mapping[str, int] = {"DUR-DEP": 12, "DUR-PF": 36, "DUR-MOV": 24, "DUR-IMM": 36}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TermRule:
    """What an agency's row and the kind of asset say of terms."""

    cap_months: int
    last_day: Literal["day_before", "corresponding_day"] = "day_before"
    term_starts: Literal["effect", "service"] = "effect"


@dataclass(frozen=True, slots=True)
class Term:
    """The length of a measure as ordered: months, or the last day as if it took effect on `from_on`; neither is no end."""

    from_on: date | None = None
    months: int | None = None
    until_on: date | None = None


def rule_of(agency: Agency) -> TermRule:
    """Return the rule of terms at an agency."""
    return TermRule(CAP_MONTHS[asset_type(agency.asset_type).duration_rule], agency.last_day, agency.term_starts)


def add_months(day: date, months: int) -> date:
    """Return the corresponding day so many months later, the month's last day where it has none (民法典 art. 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_day(rule: TermRule, start_on: date, months: int) -> date:
    """Return the last day of a term of so many months: 2006-01-12 + 24 → 2008-01-11. Source: domain.md §7.5."""
    day = add_months(start_on, months)
    clamped = day.day != start_on.day
    return day if rule.last_day == "corresponding_day" or clamped else day - _DAY


def end_on(rule: TermRule, term: Term, effective_on: date | None) -> date | None:
    """Return the last day of a term that takes effect on a day; a date in an order is kept as a length while it waits."""
    start_on = term.from_on if rule.term_starts == "service" or effective_on is None else effective_on
    if start_on is None or term.from_on is None or (term.until_on is not None and start_on == term.from_on):
        return term.until_on
    if term.until_on is None:
        return None if term.months is None else last_day(rule, start_on, term.months)
    return min(start_on + (term.until_on - term.from_on), add_months(start_on, rule.cap_months))


def ordered_term(rule: TermRule, today: date, months: int | None, until_on: date | None) -> Term:
    """Return the term of an order served today; an order that names none gets the longest.

    Raises: AgencyRefused with term_over_cap or document_mismatch
    """
    if until_on is not None:
        _check(rule, today, until_on)
        return Term(today, until_on=until_on)
    months = rule.cap_months if months is None else months
    _check(rule, today, last_day(rule, today, months))
    return Term(today, months=months)


def renewed_end(rule: TermRule, old_end: date, months: int | None, until_on: date | None) -> date:
    """Return the end of a renewal, counted from the old end.

    Raises: AgencyRefused with term_over_cap or document_mismatch
    """
    start_on = old_end + _DAY if rule.last_day == "day_before" else old_end
    end = until_on or last_day(rule, start_on, rule.cap_months if months is None else months)
    _check(rule, start_on, end)
    return end


def _check(rule: TermRule, start_on: date, end: date) -> None:
    if end < start_on:
        raise AgencyRefused("document_mismatch", "期限届满日早于起始日")
    if end > add_months(start_on, rule.cap_months):
        raise AgencyRefused("term_over_cap", f"期限超过{rule.cap_months}个月")


def start_of(day: date) -> datetime:
    """Return when a day begins in China, as an instant in UTC."""
    return datetime.combine(day, time(), CHINA).astimezone(UTC)


def day_after(day: date) -> datetime:
    """Return when a day has ended in China, as an instant in UTC."""
    return start_of(day + _DAY)
