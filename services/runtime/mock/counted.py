"""What of an asset can be given out by amount, and its record once some of it is held or gone. Pure.

It goes by the neutral names of fields (interface.md §1), never by asset type: a record without such a field is one whole.
"""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
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


_NAMES = (
    _Names("quantity", "units", "available_quantity", "frozen_quantity"),
    _Names("balance_fen", "fen", "available_balance_fen", "frozen_fen"),
    _Names("subscribed_capital_fen", "fen"),
)
#: How a measure in force reads in a list of states; these and `normal` come and go with the measures.
_MARKS = {"seal": "sealed", "seize": "detained"}
_NO_STATES = frozenset({"normal", *_MARKS.values()})


def _names(record: AssetRecord) -> _Names | None:
    return next((names for names in _NAMES if hasattr(record, names.total)), None)


def thing_of(holding: Holding, rule: TermRule) -> Thing:
    """Return an asset as the law sees it when the simulation begins: the measures of others are on it, each from its day.

    What is neither available nor held by those measures (a pledge, a bank's own block) cannot be frozen; units can be marked,
    and the marks of others come first.
    """
    names = _names(holding.record)
    counted_in = names.counted_in if names else None
    priors = tuple(_from_prior(prior, counted_in) for prior in sorted(holding.prior_measures, key=_served))
    total = max(0, getattr(holding.record, names.total)) if names else 1
    thing = settle(Thing(total, counted_in, rule, measures=priors), None)
    blocked = max(0, total - getattr(holding.record, names.available, total) - thing.held) if names else 0
    if counted_in != "units":
        return replace(thing, total=total - blocked)
    marks = tuple(_from_mark(mark) for mark in getattr(holding.record, "marks", ()))
    return settle(replace(thing, total=total - blocked, pledged=blocked, measures=(*marks, *thing.measures)), None)


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
    changed: dict[str, object] = {names.total: getattr(record, names.total) + came - now.taken}
    if hasattr(record, names.available):
        changed[names.available] = max(0, now.total - now.taken - now.held)
    if hasattr(record, names.frozen):
        changed[names.frozen] = max(0, getattr(record, names.frozen) - before.held) + now.held
    if now.taken and hasattr(record, "share_ratio"):
        changed["share_ratio"] = str(Fraction(record.share_ratio) * (now.total - now.taken) / now.total)
    if hasattr(record, "marks"):
        changed["marks"] = tuple(map(_as_mark, (measure for measure in now.measures if measure.marked)))
    return replace(holding, record=type(record).model_validate(record.model_dump() | changed))


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
    """Tell whether money can come into an asset."""
    return hasattr(holding.record, "balance_fen")


def units_worth(holding: Holding, amount_fen: int) -> int:
    """Return how many units of a security pay an amount at its recorded price; all of them if it has none."""
    total: int = getattr(holding.record, "quantity", 0)
    value_fen = holding.record.value_fen()
    return -(-amount_fen * total // value_fen) if value_fen else total
