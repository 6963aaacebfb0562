"""A simulated fund centre: JSON in, JSON out, as its document says (fund_centre.openapi.yaml). It shares no code with the adapter.

Its tables are its own, so that a wrong code in the adapter is found by asking it. Source: domain.md §5, §6.1, §7.4.
"""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any
from urllib.parse import unquote

from contracts.agency import Agency
from contracts.assets.provident_fund import ASSET_TYPE, ProvidentFundRecord
from contracts.clock import CHINA
from contracts.control import PriorMeasure
from contracts.documents import missing
from services.provident_fund.accounts import invent
from services.runtime.mock.oddities import GONE, Oddity, write_oddly
from services.runtime.mock.port import Desk, Effect, Holding, Later, MockRequest, MockResponse, Order, RegisteredSubject

Words = dict[str, Any]

_STANDING_OF, _QUERY, _CONTROL = "/gjj/jg/", "/gjj/cx", "/gjj/kz"
_CALL_TEXTS = {"0000": "成功", "9001": "非办理时间", "9004": "报文格式错误"}
_RESULT_TEXTS = {
    "0000": "成功", "0001": "查无缴存账户", "1000": "已受理，结果另行反馈",
    "2001": "缺少法律文书", "2002": "法律文书与请求不一致", "2003": "缺少执行人员证件", "2004": "姓名与证件号码不符",
    "2005": "身份要素不全", "2006": "无权办理", "2007": "仅受理个人", "2008": "请求单号不存在",
    "3001": "账户不存在", "3002": "依法不得执行", "3003": "无原冻结记录", "3004": "期限超过法定上限", "3005": "冻结已到期",
    "3006": "不支持该协助事项", "3007": "超过受理限额", "3008": "审核未通过", "3009": "未载明提取条件", "3010": "未载明收款账户",
    "3011": "未载明金额",
}
#: What every request says, and a control besides.
_ASKER, _ORDER = ("qqdh", "xingming", "zjlx", "zjhm", "fydm", "fymc", "ah", "cbr"), ("kzcs", "grzh")
_WITHDRAWAL_REASONS = frozenset({"01", "02", "03", "04", "05", "06"})
_YUAN = re.compile(r"\d{1,12}\.\d{2}", re.ASCII)
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
#: When a person works through the requests, the centre does not say how long that takes.
_ASK_AFTER_S = {"automatic": 1, "semi_automatic": 1, "manual": None}
#: How fund centres write beside their document.
ODDITIES = (
    Oddity("grjcbl", "5%"), Oddity("grjcbl", "0.05"), Oddity("grjcbl", "5"), Oddity("dwjcbl", 0.08), Oddity("dwjcbl", "八"),
    Oddity("jzny", "2026-11"), Oddity("jzny", "2026年11月"), Oddity("jzny", "202613"), Oddity("khrq", "2015年9月1日"), Oddity("khrq", "2015-09-01"),
    Oddity("khrq", ""), Oddity("khrq", "0001-01-01"), Oddity("sfydk", "是"), Oddity("sfydk", "2"), Oddity("jcjs", "7200"), Oddity("jcjs", "7,200.00"),
    Oddity("gryjce", "-"), Oddity("dwyjce", GONE), Oddity("dwmc", "无"), Oddity("skyh", GONE), Oddity("skzh", "6222 0320 0200 0140 018"),
    Oddity("beizhu", "新增栏目"), Oddity("djs.0.jsrq", None), Oddity("djs.0.jsrq", "99991231"), Oddity("djs.0.djwh", GONE), Oddity("djs.0.lhsx", "首位"),
    Oddity("grzh", "445300010013-1", telling=False), Oddity("grzh", "", telling=False), Oddity("grzhye", "52000", telling=False),
    Oddity("grzhye", 5_200_000, telling=False), Oddity("grzhye", "52,000.00元", telling=False), Oddity("grzhzt", "07", telling=False),
    Oddity("grzhzt", "正常", telling=False), Oddity("djje", None, telling=False), Oddity("djje", "99999999.00", telling=False),
    Oddity("xingming", "", telling=False), Oddity("djs.0.djcs", "02", telling=False), Oddity("djs.0.djje", "全部", telling=False),
)


