"""The outbox row of a control's step: what an agency is asked to do, on whose order, with which documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.agency import Agency
from contracts.case import Officer
from contracts.control import Action, ControlOrder
from contracts.documents import DocumentRef
from contracts.kafka import topics
from contracts.keyed import keyed_hash
from contracts.messages import Command
from contracts.registry import asset_type
from contracts.subject import Identity
from gateway.domain.deadlines import answer_due_at, next_open
from gateway.domain.follow_up import Step
from gateway.domain.turns import needs_turn, turn_path
from gateway.intake import case_reference, command_document, to_task
from gateway.settings import GatewaySettings
from gateway.store.accept import NewTask
from gateway.store.controls import StoredControl


@dataclass(frozen=True, slots=True)
class Asking:
    """One step to be asked for; `court_code` is the court that asks and has uploaded the documents."""

    task_id: str
    request_no: str
    action: Action
    court_code: str
    court_name: str
    case_no: str
    officer: Officer
    documents: Sequence[DocumentRef]
    subject: Identity
    order: ControlOrder


def follow_up_order(stored: StoredControl, step: Step) -> ControlOrder:
    """Return what a follow-up says of the measure that it is about."""
    control = stored.control
    return ControlOrder(
        control_id=stored.control_id, measure=control.measure, asset=dict(stored.record), amount_fen=step.amount_fen,
        quantity=step.quantity, until_on=step.until_on, original_request_no=None if control.by_agency_no else stored.request_no,
        original_case_no=control.original_case_no or stored.case_no, agency_control_no=control.agency_control_no,
        waiting_serial=control.waiting_serial if control.state == "waiting" else None, transferee=step.transferee, case_funds_account=step.case_funds_account,
        withdrawal_condition=step.withdrawal_condition)


def thing_of(secret: bytes, agency: str, kind: str, record: Mapping[str, Any]) -> str:
    """Return the keyed hash of an asset at its agency: the key of commands about it, and what controls of any court on it share."""
    return keyed_hash(secret, "command-key", agency, asset_type(kind).key_text(record))


def control_task(asking: Asking, stored: StoredControl, agency: Agency, settings: GatewaySettings, now: datetime) -> NewTask:
    """Return the task of a step, sent and due from when the office is open; commands about one asset at one agency stay in order by their key."""
    opens = next_open(now, agency.office_hours)
    due = answer_due_at(opens, agency.answer_due_working_days, None, within_s=settings.answer_within_s)
    wants = due if agency.wants_document_content else None
    turn_url = None
    if needs_turn(agency, asking.action):
        turn_url = settings.gateway_url + turn_path(settings.secret, task_id=asking.task_id, agency=agency.agency, ends_at=due)
    command = Command(
        task_id=asking.task_id, request_id=stored.request_id, request_no=asking.request_no, agency=agency.agency,
        asset_type=stored.asset_type, action=asking.action, case=case_reference(asking.case_no, asking.court_code, asking.court_name),
        officer=asking.officer, subject=asking.subject, answer_due_at=due, control=asking.order, turn_url=turn_url,
        documents=tuple(command_document(one, settings, asking.court_code, asking.task_id, wants) for one in asking.documents))
    key = thing_of(settings.secret, stored.agency, stored.asset_type, stored.record).encode()
    return to_task(command, subject=stored.subject, topic=topics.commands_for(agency), key=key, lease=opens)
