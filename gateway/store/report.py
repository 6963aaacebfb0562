"""Read what one version of a report is compiled from. Version 0 is the live view; what came after a version does not show in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.messages import FoundAsset
from contracts.registry import asset_type
from contracts.words import Text
from gateway.domain.control import Control
from gateway.domain.directory import Directory
from gateway.domain.report_views import ControlView, TaskView
from gateway.store.progress import version_made_at

LIVE = 0


@dataclass(frozen=True, slots=True)
class ReportHead:
    """The stored request a report is about; `body` is the request as it was validated."""

    request_id: str
    court_code: str
    case_no: str
    body: Mapping[str, Any]
    left_out: int
    ended_at: datetime | None
    report_version: int
    event_seq: int


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers and controls as of one version."""

    version: int
    made_at: datetime | None
    tasks: tuple[TaskView, ...]
    controls: tuple[ControlView, ...]


_HEAD = text("""
    SELECT request_id, court_code, case_no, body, jsonb_array_length(left_out) AS left_out, ended_at, report_version, event_seq
    FROM requests WHERE request_id = :request_id""")
_TASKS = text("""
    SELECT task_id, agency, asset_type, subject, outcome, code, detail, as_of, answered_at, elapsed_s, raw_sha256, assets, late_version
    FROM tasks WHERE request_id = :request_id AND control_id IS NULL""")
_CONTROLS = text("""
    SELECT DISTINCT ON (c.control_id) c.control_id, c.asset_id, c.asset_type, c.subject, c.agency, c.record, c.request_no, e.control
    FROM controls c JOIN control_events e ON e.control_id = c.control_id
    WHERE c.request_id = :request_id AND (:version = 0 OR e.report_version <= :version)
    ORDER BY c.control_id, e.seq DESC""")


async def load_report_head(connection: AsyncConnection, request_id: str) -> ReportHead | None:
    """Return a request of any court; whose it is, is for the caller to check."""
    row = (await connection.execute(_HEAD, {"request_id": request_id})).one_or_none()
    return ReportHead(*row) if row else None


async def load_answers(connection: AsyncConnection, request_id: str, version: int, directory: Directory) -> Answers:
    """Return what a version is compiled from; `made_at` is null if there is no such version."""
    rows = (await connection.execute(_TASKS, {"request_id": request_id})).mappings()
    tasks = tuple(as_of_version(_task(row, directory), row["late_version"], version) for row in rows)
    found = (await connection.execute(_CONTROLS, {"request_id": request_id, "version": version})).mappings()
    controls = tuple(map(_control, found))
    return Answers(version, await version_made_at(connection, request_id, version), tasks, controls)


def as_of_version(task: TaskView, late_version: int | None, version: int) -> TaskView:
    """Return a task as a version shows it: an answer that came late is still overdue in the versions before it."""
    if version == LIVE or late_version is None or version >= late_version:
        return replace(task, late=late_version is not None)
    return TaskView(task.task_id, task.agency, task.name, task.asset_type, task.subject, outcome="overdue", code="no_answer")


def _task(row: RowMapping, directory: Directory) -> TaskView:
    code = row["agency"]
    listed = directory.by_code.get(code)
    return TaskView(
        task_id=row["task_id"], agency=code, name=listed.name if listed else Text(zh=code, en=code), asset_type=row["asset_type"],
        subject=row["subject"], outcome=row["outcome"], code=row["code"], detail=row["detail"], as_of=row["as_of"],
        answered_at=row["answered_at"], elapsed_s=row["elapsed_s"], raw_sha256=row["raw_sha256"],
        assets=tuple(FoundAsset.model_validate(one) for one in row["assets"] or ()))


def _control(row: RowMapping) -> ControlView:
    control = Control.model_validate(row["control"])
    return ControlView(
        control_id=row["control_id"], asset_id=row["asset_id"], asset_type=row["asset_type"], subject=row["subject"],
        agency=row["agency"], request_no=row["request_no"], measure=control.measure, state=control.state, pending=control.pending,
        in_doubt=control.in_doubt, rank=control.rank, requested_fen=control.requested_fen, actual_fen=control.actual_fen,
        actual_quantity=control.actual_quantity, until_on=control.until_on, priority_rights=control.priority_rights or (),
        asset_key=asset_type(row["asset_type"]).key_text(row["record"]))
