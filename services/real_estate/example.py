"""What a golden pair is, and the commands they are made of; answers are of 2026-11-22 17:00 China time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.assets.real_estate import RealEstateRecord
from contracts.case import CaseReference, Officer
from contracts.control import ControlOrder
from contracts.documents import CommandDocument
from contracts.messages import Command, FoundAsset
from contracts.subject import Identity
from services.real_estate import demo
from services.runtime import port


@dataclass(frozen=True, slots=True)
class Example:
    """What is asked and how it is written, what is answered and what it means."""

    title: str
    dialect: str
    outgoing: tuple[port.Outgoing, ...]
    call: port.AgencyCall
    response: port.AgencyResponse
    answers: Mapping[str, port.Answer]


AS_OF = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PAPER = b"%PDF-1.7 ruling"


def query(request_no: str) -> Command:
    """Return a query about the demo debtor."""
    return Command(
        task_id="01JDTASK", request_id="01JDREQUEST", request_no=request_no, agency="yunfu-real-estate",
        asset_type="real_estate", action="query", answer_due_at=datetime(2026, 11, 25, 16, 0, tzinfo=UTC),
        case=CaseReference(case_no="（2026）粤5302执1234号", court_code="粤5302", court_name="云浮市云城区人民法院"),
        officer=Officer(name="李明", work_card_no="粤5302-0031", duty_card_no="44530200031", phone="0766-8830000"),
        documents=(CommandDocument(kind="assist_query_notice", document_no="（2026）粤5302执1234号之一"),),
        subject=Identity(kind="person", name="陈伟", id_type="resident_id", id_no=demo.DEMO_PERSON))


def control(request_no: str, action: Any, asset: RealEstateRecord, **order: Any) -> Command:
    """Return a control step on one asset."""
    return query(request_no).model_copy(update={
        "action": action,
        "documents": (
            CommandDocument(kind="ruling", document_no="（2026）粤5302执1234号之二", document_id="sha256:ruling"),
            CommandDocument(kind="assist_execution_notice", document_no="（2026）粤5302执1234号之三")),
        "control": ControlOrder(control_id="01JDCONTROL", measure="seal", asset=asset.model_dump(mode="json"), **order)})


def status(request_no: str, of_action: Any) -> Command:
    """Return a question for the status of an earlier request."""
    return query(request_no).model_copy(update={"action": "status", "of_action": of_action, "agency_ref": "SL77"})


def found(record: RealEstateRecord, **more: Any) -> FoundAsset:
    """Return an asset as it is found."""
    return FoundAsset(record=record.model_dump(mode="json", exclude_none=True), **more)
