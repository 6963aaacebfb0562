"""Controls and their append-only events. A control's row is the fold of its events; both are written together."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.control import Control
from gateway.domain.status_answers import watch
from gateway.domain.term_warnings import next_warning_on
from gateway.store.unnest import arrays, rows


@dataclass(frozen=True, slots=True)
class StoredControl:
    """A control with what does not change of it; `record` is the asset as the report had it when it was ordered."""

    control_id: str
    request_id: str
    court_code: str
    case_no: str
    subject: int
    subject_hash: str
    asset_id: str
    asset_type: str
    agency: str
    record: Mapping[str, Any]
    request_no: str
    created_at: datetime
    control: Control
    #: when the agency was last asked how it stands; when it was ordered, before that
    status_asked_at: datetime | None = None
    #: keyed hash of the agency and the asset's key: the same for every court, as the key of its commands
    thing: str | None = None


@dataclass(frozen=True, slots=True)
class ControlEvent:
    """One thing that happened to a control, as it is appended; `before` and `after` are states."""

    control_id: str
    seq: int
    event_id: str
    at: datetime
    kind: str
    by: str
    before: str
    after: str
    detail: Mapping[str, Any]
    control: Control
    report_version: int


_COLUMNS = "control_id, request_id, court_code, case_no, subject, subject_hash, asset_id, asset_type, agency, record, request_no, created_at, control, status_asked_at, thing"
#: What of a control is a column, so that it is found by it.
_WHERE = {"control": "text", "state": "text", "until_on": "date", "pending": "text", "in_doubt": "bool", "watch": "text", "warn_on": "date"}
_NEW = {"control_id": "text", "request_id": "text", "court_code": "text", "case_no": "text", "subject": "int", "subject_hash": "text",
        "asset_id": "text", "asset_type": "text", "agency": "text", "record": "text", "request_no": "text", "created_at": "timestamptz",
        "status_asked_at": "timestamptz", "reconciled_at": "timestamptz", "thing": "text", **_WHERE}
_INSERT = text(f"""
    INSERT INTO controls ({", ".join(_NEW)})
    SELECT {", ".join(f"c.{name}::jsonb" if name in ("record", "control") else f"c.{name}" for name in _NEW)}
    FROM {rows("c", **_NEW)}""")  # noqa: S608 - constants
_LOCK = text(f"""
    SELECT {_COLUMNS} FROM controls WHERE control_id = ANY(CAST(:control_ids AS text[])) ORDER BY control_id FOR UPDATE""")  # noqa: S608
_LOAD = text(f"SELECT {_COLUMNS} FROM controls WHERE control_id = ANY(CAST(:control_ids AS text[])) ORDER BY control_id")  # noqa: S608
_SAVE = text(f"""
    UPDATE controls c SET control = s.control::jsonb, {", ".join(f"{name} = s.{name}" for name in _WHERE if name != "control")}
    FROM {rows("s", control_id="text", **_WHERE)}
    WHERE c.control_id = s.control_id""")  # noqa: S608 - constants
_EVENT = {"control_id": "text", "seq": "int", "event_id": "text", "at": "timestamptz", "kind": "text", "by": "text", "before": "text",
          "after": "text", "detail": "text", "control": "text", "report_version": "int"}
_APPEND = text(f"""
    INSERT INTO control_events ({", ".join(_EVENT)})
    SELECT {", ".join(f"e.{name}::jsonb" if name in ("detail", "control") else f"e.{name}" for name in _EVENT)}
    FROM {rows("e", **_EVENT)}""")  # noqa: S608 - constants
_LAST_SEQ = text("""
    SELECT control_id, max(seq) AS seq FROM control_events WHERE control_id = ANY(CAST(:control_ids AS text[])) GROUP BY control_id""")
_EVENTS = text("""
    SELECT control_id, seq, event_id, at, kind, by, before, after, detail, control, report_version FROM control_events
    WHERE control_id = ANY(CAST(:control_ids AS text[])) ORDER BY control_id, seq""")
_PAGE = text(f"""
    SELECT {_COLUMNS} FROM controls
    WHERE court_code = :court_code
      AND (CAST(:request_id AS text) IS NULL OR request_id = :request_id)
      AND (CAST(:state AS text) IS NULL OR state = :state)
      AND (CAST(:due_before AS date) IS NULL OR (until_on < :due_before AND (state <> 'expired' OR CAST(:state AS text) IS NOT NULL)))
      AND (CAST(:subject_hash AS text) IS NULL OR subject_hash = :subject_hash)
      AND (CAST(:before AS text) IS NULL OR control_id < :before)
    ORDER BY control_id DESC LIMIT :most""")  # noqa: S608 - constants
_LAST_CHANGE = text("""
    SELECT control_id, max(at) AS at FROM control_events WHERE control_id = ANY(CAST(:control_ids AS text[])) GROUP BY control_id""")
_DUE = text("""
    SELECT control_id, max(answer_due_at) AS answer_due_at FROM tasks
    WHERE control_id = ANY(CAST(:control_ids AS text[])) AND request_id = ANY(CAST(:request_ids AS text[])) AND outcome IS NULL
      AND action NOT IN ('status', 'query')
    GROUP BY control_id""")
#: What was asked before the end may have been done in time: its answer is awaited first.
_ENDED = text("""
    SELECT control_id, request_id FROM controls
    WHERE until_on < :today AND pending IS NULL AND state IN ('in_force', 'partly_in_force', 'marked') AND control_id <> ALL(CAST(:aside AS text[]))
    ORDER BY until_on LIMIT :most""")
_TO_WARN = text("""
    SELECT control_id, request_id, until_on FROM controls WHERE warn_on <= :today AND until_on >= :today AND control_id <> ALL(CAST(:aside AS text[]))
    ORDER BY warn_on LIMIT :most""")


@dataclass(frozen=True, slots=True)
class _Row:
    control_id: str
    control: str
    state: str
    until_on: date | None
    pending: str | None
    in_doubt: bool
    watch: str | None
    warn_on: date | None


def _row(control_id: str, control: Control) -> _Row:
    return _Row(control_id, control.model_dump_json(), control.state, control.until_on, control.pending, control.in_doubt,
                watch(control), next_warning_on(control))


def _stored(row: RowMapping) -> StoredControl:
    return StoredControl(**{**row, "control": Control.model_validate(row["control"])})


async def insert_controls(connection: AsyncConnection, controls: Sequence[StoredControl]) -> None:
    """Write controls that were just ordered."""
    states = [_row(one.control_id, one.control) for one in controls]
    fixed = ("thing", "control_id", "request_id", "court_code", "case_no", "subject", "subject_hash", "asset_id", "asset_type", "agency",
             "request_no", "created_at")
    await connection.execute(_INSERT, {
        **arrays("c", controls, *fixed), "c_record": [orjson.dumps(one.record).decode() for one in controls],
        "c_status_asked_at": [one.created_at for one in controls], "c_reconciled_at": [one.created_at for one in controls], **arrays("c", states, *_WHERE)})


async def lock_controls(connection: AsyncConnection, control_ids: Sequence[str]) -> dict[str, StoredControl]:
    """Lock controls, in one order for all callers, and return them by id."""
    found = (await connection.execute(_LOCK, {"control_ids": list(control_ids)})).mappings()
    return {row["control_id"]: _stored(row) for row in found}


async def load_controls(connection: AsyncConnection, control_ids: Sequence[str]) -> dict[str, StoredControl]:
    """Return controls by id."""
    found = (await connection.execute(_LOAD, {"control_ids": list(control_ids)})).mappings()
    return {row["control_id"]: _stored(row) for row in found}


@dataclass(frozen=True, slots=True)
class ControlPage:
    """Which controls a list shows: those before `before` (an id), newest first; null filters nothing."""

    court_code: str
    most: int
    before: str | None = None
    request_id: str | None = None
    state: str | None = None
    due_before: date | None = None
    subject_hash: str | None = None


async def load_page(connection: AsyncConnection, page: ControlPage) -> list[StoredControl]:
    """Return a page of a court's controls."""
    return [_stored(row) for row in (await connection.execute(_PAGE, asdict(page))).mappings()]


