"""What the simulated banks write about wealth products. It shares no code with the adapter, so that a wrong table shows."""

from collections.abc import Sequence
from datetime import date, datetime
from random import Random
from typing import Any

import orjson

from contracts.assets.wealth_products import WealthProductRecord
from contracts.clock import CHINA
from contracts.control import PriorityRight, PriorMeasure
from services.runtime.mock.oddities import GONE, Oddity, write_oddly
from services.runtime.mock.port import Effect, Holding, MockResponse

Said = dict[str, Any]

#: Fields that hold amounts: they are numbers until they are written as text.
_MONEY = frozenset({"HKYE", "ZCZJE", "KYJZ", "DJJE", "QLJE", "DJXE", "SKJE", "CESKJE"})
_TYPES = {"fixed_income": "M101", "mixed": "M102", "equity": "M103", "structured_deposit": "M201", "fund": "M301", "trust": "M401",
          "insurance": "M501"}
_CHANNELS = {"own": "00", "agency_sold": "10"}
_RESTRICTIONS = {"none": "0", "closed_period": "1", "pledged": "2"}
_NUMERIC = {"CNY": "156", "HKD": "344", "JPY": "392", "GBP": "826", "USD": "840", "EUR": "978"}
_RIGHTS = {"mortgage": "1", "pledge": "2", "lien": "3", "maximum_mortgage": "4", "other": "9"}
_MEASURES = {"freeze": "01", "renew": "02", "release": "04"}
_STANDINGS = {"in_force": "1", "partly_in_force": "1", "waiting": "2", "released": "3", "expired": "4", "lapsed": "5", "reversed": "7"}
_REASONS = {
    "document_missing": "01", "document_mismatch": "02", "credential_missing": "03", "identity_mismatch": "04",
    "identity_incomplete": "06", "not_authorised": "07", "measure_unsupported": "08", "asset_not_found": "09",
    "no_original_measure": "15", "term_over_cap": "16", "already_expired": "17", "quota_exceeded": "18",
    "rejected_by_agency": "19",
}
#: Why a bank cannot take hold of a part at all.
_SOLD_FOR_ANOTHER, _ELSEWHERE = "23", "24"
_REMARKS = {_SOLD_FOR_ANOTHER: "代销产品，由管理人登记", _ELSEWHERE: "资金回款账户不在本行"}
_PRODUCT, _ACCOUNT = "2", "1"

#: How banks write beside their document.
ODDITIES = (
    Oddity("BZ", "CNY", of="156"), Oddity("BZ", "人民币", of="156"), Oddity("ZCLX", "M999"), Oddity("ZCLX", ""), Oddity("ZCMC", GONE), Oddity("ZCGLR", "无"),
    Oddity("CLR", "20260105"), Oddity("CLR", "2026/1/5"), Oddity("CLR", "00010101000000"), Oddity("SHR", "99991231235959"),
    Oddity("XZXCRQ", "开放日"), Oddity("ZCDWJG", "1.0234元"), Oddity("ZCDWJG", "待公布"), Oddity("ZCXH", GONE), Oddity("TGR", "新增字段"),
    Oddity("DJXX.0.DJJZRQ", GONE), Oddity("DJXX.0.DJJZRQ", "99991231235959"), Oddity("DJXX.0.DJWH", ""), Oddity("DJXX.0.CSXH", "首封"),
    Oddity("LCZH", "0200****2345", telling=False), Oddity("JRCPBH", "", telling=False), Oddity("CPXSZL", "代销", telling=False),
    Oddity("ZCJYXZ", "9", telling=False), Oddity("SE", "1e5", telling=False), Oddity("ZCZJE", "80000.00", telling=False),
    Oddity("KYJZ", "-1", telling=False), Oddity("KYJZ", "9999999999999", telling=False), Oddity("BZ", "01", telling=False),
    Oddity("DJXX.0.BEIZ", "5", telling=False), Oddity("QLXX.0.QLLX", "8", telling=False),
)
#: A product says more.
_MOST_OF_A_NOTICE = 3
UNREADABLE: Said = {"RESULT": "9003", "MSG": "报文不符合规范"}
CLOSED: Said = {"RESULT": "9001", "MSG": "非受理时间", "DDMS": "1800"}


