"""What an order does to one asset: a measure, or a renewal, release, deduction or transfer of one. Pure.

Each step returns the asset after it and the index of the measure it was about.
Raises, all of them: AgencyRefused with a code of contracts.outcome.REASONS
"""

from dataclasses import replace
from datetime import datetime
from typing import Literal, cast

from contracts.clock import china_date
from contracts.control import FOLLOW_UPS
from contracts.control import Measure as MeasureKind
from contracts.failures import AgencyRefused
from services.runtime.mock.law import IN_FORCE, Measure, Thing, end, settle
from services.runtime.mock.port import Order
from services.runtime.mock.terms import ordered_term, renewed_end

#: Measures that move the money at once, without a freeze before (民诉法解释 art. 484).
AT_ONCE = frozenset({"freeze_and_deduct", "withdraw_income"})


def take_measure(thing: Thing, order: Order, at: datetime, control_no: str) -> tuple[Thing, int]:
    """Put a new measure on the asset, last in order of service."""
    requested = _counted(thing, order)
    if requested is not None and requested <= 0:
        raise AgencyRefused("rejected_by_agency", "控制数额应大于零")
    measure = Measure(
        kind=cast("MeasureKind", order.action), authority=order.authority, document_no=order.document_no,
        requested=requested, served_at=at, request_no=order.request_no, control_no=control_no,
        term=ordered_term(thing.rule, china_date(at), order.term_months, order.until_on))
    index = len(thing.measures)
    thing = settle(replace(thing, measures=(*thing.measures, measure)), at)
    taken = thing.measures[index]
    if order.action in AT_ONCE and taken.actual:
        fen = taken.actual if thing.counted_in == "fen" else 0
        thing = _settled(thing.with_measure(index, replace(end(taken, "deducted"), deducted_fen=fen)), taken.actual, at)
    return thing, index


def follow_up(thing: Thing, index: int, order: Order, at: datetime, sold_units: int | None = None) -> Thing:
    """Renew, release, deduct or transfer; `sold_units`: what pays the amount of a deduction, for units."""
    measure = thing.measures[index]
    if measure.state == "expired":
        raise AgencyRefused("already_expired")
    if not measure.live:
        raise AgencyRefused("no_original_measure")
    if order.action not in FOLLOW_UPS:
        raise AgencyRefused("measure_unsupported")
    if order.action == "release":
        return _release(thing, index, order, at)
    if measure.state not in IN_FORCE:
        raise AgencyRefused("rejected_by_agency", "轮候措施尚未生效")
    if order.action == "renew":
        return _renew(thing, index, order)
    return _deduct(thing, index, order, at, sold_units) if order.action == "deduct" else _transfer(thing, index, at)


def _renew(thing: Thing, index: int, order: Order) -> Thing:
    measure = thing.measures[index]
    if measure.until_on is None:
        raise AgencyRefused("document_mismatch", "原措施无届满日")
    until_on = renewed_end(thing.rule, measure.until_on, order.term_months, order.until_on)
    return thing.with_measure(index, replace(measure, until_on=until_on))


def _release(thing: Thing, index: int, order: Order, at: datetime) -> Thing:
    """Release the whole measure, or of a measure that is counted only a part: the rest stays, without what it lacked.

    Shape: the part comes off what is frozen, then off what is marked
    """
    measure = thing.measures[index]
    has = (measure.requested or 0) if measure.state == "waiting" else measure.has
    part = _counted(thing, order)
    if part is not None and measure.requested is None and measure.state == "waiting":
        raise AgencyRefused("rejected_by_agency", "轮候的整户冻结不能部分解除")
    if part is None or part >= has:
        return settle(thing.with_measure(index, end(measure, "released")), at)
    rest = replace(measure, requested=has - part, actual=max(0, measure.actual - part), marked=min(measure.marked, has - part))
    return settle(thing.with_measure(index, rest), at)


def _deduct(thing: Thing, index: int, order: Order, at: datetime, sold_units: int | None) -> Thing:
    if thing.counted_in is None:
        raise AgencyRefused("measure_unsupported")
    measure = thing.measures[index]
    counted = _counted(thing, order)
    asked = counted if counted is not None else sold_units
    amount = measure.actual if asked is None else asked
    if not 0 < amount <= measure.actual:
        raise AgencyRefused("rejected_by_agency", "扣划数额超过已冻结数额")
    fen = amount if thing.counted_in == "fen" else order.amount_fen or 0
    measure = replace(measure, deducted_fen=measure.deducted_fen + fen)
    return _settled(thing.with_measure(index, _less(thing, measure, amount, "deducted")), amount, at)


def _less(thing: Thing, measure: Measure, amount: int, ends_as: Literal["deducted", "transferred"]) -> Measure:
    """Return the measure after so much of it was taken: with the last of what it has it ends, unless it holds marks or lacks some that is there.

    Shape: money that comes in later is held for it; for units it waits on
    """
    asked = None if measure.requested is None else measure.requested - amount
    rest = replace(measure, requested=asked, actual=measure.actual - amount)
    if rest.has:
        return rest
    if not asked or replace(thing, taken=thing.taken + amount).gone or (thing.counted_in, ends_as) == ("fen", "transferred"):
        return end(measure, ends_as)
    return rest if thing.counted_in == "fen" else replace(rest, state="waiting")


def _transfer(thing: Thing, index: int, at: datetime) -> Thing:
    """Transfer what the measure holds."""
    measure = thing.measures[index]
    if measure.actual == 0:
        raise AgencyRefused("rejected_by_agency", "措施未实际控制财产")
    return _settled(thing.with_measure(index, _less(thing, measure, measure.actual, "transferred")), measure.actual, at)


def _settled(thing: Thing, moved_out: int, at: datetime) -> Thing:
    """Take an amount out of the asset; nothing left of it ends what waits, a remainder goes to the next (domain.md §7.3)."""
    thing = replace(thing, taken=thing.taken + moved_out)
    if not thing.gone:
        return settle(thing, at)
    return replace(thing, measures=tuple(end(other, "lapsed") if other.live else other for other in thing.measures))


def _counted(thing: Thing, order: Order) -> int | None:
    return {"fen": order.amount_fen, "units": order.quantity}.get(thing.counted_in or "")
