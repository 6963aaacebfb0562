"""A control as callers read it, with its events and what it secures, and the tag it goes by."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from contracts.clock import china_date
from contracts.control import FINAL_STATES
from contracts.outcome import reason
from contracts.registry import asset_type
from contracts.report import AssetReport, ReportControl
from gateway.api.calls import Call
from gateway.domain.control import Control
from gateway.domain.quota import asked_units
from gateway.domain.term_warnings import due
from gateway.reports import Reported
from gateway.store.controls import ControlEvent, StoredControl, answers_due, load_events
from gateway.store.database import Connection


async def shown_controls(call: Call, connection: Connection, controls: Sequence[StoredControl]) -> list[dict[str, object]]:
    """Write controls as callers read them; what each secures is what its request's newest report says."""
    return await shown_by(call, connection, controls, await reports_of(call, connection, controls))


async def shown_by(
    call: Call, connection: Connection, controls: Sequence[StoredControl], reported: Mapping[str, Reported],
) -> list[dict[str, object]]:
    """Write controls as callers read them by the newest reports of their requests."""
    events = await load_events(connection, [one.control_id for one in controls])
    answer_due = await answers_due(connection, controls)
    return [{**_control(call, one, reported[one.request_id]), "answer_due_at": answer_due.get(one.control_id),
             "events": [_event(event) for event in events if event.control_id == one.control_id]} for one in controls]


async def reports_of(call: Call, connection: Connection, controls: Sequence[StoredControl]) -> dict[str, Reported]:
    """Compile the newest reports of controls that the caller may read, whichever court made the request."""
    return await call.deps.reports.newest(connection, {one.request_id for one in controls}, call.deps.clock.now())


def tag_of(shown: Mapping[str, Any]) -> str:
    """Return the ETag of a control as it was written: it changes with every event."""
    return f'"{shown["events"][-1]["event_id"]}"'


def _control(call: Call, stored: StoredControl, reported: Reported) -> dict[str, object]:
    control, subject = stored.control, reported.body.subjects[stored.subject]
    agency = call.deps.directory.by_code.get(stored.agency)
    known = next((one for one in reported.report.controls if one.control_id == stored.control_id), None)
    told = control.model_dump(mode="json", include={
        "measure", "state", "pending", "held", "in_doubt", "rank", "waiting_serial", "code", "requested_fen", "actual_fen", "unfunded_fen",
        "deducted_fen", "requested_quantity", "actual_quantity", "requested_capital_fen", "requested_ratio", "remaining_fen", "remaining_quantity",
        "served_at", "effective_at", "until_on", "term_months", "agency_control_no",
        "original_case_no", "surplus_claim", "surplus_fen"})
    return {
        "control_id": stored.control_id, "request_id": stored.request_id, "case_no": stored.case_no, "court_code": stored.court_code,
        "subject": {"name": subject.name, "id_type": subject.id_type, "id_no": subject.id_no}, "asset_id": stored.asset_id,
        "asset_type": stored.asset_type, "agency": stored.agency, "request_no": stored.request_no,
        **told, "quantities": _quantities(stored), "parts": _parts(stored),
        "rank_basis": agency.rank_basis if agency else "served_at", "secured_fen": known.secured_fen if known else 0,
        "claim_fen": reported.report.totals.claim_fen, "others": _others(stored, reported.report, known), **_due(control, china_date(call.deps.clock.now())),
    }


def _quantities(stored: StoredControl) -> dict[str, int | None] | None:
    """Return how the units of a control stand, null for what is not counted in units; once it has ended nothing does."""
    if asset_type(stored.asset_type).counted_in != "quantity":
        return None
    control = stored.control
    split = (control.actual_quantity, control.marked_quantity, control.waiting_quantity)
    frozen, marked, waiting = (0, 0, 0) if control.state in FINAL_STATES else split
    return {"requested": asked_units(control), "frozen": frozen, "marked": marked, "waiting": waiting}


def _parts(stored: StoredControl) -> list[dict[str, object]] | None:
    """Return what became of each part of a control, null for a kind that has none."""
    names = asset_type(stored.asset_type).parts
    if not names:
        return None
    return [{**one.model_dump(mode="json"), "name": names[one.part].model_dump(), "reason": reason(one.code).model_dump() if one.code else None}
            for one in stored.control.parts or ()]


def _others(stored: StoredControl, report: AssetReport, known: ReportControl | None) -> list[dict[str, object]]:
    """Return the measures of others on the asset, as its agencies told them last."""
    asset = next((asset for subject in report.subjects if subject.subject == stored.subject for section in subject.sections
                  for asset in section.assets if asset.asset_id == stored.asset_id), None)
    told = known.others(asset) if known else asset.prior_measures if asset else ()
    return [one.model_dump(mode="json") for one in told]


def _due(control: Control, today: date) -> dict[str, object]:
    """Return how a running term stands; nothing where none runs."""
    running = due(control, today)
    if running is None:
        return {"due_in_days": None, "last_working_day_on": None, "calendar_provisional": None}
    return {"due_in_days": running.due_in_days, "last_working_day_on": running.last_working_day_on, "calendar_provisional": running.provisional}


def _event(event: ControlEvent) -> dict[str, object]:
    return {"event_id": event.event_id, "at": event.at, "kind": event.kind, "by": event.by, "before": event.before,
            "after": event.after, "detail": event.detail}
