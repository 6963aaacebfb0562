"""Commands become the fund centre's JSON, its JSON becomes answers. Pure; it keeps and calls nothing.

Sources: domain.md §5, §6.1; golden pairs in examples.py. What has no code in these tables is not sent.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus
from urllib.parse import quote

import orjson

from contracts.agency import Agency
from contracts.documents import CommandDocument
from contracts.failures import AgencyProtocolError, AgencyUnsupported, ContractError
from contracts.messages import Command
from contracts.money import fen_to_yuan
from services.provident_fund import reading
from services.runtime import port

_MEASURES = {"freeze": "01", "renew": "02", "release": "03", "deduct": "04", "freeze_and_deduct": "05"}
_ID_TYPES = {
    "resident_id": "01", "military_card": "02", "passport": "03", "foreign_passport": "03", "hk_macao_permit": "05",
    "hk_macao_return_permit": "05", "taiwan_permit": "05", "household_book": "06", "armed_police_card": "07",
    "uscc": "11", "organisation_code": "12", "business_licence": "13", "foreign_permanent_resident": "99", "other": "99",
}
_CONDITIONS = {
    "home_purchase": "01", "retirement": "02", "left_work": "03", "left_country": "04", "loan_repayment": "05", "rent": "06",
}
_DOCUMENTS = {
    "assist_query_notice": "01", "assist_freeze_notice": "02", "assist_execution_notice": "03",
    "assist_publicity_notice": "04", "assist_release_notice": "05", "assist_deduct_notice": "06", "ruling": "11",
    "release_ruling": "12", "deduct_ruling": "13", "transfer_ruling": "14", "application": "21",
    "written_confirmation": "22", "transfer_letter": "23", "ownership_proof": "24",
}

class ProvidentFund:
    """The translation for housing provident fund centres."""

    asset_type = "provident_fund"

    def to_call(self, agency: Agency, outgoing: Sequence[port.Outgoing]) -> port.AgencyCall:
        """Write one call, or ask for the result of an earlier request number. See port.Adapter."""
        command = outgoing[0].command
        if not _able(agency, command.action):
            raise AgencyUnsupported(f"{agency.agency} does not do {command.action}")
        if command.action == "status":
            return port.AgencyCall("GET", f"/gjj/jg/{quote(command.request_no, safe='')}")
        path = "/gjj/cx" if command.action == "query" else "/gjj/kz"
        return port.AgencyCall("POST", path, orjson.dumps({"qqs": [_request(one) for one in outgoing]}))

    def to_answers(
        self, agency: Agency, asked: Sequence[port.Asked], response: port.AgencyResponse,  # noqa: ARG002 - the port
    ) -> Mapping[str, port.Answer]:
        """Read an envelope and each of its results by itself. See port.Adapter."""
        if response.status != HTTPStatus.OK:
            raise AgencyProtocolError(f"status {response.status}: not an answer of the centre")
        return reading.answers(asked, response)


ADAPTER = ProvidentFund()


def _able(agency: Agency, action: str) -> bool:
    if action == "freeze_and_deduct":
        return agency.can("freeze") and agency.can("deduct")
    return agency.can(action) and (action in _MEASURES or action in ("query", "status"))


def _request(one: port.Outgoing) -> dict[str, object]:
    command = one.command
    case, officer, subject = command.case, command.officer, command.subject
    body: dict[str, object] = {
        "qqdh": command.request_no, "xingming": subject.name, "zjlx": _code(_ID_TYPES, subject.id_type), "zjhm": subject.id_no,
        "fydm": case.court_code, "fymc": case.court_name, "ah": case.case_no, "cbr": officer.name,
        "gzzbh": officer.work_card_no, "gwzbh": officer.duty_card_no, "lxdh": officer.phone, "hddz": one.callback_url,
        "wss": [_document(document, one.contents) for document in command.documents],
    }
    return body if command.action == "query" else body | _order(command)


def _document(document: CommandDocument, contents: Mapping[str, bytes]) -> dict[str, object]:
    content = contents.get(document.document_id or "")
    return {"wslb": _code(_DOCUMENTS, document.kind), "wsbh": document.document_no, "wsrq": _yyyymmdd(document.issued_on),
            "wsnr": None if content is None else b64encode(content).decode()}


def _order(command: Command) -> dict[str, object]:
    control = command.control
    if control is None or "personal_account_no" not in control.asset:
        raise ContractError("a control command names its asset")
    if command.action == "freeze" and control.amount_fen is None:
        raise AgencyUnsupported("a fund centre freezes an amount, not a whole account")
    into = control.case_funds_account
    return {
        "kzcs": _MEASURES[command.action], "grzh": str(control.asset["personal_account_no"]),
        "je": None if control.amount_fen is None else fen_to_yuan(control.amount_fen), "qxys": control.term_months,
        "jsrq": _yyyymmdd(control.until_on), "yqqdh": control.original_request_no, "yah": control.original_case_no,
        "djbh": control.agency_control_no, "skyh": into and into.bank, "skzh": into and into.account_no,
        "skhm": into and into.name, "tqyy": None if control.withdrawal_condition is None else _code(_CONDITIONS, control.withdrawal_condition),
    }


def _code(table: Mapping[str, str], word: str) -> str:
    if word not in table:
        raise ContractError(f"the centre has no code for {word!r}")
    return table[word]


def _yyyymmdd(on: date | None) -> str | None:
    return None if on is None else f"{on:%Y%m%d}"
