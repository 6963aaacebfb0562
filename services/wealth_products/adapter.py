"""Commands become the banks' messages, their answers become ours. Pure; it calls and keeps nothing.

Sources: domain.md §4, §5; golden pairs in examples.py. A code that is not in these tables is never given a meaning.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from contracts.agency import Agency
from contracts.control import ControlOrder
from contracts.failures import AgencyProtocolError, AgencyUnsupported, MalformedMessage
from contracts.messages import Command
from services.runtime import port
from services.runtime.reading import currencies
from services.runtime.reading.envelopes import json_object
from services.runtime.reading.outside import why
from services.wealth_products import agency_api as wire
from services.wealth_products import feedback
from services.wealth_products.codes import DocumentCode, IdTypeCode, MeasureCode

_ID_TYPES: Mapping[str, IdTypeCode] = {
    "resident_id": "01", "household_book": "02", "passport": "03", "foreign_passport": "04", "hk_macao_permit": "05",
    "hk_macao_return_permit": "06", "taiwan_permit": "07", "military_card": "08", "armed_police_card": "14",
    "organisation_code": "20", "uscc": "21", "business_licence": "22", "foreign_permanent_resident": "99", "other": "99",
}
_DOCUMENTS: Mapping[str, DocumentCode] = {
    "assist_query_notice": "01", "assist_freeze_notice": "02", "assist_execution_notice": "03",
    "assist_publicity_notice": "04", "assist_release_notice": "05", "assist_deduct_notice": "06", "ruling": "11",
    "release_ruling": "12", "deduct_ruling": "13", "transfer_ruling": "14", "application": "21",
    "written_confirmation": "22", "transfer_letter": "23", "ownership_proof": "24",
}
_RULINGS = frozenset({"ruling", "release_ruling"})
#: What is done to a product, each as its own capability in the directory's row.
_MEASURES: Mapping[str, MeasureCode] = {"freeze": "01", "renew": "02", "release": "04"}
_RELEASE_WAITING: MeasureCode = "05"


class WealthProducts:
    """The translation for banks that keep wealth products."""

    asset_type = "wealth_products"

    def to_call(self, agency: Agency, outgoing: Sequence[port.Outgoing]) -> port.AgencyCall:
        """Write one list of queries, one control, or the question how one request stands. See port.Adapter."""
        command = outgoing[0].command
        _check_able(agency, command.action)
        try:
            return _call(command, outgoing)
        except (KeyError, ValidationError) as error:
            raise MalformedMessage(f"a command does not fit the banks' document: {why(error)}") from None

    def to_answers(
        self, agency: Agency, asked: Sequence[port.Asked], response: port.AgencyResponse,
    ) -> Mapping[str, port.Answer]:
        """Read a feedback: results, receipts, or why there is neither. See port.Adapter."""
        _check_dialect(agency)
        if response.status != HTTPStatus.OK:
            raise AgencyProtocolError(f"status {response.status}: not a feedback")
        body = json_object(response)
        return feedback.to_query(asked, body) if asked[0].asks == "query" else feedback.to_control(asked, body)


ADAPTER = WealthProducts()


def _check_dialect(agency: Agency) -> None:
    if agency.dialect != "standard":
        raise AgencyUnsupported(f"banks say nothing of wealth products in dialect {agency.dialect!r}")


def _check_able(agency: Agency, action: str) -> None:
    _check_dialect(agency)
    if action not in ("query", "status", *_MEASURES) or not agency.can(action):
        raise AgencyUnsupported(f"{agency.agency} does not do {action}")


def _call(command: Command, outgoing: Sequence[port.Outgoing]) -> port.AgencyCall:
    if command.action == "status":
        path = wire.QUERY_PATH if command.asks == "query" else wire.CONTROL_PATH
        return port.AgencyCall("GET", f"{path}/{quote(command.request_no, safe='')}")
    if command.action == "query":
        queries = wire.QueryList(queries=tuple(wire.Query(**_head(one)) for one in outgoing))
        return port.AgencyCall("POST", wire.QUERY_PATH, _json(queries))
    return port.AgencyCall("POST", wire.CONTROL_PATH, _json(_control(outgoing[0])))


def _json(message: BaseModel) -> bytes:
    return message.model_dump_json(by_alias=True, exclude_none=True).encode()


def _head(one: port.Outgoing) -> dict[str, Any]:
    command = one.command
    return {
        "request_no": command.request_no, "name": command.subject.name, "nationality": command.subject.nationality, "id_type": _ID_TYPES[command.subject.id_type],
        "id_no": command.subject.id_no, "court_name": command.case.court_name, "court_code": command.case.court_code,
        "judge": command.officer.name, "judge_phone": command.officer.phone, "case_no": command.case.case_no,
        "work_card_no": command.officer.work_card_no, "duty_card_no": command.officer.duty_card_no,
        "callback_url": one.callback_url, "documents": _documents(one),
    }


def _documents(one: port.Outgoing) -> tuple[wire.Document, ...]:
    return tuple(
        wire.Document(kind=_DOCUMENTS[document.kind], document_no=document.document_no, issued_on=document.issued_on,
                      content=_content(one.contents.get(document.document_id or "")))
        for document in one.command.documents)


def _content(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()


def _control(one: port.Outgoing) -> wire.Control:
    order = one.command.control
    if order is None:
        raise MalformedMessage(f"{one.command.action} without what is to be controlled")
    return wire.Control(**_head(one), items=(_item(one.command, order),))


def _item(command: Command, order: ControlOrder) -> wire.ControlItem:
    """Write what is to be done; a product that is known by its key alone names no return account, the bank looks it up."""
    account = order.asset.get("cash_return_account")
    return wire.ControlItem(
        measure=_measure(command.action, order), wealth_account=str(order.asset["wealth_account"]),
        product_code=str(order.asset["product_code"]), return_account=None if account is None else str(account),
        currency=currencies.NUMERIC[str(order.asset["currency"])], amount=order.amount_fen, until_on=order.until_on, months=order.term_months,
        ruling_no=_ruling_no(command), original_case_no=order.original_case_no, original_request_no=order.original_request_no,
        freeze_no=order.agency_control_no)


def _measure(action: str, order: ControlOrder) -> MeasureCode:
    if action == "release" and order.waiting_serial:
        return _RELEASE_WAITING
    return _MEASURES[action]


def _ruling_no(command: Command) -> str | None:
    return next((document.document_no for document in command.documents if document.kind in _RULINGS), None)