class FundCentre:
    """The simulated fund centre."""

    asset_type = "provident_fund"

    def holdings(self, agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:  # noqa: ARG002 - the port
        """Give three persons of five an account; organisations have none. See MockAgency."""
        return invent(agency, subject, rng)

    def answer(self, desk: Desk, request: MockRequest) -> MockResponse | Later:
        """Answer a query, a control, or the question how an earlier request stands. See MockAgency."""
        if request.method == "GET" and request.path.startswith(_STANDING_OF):
            return _standing(desk, unquote(request.path.removeprefix(_STANDING_OF)))
        if request.method == "POST" and request.path in (_QUERY, _CONTROL):
            return _answered(desk, request.path, request.body)
        return MockResponse(status=404)

    def odd(self, response: MockResponse, rng: Random) -> MockResponse:
        """Write one field of one account oddly. See MockAgency."""
        answer = json.loads(response.body)
        write_oddly([account for result in answer.get("jgs", ()) for account in result.get("zhs", ())], ODDITIES, rng)
        return MockResponse(body=_written(answer))

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
        return _spoilt(json.loads(right), kind)


MOCK = FundCentre()


def _answered(desk: Desk, path: str, body: bytes) -> MockResponse | Later:
    try:
        asked = [_checked(one, of_control=path == _CONTROL) for one in json.loads(body)["qqs"]]
    except (AttributeError, KeyError, TypeError, ValueError):
        return _call(desk, [], "9004")
    results = [_result(desk, one) for one in asked]
    if desk.agency.answers_by == "response":
        return _call(desk, results)
    return Later(
        received=_call(desk, [_taken(desk, one["qqdh"]) for one in asked]),
        answers={one["qqdh"]: _call(desk, [result]) for one, result in zip(asked, results, strict=True)},
        callbacks={one["qqdh"]: one["hddz"] for one in asked if one.get("hddz")})


def _checked(asked: Words, *, of_control: bool) -> Words:
    """Refuse what the document does not allow. Raises: AttributeError, KeyError, TypeError, ValueError."""
    said = [asked[name] for name in (*_ASKER, *(_ORDER if of_control else ()))]
    if any(not isinstance(one, str) or not one for one in said) or any(document["wslb"] not in _KINDS for document in asked.get("wss") or ()):
        raise ValueError("not what the document asks for")
    if of_control and (asked["kzcs"] not in _ACTIONS or asked.get("tqyy") not in (None, *_WITHDRAWAL_REASONS)):
        raise ValueError("a code that the document does not have")
    if of_control and not _YUAN.fullmatch(asked.get("je") or "0.00"):
        raise ValueError("not an amount in yuan")
    _day_of(asked)
    return asked


def _day_of(asked: Words) -> date | None:
    """Return the last day that is asked for. Raises: ValueError."""
    return date.fromisoformat(asked["jsrq"]) if asked.get("jsrq") else None


def _result(desk: Desk, asked: Words) -> Words:
    if asked["zjlx"] in _ORGANISATIONS:
        return _said(asked["qqdh"], "2007")
    subject = desk.subject(asked["zjhm"])
    if code := _objection(asked, subject):
        return _said(asked["qqdh"], code)
    if "kzcs" in asked:
        return _effect(asked["qqdh"], desk.order(_order(asked)))
    accounts = [_account(desk, holding, asked["zjhm"]) for holding in (desk.holdings(subject) if subject else ())]
    if subject is not None and (rng := desk.odd(subject)):
        write_oddly(accounts, ODDITIES, rng, telling_only=True)
    return _said(asked["qqdh"], "0000") | {"zhs": accounts} if accounts else _said(asked["qqdh"], "0001")


def _objection(asked: Words, subject: RegisteredSubject | None) -> str | None:
    action = _ACTIONS[asked["kzcs"]] if "kzcs" in asked else "query"
    if missing(ASSET_TYPE.documents[action], {_KINDS[document["wslb"]] for document in asked.get("wss") or ()}):
        return "2001"
    if not asked.get("gwzbh"):
        return "2003"
    if "kzcs" in asked and (code := _left_out(asked)):
        return code
    return "2004" if subject and subject.name != asked["xingming"] else None


def _left_out(asked: Words) -> str | None:
    """Say what a control leaves out: where the money goes, why it may be withdrawn, or how much it is."""
    if asked["kzcs"] in _PAID_OUT and not all(asked.get(name) for name in ("skyh", "skzh", "skhm")):
        return "3010"
    if asked["kzcs"] in _PAID_OUT and not asked.get("tqyy"):
        return "3009"
    return "3011" if asked["kzcs"] in _COUNTED and not asked.get("je") else None


def _order(asked: Words) -> Order:
    return Order(
        request_no=asked["qqdh"], action=_ACTIONS[asked["kzcs"]], key=asked["grzh"], authority=asked["fymc"],
        document_no=asked["wss"][0]["wsbh"], amount_fen=_fen(asked.get("je")), term_months=asked.get("qxys"),
        until_on=_day_of(asked), original_request_no=asked.get("yqqdh"),
        agency_control_no=asked.get("djbh"), holder_id_no=asked["zjhm"])


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
    return MockResponse(body=_written({"code": code, "msg": _CALL_TEXTS[code], "fksj": _instant(desk.now()), "jgs": list(results)}))


def _written(answer: Words) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def _said(number: str, code: str) -> Words:
    return {"qqdh": number, "jgdm": code, "jgsm": _RESULT_TEXTS[code]}


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
    return [one["qqdh"] for one in json.loads(request.body)["qqs"]]


def _spoilt(answer: Words, kind: str) -> MockResponse:
    """Give every result a field its document does not have, or a code its list does not have."""
    for result in answer["jgs"]:
        result.update({"zyts": "请现场核实"} if kind == "unknown_field" else {"jgdm": "8888"})
    return MockResponse(body=_written(answer))


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
