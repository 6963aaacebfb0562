"""Read what one version of a report is compiled from. Version 0 is the live view; what came after a version does not show in it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.messages import FoundAsset, Unread, UnreadableItem
from contracts.registry import asset_type
from contracts.report import ReleaseProposal
from contracts.words import Text
from gateway.domain.control import Control
from gateway.domain.directory import Directory
from gateway.domain.report_views import ControlView, TaskView
from gateway.store.requests import ASKED_AS, RENAMED
from gateway.store.unnest import rows

LIVE = 0


@dataclass(frozen=True, slots=True)
class ReportHead:
    """The stored request a report is about; `body` is the request as it was validated."""

    request_id: str
    court_code: str
    case_no: str
    body: Mapping[str, Any]
    left_out: Sequence[Mapping[str, Any]]
    ended_at: datetime | None
    report_version: int
    event_seq: int
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers and controls as of one version."""

    version: int
    made_at: datetime | None
    tasks: tuple[TaskView, ...]
    controls: tuple[ControlView, ...]
    proposals: tuple[ReleaseProposal, ...] = ()


_HEADS = text("""
    SELECT request_id, court_code, case_no, body, left_out, ended_at, report_version, event_seq, accepted_at
    FROM requests WHERE request_id = ANY(CAST(:request_ids AS text[]))""")
_WANTED = rows("w", request_id="text", version="int")
_MADE_AT = text(f"SELECT request_id, made_at FROM {_WANTED} JOIN report_versions USING (request_id, version)")  # noqa: S608 - constants
_TASKS = text(f"""
    WITH r AS MATERIALIZED ({RENAMED} WHERE request_id = ANY(CAST(:w_request_id AS text[])))
    SELECT t.request_id, task_id, agency, asset_type, subject, outcome, code, detail, as_of, answered_at, elapsed_s, raw_sha256, assets, unreadable,
           unread, late_version, suspended_since, {ASKED_AS} AS asked_as
    FROM r JOIN tasks t ON t.request_id = r.request_id AND t.control_id IS NULL""")  # noqa: S608 - constants
_CONTROLS = text(f"""
    SELECT DISTINCT ON (c.control_id) c.request_id, c.control_id, c.asset_id, c.asset_type, c.subject, c.agency, c.record, c.request_no, e.control
    FROM {_WANTED} JOIN controls c USING (request_id) JOIN control_events e ON e.control_id = c.control_id
    WHERE w.version = 0 OR e.report_version <= w.version
    ORDER BY c.control_id, e.seq DESC""")  # noqa: S608 - constants
#: Of the request's own court only: a control that was converted may belong to another.
_PROPOSALS = text(f"""
    SELECT p.request_id, p.proposal FROM {_WANTED} JOIN requests r USING (request_id)
    JOIN release_proposals p ON p.request_id = r.request_id AND p.court_code = r.court_code
    WHERE CASE w.version WHEN 0 THEN p.withdrawn_at IS NULL
          ELSE p.from_version <= w.version AND (p.until_version IS NULL OR p.until_version > w.version) END
    ORDER BY p.seq""")  # noqa: S608 - constants


async def load_report_heads(connection: AsyncConnection, request_ids: Collection[str]) -> dict[str, ReportHead]:
    """Return requests of any court by id; whose they are, is for the caller to check."""
    return {row.request_id: ReportHead(*row) for row in await connection.execute(_HEADS, {"request_ids": list(request_ids)})}


async def load_answers(connection: AsyncConnection, versions: Mapping[str, int], directory: Directory) -> dict[str, Answers]:
    """Return what a version of each request is compiled from; `made_at` is null if there is no such version."""
    wanted = {"w_request_id": list(versions), "w_version": list(versions.values())}
    made_at = {row.request_id: row.made_at for row in await connection.execute(_MADE_AT, wanted)}
    tasks, controls = await _by_request(connection, _TASKS, wanted), await _by_request(connection, _CONTROLS, wanted)
    proposals = await _by_request(connection, _PROPOSALS, wanted) if controls else {}
    return {request_id: Answers(
        version, made_at.get(request_id),
        tuple(as_of_version(_task(row, directory), row["late_version"], version) for row in tasks.get(request_id, ())),
        tuple(map(_control, controls.get(request_id, ()))),
        tuple(ReleaseProposal.model_validate(row["proposal"]) for row in proposals.get(request_id, ())))
        for request_id, version in versions.items()}


async def _by_request(connection: AsyncConnection, statement: TextClause, wanted: Mapping[str, object]) -> dict[str, list[RowMapping]]:
    found: dict[str, list[RowMapping]] = {}
    for row in (await connection.execute(statement, wanted)).mappings():
        found.setdefault(row["request_id"], []).append(row)
    return found


def as_of_version(task: TaskView, late_version: int | None, version: int) -> TaskView:
    """Return a task as a version shows it: an answer that came late is still overdue in the versions before it."""
    if version == LIVE or late_version is None or version >= late_version:
        return replace(task, late=late_version is not None)
    return TaskView(task.task_id, task.agency, task.name, task.asset_type, task.subject, outcome="overdue", code="no_answer", asked_as=task.asked_as,
                    suspended_since=task.suspended_since)


def _task(row: RowMapping, directory: Directory) -> TaskView:
    code = row["agency"]
    listed = directory.by_code.get(code)
    return TaskView(
        task_id=row["task_id"], agency=code, name=listed.name if listed else Text(zh=code, en=code), asset_type=row["asset_type"],
        subject=row["subject"], outcome=row["outcome"], code=row["code"], detail=row["detail"], as_of=row["as_of"],
        answered_at=row["answered_at"], elapsed_s=row["elapsed_s"], raw_sha256=row["raw_sha256"], asked_as=row["asked_as"], suspended_since=row["suspended_since"],
        register=listed.register_code if listed else code,
        assets=tuple(FoundAsset.model_validate(one) for one in row["assets"] or ()),
        unreadable=tuple(UnreadableItem.model_validate(one) for one in row["unreadable"] or ()),
        unread=tuple(Unread.model_validate(one) for one in row["unread"] or ()))


def _control(row: RowMapping) -> ControlView:
    control = Control.model_validate(row["control"])
    return ControlView(
        control_id=row["control_id"], asset_id=row["asset_id"], asset_type=row["asset_type"], subject=row["subject"],
        agency=row["agency"], request_no=row["request_no"], measure=control.measure, state=control.state, pending=control.pending,
        in_doubt=control.in_doubt, rank=control.rank, requested_fen=control.requested_fen, actual_fen=control.actual_fen,
        actual_quantity=control.actual_quantity, until_on=control.until_on, requested_quantity=control.requested_quantity,
        surplus_claim=control.surplus_claim, parts=control.parts or (), priority_rights=control.priority_rights or (),
        prior_measures=control.prior_measures or (),
        asset_key=asset_type(row["asset_type"]).key_text(row["record"]))
