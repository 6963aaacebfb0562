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
from services.deposits import agency_api as wire
from services.deposits import feedback, reading
from services.deposits.codes import DocumentCode, IdTypeCode, MeasureCode, ScopeCode
from services.deposits.yuan_api import YUAN
from services.runtime import port
from services.runtime.reading import currencies
from services.runtime.reading.envelopes import json_object
from services.runtime.reading.outside import why

#: By dialect: what we write, and the names of what a query is answered with.
_WORDS: Mapping[str, tuple[wire.Words, reading.QueryWords]] = {"standard": (wire.STANDARD, reading.STANDARD), "yuan": (YUAN, reading.YUAN)}

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
_RULINGS = frozenset({"ruling", "release_ruling", "deduct_ruling"})
#: What a measure needs of the directory's row, and its code.
_MEASURES: Mapping[str, tuple[tuple[str, ...], MeasureCode]] = {
    "freeze": (("freeze",), "01"), "renew": (("renew",), "02"), "release": (("release",), "04"),
    "deduct": (("deduct",), "06"), "withdraw_income": (("deduct",), "07"), "freeze_and_deduct": (("freeze", "deduct"), "08"),
}
_RELEASE_WAITING: MeasureCode = "05"


class Deposits:
    """The translation for banks."""

    asset_type = "deposits"

    def to_call(self, agency: Agency, outgoing: Sequence[port.Outgoing]) -> port.AgencyCall:
        """Write one list of queries, one control, or the question how one request stands. See port.Adapter."""
        command, (words, _) = outgoing[0].command, _words(agency)
        _check_able(agency, command.action)
        try:
            return _call(words, command, outgoing)
        except (KeyError, ValidationError) as error:
            raise MalformedMessage(f"a command does not fit the banks' document: {why(error)}") from None

    def to_answers(
        self, agency: Agency, asked: Sequence[port.Asked], response: port.AgencyResponse,
    ) -> Mapping[str, port.Answer]:
        """Read a feedback: results, receipts, or why there is neither. See port.Adapter."""
        words, names = _words(agency)
        if response.status != HTTPStatus.OK:
            raise AgencyProtocolError(f"status {response.status}: not a feedback")
        body = json_object(response)
        return feedback.to_query(words, names, asked, body) if asked[0].asks == "query" else feedback.to_control(words, asked, body)


ADAPTER = Deposits()


def _words(agency: Agency) -> tuple[wire.Words, reading.QueryWords]:
    words = _WORDS.get(agency.dialect)
    if words is None:
        raise AgencyUnsupported(f"banks have no dialect {agency.dialect!r}")
    return words


def _call(words: wire.Words, command: Command, outgoing: Sequence[port.Outgoing]) -> port.AgencyCall:
    if command.action == "status":
        path = words.query_path if command.asks == "query" else words.control_path
        return port.AgencyCall("GET", f"{path}/{quote(command.request_no, safe='')}")
    if command.action == "query":
        queries = words.query_list(queries=tuple(words.query(**_head(words, one)) for one in outgoing))
        return port.AgencyCall("POST", words.query_path, _json(queries))
    return port.AgencyCall("POST", words.control_path, _json(_control(words, outgoing[0])))


def _check_able(agency: Agency, action: str) -> None:
    needed = (action,) if action in ("query", "status") else _MEASURES.get(action, ((), ""))[0]
    if not needed or not all(agency.can(capability) for capability in needed):
        raise AgencyUnsupported(f"{agency.agency} does not do {action}")


def _json(message: BaseModel) -> bytes:
    return message.model_dump_json(by_alias=True, exclude_none=True).encode()


def _head(words: wire.Words, one: port.Outgoing) -> dict[str, Any]:
    command = one.command
    return {
        "request_no": command.request_no, "name": command.subject.name, "nationality": command.subject.nationality, "id_type": _ID_TYPES[command.subject.id_type],
        "id_no": command.subject.id_no, "court_name": command.case.court_name, "court_code": command.case.court_code,
        "judge": command.officer.name, "judge_phone": command.officer.phone, "case_no": command.case.case_no,
        "work_card_no": command.officer.work_card_no, "duty_card_no": command.officer.duty_card_no,
        "callback_url": one.callback_url, "documents": _documents(words, one),
    }


def _documents(words: wire.Words, one: port.Outgoing) -> tuple[wire.Document, ...]:
    return tuple(
        words.document(kind=_DOCUMENTS[document.kind], document_no=document.document_no, issued_on=document.issued_on,
                       content=_content(one.contents.get(document.document_id or "")))
        for document in one.command.documents)


def _content(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()


def _control(words: wire.Words, one: port.Outgoing) -> wire.Control:
    order = one.command.control
    if order is None:
        raise MalformedMessage(f"{one.command.action} without what is to be controlled")
    return words.control(**_head(words, one), items=(_item(words, one.command, order),))


def _item(words: wire.Words, command: Command, order: ControlOrder) -> wire.ControlItem:
    funds = order.case_funds_account
    return words.control_item(
        measure=_measure(command.action, order), account_no=str(order.asset["account_no"]), scope=_scope(command.action, order),
        currency=currencies.NUMERIC[str(order.asset["currency"])], amount=order.amount_fen, until_on=order.until_on,
        months=order.term_months, ruling_no=_ruling_no(command), original_case_no=order.original_case_no,
        original_request_no=order.original_request_no, freeze_no=order.agency_control_no,
        funds_name=funds and funds.name, funds_bank=funds and funds.bank, funds_account_no=funds and funds.account_no)


def _measure(action: str, order: ControlOrder) -> MeasureCode:
    if action == "release" and order.waiting_serial:
        return _RELEASE_WAITING
    return _MEASURES[action][1]


def _scope(action: str, order: ControlOrder) -> ScopeCode:
    """Return what a measure is about: a freeze that names no amount is one of the account itself, all else of money in it."""
    return "2" if action == "freeze" and order.amount_fen is None else "1"


def _ruling_no(command: Command) -> str | None:
    return next((document.document_no for document in command.documents if document.kind in _RULINGS), None)
