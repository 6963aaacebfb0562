"""What an asset is worth to the case: its value, what stands before us, what can be controlled, what is secured. Pure, exact."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor

from contracts.asset_type import AssetRecord, AssetType
from contracts.control import PriorityRight, PriorMeasure
from contracts.registry import asset_type
from gateway.domain import law
from gateway.domain.report_views import ControlView

#: Measures that find a thing and hold nothing.
_HOLDS_NOTHING = frozenset({"watchlist"})
#: Rights that take the whole thing when no amount is registered, so that nothing is overstated.
_WHOLE_WITHOUT_AMOUNT = frozenset(law.words("PRIORITY-RIGHT", "whole_without_amount"))


@dataclass(frozen=True, slots=True)
class Worth:
    """Amounts of one asset in fen, rounded down; null where the register gives no value."""

    value_fen: int | None
    share: Fraction
    encumbered_fen: int
    controllable_fen: int | None
    #: the debtor's share of what prior measures and priority rights leave
    net_fen: int | None


def worth(kind: AssetType, record: AssetRecord, measures: Sequence[PriorMeasure], rights: Sequence[PriorityRight]) -> Worth:
    """Value one asset.

    Shape:  encumbered = prior measures and priority rights, at most the debtor's share of the value;
            controllable = share x min(value - encumbrances, what the register calls available): what the register
            has already taken off is not taken off again
    """
    value, share = record.value_fen(), record.share()
    if value is None:
        known = [one.amount_fen for one in measures] + [one.amount_fen for one in rights]
        return Worth(None, share, sum(fen or 0 for fen in known), None, None)
    burdens = [*(_of_measure(kind, record, value, one) for one in measures), *(_of_right(value, one) for one in rights)]
    burden = min(Fraction(value), sum(burdens, Fraction()))
    available = record.available_fen()
    free = value - burden
    return Worth(value, share, floor(min(burden, value * share)),
                 floor(share * (free if available is None else min(free, Fraction(available)))), floor(share * free))


def money(kind: AssetType, record: AssetRecord, measures: Sequence[PriorMeasure], rights: Sequence[PriorityRight]) -> tuple[int, int]:
    """Return what of an account a freeze can hold, and what of that is paid to others first (fen); (0, 0) without a known value.

    Shape: what prior measures leave, at most what the register calls available; a pledge ranks payment and does not bar freezing (§8a)
    """
    value, available = record.value_fen(), record.available_fen()
    if value is None:
        return 0, 0
    free = value - sum((_of_measure(kind, record, value, one) for one in measures), Fraction())
    return max(0, floor(free if available is None else min(free, Fraction(available)))), rights_fen(kind, value, rights)


def rights_fen(kind: AssetType, whole_fen: int, rights: Sequence[PriorityRight]) -> int:
    """Return what is paid first out of money that is held; nothing where the agency has taken it off already."""
    return 0 if kind.net_of_rights else floor(sum(_of_right(whole_fen, one) for one in rights))


def _of_measure(kind: AssetType, record: AssetRecord, value: int, measure: PriorMeasure) -> Fraction:
    """Return what a prior measure takes; one without an amount or a quantity takes the whole thing."""
    if measure.amount_fen is not None:
        return Fraction(measure.amount_fen)
    if measure.quantity is not None:
        return _part(kind, record, value, measure.quantity)
    return Fraction(value)


def _of_right(value: int, right: PriorityRight) -> Fraction:
    if right.amount_fen is not None:
        return Fraction(right.amount_fen)
    return Fraction(value if right.kind in _WHOLE_WITHOUT_AMOUNT else 0)


def _part(kind: AssetType, record: AssetRecord, value: int, quantity: int) -> Fraction:
    """Return the value of some units of a thing counted in units, or of the whole."""
    whole = getattr(record, "quantity", 0) if kind.counted_in == "quantity" else 0
    return Fraction(value * min(quantity, whole), whole) if whole else Fraction(value)


def securing_states(day: date, table: law.Table) -> tuple[str, ...]:
    """Return the states in which a measure secures something in a court; what waits or is only marked does not (LIMIT-WAITING)."""
    return law.texts(law.rules(day, table)["LIMIT-WAITING"], "securing_states")


def secured_fen(
    control: ControlView, kind: AssetType, record: AssetRecord, measures: Sequence[PriorMeasure], rights: Sequence[PriorityRight], *,
    securing: Collection[str],
) -> int:
    """Return what one control really secures, after prior measures and priority rights. Source: domain.md §7.4, §8a.

    Shape:  money: what the agency says is held (it counts prior freezes itself) less priority rights, unless it took those off too; units and whole
            things: their worth, at most what prior measures and rights leave; unknown worth secures nothing known
    """
    amounts = worth(kind, record, measures, rights)
    if control.state not in securing or control.measure in _HOLDS_NOTHING or amounts.value_fen is None or amounts.net_fen is None:
        return 0
    if kind.counted_in == "amount_fen":
        return max(0, (control.actual_fen or 0) - rights_fen(kind, amounts.value_fen, rights))
    if kind.counted_in == "quantity":
        held = _part(kind, record, amounts.value_fen, control.actual_quantity or 0)
        return min(floor(held * amounts.share), amounts.net_fen)
    return amounts.net_fen


def secured_unseen_fen(control: ControlView, kind: AssetType, *, securing: Collection[str]) -> int:
    """Return what a control secures on an asset that no answer of its request tells of: money, net of the rights its agency told of.

    Shape:  0 for units and whole things, whose worth nobody told
    """
    if control.state not in securing or control.measure in _HOLDS_NOTHING or kind.counted_in != "amount_fen":
        return 0
    held = control.actual_fen or 0
    return max(0, held - rights_fen(kind, held, control.priority_rights))


def total_secured_fen(secured: Iterable[tuple[str, str, int]]) -> int:
    """Add up what measures secure, each as (asset type, asset, fen); two on one whole thing (seal and seize) secure it once."""
    wholes: dict[str, int] = {}
    total = 0
    for kind, asset_id, fen in secured:
        if asset_type(kind).counted_in is None:
            wholes[asset_id] = max(wholes.get(asset_id, 0), fen)
        else:
            total += fen
    return total + sum(wholes.values())
