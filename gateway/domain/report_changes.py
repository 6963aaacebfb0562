"""What differs between two versions of a report. Pure."""

from collections.abc import Iterator, Mapping

from contracts.report import AssetReport, Change, ReportAsset

#: What a change of an asset is told in, beside the fields of its record; its controls have changes of their own.
_AMOUNTS = {"value_fen", "encumbered_fen", "controllable_fen", "debtor_share", "co_owners", "prior_measures", "priority_rights", "restrictions"}
_OF_CONTROL = {"control_id", "measure", "state", "pending", "in_doubt", "rank", "actual_fen", "secured_fen", "until_on"}

Fields = dict[str, object]
Place = tuple[int, str, str]


def changes(before: AssetReport, after: AssetReport) -> tuple[Change, ...]:
    """Return what differs, assets first, then outcomes, controls and proposals; nothing for a report and itself."""
    return (*_asset_changes(before, after), *_outcome_changes(before, after), *_control_changes(before, after),
            *_proposal_changes(before, after))


def with_changes(before: AssetReport | None, after: AssetReport) -> AssetReport:
    """Return a report with what differs from the version before it; the first has no changes."""
    return after if before is None else after.model_copy(update={"changes": changes(before, after)})


def _assets(report: AssetReport) -> dict[Place, ReportAsset]:
    return {(subject.subject, section.asset_type, asset.asset_id): asset
            for subject in report.subjects for section in subject.sections for asset in section.assets}


def _asset_changes(before: AssetReport, after: AssetReport) -> Iterator[Change]:
    old, new = _assets(before), _assets(after)
    for (subject, asset_type, asset_id) in {**new, **old}:
        place = (subject, asset_type, asset_id)
        was, now = _fields(old.get(place)), _fields(new.get(place))
        if was == now:
            continue
        kind = "asset_added" if was is None else "asset_removed" if now is None else "asset_changed"
        if was is not None and now is not None:
            was, now = _differing(was, now), _differing(now, was)
        yield Change(kind=kind, asset_id=asset_id, subject=subject, asset_type=asset_type, before=was, after=now)


def _fields(asset: ReportAsset | None) -> Fields | None:
    return None if asset is None else {**asset.record, **asset.model_dump(mode="json", include=_AMOUNTS)}


def _differing(these: Fields, others: Fields) -> Fields:
    return {name: these.get(name) for name in {**these, **others} if these.get(name) != others.get(name)}


def _outcome_changes(before: AssetReport, after: AssetReport) -> Iterator[Change]:
    old = {line.task_id: line for line in before.agencies}
    for line in after.agencies:
        was = old.get(line.task_id)
        if was is not None and was.outcome != line.outcome:
            task: Fields = {"task_id": line.task_id, "agency": line.agency}
            yield Change(kind="outcome_changed", subject=line.subject, asset_type=line.asset_type,
                         before={**task, "outcome": was.outcome}, after={**task, "outcome": line.outcome})


def _controls(report: AssetReport) -> Mapping[str, tuple[str, int, str, Fields]]:
    return {one.control_id: (one.asset_id, one.subject, one.asset_type, one.model_dump(mode="json", include=_OF_CONTROL))
            for one in report.controls}


def _control_changes(before: AssetReport, after: AssetReport) -> Iterator[Change]:
    old = _controls(before)
    for control_id, (asset_id, subject, asset_type, now) in _controls(after).items():
        was = old[control_id][-1] if control_id in old else None
        if was == now:
            continue
        yield Change(kind="control_changed", asset_id=asset_id, subject=subject, asset_type=asset_type, before=was, after=now)


def _proposal_changes(before: AssetReport, after: AssetReport) -> Iterator[Change]:
    """Name the controls whose release is proposed, is proposed no more, or otherwise than before."""
    old, new = ({one.control_id: one for one in report.release_proposals} for report in (before, after))
    for control_id in {**new, **old}:
        was, now = old.get(control_id), new.get(control_id)
        one = now or was
        if one is not None and was != now:
            yield Change(kind="proposal_changed", asset_id=one.asset_id, subject=one.subject, asset_type=one.asset_type,
                         before=was and was.model_dump(mode="json"), after=now and now.model_dump(mode="json"))
