"""Commands become the registrar's tasks, how they stand becomes our answer. Pure; it calls and keeps nothing.

Sources: domain.md §5, §6.1; golden pairs in examples.py. A code that is not in these tables is never given a meaning.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from fractions import Fraction
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from contracts.agency import Agency
from contracts.control import ControlOrder
from contracts.control import Transferee as Given
from contracts.failures import AgencyProtocolError, AgencyUnsupported, MalformedMessage
from contracts.messages import Command
from services.equity import agency_api as wire
from services.equity import reading
from services.equity.codes import DocumentCode, IdTypeCode, MatterCode
from services.runtime import port
from services.runtime.reading.currencies import NUMERIC
from services.runtime.reading.outside import why

_ID_TYPES: Mapping[str, IdTypeCode] = {
    "resident_id": "01", "household_book": "02", "passport": "03", "foreign_passport": "04", "hk_macao_permit": "05",
    "hk_macao_return_permit": "06", "taiwan_permit": "07", "military_card": "08", "armed_police_card": "09", "uscc": "11",
    "organisation_code": "12", "business_licence": "13", "foreign_permanent_resident": "99", "other": "99",
}
_DOCUMENTS: Mapping[str, DocumentCode] = {
    "assist_query_notice": "01", "assist_freeze_notice": "02", "assist_execution_notice": "03",
    "assist_publicity_notice": "04", "assist_release_notice": "05", "assist_deduct_notice": "06", "ruling": "11",
    "release_ruling": "12", "deduct_ruling": "13", "transfer_ruling": "14", "application": "21",
    "written_confirmation": "22", "transfer_letter": "23", "ownership_proof": "24",
}
_RULINGS = frozenset({"ruling", "release_ruling", "transfer_ruling"})
_MATTERS: Mapping[str, MatterCode] = {"freeze": "1", "renew": "2", "release": "3", "transfer": "4"}
#: A percentage with four decimals is a whole number of these.
_MILLIONTHS = 10**6
_YUAN = "CNY"


class Equity:
    """The translation for market regulation."""

    asset_type = "equity"

    def to_call(self, agency: Agency, outgoing: Sequence[port.Outgoing]) -> port.AgencyCall:
        """Write tasks, or ask how one stands. See port.Adapter."""
        command = outgoing[0].command
        if not agency.can(command.action) or command.action not in {"query", "status", *_MATTERS}:
            raise AgencyUnsupported(f"{agency.agency} does not do {command.action}")
        if command.action == "status":
            return port.AgencyCall("GET", f"{wire.PATH}/{quote(command.request_no, safe='')}")
        try:
            return _post(_tasks(agency, command, outgoing))
        except (KeyError, ValidationError) as error:
            raise MalformedMessage(f"a command does not fit the registrar's document: {why(error)}") from None

    def to_answers(
        self, agency: Agency, asked: Sequence[port.Asked], response: port.AgencyResponse,  # noqa: ARG002 - one dialect
    ) -> Mapping[str, port.Answer]:
        """Read how tasks stand. See port.Adapter."""
        if response.status != HTTPStatus.OK:
            raise AgencyProtocolError(f"status {response.status}: not an answer")
        return reading.answers(asked, response)


ADAPTER = Equity()


def _tasks(agency: Agency, command: Command, outgoing: Sequence[port.Outgoing]) -> BaseModel:
    if command.action == "query":
        return wire.QueryTasks(tasks=tuple(wire.Query(**_head(one)) for one in outgoing))
    return wire.MatterTasks(tasks=(_matter(agency, outgoing[0]),))


def _post(message: BaseModel) -> port.AgencyCall:
    return port.AgencyCall("POST", wire.PATH, message.model_dump_json(by_alias=True, exclude_none=True).encode())


def _head(one: port.Outgoing) -> dict[str, Any]:
    command = one.command
    return {
        "request_no": command.request_no, "name": command.subject.name, "id_type": _ID_TYPES[command.subject.id_type],
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


def _matter(agency: Agency, one: port.Outgoing) -> wire.Matter:
    command, order = one.command, one.command.control
    if order is None:
        raise MalformedMessage(f"{command.action} without what is to be controlled")
    return wire.Matter(
        **_head(one), matter=_MATTERS[command.action], uscc=str(order.asset["uscc"]), capital=_capital(agency, order),
        share=_share(agency, order), currency=NUMERIC[_currency(order)], until_on=order.until_on, months=order.term_months, ruling_no=_ruling_no(command),
        original_case_no=order.original_case_no, original_request_no=order.original_request_no,
        publicity_no=order.agency_control_no, transferee=_transferee(order.transferee))


def _currency(order: ControlOrder) -> str:
    return str(order.asset.get("currency", _YUAN))


def _capital(agency: Agency, order: ControlOrder) -> int | None:
    """Return the capital to take, in the currency of the stake; an amount of money is of yuan, and is no capital in another currency."""
    if order.capital_fen is None and order.amount_fen is not None and _currency(order) != _YUAN:
        raise AgencyUnsupported(f"{agency.agency} takes no amount in yuan of capital in {_currency(order)}")
    return order.amount_fen if order.capital_fen is None else order.capital_fen


def _share(agency: Agency, order: ControlOrder) -> Fraction | None:
    """Return the share of the company to freeze; the registrar writes it exactly or not at all."""
    if order.ratio is None:
        return None
    share = Fraction(order.ratio)
    if (share * _MILLIONTHS).denominator != 1:
        raise AgencyUnsupported(f"{agency.agency} takes a share in per cent with four decimals, which {share} is not")
    return share


def _ruling_no(command: Command) -> str | None:
    return next((document.document_no for document in command.documents if document.kind in _RULINGS), None)


def _transferee(to: Given | None) -> wire.Transferee | None:
    return None if to is None else wire.Transferee(name=to.name, id_type=_ID_TYPES[to.id_type], id_no=to.id_no)
