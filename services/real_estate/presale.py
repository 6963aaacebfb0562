"""The housing bureau's dialect: commands become questions about contracts of sale, its replies ours. Pure.

A contract is an advance notice to us: the buyer's right is not registered yet. The bureau pre-seals, prolongs and lifts, and does no more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from pydantic import ValidationError

from contracts.agency import Agency
from contracts.control import ControlAnswer, ControlState, PriorityRight, PriorMeasure
from contracts.documents import KIND_NAMES
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported
from contracts.messages import Unread
from contracts.words import Model
from services.real_estate import presale_api as wire
from services.real_estate import presale_reading as reading
from services.runtime import port
from services.runtime.reading import forms
from services.runtime.reading.envelopes import by_request, json_object, read_or_mark
from services.runtime.reading.items import unknown_fields
from services.runtime.reading.outside import of_one, why

AnyBody = TypeVar("AnyBody", bound=Model)

ACTIONS: Mapping[str, str] = {"query": "query", "pre_seal": "seal", "renew": "renew", "release": "release", "status": "status"}
_MEASURES: Mapping[str, Literal["pre_seal", "prolong", "lift"]] = {"pre_seal": "pre_seal", "renew": "prolong", "release": "lift"}
_CARD_KINDS = {
    "resident_id": "citizen", "household_book": "household", "passport": "passport", "foreign_passport": "passport",
    "hk_macao_permit": "permit", "hk_macao_return_permit": "permit", "taiwan_permit": "permit",
    "military_card": "officer", "armed_police_card": "officer", "uscc": "credit_code",
    "organisation_code": "organisation", "business_licence": "licence", "foreign_permanent_resident": "unlisted", "other": "unlisted",
}
_STATES: Mapping[str, ControlState] = {
    "holding": "in_force", "queued": "waiting", "lifted": "released", "run_out": "expired", "ended_by_sale": "lapsed",
    "handed_over": "transferred", "withdrawn": "reversed",
}
_UNSUPPORTED = "not_done_here"
_REASONS = {
    "papers_missing": "document_missing", "papers_wrong": "document_mismatch", "cards_missing": "credential_missing",
    "name_differs": "identity_mismatch", "identity_short": "identity_incomplete", "no_access": "not_authorised",
    "no_such_house": "asset_not_found", "exempt": "asset_exempt", "too_long": "term_over_cap",
    "nothing_to_follow": "no_original_measure", "too_late": "already_expired", "too_many": "quota_exceeded",
    "not_passed": "rejected_by_agency",
}
_UNAVAILABLE = {"busy": "busy", "closed": "office_closed"}
#: By the last word of our name for a kind of document.
_PAPERS: Mapping[str, Literal["ruling", "notice"]] = {"ruling": "ruling", "notice": "notice"}
#: Results that say what there is.
_FINDINGS = ("contracts", "nothing")
#: What a body of replies says beside them.
_BODY = frozenset({"status", "at", "replies"})
_MOST_DETAIL = 500


def to_call(agency: Agency, outgoing: Sequence[port.Outgoing]) -> port.AgencyCall:
    """Write any number of questions, one hold, or one question for a status."""
    command = outgoing[0].command
    if command.action == "status":
        about = "query" if command.asks == "query" else "hold"
        return port.AgencyCall("GET", f"{wire.STATUS_PATH}/{about}/{quote(command.request_no, safe='')}")
    if command.action == "query":
        asks = wire.Asks.model_construct(asks=tuple(wire.Ask.model_construct(**_ask(agency, one)) for one in outgoing))
        return _post(wire.QUERY_PATH, asks)
    return _post(wire.HOLD_PATH, _hold(agency, outgoing[0]))


def to_answers(asked: Sequence[port.Asked], response: port.AgencyResponse) -> Mapping[str, port.Answer]:
    """Read a body of replies, each by itself."""
    body = _open(response)
    if body["status"] == "trouble":
        return _in_trouble(_strict(body, wire.Trouble), asked)
    rows, strays = by_request(asked, body["replies"], "ticket")
    if asked[0].asks != "query":
        at = _strict(body, wire.Replies).at
        return {ticket: of_one(partial(_read_hold, at), own) for ticket, own in rows.items()}
    marks = [*unknown_fields(body, _BODY), *strays]
    as_of = read_or_mark(forms.instant, body, "at", "as_of", marks)
    return {ticket: of_one(partial(_read_query, as_of, marks), own) for ticket, own in rows.items()}


def _post(path: str, body: Model) -> port.AgencyCall:
    return port.AgencyCall("POST", path, body.model_dump_json(exclude_none=True).encode())


def _ask(agency: Agency, one: port.Outgoing) -> dict[str, Any]:
    command = one.command
    case, officer, subject = command.case, command.officer, command.subject
    return {
        "ticket": command.request_no, "buyer": subject.name, "card_kind": _CARD_KINDS[subject.id_type],
        "card_no": subject.id_no, "court": case.court_name, "case_no": case.case_no, "judge": officer.name,
        "work_card": officer.work_card_no, "duty_card": officer.duty_card_no,
        "papers": tuple(_paper(document.kind, document.document_no) for document in command.documents),
        "reply_to": one.callback_url if agency.answers_by == "callback" else None,
    }


def _paper(kind: str, number: str) -> wire.Paper:
    name = KIND_NAMES.get(kind)
    word: Literal["ruling", "notice", "unlisted"] = _PAPERS.get(kind.rpartition("_")[2], "unlisted")
    return wire.Paper.model_construct(kind=word, name=name.zh if name else kind, number=number)


def _hold(agency: Agency, one: port.Outgoing) -> wire.HoldAsk:
    command, order = one.command, one.command.control
    if order is None:
        raise AgencyUnsupported(f"a command to {command.action} without an order")
    if order.asset.get("unit_code") is None:
        raise AgencyUnsupported("a home that is known by no house code")
    rulings = [document.document_no for document in command.documents if document.kind.endswith("ruling")]
    return wire.HoldAsk.model_construct(
        **_ask(agency, one), house_code=str(order.asset["unit_code"]), measure=_MEASURES[command.action],
        follows=order.original_request_no, hold_no=order.agency_control_no, months=order.term_months, until=order.until_on,
        ruling_no=rulings[0] if rulings else None)


def _open(response: port.AgencyResponse) -> dict[str, Any]:
    body = json_object(response)
    if response.status != HTTPStatus.OK:
        raise AgencyProtocolError(f"status {response.status}: not a body of replies")
    if body.get("status") != "trouble" and not (body.get("status") == "ok" and isinstance(body.get("replies"), list)):
        raise AgencyProtocolError("a body without its replies")
    return body


def _strict(body: Mapping[str, Any], model: type[AnyBody]) -> AnyBody:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise AgencyProtocolError(why(error)) from error


def _in_trouble(body: wire.Trouble, asked: Sequence[port.Asked]) -> Mapping[str, port.Answer]:
    if body.trouble in _UNAVAILABLE:
        raise AgencyUnavailable(body.note[:_MOST_DETAIL], code=_UNAVAILABLE[body.trouble])
    if body.trouble == "unreadable":
        raise AgencyProtocolError(f"the agency cannot read our message: {body.note[:_MOST_DETAIL]}")
    return {one.request_no: port.Refused("not_authorised", body.note[:_MOST_DETAIL]) for one in asked}




def _read_query(as_of: datetime | None, around: Sequence[Unread], reply: Mapping[str, Any]) -> port.Answer:
    """Read what a question is answered with; a result that is not known says neither what was found nor that nothing was."""
    if reply.get("result") in _FINDINGS:
        return reading.found(as_of, reply, around)
    match wire.QUERY_REPLY.validate_python(reply):
        case wire.Received() as received:
            return port.Accepted(received.slip_no, received.ready_in_s)
        case wire.Declined() as declined:
            return _refused(declined)


def _read_hold(at: datetime, reply: Mapping[str, Any]) -> port.Answer:
    match wire.HOLD_REPLY.validate_python(reply):
        case wire.Held() as held:
            return port.Controlled(at, _controlled(held))
        case wire.Received() as received:
            return port.Accepted(received.slip_no, received.ready_in_s)
        case wire.Declined() as declined:
            return _refused(declined)


def _refused(declined: wire.Declined) -> port.Answer:
    if declined.reason == _UNSUPPORTED:
        return port.Unsupported(declined.note)
    return port.Refused(_REASONS[declined.reason], declined.note)


def _measure(hold: wire.Hold) -> PriorMeasure:
    return PriorMeasure(kind=hold.kind, authority=hold.by, document_no=hold.paper_no, rank=hold.order,
                        from_on=hold.since, until_on=hold.until, request_no=hold.ticket)


def _priority(loan: wire.Loan) -> PriorityRight:
    return PriorityRight(kind="mortgage" if loan.kind == "mortgage" else "maximum_mortgage", holder=loan.bank,
                         amount_fen=loan.amount)


def _controlled(held: wire.Held) -> ControlAnswer:
    return ControlAnswer(
        state=_STATES[held.state], rank=held.order, served_at=held.served, effective_at=held.since, until_on=held.until,
        agency_control_no=held.hold_no, prior_measures=tuple(map(_measure, held.holds)),
        priority_rights=tuple(map(_priority, held.loans)), wire={"state": held.state})
