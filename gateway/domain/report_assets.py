"""Merge what several answers say of the same things into one list of assets. Pure."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from contracts.asset_type import AssetType
from contracts.control import PriorityRight
from contracts.messages import FoundAsset, Unread
from contracts.names import same_name
from contracts.report import ReportAsset, Source
from contracts.subject import Subject
from gateway.domain.protected import Bench, left_to_control, restrictions
from gateway.domain.report_unread import shown
from gateway.domain.report_views import AssetIdOf, ControlView, TaskView, holder_of
from gateway.domain.worth import worth

Item = TypeVar("Item")
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing in one answer."""

    task: TaskView
    found: FoundAsset


def merged_assets(
    kind: AssetType, subject: Subject, tasks: Sequence[TaskView], controls: Sequence[ControlView], asset_id: AssetIdOf,
    *, bench: Bench,
) -> tuple[ReportAsset, ...]:
    """Return the assets of one subject and type, the most valuable first; things without a value come last."""
    groups: dict[tuple[str, str], list[Sighting]] = {}
    for task in tasks:
        for found in task.assets:
            groups.setdefault((holder_of(kind, subject, task.register or task.agency), kind.key_text(found.record)), []).append(Sighting(task, found))
    assets = [(key, _merged(kind, asset_id(kind.code, *key), sightings, controls, role=subject.role, bench=bench)) for key, sightings in groups.items()]
    assets.sort(key=lambda one: (one[1].value_fen is None, -(one[1].value_fen or 0), one[0]))
    return tuple(asset for _, asset in assets)


def _newest_first(sightings: Iterable[Sighting]) -> list[Sighting]:
    by_name = sorted(sightings, key=lambda one: (one.task.agency, one.task.task_id))
    return sorted(by_name, key=lambda one: one.task.as_of or _NEVER, reverse=True)


def _merged(
    kind: AssetType, asset_id: str, sightings: Iterable[Sighting], controls: Sequence[ControlView], *, role: str, bench: Bench,
) -> ReportAsset:
    newest_first = _newest_first(sightings)
    ours = {control.request_no for control in controls if control.request_no}
    record, conflicts = _merged_record([one.found.record for one in newest_first])
    measures = [one for one in _union([one.found.prior_measures for one in newest_first], lambda measure: measure.identity) if one.request_no not in ours]
    rights = _union([one.found.priority_rights for one in newest_first], _same_right)
    typed = kind.record.model_validate(record)
    amounts, kept = worth(kind, typed, measures, rights), restrictions(kind, role, record, bench)
    return ReportAsset(
        asset_id=asset_id, record=record, value_fen=amounts.value_fen, encumbered_fen=amounts.encumbered_fen,
        controllable_fen=left_to_control(amounts.controllable_fen, kept), debtor_share=str(amounts.share), co_owners=typed.others(),
        prior_measures=tuple(measures), priority_rights=tuple(rights), restrictions=kept,
        controls=tuple(sorted(control.control_id for control in controls if control.asset_id == asset_id)),
        sources=_sources(newest_first), conflicts=conflicts, unread=shown(kind, _marks(newest_first)))


def _merged_record(newest_first: Sequence[Mapping[str, object]]) -> tuple[dict[str, object], tuple[str, ...]]:
    """Return the record, the newest source first in each field, and the fields on which the sources differ."""
    record: dict[str, object] = {}
    for one in newest_first:
        record |= {name: value for name, value in one.items() if record.get(name) is None}
    differing = (name for name, value in record.items() if not all(_alike(name, one.get(name), value) for one in newest_first))
    return record, tuple(sorted(differing))


def _alike(name: str, value: object, shown: object) -> bool:
    """Tell whether a source says what is shown, or nothing; a name in another form is the same name."""
    if name.endswith("_name") and isinstance(value, str) and isinstance(shown, str):
        return same_name(value, shown)
    return value is None or value == shown


def _union(newest_first: Iterable[Iterable[Item]], identity: Callable[[Item], Hashable]) -> list[Item]:
    """Return all items of the newest source, and of the older ones what no newer source has."""
    union: list[Item] = []
    for items in newest_first:
        known: Collection[Hashable] = {identity(item) for item in union}
        union += [item for item in items if identity(item) not in known]
    return union


def _marks(newest_first: Iterable[Sighting]) -> list[Unread]:
    return list(dict.fromkeys(mark for one in newest_first for mark in one.found.unread))


def _same_right(right: PriorityRight) -> Hashable:
    return (right.kind, right.holder)


def _sources(newest_first: Sequence[Sighting]) -> tuple[Source, ...]:
    by_task = {one.task.task_id: one.task for one in newest_first}
    return tuple(Source(agency=task.agency, task_id=task.task_id, as_of=task.as_of, asked_as=task.asked_as) for task in by_task.values())
