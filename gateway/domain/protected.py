"""What the law keeps from a court on one asset, rule by rule, and what is left to control. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor

from contracts.asset_type import AssetType
from contracts.report import Restriction, RestrictionEffect
from contracts.words import Text
from gateway.domain import law

#: What leaves nothing to control.
_NOTHING_LEFT = frozenset({"not_liable", "no_freeze"})


@dataclass(frozen=True, slots=True)
class Bench:
    """Where and when the law is applied: the day in China, the court's legal table, the cause of the case."""

    day: date
    table: law.Table = law.LAW
    cause: str | None = None


def restrictions(kind: AssetType, role: str, record: Mapping[str, object], bench: Bench) -> tuple[Restriction, ...]:
    """Return every rule that keeps something of an asset from the court, the holder's role first."""
    return (*_of_role(role, bench), *_of_asset(kind, record, bench))


def _of_role(role: str, bench: Bench) -> Iterator[Restriction]:
    row = law.liability(role, bench.day, bench.table)
    if row is not None and row.parameters["liable"] is not True:
        yield _restriction(row, "not_liable")
    elif row is not None and "share" in row.parameters:
        yield _restriction(row, "share_limited", str(row.parameters["share"]))


def _of_asset(kind: AssetType, record: Mapping[str, object], bench: Bench) -> Iterator[Restriction]:
    effects: Mapping[object, RestrictionEffect] = {"no_freeze": "no_freeze", "no_deduct": "no_deduct", "purpose_limited": "purpose_limited"}
    for row in law.restrictions(kind.code, record, bench.day, cause=bench.cause, table=bench.table):
        barred = law.exemption(record, "freeze", bench.day, cause=bench.cause, table=bench.table)
        yield _restriction(row, effects[row.parameters["effect"]], bars_freeze=row is barred)


def _restriction(row: law.LawRow, effect: RestrictionEffect, share: str | None = None, *, bars_freeze: bool = False) -> Restriction:
    return Restriction(rule=row.id, source=row.source, effect=effect, text=Text(zh=row.zh, en=row.en), share=share,
                       bars_control=bars_freeze or effect in _NOTHING_LEFT)


def left_to_control(controllable_fen: int | None, kept: tuple[Restriction, ...]) -> int | None:
    """Return what may still be controlled: nothing, a share rounded down, or all; what is not known stays so unless nothing may."""
    if any(one.bars_control for one in kept):
        return 0
    shares = [Fraction(one.share) for one in kept if one.share]
    return controllable_fen if controllable_fen is None or not shares else floor(controllable_fen * min(shares))
