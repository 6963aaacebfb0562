"""The housing bureau's dialect: commands become questions about contracts of sale, its replies ours. Pure.

A contract is an advance notice to us: the buyer's right is not registered yet. The bureau pre-seals, prolongs and lifts, and does no more.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import quote

from pydantic import ValidationError

from contracts.agency import Agency
from contracts.asset_type import CoOwner
from contracts.assets.real_estate import RealEstateRecord
from contracts.control import ControlAnswer, ControlState, PriorityRight, PriorMeasure
from contracts.documents import KIND_NAMES
from contracts.failures import AgencyProtocolError, AgencyUnavailable, AgencyUnsupported
from contracts.messages import FoundAsset
from contracts.words import Model
from services.real_estate import presale_api as wire
from services.runtime import port

ACTIONS: Mapping[str, str] = {"query": "query", "pre_seal": "seal", "renew": "renew", "release": "release", "status": "status"}
_MEASURES: Mapping[str, Literal["pre_seal", "prolong", "lift"]] = {"pre_seal": "pre_seal", "renew": "prolong", "release": "lift"}
_CARD_KINDS = {
    "resident_id": "citizen", "household_book": "household", "passport": "passport", "foreign_passport": "passport",
    "hk_macao_permit": "permit", "hk_macao_return_permit": "permit", "taiwan_permit": "permit",
    "military_card": "officer", "armed_police_card": "officer", "uscc": "credit_code",
    "organisation_code": "organisation", "business_licence": "licence", "foreign_permanent_resident": "unlisted", "other": "unlisted",
}
#: The other way only where a word has one meaning; the rest is not known.
_ID_TYPES = {"citizen": "resident_id", "household": "household_book", "credit_code": "uscc",
             "organisation": "organisation_code", "licence": "business_licence", "unlisted": "other"}
_RIGHT_STATUSES = {"filed": "current", "signing": "pending", "cancelled": "historical"}
_CO_OWNERSHIPS = {"alone": "sole", "together": "joint", "by_share": "by_shares", "other": "other"}
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
    if isinstance(body, wire.Trouble):
        return _in_trouble(body, asked)
    rows: dict[str, list[dict[str, Any]]] = {one.request_no: [] for one in asked}
    for reply in body.replies:
        own = rows.get(str(reply.get("ticket")))
        if own is None:
            raise AgencyProtocolError("a reply to no ticket that was asked")
        own.append(reply)
    read = _read_query if asked[0].asks == "query" else _read_hold
    return {ticket: _answer(replies, body, read) for ticket, replies in rows.items()}


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
    rulings = [document.document_no for document in command.documents if document.kind.endswith("ruling")]
    return wire.HoldAsk.model_construct(
        **_ask(agency, one), house_code=str(order.asset["unit_code"]), measure=_MEASURES[command.action],
        follows=order.original_request_no, hold_no=order.agency_control_no, months=order.term_months, until=order.until_on,
        ruling_no=rulings[0] if rulings else None)


def _open(response: port.AgencyResponse) -> wire.Replies | wire.Trouble:
    media_type = response.content_type.partition(";")[0].strip().lower()
    if response.status != HTTPStatus.OK or media_type != "application/json":
        raise AgencyProtocolError(f"status {response.status}, {response.content_type[:80]!r}: not a body of replies")
    try:
        return wire.BODY.validate_json(response.body)
    except ValidationError as error:
        raise AgencyProtocolError(_what_is_wrong(error)) from error


def _in_trouble(body: wire.Trouble, asked: Sequence[port.Asked]) -> Mapping[str, port.Answer]:
    if body.trouble in _UNAVAILABLE:
        raise AgencyUnavailable(body.note[:_MOST_DETAIL], code=_UNAVAILABLE[body.trouble])
    if body.trouble == "unreadable":
        raise AgencyProtocolError(f"the agency cannot read our message: {body.note[:_MOST_DETAIL]}")
    return {one.request_no: port.Refused("not_authorised", body.note[:_MOST_DETAIL]) for one in asked}


def _answer(
    replies: Sequence[dict[str, Any]], body: wire.Replies, read: Callable[[wire.Replies, dict[str, Any]], port.Answer],
) -> port.Answer:
    if len(replies) != 1:
        return port.OutsideProtocol(f"{len(replies)} replies to one ticket")
    try:
        return read(body, replies[0])
    except ValidationError as error:
        return port.OutsideProtocol(_what_is_wrong(error))


def _what_is_wrong(error: ValidationError) -> str:
    """Name fields and faults, never values: they are personal data."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults)[:_MOST_DETAIL]


def _read_query(body: wire.Replies, reply: dict[str, Any]) -> port.Answer:
    match wire.QUERY_REPLY.validate_python(reply):
        case wire.Contracts() as filed:
            return port.Found(body.at, [_asset(contract) for contract in filed.contracts])
        case wire.Nothing():
            return port.Found(body.at, [])
        case wire.Received() as received:
            return port.Accepted(received.slip_no, received.ready_in_s)
        case wire.Declined() as declined:
            return _refused(declined)


def _read_hold(body: wire.Replies, reply: dict[str, Any]) -> port.Answer:
    match wire.HOLD_REPLY.validate_python(reply):
        case wire.Held() as held:
            return port.Controlled(body.at, _controlled(held))
        case wire.Received() as received:
            return port.Accepted(received.slip_no, received.ready_in_s)
        case wire.Declined() as declined:
            return _refused(declined)


def _refused(declined: wire.Declined) -> port.Answer:
    if declined.reason == _UNSUPPORTED:
        return port.Unsupported(declined.note)
    return port.Refused(_REASONS[declined.reason], declined.note)


def _asset(contract: wire.SaleContract) -> FoundAsset:
    return FoundAsset(record=_record(contract), prior_measures=tuple(map(_measure, contract.holds)),
                      priority_rights=tuple(map(_priority, contract.loans)))


def _record(contract: wire.SaleContract) -> dict[str, object]:
    return RealEstateRecord.model_validate({
        "unit_code": contract.house_code, "location": contract.address, "right_type": "advance_notice",
        "right_status": _RIGHT_STATUSES[contract.state], "planned_use": contract.use, "house_nature": contract.nature,
        "area_building_m2": contract.area, "area_private_m2": contract.area_inside,
        "area_shared_m2": contract.area_shared, "total_floors": contract.floors, "holder_name": contract.buyer,
        "share_ratio": contract.share, "co_ownership": _CO_OWNERSHIPS[contract.holding],
        "co_owners": tuple(map(_co_owner, contract.fellow_buyers)), "registry": contract.filed_with,
        "region_code": contract.district, "business_no": contract.filing_no,
    }).model_dump(mode="json", exclude_none=True)


def _co_owner(fellow: wire.FellowBuyer) -> CoOwner:
    id_type = _ID_TYPES.get(fellow.card_kind) if fellow.card_kind else None
    return CoOwner(name=fellow.name, id_type=id_type, id_no=fellow.card_no, share_ratio=fellow.share)


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
