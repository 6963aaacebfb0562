"""Compile stored answers into the unified asset report. Pure; a report is never stored, only what it is compiled from.

The parts: report_views (what goes in), report_assets (merging), worth (amounts), report_text (the statement), report_changes.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from fractions import Fraction
from math import floor

from contracts.clock import china_date
from contracts.control import PriorMeasure
from contracts.outcome import OUTCOMES, reason
from contracts.registry import asset_type
from contracts.report import (
    AgencyLine,
    AssetReport,
    Completeness,
    Gap,
    ReleaseProposal,
    ReportAsset,
    ReportControl,
    ReportSubject,
    Section,
    Totals,
)
from gateway.domain.control import HELD
from gateway.domain.protected import Bench
from gateway.domain.report_assets import merged_assets
from gateway.domain.report_changes import changes, with_changes
from gateway.domain.report_text import gaps_of, is_suspended, outcome_word, statement, why_no_answer
from gateway.domain.report_unread import shown, shown_unreadable
from gateway.domain.report_views import AssetIdOf, ControlView, ReportRequest, TaskView
from gateway.domain.worth import secured_fen, secured_unseen_fen, securing_states, total_secured_fen

__all__ = ["AssetIdOf", "ControlView", "ReportRequest", "TaskView", "changes", "compile_report", "with_changes"]

#: The code of a gap whose answer gave none.
_CODE_WITHOUT_ONE = {"refused": "rejected_by_agency", "unsupported": "no_capability", "failed": "fault", "overdue": "no_answer",
                     "awaiting": "awaiting"}


def compile_report(
    request: ReportRequest, tasks: Sequence[TaskView], controls: Sequence[ControlView], *,
    version: int, compiled_at: datetime, asset_id: AssetIdOf, proposals: Sequence[ReleaseProposal] = (),
) -> AssetReport:
    """Merge the answers to one request into its asset report, without `changes` (with_changes adds them).

    Shape:  a section for each subject and asset type asked, in the order asked; every task in `agencies` once;
            the order of tasks and controls does not matter; `proposals` are stored facts and shown as they are
    Units:  fen; instants UTC
    Raises: pydantic.ValidationError if a stored record is not one of its type (report_unread.as_read keeps such out)
    """
    tasks = _in_order(request, tasks)
    bench = Bench(china_date(compiled_at), request.table, request.cause)
    subjects = _subjects(request, tasks, controls, asset_id, bench)
    shown = _controls(subjects, controls, bench)
    return AssetReport(
        request_id=request.request_id, case_no=request.case_no, version=version, compiled_at=compiled_at,
        all_ended=all(task.outcome is not None for task in tasks), all_answered=not gaps_of(tasks) and not any(task.unreadable for task in tasks),
        completeness=_completeness(request, tasks), totals=_totals(request, subjects, shown), subjects=subjects,
        agencies=tuple(map(_line, tasks)), controls=shown, release_proposals=tuple(proposals))


def _in_order(request: ReportRequest, tasks: Sequence[TaskView]) -> list[TaskView]:
    place = {code: index for index, code in enumerate(request.asset_types)}
    return sorted(tasks, key=lambda task: (task.subject, place[task.asset_type], task.agency, task.task_id))


def _subjects(
    request: ReportRequest, tasks: Sequence[TaskView], controls: Sequence[ControlView], asset_id: AssetIdOf,
    bench: Bench,
) -> tuple[ReportSubject, ...]:
    gaps = {task.task_id for task in gaps_of(tasks)}
    asked: dict[tuple[int, str], list[TaskView]] = defaultdict(list)
    for task in tasks:
        asked[task.subject, task.asset_type].append(task)

    def section(index: int, code: str) -> Section:
        here = asked[index, code]
        assets = merged_assets(asset_type(code), request.subjects[index], here, controls, asset_id, bench=bench)
        unreadable = tuple(one for task in here for one in shown_unreadable(asset_type(code), task))
        return Section(asset_type=code, asked=len(here), assets=assets, unreadable=unreadable,
                       gaps=tuple(_gap(task) for task in here if task.task_id in gaps))

    return tuple(
        ReportSubject(subject=index, kind=one.kind, role=one.role, name=one.name, name_as_given=one.name_as_given, former_names=one.names[1:],
                      id_type=one.id_type, id_no=one.id_no, warnings=one.second_looks(index),
                      sections=tuple(section(index, code) for code in request.asset_types))
        for index, one in enumerate(request.subjects))


def _gap(task: TaskView) -> Gap:
    code = task.code or _CODE_WITHOUT_ONE[outcome_word(task)]
    return Gap(agency=task.agency, task_id=task.task_id, outcome=task.outcome, code=code, reason=why_no_answer(task, reason(code)), detail=task.detail,
               asked_as=task.asked_as, suspended_since=task.suspended_since if is_suspended(task) else None)


def _line(task: TaskView) -> AgencyLine:
    return AgencyLine(agency=task.agency, name=task.name, asset_type=task.asset_type, task_id=task.task_id, subject=task.subject,
                      outcome=task.outcome, as_of=task.as_of, answered_at=task.answered_at, elapsed_s=task.elapsed_s,
                      raw_sha256=task.raw_sha256, late=task.late, asked_as=task.asked_as, unread=shown(asset_type(task.asset_type), task.unread))


def _completeness(request: ReportRequest, tasks: Sequence[TaskView]) -> Completeness:
    counted = Counter(map(outcome_word, tasks))
    counts = {word: counted[word] for word in (*OUTCOMES, "awaiting")}
    return Completeness(asked=len(tasks), unreadable=sum(len(task.unreadable) for task in tasks), left_out=sum(one.count for one in request.left_out),
                        statement=statement(request, tasks), **counts)


def _controls(subjects: Sequence[ReportSubject], controls: Sequence[ControlView], bench: Bench) -> tuple[ReportControl, ...]:
    assets = {(subject.subject, asset.asset_id): asset
              for subject in subjects for section in subject.sections for asset in section.assets}
    ours = {control.request_no for control in controls if control.request_no}
    return tuple(_control(control, assets.get((control.subject, control.asset_id)), ours, bench)
                 for control in sorted(controls, key=lambda one: one.control_id))


def _control(control: ControlView, asset: ReportAsset | None, ours: Collection[str], bench: Bench) -> ReportControl:
    kind, securing = asset_type(control.asset_type), securing_states(bench.day, bench.table)
    secured = secured_unseen_fen(control, kind, securing=securing) if asset is None else secured_fen(
        control, kind, kind.record.model_validate(asset.record), asset.prior_measures, asset.priority_rights, securing=securing)
    return ReportControl(
        control_id=control.control_id, asset_id=control.asset_id, asset_type=control.asset_type, asset_key=control.asset_key,
        subject=control.subject, agency=control.agency, measure=control.measure, state=control.state, pending=control.pending, in_doubt=control.in_doubt,
        rank=control.rank, requested_fen=control.requested_fen, actual_fen=control.actual_fen, secured_fen=secured,
        until_on=control.until_on, requested_quantity=control.requested_quantity, actual_quantity=control.actual_quantity, parts=tuple(control.parts),
        due_in_days=(control.until_on - bench.day).days if control.until_on and control.state in HELD else None, surplus_claim=control.surplus_claim,
        prior_measures=tuple(one for one in control.prior_measures if one.request_no not in ours and _is_before(one, control)))


def _is_before(measure: PriorMeasure, control: ControlView) -> bool:
    """Tell whether what stood before a control when it was answered for still does: it may have moved up since."""
    return control.rank is None or (control.rank > 1 and (measure.rank is None or measure.rank < control.rank))


def _totals(request: ReportRequest, subjects: Sequence[ReportSubject], controls: Sequence[ReportControl]) -> Totals:
    assets = [asset for subject in subjects for section in subject.sections for asset in section.assets]
    return Totals(
        value_fen=sum(_share_of_value(asset) for asset in assets),
        encumbered_fen=sum(asset.encumbered_fen for asset in assets if asset.value_fen is not None),
        controllable_fen=sum(asset.controllable_fen or 0 for asset in assets),
        secured_fen=total_secured_fen((one.asset_type, one.asset_id, one.secured_fen) for one in controls), claim_fen=request.claim_fen,
        unvalued_assets=sum(asset.value_fen is None for asset in assets))


def _share_of_value(asset: ReportAsset) -> int:
    return floor(Fraction(asset.debtor_share) * (asset.value_fen or 0))
