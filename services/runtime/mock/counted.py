"""What of an asset can be given out by amount, and its record once some of it is held or gone. Pure.

It goes by the neutral names of fields (interface.md §1), never by asset type: a record without such a field is one whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any, Literal

from contracts.asset_type import AssetRecord
from contracts.clock import china_date
from contracts.control import PriorMeasure
from services.runtime.mock.law import IN_FORCE, Measure, Thing, settle
from services.runtime.mock.port import Holding
from services.runtime.mock.terms import Term, TermRule, start_of


@dataclass(frozen=True, slots=True)
class _Names:
    total: str
    counted_in: Literal["fen", "units"]
    available: str = ""
    frozen: str = ""
    #: where money arrives; and where it shows if that is beside the total: it is held before the total is
    arrives_at: str = ""
    beside: str = ""


_NAMES = (
    _Names("quantity", "units", "available_quantity", "frozen_quantity"),
    _Names("balance_fen", "fen", "available_balance_fen", "frozen_fen", arrives_at="balance_fen"),
    _Names("subscribed_capital_fen", "fen"),
    _Names("total_value_fen", "fen", "available_value_fen", arrives_at="cash_return_account", beside="return_account_balance_fen"),
)
#: How a measure in force reads in a list of states; these and `normal` come and go with the measures.
_MARKS = {"seal": "sealed", "seize": "detained"}
_NO_STATES = frozenset({"normal", *_MARKS.values()})


def _names(record: AssetRecord) -> _Names | None:
    return next((names for names in _NAMES if hasattr(record, names.total)), None)


def thing_of(holding: Holding, rule: TermRule) -> Thing:
    """Return an asset as the law sees it when the simulation begins: the measures of others are on it, each from its day.

    What is neither available nor held by those measures (a pledge, a bank's own block) cannot be frozen; units can be marked,
    and the marks of others come first. Money beside it is one pot with it.
    """
    names, record = _names(holding.record), holding.record
    counted_in = names.counted_in if names else None
    priors = tuple(_from_prior(prior, counted_in) for prior in sorted(holding.prior_measures, key=_served))
    total = max(0, getattr(record, names.total)) if names else 1
    beside = getattr(record, names.beside, 0) if names else 0
    thing = settle(Thing(total + beside, counted_in, rule, in_part=holding.in_part, measures=priors), None)
    blocked = max(0, total - getattr(record, names.available, total) - max(0, thing.held - beside)) if names else 0
    if counted_in != "units":
        return replace(thing, total=thing.total - blocked)
    marks = tuple(_from_mark(mark) for mark in getattr(record, "marks", ()))
    return settle(replace(thing, total=thing.total - blocked, pledged=blocked, measures=(*marks, *thing.measures)), None)


def _from_mark(mark: Any) -> Measure:
    return Measure(
        kind="freeze", authority=mark.authority, document_no=None, requested=mark.quantity, marked=mark.quantity, state="marked",
        term=Term(mark.from_on, until_on=mark.until_on), until_on=mark.until_on, **_since(mark.from_on))


def _since(day: date | None) -> dict[str, Any]:
    at = None if day is None else start_of(day)
    return {"served_at": at, "effective_at": at}


def _served(prior: PriorMeasure) -> tuple[int, date]:
    return prior.rank or 1, prior.from_on or date.min


def _from_prior(prior: PriorMeasure, counted_in: str | None) -> Measure:
    requested = {"fen": prior.amount_fen, "units": prior.quantity}.get(counted_in or "")
    return Measure(
        kind=prior.kind, authority=prior.authority, document_no=prior.document_no, requested=requested,
        term=Term(prior.from_on, until_on=prior.until_on), request_no=prior.request_no,
        served_at=None if prior.from_on is None else start_of(prior.from_on))


def today(holding: Holding, before: Thing, now: Thing) -> Holding:
    """Return the holding as its register shows it now, given the asset when the simulation began and as it is now."""
    names = _names(holding.record)
    if hasattr(holding.record, "status_codes"):
        return _with_marks(holding, now)
    if names is None or now == before:
        return holding
    holding = with_pledges(holding, before.pledged - now.pledged)
    record = holding.record
    came = now.total + now.pledged - before.total - before.pledged
    if names.beside:
        return replace(holding, record=_with_money_beside(record, names, now, getattr(record, names.beside) + came - now.taken))
    changed: dict[str, object] = {names.total: getattr(record, names.total) + came - now.taken}
    if hasattr(record, names.available):
        changed[names.available] = max(0, now.total - now.taken - now.held)
    if hasattr(record, names.frozen):
        changed[names.frozen] = max(0, getattr(record, names.frozen) - before.held) + now.held
    if portions := getattr(record, "portions", None):
        changed["portions"] = tuple(_shared_out(portions, {name: changed[name] for name in (names.total, names.available, names.frozen)}))
    if now.taken and hasattr(record, "share_ratio"):
        changed["share_ratio"] = str(Fraction(record.share_ratio) * (now.total - now.taken) / now.total)
    if hasattr(record, "marks"):
        changed["marks"] = tuple(map(_as_mark, (measure for measure in now.measures if measure.marked)))
    return replace(holding, record=type(record).model_validate(record.model_dump() | changed))


def _shared_out(portions: Sequence[Any], left: dict[str, Any]) -> Iterator[dict[str, object]]:
    """Give the portions of a holding what is left of it: the units to the first ones as far as they had some, the rest to the last."""
    total, available, frozen = left
    for place, portion in enumerate(portions, start=1):
        is_last, has = place == len(portions), {}
        has[total] = left[total] if is_last else min(getattr(portion, total), left[total])
        has[available] = min(has[total], left[available])
        has[frozen] = min(has[total] - has[available], left[frozen])
        left = {name: left[name] - has[name] for name in left}
        yield portion.model_dump() | has


def _with_money_beside(record: Any, names: _Names, now: Thing, beside: int) -> AssetRecord:
    """Return a record whose money beside it is held first: what is still available is counted without that money."""
    beside = max(0, beside)
    available = max(0, now.left) - max(0, beside - now.held)
    changed: dict[str, object] = {names.beside: beside, names.available: available}
    if hasattr(record, "available_units"):
        changed["available_units"] = units_of(record.units, available, getattr(record, names.total))
    return type(record).model_validate(record.model_dump() | changed)  # type: ignore[no-any-return]


def units_of(units: str, fen: int, total_fen: int) -> str:
    """Return how many of these units are so much of what all are worth, rounded down to hundredths: 50000.00, half → 25000.00."""
    if fen == total_fen or not fen:
        return units if fen == total_fen else "0"
    hundredths = floor(Fraction(units) * fen / total_fen * 100)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _as_mark(measure: Measure) -> dict[str, object]:
    from_on = None if measure.effective_at is None else china_date(measure.effective_at)
    return {"authority": measure.authority, "quantity": measure.marked, "from_on": from_on, "until_on": measure.until_on}


def with_pledges(holding: Holding, freed: int) -> Holding:
    """Return the holding without so many pledged units; a pledge that secures nothing more is gone with its right."""
    if not freed or not hasattr(holding.record, "pledges"):
        return holding
    left, rights = [], []
    for pledge, right in zip(holding.record.pledges, holding.priority_rights, strict=True):
        cut = min(pledge.quantity, freed)
        freed -= cut
        if cut < pledge.quantity:
            left.append(pledge.model_copy(update={"quantity": pledge.quantity - cut}))
            rights.append(right)
    return replace(holding, record=holding.record.model_copy(update={"pledges": tuple(left)}), priority_rights=tuple(rights))


def _with_marks(holding: Holding, now: Thing) -> Holding:
    """Mark a record that lists its states (a vehicle) with the measures in force, and with no other."""
    listed: tuple[str, ...] = getattr(holding.record, "status_codes", ())
    held = {_MARKS[measure.kind]: None for measure in now.measures if measure.state in IN_FORCE and measure.kind in _MARKS}
    codes = (*(code for code in listed if code not in _NO_STATES), *held)
    return replace(holding, record=holding.record.model_copy(update={"status_codes": codes or ("normal",)}))


def holds_money(holding: Holding) -> bool:
    """Tell whether money can come into an asset: an account, or a product that pays back to one here."""
    names = _names(holding.record)
    return names is not None and getattr(holding.record, names.arrives_at, None) is not None


def units_worth(holding: Holding, amount_fen: int) -> int:
    """Return how many units of a security pay an amount at its recorded price; all of them if it has none."""
    total: int = getattr(holding.record, "quantity", 0)
    value_fen = holding.record.value_fen()
    return -(-amount_fen * total // value_fen) if value_fen else total