async def answers_due(connection: AsyncConnection, controls: Sequence[StoredControl]) -> dict[str, datetime]:
    """Return by when each control with a step under way is to be answered."""
    parameters = {"control_ids": [one.control_id for one in controls], "request_ids": sorted({one.request_id for one in controls})}
    return {row.control_id: row.answer_due_at for row in await connection.execute(_DUE, parameters)}


async def save_controls(connection: AsyncConnection, controls: Mapping[str, Control]) -> None:
    """Write where controls stand now."""
    states = [_row(control_id, control) for control_id, control in controls.items()]
    await connection.execute(_SAVE, arrays("s", states, "control_id", *_WHERE))


async def append_events(connection: AsyncConnection, events: Sequence[ControlEvent]) -> None:
    """Append events."""
    plain = ("control_id", "seq", "event_id", "at", "kind", "by", "before", "after", "report_version")
    await connection.execute(_APPEND, {
        **arrays("e", events, *plain), "e_detail": [orjson.dumps(one.detail).decode() for one in events],
        "e_control": [one.control.model_dump_json() for one in events]})


async def last_seqs(connection: AsyncConnection, control_ids: Sequence[str]) -> dict[str, int]:
    """Return the number of each control's last event."""
    return {row.control_id: row.seq for row in await connection.execute(_LAST_SEQ, {"control_ids": list(control_ids)})}


async def last_changes(connection: AsyncConnection, control_ids: Sequence[str]) -> dict[str, datetime]:
    """Return when each control last changed."""
    return {row.control_id: row.at for row in await connection.execute(_LAST_CHANGE, {"control_ids": list(control_ids)})}


async def load_events(connection: AsyncConnection, control_ids: Sequence[str]) -> list[ControlEvent]:
    """Return the events of controls, oldest first for each."""
    found = (await connection.execute(_EVENTS, {"control_ids": list(control_ids)})).mappings()
    return [ControlEvent(**{**row, "control": Control.model_validate(row["control"])}) for row in found]


async def ended_terms(connection: AsyncConnection, today: date, most: int, aside: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return (control, request) of measures whose last day has passed, but for those set aside."""
    found = await connection.execute(_ENDED, {"today": today, "most": most, "aside": list(aside)})
    return [(row.control_id, row.request_id) for row in found]


async def due_warnings(connection: AsyncConnection, today: date, most: int, aside: Sequence[str] = ()) -> list[tuple[str, str, date]]:
    """Return (control, request, last day) of measures whose end is to be warned of, but for those set aside."""
    found = await connection.execute(_TO_WARN, {"today": today, "most": most, "aside": list(aside)})
    return [(row.control_id, row.request_id, row.until_on) for row in found]
