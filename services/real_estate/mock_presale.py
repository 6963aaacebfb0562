"""A simulated housing bureau: JSON about contracts of sale, as its document says (housing_bureau.openapi.yaml). It shares no code with the adapter.

Its tables are its own, so that a wrong word over there is found by asking here.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from random import Random
from typing import Any
from urllib.parse import unquote

from contracts.assets.real_estate import RealEstateRecord
from contracts.clock import CHINA
from contracts.control import PriorityRight, PriorMeasure
from contracts.money import fen_to_yuan
from services.runtime.mock.oddities import GONE, Oddity, write_oddly
from services.runtime.mock.port import Desk, Effect, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject

Said = dict[str, Any]

_QUERY_PATH, _HOLD_PATH, _STATUS_PATH = "/presale/query", "/presale/hold", "/presale/status"
_CARD_KINDS = {
    "resident_id": "citizen", "household_book": "household", "uscc": "credit_code", "organisation_code": "organisation",
    "business_licence": "licence"}
_CONTRACT_STATES = {"current": "filed", "pending": "signing", "historical": "cancelled"}
_HOLDINGS = {"sole": "alone", "joint": "together", "by_shares": "by_share", "other": "other"}
_HOLD_STATES = {
    "in_force": "holding", "waiting": "queued", "released": "lifted", "expired": "run_out", "lapsed": "ended_by_sale",
    "transferred": "handed_over", "reversed": "withdrawn"}
_REASONS = {
    "document_missing": "papers_missing", "document_mismatch": "papers_wrong", "credential_missing": "cards_missing",
    "identity_mismatch": "name_differs", "identity_incomplete": "identity_short", "not_authorised": "no_access",
    "measure_unsupported": "not_done_here", "asset_not_found": "no_such_house", "asset_exempt": "exempt",
    "term_over_cap": "too_long", "no_original_measure": "nothing_to_follow", "already_expired": "too_late",
    "quota_exceeded": "too_many", "rejected_by_agency": "not_passed",
}
_NOTES = {
    "papers_missing": "缺少法律文书", "papers_wrong": "法律文书与请求不一致", "cards_missing": "缺少执行人员证件",
    "name_differs": "姓名与证件号码不一致", "identity_short": "身份信息不完整", "no_access": "无权办理",
    "not_done_here": "本部门不办理该事项", "no_such_house": "查无此房屋", "exempt": "依法不得预查封", "too_long": "期限超过法定上限",
    "nothing_to_follow": "无此申请单号", "too_late": "预查封已到期", "too_many": "超过受理限额", "not_passed": "审核未通过",
}
#: What each word of an order does under the ledger's law.
_ACTIONS = {"pre_seal": "pre_seal", "prolong": "renew", "lift": "release"}
_SECONDS = 1
#: What every question says of who asks about whom, and what an order says besides.
_ASKER, _HOLD = ("ticket", "buyer", "card_kind", "card_no", "court", "case_no"), ("house_code", "measure")
#: How bureaus write beside their document.
ODDITIES = (
    Oddity("area", "118.5㎡"), Oddity("area", "约89"), Oddity("area_inside", 0.5), Oddity("area_shared", None), Oddity("floors", "32"),
    Oddity("floors", 0), Oddity("use", ""), Oddity("nature", GONE), Oddity("district", "云安"), Oddity("filing_no", None), Oddity("filed_with", "-"),
    Oddity("address", GONE), Oddity("fellow_buyers.0.card_kind", "id"), Oddity("remark", "新增字段"), Oddity("holds.0.until", "9999-12-31"),
    Oddity("holds.0.paper_no", GONE), Oddity("holds.0.since", "2024年5月21日"),
    Oddity("house_code", "12栋1503房", telling=False), Oddity("state", "sold", telling=False), Oddity("buyer", "", telling=False),
    Oddity("holding", "both", telling=False), Oddity("share", "50%", telling=False), Oddity("share", "一半多", telling=False),
    Oddity("holds.0.kind", "lien", telling=False), Oddity("loans.0.amount", "380000", telling=False), Oddity("loans.0.bank", None, telling=False),
)


def answer(desk: Desk, request: MockRequest) -> MockResponse | Later:
    """Answer one call. See MockAgency."""
    try:
        match request.method, request.path:
            case "POST", path if path == _QUERY_PATH:
                asks = [_checked(one, _ASKER) for one in _asks(request)]
                return _deliver(desk, asks, [_query(desk, ask) for ask in asks])
            case "POST", path if path == _HOLD_PATH:
                ask = _checked(json.loads(request.body), (*_ASKER, *_HOLD))
                return _deliver(desk, [ask], [_hold(desk, ask)])
            case "GET", path if path.startswith(f"{_STATUS_PATH}/"):
                return _status(desk, *_asked_about(path))
    except (KeyError, TypeError, ValueError):
        return _trouble(desk, "unreadable", "报文无法识别")
    return MockResponse(status=404)


def odd(response: MockResponse, rng: Random) -> MockResponse:
    """Write one field of one contract oddly. See MockAgency."""
    body = json.loads(response.body)
    write_oddly([contract for reply in body.get("replies", ()) for contract in reply.get("contracts", ())], ODDITIES, rng)
    return MockResponse(body=_written(body), status=response.status)


def error(desk: Desk, request: MockRequest, kind: str) -> MockResponse:
    """Answer wrongly, or decline. See MockAgency."""
    if kind == "office_closed":
        return _trouble(desk, "closed", "非办公时间")
    if kind == "refused":
        return _replies(desk, [_declined(ticket, "not_passed") for ticket in _tickets(request)])
    answered = answer(desk, request)
    right = (answered.received if isinstance(answered, Later) else answered).body
    return MockResponse(body=right[: len(right) // 2] if kind == "malformed" else _spoilt(right, kind))


def _asks(request: MockRequest) -> list[Said]:
    asks: list[Said] = json.loads(request.body)["asks"]
    if not asks:
        raise ValueError("nothing is asked")
    return asks


def _checked(ask: Said, needed: Sequence[str]) -> Said:
    """Refuse what leaves out what the document asks for. Raises: ValueError."""
    if any(not isinstance(ask[name], str) or not ask[name] for name in needed):
        raise ValueError("not what the document asks for")
    return ask


def _tickets(request: MockRequest) -> list[str]:
    if request.method == "GET":
        return [_asked_about(request.path)[1]]
    body = json.loads(request.body)
    return [ask["ticket"] for ask in body.get("asks", [body])]


def _asked_about(path: str) -> tuple[str, str]:
    about, _, ticket = path.removeprefix(f"{_STATUS_PATH}/").partition("/")
    return about, unquote(ticket)


def _spoilt(right: bytes, kind: str) -> bytes:
    """Give every reply a name that the document does not have, or a word that its list does not have."""
    body = json.loads(right)
    for reply in body.get("replies", [body]):
        reply.update({"new_name": "新增字段"} if kind == "unknown_field" else {"result": "unheard_of"})
    return _written(body)


def _deliver(desk: Desk, asks: Sequence[Said], replies: Sequence[Said]) -> MockResponse | Later:
    if desk.agency.answers_by == "response":
        return _replies(desk, replies)
    return Later(
        received=_replies(desk, [_received(desk, ask["ticket"]) for ask in asks]),
        answers={ask["ticket"]: _replies(desk, [reply]) for ask, reply in zip(asks, replies, strict=True)},
        callbacks={ask["ticket"]: ask["reply_to"] for ask in asks if ask.get("reply_to")})


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


def _query(desk: Desk, ask: Said) -> Said:
    subject = desk.subject(ask["card_no"])
    objection = _objection(ask, subject, {"notice"})
    if objection:
        return _declined(ask["ticket"], objection)
    held = [] if subject is None else [_contract(holding, desk.measures(holding.key, subject.id_no)) for holding in desk.holdings(subject)]
    if not held:
        return {"result": "nothing", "ticket": ask["ticket"]}
    if subject is not None and (rng := desk.odd(subject)):
        write_oddly(held, ODDITIES, rng, telling_only=True)
    return {"result": "contracts", "ticket": ask["ticket"], "contracts": held}


def _hold(desk: Desk, ask: Said) -> Said:
    objection = _objection(ask, desk.subject(ask["card_no"]), {"ruling", "notice"})
    if objection:
        return _declined(ask["ticket"], objection)
    until = ask.get("until")
    return _effect(desk.order(Order(
        request_no=ask["ticket"], action=_ACTIONS[ask["measure"]], key=ask["house_code"], authority=ask["court"],
        original_request_no=ask.get("follows"), agency_control_no=ask.get("hold_no"),
        document_no=ask.get("ruling_no") or ask["papers"][0]["number"], term_months=ask.get("months"),
        until_on=None if until is None else date.fromisoformat(until), holder_id_no=ask["card_no"])))


def _objection(ask: Said, subject: RegisteredSubject | None, needed: set[str]) -> str | None:
    if not needed <= {paper["kind"] for paper in ask.get("papers", [])}:
        return "papers_missing"
    if not (ask.get("work_card") and ask.get("duty_card")):
        return "cards_missing"
    return "name_differs" if subject and subject.name != ask["buyer"] else None


def _contract(holding: Holding, measures: Sequence[PriorMeasure]) -> Said:
    record = holding.record
    assert isinstance(record, RealEstateRecord)
    return _told({
        "filing_no": record.business_no, "house_code": record.unit_code, "address": record.location, "district": record.region_code,
        "state": _CONTRACT_STATES[record.right_status], "buyer": record.holder_name, "holding": _HOLDINGS[record.co_ownership],
        "share": record.share_ratio, "fellow_buyers": [
            _told({"name": owner.name, "card_kind": _CARD_KINDS.get(owner.id_type or ""), "card_no": owner.id_no, "share": owner.share_ratio})
            for owner in record.co_owners],
        "use": record.planned_use, "nature": record.house_nature, "area": record.area_building_m2, "area_inside": record.area_private_m2,
        "area_shared": record.area_shared_m2, "floors": record.total_floors, "filed_with": record.registry,
        "holds": [_standing(one) for one in measures], "loans": [_loan(one) for one in holding.priority_rights]})


def _told(fields: Said) -> Said:
    """Leave out what is not known."""
    return {name: value for name, value in fields.items() if value is not None}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _instant(at: datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def _standing(measure: PriorMeasure) -> Said:
    return _told({
        "kind": "pre_seal" if measure.kind == "pre_seal" else "seal", "by": measure.authority, "paper_no": measure.document_no,
        "order": measure.rank, "since": _day(measure.from_on), "until": _day(measure.until_on), "ticket": measure.request_no})


def _loan(right: PriorityRight) -> Said:
    return _told({"bank": right.holder, "kind": "maximum" if right.kind == "maximum_mortgage" else "mortgage",
                  "amount": None if right.amount_fen is None else fen_to_yuan(right.amount_fen)})


def _effect(effect: Effect) -> Said:
    if effect.state == "refused":
        return _declined(effect.request_no, _REASONS[effect.code or "rejected_by_agency"])
    return _told({
        "result": "held", "ticket": effect.request_no, "house_code": effect.key, "state": _HOLD_STATES[effect.state], "order": effect.rank,
        "hold_no": effect.agency_control_no, "served": _instant(effect.served_at), "since": _instant(effect.effective_at),
        "until": _day(effect.until_on), "holds": [_standing(one) for one in effect.prior_measures],
        "loans": [_loan(one) for one in effect.priority_rights]})


def _declined(ticket: str, reason: str) -> Said:
    return {"result": "declined", "ticket": ticket, "reason": reason, "note": _NOTES[reason]}


def _received(desk: Desk, ticket: str) -> Said:
    soon = {"ready_in_s": _SECONDS} if desk.agency.mode == "automatic" else {}
    return {"result": "received", "ticket": ticket, "slip_no": f"HB{ticket}", **soon}


def _replies(desk: Desk, replies: Sequence[Said]) -> MockResponse:
    return MockResponse(body=_written({"status": "ok", "at": _instant(desk.now()), "replies": list(replies)}))


def _trouble(desk: Desk, trouble: str, note: str) -> MockResponse:
    return MockResponse(body=_written({"status": "trouble", "at": _instant(desk.now()), "trouble": trouble, "note": note}))


def _written(body: Said) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