def message(said: Said) -> MockResponse:
    """Write a message."""
    return MockResponse(body=orjson.dumps(_written(said)))


def _written(said: Said) -> Said:
    return {name: str(value) if name in _MONEY else [_written(one) for one in value] if isinstance(value, list) else value
            for name, value in said.items() if value is not None}


def ok(items: Sequence[Said]) -> Said:
    """Say what was asked."""
    return {"RESULT": "0000", "MSG": "成功", "FKLB": list(items)}


def taken(request_nos: Sequence[str], wait_s: str) -> Said:
    """Say that the requests are in and will be answered later."""
    receipts = [{"BDHM": request_no, "SLH": f"SL{request_no}", "DDMS": wait_s} for request_no in request_nos]
    return {"RESULT": "0100", "MSG": "已接收，另行反馈", "SLHZ": receipts}


def stamp(instant: datetime) -> str:
    """Write an instant as yyyyMMddHHmmss in China Standard Time."""
    return instant.astimezone(CHINA).strftime("%Y%m%d%H%M%S")


def query_item(request_no: str, at: str, products: Sequence[Said]) -> Said:
    """Say what products there are; that there are none is said by a literal in the place of a product code."""
    return {"BDHM": request_no, "FKSJ": at, "JRXX": list(products) or [{"JRCPBH": "查无金融资产信息"}]}


def query_declined(request_no: str, at: str, reason: str) -> Said:
    """Say that a query is declined."""
    return {"BDHM": request_no, "FKSJ": at, "JRXX": [{"JRCPBH": "业务审核未通过", "WNCXYY": reason}]}


def product(seq: int, holding: Holding, measures: Sequence[PriorMeasure]) -> Said:
    """Say what the register has of one product."""
    record = holding.record
    assert isinstance(record, WealthProductRecord)
    return {
        "ZCXH": str(seq), "ZCMC": record.product_name, "ZCLX": _TYPES[record.product_type or ""], "CPXSZL": _CHANNELS[record.sale_channel],
        "JRCPBH": record.product_code, "LCZH": record.wealth_account, "ZJHKZH": record.cash_return_account,
        "HKYE": record.return_account_balance_fen, "ZCGLR": record.manager, "ZCJYXZ": _RESTRICTIONS[record.trade_restriction],
        "XZXCRQ": _first_second(record.restriction_lifts_on), "CLR": _first_second(record.inception_on),
        "SHR": _first_second(record.redemption_on), "BZ": _NUMERIC[record.currency], "ZCDWJG": record.unit_price, "SE": record.units,
        "KYSE": record.available_units, "ZCZJE": record.total_value_fen, "KYJZ": record.available_value_fen,
        "DJXX": [_measure(one) for one in measures], "QLXX": [_right(one) for one in holding.priority_rights],
    }


def _first_second(day: date | None) -> str | None:
    return None if day is None else day.strftime("%Y%m%d") + "000000"


def _last_second(day: date | None) -> str | None:
    return None if day is None else day.strftime("%Y%m%d") + "235959"


def _measure(prior: PriorMeasure) -> Said:
    return {"CSXH": str(prior.rank), "DJJG": prior.authority, "DJWH": prior.document_no,
            "BEIZ": "1" if prior.amount_fen is None else "2", "DJJE": prior.amount_fen,
            "DJKSRQ": _first_second(prior.from_on), "DJJZRQ": _last_second(prior.until_on), "DJDH": prior.request_no}


def _right(right: PriorityRight) -> Said:
    return {"QLLX": _RIGHTS[right.kind], "QLR": right.holder, "QLJE": right.amount_fen}


def control_item(request_no: str, at: str, results: Sequence[Said], *, repeated: bool = False) -> Said:
    """Say what became of one control."""
    return {"BDHM": request_no, "FKSJ": at, "CFBZ": "1" if repeated else "0", "KZXX": list(results)}


