"""Commands become the fund centre's JSON, its JSON becomes answers. Pure; it keeps and calls nothing.

Sources: domain.md §5, §6.1; golden pairs in examples.py. A code that these tables do not have is never given a meaning.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

import orjson
from pydantic import ValidationError

from contracts.agency import Agency
from contracts.clock import CHINA
from contracts.control import ControlAnswer, ControlState, Measure, PriorMeasure
from contracts.documents import CommandDocument
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported, ContractError
from contracts.messages import Command, FoundAsset
from contracts.money import fen_to_yuan, yuan_to_fen
from services.provident_fund import agency_api as wire
from services.runtime import port

T = TypeVar("T")
CONTENT_TYPE = "application/json"
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
_REASONS = {
    "2001": "document_missing", "2002": "document_mismatch", "2003": "credential_missing", "2004": "identity_mismatch",
    "2005": "identity_incomplete", "2006": "not_authorised", "2008": "no_original_measure", "3001": "asset_not_found",
    "3002": "asset_exempt", "3003": "no_original_measure", "3004": "term_over_cap", "3005": "already_expired",
    "3007": "quota_exceeded", "3008": "rejected_by_agency", "3009": "condition_missing", "3010": "funds_account_missing",
    "3011": "amount_missing",
}
#: Persons only; a measure the centre does not do.
_UNSUPPORTED = frozenset({"2007", "3006"})
_UNAVAILABLE = {"9001": "office_closed", "9002": "busy"}
_STATES: Mapping[str, ControlState] = {
    "1": "in_force", "2": "waiting", "3": "partly_in_force", "4": "released", "5": "expired", "6": "lapsed",
    "7": "deducted", "8": "reversed",
}
_STANDING: Mapping[str, Measure] = {"01": "freeze", "05": "freeze_and_deduct"}
_ACCOUNT_STATES = {"01": "normal", "02": "sealed_dormant", "03": "merged", "04": "transferred_out",
                   "05": "withdrawn_closed", "06": "frozen", "99": "other"}
_LOAN = {"0": False, "1": True}


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
        return port.AgencyCall("POST", path, orjson.dumps({"qqs": [_request(one) for one in outgoing]}), CONTENT_TYPE)

    def to_answers(
        self, agency: Agency, asked: Sequence[port.Asked], response: port.AgencyResponse,  # noqa: ARG002 - the port
    ) -> Mapping[str, port.Answer]:
        """Read an envelope and each of its results by itself. See port.Adapter."""
        envelope = _envelope(response)
        if envelope.code == "9003":
            return {one.request_no: port.Refused("not_authorised", envelope.msg[:500]) for one in asked}
        _check(envelope)
        as_of, results = _stamp(envelope), _by_request(envelope, asked)
        return {one.request_no: _answer(one.asks, results[one.request_no], as_of) for one in asked}


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
        "skhm": into and into.name, "tqyy": _known(partial(_code, _CONDITIONS), control.withdrawal_condition),
    }


def _code(table: Mapping[str, str], word: str) -> str:
    if word not in table:
        raise ContractError(f"the centre has no code for {word!r}")
    return table[word]


def _yyyymmdd(on: date | None) -> str | None:
    return None if on is None else f"{on:%Y%m%d}"


def _envelope(response: port.AgencyResponse) -> wire.Envelope:
    if response.status != HTTPStatus.OK or response.content_type.partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise AgencyProtocolError(f"status {response.status}, {response.content_type[:80]!r}: not an answer of the centre")
    try:
        return wire.Envelope.model_validate(orjson.loads(response.body))
    except ValidationError as error:
        raise AgencyProtocolError(f"the envelope is outside the document: {_wrong(error)}") from None
    except orjson.JSONDecodeError as error:
        raise AgencyProtocolError(f"not JSON: {error}") from error


def _check(envelope: wire.Envelope) -> None:
    if envelope.code in _UNAVAILABLE:
        raise AgencyUnavailable(envelope.msg[:500], code=_UNAVAILABLE[envelope.code])
    if envelope.code != "0000":
        raise AgencyProtocolError(f"the call as a whole failed: {envelope.code[:40]!r} {envelope.msg[:200]}")


def _stamp(envelope: wire.Envelope) -> datetime:
    try:
        return _instant(envelope.fksj)
    except ValueError as error:
        raise AgencyProtocolError(f"the envelope's stamp: {error}") from error


def _by_request(envelope: wire.Envelope, asked: Sequence[port.Asked]) -> dict[str, list[dict[str, Any]]]:
    results: dict[str, list[dict[str, Any]]] = {one.request_no: [] for one in asked}
    for result in envelope.jgs:
        number = result.get("qqdh")
        if not isinstance(number, str) or number not in results:
            raise AgencyProtocolError("a result belongs to no request that was asked")
        results[number].append(result)
    return results


def _answer(asks: str, results: Sequence[dict[str, Any]], as_of: datetime) -> port.Answer:
    if len(results) != 1:
        return port.OutsideProtocol(f"{len(results)} results for one request")
    try:
        return _read(asks, results[0], as_of)
    except ValidationError as error:
        return port.OutsideProtocol(_wrong(error))
    except ValueError as error:
        return port.OutsideProtocol(str(error))


def _wrong(error: ValidationError) -> str:
    """Name the fields that are wrong, not what was in them: that may be personal data."""
    errors = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc']))[:80]}: {one['type']}" for one in errors[:20])


def _read(asks: str, result: Mapping[str, Any], as_of: datetime) -> port.Answer:
    match result.get("jgdm"):
        case "0000" if asks == "query":
            found = wire.QueryResult.model_validate(result)
            return port.Found(as_of, [_asset(account) for account in found.zhs])
        case "0000":
            return port.Controlled(as_of, _control(wire.ControlResult.model_validate(result).kzjg))
        case "1000":
            taken = wire.Taken.model_validate(result)
            return port.Accepted(taken.slbh, taken.cxjg)
    declined = wire.Result.model_validate(result)
    if declined.jgdm == "0001" and asks == "query":
        return port.Found(as_of, ())
    if declined.jgdm in _UNSUPPORTED:
        return port.Unsupported(declined.jgsm[:500])
    return port.Refused(_one_of(_REASONS, declined.jgdm, "result code"), declined.jgsm[:500])


def _asset(own: wire.Account) -> FoundAsset:
    return FoundAsset(prior_measures=tuple(map(_measure, own.djs)), record={
        "personal_account_no": own.grzh, "holder_name": own.xingming, "employer_name": own.dwmc,
        "balance_fen": yuan_to_fen(own.grzhye), "frozen_fen": yuan_to_fen(own.djje),
        "account_status": _one_of(_ACCOUNT_STATES, own.grzhzt, "account state"),
        "contribution_base_fen": _known(yuan_to_fen, own.jcjs), "rate_personal": own.grjcbl, "rate_employer": own.dwjcbl,
        "monthly_personal_fen": _known(yuan_to_fen, own.gryjce), "monthly_employer_fen": _known(yuan_to_fen, own.dwyjce),
        "paid_through": own.jzny and f"{own.jzny[:4]}-{own.jzny[4:]}",
        "opened_on": own.khrq and _day(own.khrq).isoformat(), "payout_account": own.skzh, "payout_bank": own.skyh,
        "has_loan": None if own.sfydk is None else _LOAN[own.sfydk],
    })


def _measure(own: wire.Freeze) -> PriorMeasure:
    return PriorMeasure(
        kind=_one_of(_STANDING, own.djcs, "measure"), authority=own.djjg, document_no=own.djwh, rank=own.lhsx,
        amount_fen=_known(yuan_to_fen, own.djje), from_on=_known(_day, own.ksrq), until_on=_known(_day, own.jsrq),
        request_no=own.qqdh)


def _control(own: wire.Control) -> ControlAnswer:
    return ControlAnswer(
        state=_one_of(_STATES, own.kzzt, "state"), actual_fen=_known(yuan_to_fen, own.sjje),
        unfunded_fen=_known(yuan_to_fen, own.wzje), deducted_fen=_known(yuan_to_fen, own.hkje), rank=own.lhsx,
        agency_control_no=own.djbh, served_at=_known(_instant, own.sdsj), effective_at=_known(_instant, own.sxsj),
        until_on=_known(_day, own.jsrq), prior_measures=tuple(map(_measure, own.djs)), wire={"kzzt": own.kzzt})


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


def _known(read: Callable[[str], T], text: str | None) -> T | None:
    return None if text is None else read(text)


def _one_of(table: Mapping[str, T], code: str, what: str) -> T:
    if code not in table:
        raise ValueError(f"unknown {what} {code[:40]!r}")
    return table[code]
