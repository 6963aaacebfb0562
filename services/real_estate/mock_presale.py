"""A simulated housing bureau: JSON about contracts of sale. It must not import the translation of `presale.py`.

Its tables are its own, so that a wrong word over there is found by asking here.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from pydantic import ValidationError

from contracts.assets.real_estate import RealEstateRecord
from contracts.control import PriorityRight, PriorMeasure
from contracts.words import Model
from services.real_estate import presale_api as wire
from services.runtime.mock.port import Desk, Effect, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject

_CARD_KINDS: Mapping[str, wire.CardKind] = {
    "resident_id": "citizen", "household_book": "household", "uscc": "credit_code", "organisation_code": "organisation",
    "business_licence": "licence"}
_CONTRACT_STATES = {"current": "filed", "pending": "signing", "historical": "cancelled"}
_HOLDINGS: Mapping[str, wire.Holding] = {"sole": "alone", "joint": "together", "by_shares": "by_share", "other": "other"}
_HOLD_STATES: Mapping[str, wire.HoldState] = {
    "in_force": "holding", "waiting": "queued", "released": "lifted", "expired": "run_out", "lapsed": "ended_by_sale",
    "transferred": "handed_over", "reversed": "withdrawn"}
_REASONS: Mapping[str, wire.Reason] = {
    "document_missing": "papers_missing", "document_mismatch": "papers_wrong", "credential_missing": "cards_missing",
    "identity_mismatch": "name_differs", "identity_incomplete": "identity_short", "not_authorised": "no_access",
    "measure_unsupported": "not_done_here", "asset_not_found": "no_such_house", "asset_exempt": "exempt",
    "term_over_cap": "too_long", "no_original_measure": "nothing_to_follow", "already_expired": "too_late",
    "quota_exceeded": "too_many", "rejected_by_agency": "not_passed",
}
_NOTES: Mapping[wire.Reason, str] = {
    "papers_missing": "缺少法律文书", "papers_wrong": "法律文书与请求不一致", "cards_missing": "缺少执行人员证件",
    "name_differs": "姓名与证件号码不一致", "identity_short": "身份信息不完整", "no_access": "无权办理",
    "not_done_here": "本部门不办理该事项", "no_such_house": "查无此房屋", "exempt": "依法不得预查封", "too_long": "期限超过法定上限",
    "nothing_to_follow": "无此申请单号", "too_late": "预查封已到期", "too_many": "超过受理限额", "not_passed": "审核未通过",
}
#: What each word of an order does under the ledger's law.
_ACTIONS = {"pre_seal": "pre_seal", "prolong": "renew", "lift": "release"}
_SECONDS = 1


def answer(desk: Desk, request: MockRequest) -> MockResponse | Later:
    """Answer one call. See MockAgency."""
    try:
        match request.method, request.path:
            case "POST", wire.QUERY_PATH:
                asks = wire.Asks.model_validate_json(request.body).asks
                return _deliver(desk, asks, [_query(desk, ask) for ask in asks])
            case "POST", wire.HOLD_PATH:
                ask = wire.HoldAsk.model_validate_json(request.body)
                return _deliver(desk, [ask], [_hold(desk, ask)])
            case "GET", path if path.startswith(f"{wire.STATUS_PATH}/"):
                return _status(desk, *_asked_about(path))
    except ValidationError:
        return _trouble(desk, "unreadable", "报文无法识别")
    return MockResponse(status=404)


def error(desk: Desk, request: MockRequest, kind: str) -> MockResponse:
    """Answer wrongly, or decline. See MockAgency."""
    if kind == "office_closed":
        return _trouble(desk, "closed", "非办公时间")
    if kind == "refused":
        return _replies(desk, [_declined(ticket, "not_passed") for ticket in _tickets(request)])
    answered = answer(desk, request)
    right = (answered.received if isinstance(answered, Later) else answered).body
    return MockResponse(body=right[: len(right) // 2] if kind == "malformed" else _spoilt(right, kind))


def _tickets(request: MockRequest) -> list[str]:
    if request.method == "GET":
        return [_asked_about(request.path)[1]]
    body = json.loads(request.body)
    return [ask["ticket"] for ask in body.get("asks", [body])]


def _asked_about(path: str) -> tuple[str, str]:
    about, _, ticket = path.removeprefix(f"{wire.STATUS_PATH}/").partition("/")
    return about, unquote(ticket)


def _spoilt(right: bytes, kind: str) -> bytes:
    """Give every reply a name that the document does not have, or a word that its list does not have."""
    body = json.loads(right)
    for reply in body.get("replies", [body]):
        reply.update({"new_name": "新增字段"} if kind == "unknown_field" else {"result": "unheard_of"})
    return json.dumps(body, ensure_ascii=False).encode()


def _deliver(desk: Desk, asks: Sequence[wire.Ask], replies: Sequence[Model]) -> MockResponse | Later:
    if desk.agency.answers_by == "response":
        return _replies(desk, replies)
    return Later(
        received=_replies(desk, [_received(desk, ask.ticket) for ask in asks]),
        answers={ask.ticket: _replies(desk, [reply]) for ask, reply in zip(asks, replies, strict=True)},
        callbacks={ask.ticket: ask.reply_to for ask in asks if ask.reply_to})


def _status(desk: Desk, about: str, ticket: str) -> MockResponse:
    """Answer how an earlier ticket stands: what was kept for it, or the hold as it is now."""
    try:
        kept = desk.answer_later(ticket)
    except KeyError:
        kept = _replies(desk, [_declined(ticket, "nothing_to_follow")])
    if kept is None:
        return _replies(desk, [_received(desk, ticket)])
    effect = desk.effect(ticket) if about == "hold" else None
    return kept if effect is None else _replies(desk, [_effect(effect)])


def _query(desk: Desk, ask: wire.Ask) -> Model:
    subject = desk.subject(ask.card_no)
    objection = _objection(ask, subject, {"notice"})
    if objection:
        return _declined(ask.ticket, objection)
    held = [] if subject is None else [(holding, desk.measures(holding.key, subject.id_no)) for holding in desk.holdings(subject)]
    if not held:
        return wire.Nothing.model_construct(ticket=ask.ticket)
    return wire.Contracts.model_construct(ticket=ask.ticket, contracts=tuple(_contract(*one) for one in held))


def _hold(desk: Desk, ask: wire.HoldAsk) -> Model:
    objection = _objection(ask, desk.subject(ask.card_no), {"ruling", "notice"})
    if objection:
        return _declined(ask.ticket, objection)
    return _effect(desk.order(Order(
        request_no=ask.ticket, action=_ACTIONS[ask.measure], key=ask.house_code, authority=ask.court,
        original_request_no=ask.follows, agency_control_no=ask.hold_no,
        document_no=ask.ruling_no or ask.papers[0].number, term_months=ask.months, until_on=ask.until,
        holder_id_no=ask.card_no)))


def _objection(ask: wire.Ask, subject: RegisteredSubject | None, needed: set[str]) -> wire.Reason | None:
    if not needed <= {paper.kind for paper in ask.papers}:
        return "papers_missing"
    if not (ask.work_card and ask.duty_card):
        return "cards_missing"
    return "name_differs" if subject and subject.name != ask.buyer else None


def _contract(holding: Holding, measures: Sequence[PriorMeasure]) -> wire.SaleContract:
    record = holding.record
    assert isinstance(record, RealEstateRecord)
    optional: dict[str, Any] = {"state": _CONTRACT_STATES[record.right_status], "filing_no": record.business_no}
    return wire.SaleContract.model_construct(
        **optional, house_code=record.unit_code, address=record.location, district=record.region_code,
        buyer=record.holder_name, holding=_HOLDINGS[record.co_ownership], share=record.share_ratio,
        fellow_buyers=tuple(
            wire.FellowBuyer.model_construct(name=owner.name, card_kind=_CARD_KINDS.get(owner.id_type or ""),
                                             card_no=owner.id_no, share=owner.share_ratio) for owner in record.co_owners),
        use=record.planned_use, nature=record.house_nature, area=record.area_building_m2,
        area_inside=record.area_private_m2, area_shared=record.area_shared_m2, floors=record.total_floors,
        filed_with=record.registry, holds=tuple(map(_standing, measures)), loans=tuple(map(_loan, holding.priority_rights)))


def _standing(measure: PriorMeasure) -> wire.Hold:
    return wire.Hold.model_construct(
        kind="pre_seal" if measure.kind == "pre_seal" else "seal", by=measure.authority, paper_no=measure.document_no,
        order=measure.rank, since=measure.from_on, until=measure.until_on, ticket=measure.request_no)


def _loan(right: PriorityRight) -> wire.Loan:
    return wire.Loan.model_construct(
        bank=right.holder, kind="maximum" if right.kind == "maximum_mortgage" else "mortgage", amount=right.amount_fen)


def _effect(effect: Effect) -> Model:
    if effect.state == "refused":
        return _declined(effect.request_no, _REASONS[effect.code or "rejected_by_agency"])
    return wire.Held.model_construct(
        ticket=effect.request_no, house_code=effect.key, state=_HOLD_STATES[effect.state], order=effect.rank,
        hold_no=effect.agency_control_no, served=effect.served_at, since=effect.effective_at, until=effect.until_on,
        holds=tuple(map(_standing, effect.prior_measures)), loans=tuple(map(_loan, effect.priority_rights)))


def _declined(ticket: str, reason: wire.Reason) -> Model:
    return wire.Declined.model_construct(ticket=ticket, reason=reason, note=_NOTES[reason])


def _received(desk: Desk, ticket: str) -> Model:
    soon = _SECONDS if desk.agency.mode == "automatic" else None
    return wire.Received.model_construct(ticket=ticket, slip_no=f"HB{ticket}", ready_in_s=soon)


def _replies(desk: Desk, replies: Sequence[Model]) -> MockResponse:
    body = wire.Replies.model_construct(
        at=desk.now(), replies=tuple(reply.model_dump(mode="json", exclude_none=True) for reply in replies))
    return MockResponse(body=body.model_dump_json().encode())


def _trouble(desk: Desk, trouble: Any, note: str) -> MockResponse:
    body = wire.Trouble.model_construct(at=desk.now(), trouble=trouble, note=note)
    return MockResponse(body=body.model_dump_json().encode())
