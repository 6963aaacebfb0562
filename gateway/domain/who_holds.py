"""Who holds what of one subject, at every agency: the measures on each asset in rank order, ours among them. Pure.

Source: domain.md §7.3; what others hold is what the agencies told last.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from contracts.control import FINAL_STATES
from contracts.registry import asset_type
from contracts.report import AssetReport, ReportAsset, ReportControl
from contracts.words import Model


class Holder(Model):
    """One measure on an asset; `control_id` names one of the caller's court, null another authority's. Amounts in fen."""

    control_id: str | None
    authority: str
    kind: str
    rank: int | None
    amount_fen: int | None
    quantity: int | None
    until_on: date | None
    document_no: str | None = None


class HeldAsset(Model):
    """One asset with every measure on it, the first in rank first; those whose rank nobody told come last."""

    asset_id: str
    asset_type: str
    asset_key: str
    agencies: tuple[str, ...]
    measures: tuple[Holder, ...]


class About(NamedTuple):
    """One subject (its index) of a report, and whose its controls are by now.

    Shape: `authorities` name the court of each control; `mine` are those of the caller's court; `whole`: the request is the caller's
           own, else only the assets that its court controls are for it to see
    """

    report: AssetReport
    subject: int
    authorities: Mapping[str, str]
    mine: Collection[str]
    whole: bool = True


def who_holds(asked: Iterable[About]) -> tuple[HeldAsset, ...]:
    """Return the assets on which anybody holds anything; of an asset in several reports what the first given says of others."""
    reports = list(asked)
    assets: dict[str, HeldAsset] = {}
    for one in reports:
        for held in _held(one):
            known = assets.get(held.asset_id)
            assets[held.asset_id] = held if known is None else _with_ours(known, held)
    return tuple(one for one in assets.values() if one.measures)


def _held(one: About) -> Iterator[HeldAsset]:
    live: dict[str, list[ReportControl]] = {}
    for control in one.report.controls:
        if control.subject == one.subject and control.state not in FINAL_STATES:
            live.setdefault(control.asset_id, []).append(control)
    to_see = {asset_id for asset_id, controls in live.items() if one.whole or any(control.control_id in one.mine for control in controls)}
    for subject in one.report.subjects:
        for section in subject.sections if subject.subject == one.subject else ():
            for asset in section.assets:
                if one.whole or asset.asset_id in to_see:
                    yield _of_asset(asset, section.asset_type, live.pop(asset.asset_id, []), one)
    yield from (_of_clue(controls, one) for asset_id, controls in live.items() if asset_id in to_see)


def _of_asset(asset: ReportAsset, kind: str, ours: list[ReportControl], one: About) -> HeldAsset:
    return HeldAsset(asset_id=asset.asset_id, asset_type=kind, asset_key=asset_type(kind).key_text(asset.record),
                     agencies=tuple(source.agency for source in asset.sources), measures=_in_rank(_others(asset, ours) + [_our(control, one) for control in ours]))


def _of_clue(ours: list[ReportControl], one: About) -> HeldAsset:
    first = ours[0]
    return HeldAsset(asset_id=first.asset_id, asset_type=first.asset_type, asset_key=first.asset_key, agencies=(first.agency,),
                     measures=_in_rank(_others(None, ours) + [_our(control, one) for control in ours]))


def _others(asset: ReportAsset | None, ours: Sequence[ReportControl]) -> list[Holder]:
    """Return what others hold on an asset, as any of its agencies told."""
    told = {prior.identity: prior for control in ours for prior in control.prior_measures}
    told |= {prior.identity: prior for prior in (asset.prior_measures if asset else ())}
    return [Holder(control_id=None, authority=prior.authority, kind=prior.kind, rank=prior.rank, amount_fen=prior.amount_fen,
                   quantity=prior.quantity, until_on=prior.until_on, document_no=prior.document_no) for prior in told.values()]


def _our(control: ReportControl, one: About) -> Holder:
    amount = control.requested_fen if control.actual_fen is None else control.actual_fen
    units = control.requested_quantity if control.actual_quantity is None else control.actual_quantity
    return Holder(control_id=control.control_id if control.control_id in one.mine else None, authority=one.authorities[control.control_id],
                  kind=control.measure, rank=control.rank, amount_fen=amount, quantity=units, until_on=control.until_on)


def _with_ours(known: HeldAsset, older: HeldAsset) -> HeldAsset:
    """Add our measures of another request; what it says of others is older than what is known."""
    ours = [one for one in older.measures if one.control_id is not None]
    return known.model_copy(update={"measures": _in_rank([*known.measures, *ours])})


def _in_rank(measures: Iterable[Holder]) -> tuple[Holder, ...]:
    return tuple(sorted(measures, key=lambda one: (one.rank is None, one.rank or 0, one.control_id is not None)))
