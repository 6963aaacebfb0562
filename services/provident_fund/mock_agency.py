"""A simulated fund centre: JSON in, JSON out. It must not import the adapter.

Its tables are its own, so that a wrong code in the adapter is found by asking it. Source: domain.md §5, §6.1, §7.4.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import unquote

import orjson
from pydantic import ValidationError

from contracts.agency import Agency
from contracts.assets.provident_fund import ASSET_TYPE, ProvidentFundRecord
from contracts.clock import CHINA
from contracts.control import PriorMeasure
from contracts.documents import missing
from services.provident_fund.agency_api import CALL_CODES, RESULT_CODES, ControlRequest, Request
from services.provident_fund.examples import DEMO_HOLDINGS
from services.runtime.mock.port import Desk, Effect, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject

Words = dict[str, Any]

_STANDING_OF = "/gjj/jg/"
_ACTIONS = {"01": "freeze", "02": "renew", "03": "release", "04": "deduct", "05": "freeze_and_deduct"}
_KINDS = {
    "01": "assist_query_notice", "02": "assist_freeze_notice", "03": "assist_execution_notice",
    "04": "assist_publicity_notice", "05": "assist_release_notice", "06": "assist_deduct_notice", "11": "ruling",
    "12": "release_ruling", "13": "deduct_ruling", "14": "transfer_ruling", "21": "application",
    "22": "written_confirmation", "23": "transfer_letter", "24": "ownership_proof",
}
_ORGANISATIONS = frozenset({"11", "12", "13"})
#: Measures that need an amount; those of them by which money goes to the court.
_COUNTED, _PAID_OUT = frozenset({"01", "04", "05"}), frozenset({"04", "05"})
_REFUSALS = {
    "document_missing": "2001", "document_mismatch": "2002", "credential_missing": "2003", "identity_mismatch": "2004",
    "identity_incomplete": "2005", "not_authorised": "2006", "asset_not_found": "3001", "asset_exempt": "3002",
    "no_original_measure": "3003", "term_over_cap": "3004", "already_expired": "3005", "measure_unsupported": "3006",
    "quota_exceeded": "3007", "rejected_by_agency": "3008",
}
_STATES = {"in_force": "1", "waiting": "2", "partly_in_force": "3", "released": "4", "expired": "5", "lapsed": "6",
           "deducted": "7", "reversed": "8"}
_STANDING = {"freeze": "01", "freeze_and_deduct": "05"}
_ACCOUNT_STATES = {"normal": "01", "sealed_dormant": "02", "merged": "03", "transferred_out": "04",
                   "withdrawn_closed": "05", "frozen": "06", "other": "99"}
#: Which part of the persons has an account; which part of the accounts others froze before, is paid into, has a loan.
_HOLDERS, _FROZEN, _LIVE, _LENT = 0.6, 0.15, 0.85, 0.2
_EMPLOYERS = ("云浮市新成石材有限公司", "云浮市广源不锈钢制品有限公司", "罗定市恒达电子科技有限公司", "新兴县嘉禾食品有限公司",
              "郁南县百川物流有限公司", "云浮市第三小学")
_COURTS = (("云浮市云安区人民法院", "粤5303"), ("肇庆市端州区人民法院", "粤1202"), ("佛山市禅城区人民法院", "粤0604"))
#: When a person works through the requests, the centre does not say how long that takes.
_ASK_AFTER_S = {"automatic": 1, "semi_automatic": 1, "manual": None}


class FundCentre:
    """The simulated fund centre."""

    asset_type = "provident_fund"

    def holdings(self, agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:  # noqa: ARG002 - the port
        """Give three persons of five an account; organisations have none. See MockAgency."""
        if subject.id_no in DEMO_HOLDINGS:
            return DEMO_HOLDINGS[subject.id_no]
        if subject.kind != "person" or rng.random() >= _HOLDERS:
            return ()
        return (_invented(agency, subject, rng),)

    def answer(self, desk: Desk, request: MockRequest) -> MockResponse | Later:
        """Answer a query, a control, or the question how an earlier request stands. See MockAgency."""
        if request.method == "GET" and request.path.startswith(_STANDING_OF):
            return _standing(desk, unquote(request.path.removeprefix(_STANDING_OF)))
        if request.method == "POST" and request.path in ("/gjj/cx", "/gjj/kz"):
            return _answered(desk, request.path, request.body)
        return MockResponse(status=404)

    def error(self, desk: Desk, request: MockRequest, kind: str) -> MockResponse:
        """Answer wrongly, or decline. See MockAgency."""
        if kind == "office_closed":
            return _call(desk, [], "9001")
        if kind == "refused":
            return _call(desk, [_said(number, "3008") for number in _numbers(request)])
        answer = self.answer(desk, request)
        right = (answer.received if isinstance(answer, Later) else answer).body
        if kind == "malformed":
            return MockResponse(body=right[: len(right) // 2])
        return _spoilt(orjson.loads(right), kind)


MOCK = FundCentre()


def _invented(agency: Agency, subject: RegisteredSubject, rng: Random) -> Holding:
    base, personal, employer = rng.randint(20, 300) * 10_000, rng.randint(5, 12), rng.randint(5, 12)
    balance = rng.randint(0, 25_000_000)
    opened_on = date(rng.randint(2008, 2024), rng.randint(1, 12), rng.randint(1, 28))
    earlier = _earlier(rng.randint(1, balance), rng) if balance and rng.random() < _FROZEN else ()
    record = ProvidentFundRecord(
        personal_account_no=f"{agency.region_code[:4]}{rng.randrange(10**10):010d}", holder_name=subject.name,
        employer_name=rng.choice(_EMPLOYERS), balance_fen=balance, contribution_base_fen=base, opened_on=opened_on,
        account_status="normal" if rng.random() < _LIVE else "sealed_dormant",
        rate_personal=Decimal(personal) / 100, rate_employer=Decimal(employer) / 100, paid_through=f"2026-{rng.randint(6, 10):02d}",
        monthly_personal_fen=base * personal // 100, monthly_employer_fen=base * employer // 100,
        payout_account=f"62220320{rng.randrange(10**11):011d}", payout_bank="中国建设银行云浮市分行",
        has_loan=rng.random() < _LENT, frozen_fen=sum(one.amount_fen or 0 for one in earlier))
    return Holding(record.personal_account_no, record, prior_measures=earlier)


def _earlier(amount_fen: int, rng: Random) -> tuple[PriorMeasure, ...]:
    court, code = rng.choice(_COURTS)
    on = date(2026, rng.randint(1, 9), rng.randint(2, 28))
    return (PriorMeasure(kind="freeze", authority=court, document_no=f"（2026）{code}执{rng.randint(100, 9999)}号之一",
                         amount_fen=amount_fen, rank=1, from_on=on, until_on=on.replace(year=on.year + 1, day=on.day - 1)),)


def _answered(desk: Desk, path: str, body: bytes) -> MockResponse | Later:
    model = ControlRequest if path == "/gjj/kz" else Request
    try:
        asked = [model.model_validate(one) for one in orjson.loads(body)["qqs"]]
    except (KeyError, TypeError, ValidationError, orjson.JSONDecodeError):
        return _call(desk, [], "9004")
    results = [_result(desk, one) for one in asked]
    if desk.agency.answers_by == "response":
        return _call(desk, results)
    return Later(
        received=_call(desk, [_taken(desk, one.qqdh) for one in asked]),
        answers={one.qqdh: _call(desk, [result]) for one, result in zip(asked, results, strict=True)},
        callbacks={one.qqdh: one.hddz for one in asked if one.hddz})


def _result(desk: Desk, asked: Request) -> Words:
    if asked.zjlx in _ORGANISATIONS:
        return _said(asked.qqdh, "2007")
    subject = desk.subject(asked.zjhm)
    if code := _objection(asked, subject):
        return _said(asked.qqdh, code)
    if isinstance(asked, ControlRequest):
        return _effect(asked.qqdh, desk.order(_order(asked)))
    accounts = [_account(desk, holding, asked.zjhm) for holding in (desk.holdings(subject) if subject else ())]
    return _said(asked.qqdh, "0000") | {"zhs": accounts} if accounts else _said(asked.qqdh, "0001")


def _objection(asked: Request, subject: RegisteredSubject | None) -> str | None:
    action = _ACTIONS[asked.kzcs] if isinstance(asked, ControlRequest) else "query"
    if missing(ASSET_TYPE.documents[action], {_KINDS[document.wslb] for document in asked.wss}):
        return "2001"
    if not asked.gwzbh:
        return "2003"
    if isinstance(asked, ControlRequest) and (code := _left_out(asked)):
        return code
    return "2004" if subject and subject.name != asked.xingming else None


def _left_out(asked: ControlRequest) -> str | None:
    """Say what a control leaves out: where the money goes, why it may be withdrawn, or how much it is."""
    if asked.kzcs in _PAID_OUT and not (asked.skyh and asked.skzh and asked.skhm):
        return "3010"
    if asked.kzcs in _PAID_OUT and not asked.tqyy:
        return "3009"
    return "3011" if asked.kzcs in _COUNTED and not asked.je else None


def _order(asked: ControlRequest) -> Order:
    return Order(
        request_no=asked.qqdh, action=_ACTIONS[asked.kzcs], key=asked.grzh, authority=asked.fymc,
        document_no=asked.wss[0].wsbh, amount_fen=_fen(asked.je), term_months=asked.qxys,
        until_on=date.fromisoformat(asked.jsrq) if asked.jsrq else None, original_request_no=asked.yqqdh,
        agency_control_no=asked.djbh, holder_id_no=asked.zjhm)


def _fen(yuan: str | None) -> int | None:
    return None if yuan is None else int(yuan.replace(".", ""))


def _standing(desk: Desk, number: str) -> MockResponse:
    """Answer how an earlier request number stands: the effect as it is now, or what was kept for it."""
    try:
        kept = desk.answer_later(number)
    except KeyError:
        kept = _call(desk, [_said(number, "2008")])
    if kept is None:
        return _call(desk, [_taken(desk, number)])
    effect = desk.effect(number)
    return kept if effect is None else _call(desk, [_effect(number, effect)])


def _call(desk: Desk, results: Sequence[Words], code: str = "0000") -> MockResponse:
    return MockResponse(body=orjson.dumps({"code": code, "msg": CALL_CODES[code], "fksj": _instant(desk.now()), "jgs": results}))


def _said(number: str, code: str) -> Words:
    return {"qqdh": number, "jgdm": code, "jgsm": RESULT_CODES[code]}


def _taken(desk: Desk, number: str) -> Words:
    return _said(number, "1000") | {"slbh": f"SL{number}", "cxjg": _ASK_AFTER_S[desk.agency.mode]}


def _account(desk: Desk, holding: Holding, id_no: str) -> Words:
    own = holding.record
    assert isinstance(own, ProvidentFundRecord)
    return {
        "grzh": own.personal_account_no, "xingming": own.holder_name, "dwmc": own.employer_name,
        "grzhye": _yuan(own.balance_fen), "grzhzt": _ACCOUNT_STATES[own.account_status],
        "jcjs": _yuan(own.contribution_base_fen), "grjcbl": _rate(own.rate_personal), "dwjcbl": _rate(own.rate_employer),
        "gryjce": _yuan(own.monthly_personal_fen), "dwyjce": _yuan(own.monthly_employer_fen),
        "jzny": own.paid_through and own.paid_through.replace("-", ""), "khrq": _day(own.opened_on),
        "skzh": own.payout_account, "skyh": own.payout_bank,
        "sfydk": None if own.has_loan is None else str(int(own.has_loan)), "djje": _yuan(own.frozen_fen),
        "djs": _freezes(desk.measures(holding.key, id_no)),
    }


def _freezes(measures: Sequence[PriorMeasure]) -> list[Words]:
    return [{"djjg": one.authority, "djwh": one.document_no, "djcs": _STANDING[one.kind], "djje": _yuan(one.amount_fen),
             "lhsx": one.rank, "ksrq": _day(one.from_on), "jsrq": _day(one.until_on), "qqdh": one.request_no}
            for one in measures]


def _effect(number: str, effect: Effect) -> Words:
    if effect.state == "refused":
        return _said(number, _REFUSALS[effect.code or "rejected_by_agency"])
    return _said(number, "0000") | {"kzjg": {
        "kzzt": _STATES[effect.state], "sjje": _yuan(effect.actual_fen), "wzje": _yuan(effect.unfunded_fen),
        "hkje": _yuan(effect.deducted_fen), "lhsx": effect.rank, "djbh": effect.agency_control_no,
        "sdsj": _stamp(effect.served_at), "sxsj": _stamp(effect.effective_at), "jsrq": _day(effect.until_on),
        "djs": _freezes(effect.prior_measures)}}


def _numbers(request: MockRequest) -> list[str]:
    if request.method == "GET":
        return [unquote(request.path.removeprefix(_STANDING_OF))]
    return [one["qqdh"] for one in orjson.loads(request.body)["qqs"]]


def _spoilt(answer: Words, kind: str) -> MockResponse:
    """Give every result a field its document does not have, or a code its list does not have."""
    for result in answer["jgs"]:
        result.update({"zyts": "请现场核实"} if kind == "unknown_field" else {"jgdm": "8888"})
    return MockResponse(body=orjson.dumps(answer))


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{fen // 100}.{fen % 100:02d}"


def _rate(rate: Decimal | None) -> str | None:
    return None if rate is None else f"{rate:.4f}"


def _day(on: date | None) -> str | None:
    return None if on is None else f"{on:%Y%m%d}"


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else _instant(at)


def _instant(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