def declined(product_reason: str, account_reason: str, measure: str | None = None) -> list[Said]:
    """Say why neither the product nor its return account is controlled."""
    return [_declined(_PRODUCT, product_reason, measure), _declined(_ACCOUNT, account_reason, measure)]


def _declined(part: str, reason: str, measure: str | None) -> Said:
    return {"CCXH": "1" if part == _PRODUCT else "2", "KZLX": part, "KZCS": measure, "KZZT": "2", "WNKZYY": reason,
            "BEIZ": _REMARKS.get(reason)}


def out_of_hand(record: WealthProductRecord) -> tuple[str | None, str | None]:
    """Say why the bank cannot take hold of the product and of its return account; None for what it can."""
    return (None if record.sale_channel == "own" else _SOLD_FOR_ANOTHER), (None if record.cash_return_account else _ELSEWHERE)


def controlled(effect: Effect, record: WealthProductRecord) -> list[Said]:
    """Say what a control did to each part, as it stands now; of a release that ended all, only what it had hold of."""
    measure = _MEASURES[effect.action]
    if effect.state == "refused":
        reason = _REASONS[effect.code or ""]
        return declined(reason, reason, measure)
    in_account = _in_account(effect, record)
    named: dict[str, Said] = {
        _PRODUCT: {"LCZH": record.wealth_account, "JRCPBH": record.product_code, "SKJE": (effect.actual_fen or 0) - in_account},
        _ACCOUNT: {"KHZH": record.cash_return_account, "SKJE": in_account},
    }
    reasons = dict(zip((_PRODUCT, _ACCOUNT), out_of_hand(record), strict=True))
    ended = effect.action == "release" and effect.state == "released"
    return [_declined(part, reason, measure) if reason else _done(effect, part, measure) | named[part]
            for part, reason in reasons.items() if not (reason and ended)]


def _in_account(effect: Effect, record: WealthProductRecord) -> int:
    """Return how much of what a measure holds is money on the return account: it is taken first, by who came first."""
    earlier = sum(prior.amount_fen or 0 for prior in effect.prior_measures if prior.rank == 1)
    return min(effect.actual_fen or 0, max(0, record.return_account_balance_fen - earlier))


def _done(effect: Effect, part: str, measure: str) -> Said:
    waiting = effect.state == "waiting"
    return {
        "CCXH": "1" if part == _PRODUCT else "2", "KZLX": part, "KZCS": "03" if waiting else measure, "KZZT": "1",
        "CSZT": _STANDINGS[effect.state], "SDSJ": effect.served_at and stamp(effect.served_at),
        "CSKSRQ": effect.effective_at and stamp(effect.effective_at), "CSJSRQ": _last_second(effect.until_on),
        "DJXE": effect.amount_fen, "CESKJE": effect.unfunded_fen, "LHSX": effect.rank and str(effect.rank),
        "LHBH" if waiting else "DJBH": effect.agency_control_no,
        "DJXX": [_measure(one) for one in effect.prior_measures], "QLXX": [_right(one) for one in effect.priority_rights],
    }


def oddly(body: bytes, rng: Random) -> bytes:
    """Write one field of one product oddly."""
    said = orjson.loads(body)
    listed = [one for item in said.get("FKLB", ()) for one in item.get("JRXX", ()) if len(one) > _MOST_OF_A_NOTICE]
    write_oddly(listed, ODDITIES, rng)
    return orjson.dumps(said)


def spoilt(body: bytes, kind: str) -> bytes:
    """Put a field or a code into a right answer that the bank's document does not have: in each item, or in the head."""
    said = orjson.loads(body)
    items = said.get("FKLB") or [said]
    for item in items:
        if kind == "unknown_field":
            item["XZD"] = "新增字段"
        elif "KZXX" in item:
            item["KZXX"][0]["KZZT"] = "7"
        elif "JRXX" in item:
            item["JRXX"] = [{"JRCPBH": "业务审核未通过", "WNCXYY": "77"}]
        else:
            item["RESULT"] = "7777"
    return orjson.dumps(said)
