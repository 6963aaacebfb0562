"""What the fund centre's results mean, one by one: one that is outside the document takes no other along. Pure.

A query's accounts are read one by one and field by field (sheet.py); of a control a field or code outside the document confirms nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from contracts.assets.provident_fund import ASSET_TYPE
from contracts.clock import CHINA
from contracts.control import ControlAnswer, ControlState, PriorMeasure
from contracts.failures import AgencyProtocolError, AgencyUnavailable
from contracts.messages import Unread
from contracts.money import yuan_to_fen
from services.provident_fund import agency_api as wire
from services.provident_fund import sheet
from services.runtime import port
from services.runtime.reading import forms
from services.runtime.reading.envelopes import by_request, json_object, read_or_mark
from services.runtime.reading.items import read_items, unknown_fields, unread
from services.runtime.reading.outside import of_one, why

T = TypeVar("T")
REASONS = {
    "2001": "document_missing", "2002": "document_mismatch", "2003": "credential_missing", "2004": "identity_mismatch",
    "2005": "identity_incomplete", "2006": "not_authorised", "2008": "no_original_measure", "3001": "asset_not_found",
    "3002": "asset_exempt", "3003": "no_original_measure", "3004": "term_over_cap", "3005": "already_expired",
    "3007": "quota_exceeded", "3008": "rejected_by_agency", "3009": "condition_missing", "3010": "funds_account_missing",
    "3011": "amount_missing",
}
#: Persons only; a measure the centre does not do.
UNSUPPORTED = frozenset({"2007", "3006"})
UNAVAILABLE = {"9001": "office_closed", "9002": "busy"}
STATES: Mapping[str, ControlState] = {
    "1": "in_force", "2": "waiting", "3": "partly_in_force", "4": "released", "5": "expired", "6": "lapsed",
    "7": "deducted", "8": "reversed",
}
_OK, _NONE, _TAKEN, _NOT_SERVED = "0000", "0001", "1000", "9003"
#: What the document has of an answer, and of a result that tells of accounts.
_ENVELOPE, _RESULT = frozenset({"code", "msg", "fksj", "jgs"}), frozenset({"qqdh", "jgdm", "jgsm", "zhs"})
_MOST_DETAIL = 500


def answers(asked: Sequence[port.Asked], response: port.AgencyResponse) -> Mapping[str, port.Answer]:
    """Read an envelope and each of its results by itself.

    Raises: AgencyProtocolError, AgencyUnavailable
    """
    body = json_object(response)
    of_query = asked[0].asks == "query"
    stamp = None if of_query else _checked(body)
    code, said = str(body.get("code")), str(body.get("msg") or "")[:_MOST_DETAIL]
    if code == _NOT_SERVED:
        return {one.request_no: port.Refused("not_authorised", said) for one in asked}
    if code in UNAVAILABLE:
        raise AgencyUnavailable(said, code=UNAVAILABLE[code])
    if code != _OK or not isinstance(body.get("jgs"), list):
        raise AgencyProtocolError(f"the call as a whole failed: {code[:40]!r} {said[:200]}")
    own, strays = by_request(asked, body["jgs"], "qqdh")
    if stamp is not None:
        return {number: of_one(partial(_controlled, stamp), results) for number, results in own.items()}
    marks = [*unknown_fields(body, _ENVELOPE), *strays]
    as_of = read_or_mark(forms.instant, body, "fksj", "as_of", marks)
    return {number: of_one(partial(_queried, as_of, marks), results) for number, results in own.items()}


def _checked(body: Mapping[str, Any]) -> datetime:
    """Hold what is said about a control to the document, its results apart; return its stamp."""
    try:
        return _instant(wire.Envelope.model_validate(body).fksj)
    except ValidationError as error:
        raise AgencyProtocolError(f"the envelope is outside the document: {why(error)}") from None
    except ValueError as error:
        raise AgencyProtocolError(f"the envelope's stamp: {error}") from error




def _queried(as_of: datetime | None, around: Sequence[Unread], result: Mapping[str, Any]) -> port.Answer:
    said = {name: value for name, value in result.items() if value is not None}
    if said.get("jgdm") in (_OK, _NONE):
        return _found(as_of, around, said)
    return _standing(said, extra="ignore")


def _found(as_of: datetime | None, around: Sequence[Unread], result: Mapping[str, Any]) -> port.Found:
    """Read the accounts found; that there are none is said by a code of its own, and is doubted where accounts are listed all the same.

    Raises: ValueError if accounts are neither listed nor stated to be none
    """
    states_none, listed = result["jgdm"] == _NONE, result.get("zhs", [])
    if not isinstance(listed, list) or not (listed or states_none):
        raise ValueError("accounts that are neither listed nor none")
    marks = [*around, *unknown_fields(result, _RESULT)]
    if listed and states_none:
        marks.append(unread("count", "jgdm", "implausible", _NONE))
    items = read_items(ASSET_TYPE, sheet.ACCOUNT, listed)
    return port.Found(as_of, tuple(items.assets), tuple(items.unreadable), tuple(marks))


def _controlled(as_of: datetime, result: Mapping[str, Any]) -> port.Answer:
    if result.get("jgdm") == _OK:
        return port.Controlled(as_of, _control(wire.ControlResult.model_validate(result).kzjg))
    return _standing(result, extra="forbid")


def _standing(result: Mapping[str, Any], *, extra: Any) -> port.Answer:
    """Read a request that was taken in or declined; a code that is not listed concludes nothing."""
    if result.get("jgdm") == _TAKEN:
        taken = wire.Taken.model_validate(result, extra=extra)
        return port.Accepted(taken.slbh, taken.cxjg)
    declined = wire.Result.model_validate(result, extra=extra)
    if declined.jgdm in UNSUPPORTED:
        return port.Unsupported(declined.jgsm[:_MOST_DETAIL])
    return port.Refused(_one_of(REASONS, declined.jgdm, "result code"), declined.jgsm[:_MOST_DETAIL])


def _measure(own: wire.Freeze) -> PriorMeasure:
    return PriorMeasure(
        kind=_one_of(sheet.STANDING, own.djcs, "measure"), authority=own.djjg, document_no=own.djwh, rank=own.lhsx,
        amount_fen=_known(yuan_to_fen, own.djje), from_on=_known(_day, own.ksrq), until_on=_known(_day, own.jsrq),
        request_no=own.qqdh)


def _control(own: wire.Control) -> ControlAnswer:
    return ControlAnswer(
        state=_one_of(STATES, own.kzzt, "state"), actual_fen=_known(yuan_to_fen, own.sjje),
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
