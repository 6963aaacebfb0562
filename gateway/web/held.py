"""What a judge must see of measures at once: each with its asset, who else holds it in rank order, and where ours stands. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from contracts.control import FINAL_STATES
from contracts.report import AssetReport, ReportAsset, ReportControl


@dataclass(frozen=True, slots=True)
class Place:
    """One measure in the queue on an asset; `authority` is null for the one that the row is about."""

    rank: int | None
    authority: str | None
    measure: str
    amount_fen: int | None
    until_on: date | None


@dataclass(frozen=True, slots=True)
class HeldAsset:
    """A control with its asset, null if the report shows it no more, and the queue there, empty where it holds nothing or is alone."""

    control: ReportControl
    asset: ReportAsset | None
    queue: tuple[Place, ...]


def held_assets(report: AssetReport) -> list[HeldAsset]:
    """Return the controls of a report, the live ones first."""
    assets = {(subject.subject, asset.asset_id): asset for subject in report.subjects for section in subject.sections for asset in section.assets}
    ordered = sorted(report.controls, key=lambda one: (one.state in FINAL_STATES, one.subject, one.asset_type, one.control_id))
    return [HeldAsset(one, asset, _queue(one, asset)) for one in ordered for asset in [assets.get((one.subject, one.asset_id))]]


def _queue(control: ReportControl, asset: ReportAsset | None) -> tuple[Place, ...]:
    """Return all who hold an asset or wait for it, the first first; whose rank the agency did not say comes last."""
    measures = control.others(asset)
    if not measures or control.state in FINAL_STATES:
        return ()
    others = [Place(one.rank, one.authority, one.kind, one.amount_fen, one.until_on) for one in measures]
    ours = Place(control.rank, None, control.measure, control.actual_fen or control.requested_fen, control.until_on)
    return tuple(_by_rank([*others, ours]))


def _by_rank(places: Sequence[Place]) -> list[Place]:
    return sorted(places, key=lambda one: (one.rank is None, one.rank or 0, one.authority is None))
