"""What the simulated banks write: the words of dialect `standard`, renamed for `yuan`. It shares no code with the adapter."""

from collections.abc import Sequence
from datetime import date, datetime
from random import Random
from typing import Any

import orjson

from contracts.assets.deposits import DepositRecord
from contracts.clock import CHINA
from contracts.control import PriorityRight, PriorMeasure
from contracts.money import fen_to_yuan
from services.runtime.mock.oddities import GONE, Oddity, write_oddly
from services.runtime.mock.port import Effect, Holding, MockResponse

Said = dict[str, Any]

#: Fields that hold amounts; they are fen until they are written.
_MONEY = frozenset({"YE", "KYYE", "DJJE", "QLJE", "DJXE", "SKJE", "CESKJE", "HKJE"})
_YUAN_NAMES = {
    "RESULT": "retCode", "MSG": "retMsg", "DDMS": "waitSecs", "SLHZ": "receipts", "SLH": "serialNo", "FKLB": "list",
    "BDHM": "reqNo", "FKSJ": "respTime", "ZHXX": "accts", "CCXH": "seqNo", "KHZH": "acctNo", "CCLB": "acctClass",
    "ZHFL": "acctTier", "ZHZT": "acctStatus", "KHWD": "branchName", "KHWDDM": "branchCode", "KHRQ": "openTime",
    "XHRQ": "closeTime", "BZ": "ccy", "YE": "bal", "KYYE": "availBal", "GLZJZH": "linkedAcctNo", "BEIZ": "remark",
    "WNCXYY": "reason", "DJXX": "holds", "CSXH": "seqNo", "DJJG": "authority", "DJWH": "docNo", "DJJE": "amt",
    "DJKSRQ": "startTime", "DJJZRQ": "endTime", "DJDH": "reqNo", "QLXX": "rights", "QLLX": "rightType",
    "QLR": "holder", "QLJE": "amt", "CFBZ": "repeated", "KZXX": "results", "KZCS": "measure", "KZNR": "scope",
    "KZZT": "done", "CSZT": "standing", "WNKZYY": "reason", "DJXE": "limitAmt", "SKJE": "actualAmt", "CESKJE": "overAmt",
    "HKJE": "paidAmt", "LHSX": "rank", "SDSJ": "servedTime", "CSKSRQ": "startTime", "CSJSRQ": "endTime", "DJBH": "freezeNo",
    "LHBH": "waitNo",
}
_CLASSES = {
    "personal_settlement": "01", "personal_savings": "02", "time_deposit": "03", "basic": "04", "general": "05", "special": "06",
    "temporary": "07", "acceptance_margin": "08", "letter_of_credit_margin": "09", "migrant_wage": "10",
    "social_insurance": "11", "presale_supervision": "12", "credit_card": "13",
}
_STATUSES = {"normal": "0", "frozen": "1", "closed": "2", "lost": "3", "partly_frozen": "4", "dormant": "5", "stop_payment": "6"}
_NUMERIC = {"CNY": "156", "HKD": "344", "JPY": "392", "GBP": "826", "USD": "840", "EUR": "978"}
_RIGHTS = {"mortgage": "1", "pledge": "2", "lien": "3", "maximum_mortgage": "4", "other": "9"}
_MEASURES = {"freeze": "01", "renew": "02", "release": "04", "deduct": "06", "withdraw_income": "07", "freeze_and_deduct": "08"}
_STANDINGS = {"in_force": "1", "waiting": "2", "released": "3", "expired": "4", "lapsed": "5", "deducted": "6", "reversed": "7"}
_REASONS = {
    "document_missing": "01", "document_mismatch": "02", "credential_missing": "03", "identity_mismatch": "04",
    "identity_incomplete": "06", "not_authorised": "07", "measure_unsupported": "08", "asset_not_found": "09",
    "no_original_measure": "15", "term_over_cap": "16", "already_expired": "17", "quota_exceeded": "18",
    "rejected_by_agency": "19",
}

#: How banks write beside their document, in the words of `standard`.
TELLING = (
    Oddity("BZ", "CNY", of="156"), Oddity("BZ", "RMB", of="156"), Oddity("CCLB", "99"), Oddity("CCLB", ""), Oddity("KHRQ", "20150901"), Oddity("KHRQ", ""),
    Oddity("KHRQ", "2015年9月1日"), Oddity("KHRQ", "00010101000000"), Oddity("XHRQ", "99991231235959"), Oddity("ZHFL", "Ⅰ类"),
    Oddity("ZHFL", "4"), Oddity("KHWD", "无"), Oddity("KHWDDM", 102593000017), Oddity("ZHLX", "新增字段"), Oddity("CCXH", GONE),
    Oddity("DJXX.0.DJJZRQ", GONE), Oddity("DJXX.0.DJJZRQ", "99991231235959"), Oddity("DJXX.0.DJWH", ""), Oddity("DJXX.0.CSXH", "首封"),
)
_DECIDING = (
    Oddity("KHZH", "6222****12345", telling=False), Oddity("ZHZT", "9", telling=False), Oddity("BZ", "01", telling=False),
    Oddity("YE", GONE, telling=False), Oddity("KYYE", "五万元", telling=False), Oddity("DJXX.0.BEIZ", "5", telling=False),
    Oddity("DJXX.0.DJJG", "", telling=False), Oddity("QLXX.0.QLLX", "8", telling=False),
)
_ABOVE_ANY_BALANCE = 9_999_999_999_900


def _oddities(dialect: str) -> tuple[Oddity, ...]:
    """Return the oddities of a dialect: its names, and amounts that mean two things there, or more than there is."""
    names = {"standard": {}, "yuan": _YUAN_NAMES}[dialect]
    twofold = {"standard": "52000.00", "yuan": "5200000"}[dialect]
    much = str(_ABOVE_ANY_BALANCE) if dialect == "standard" else fen_to_yuan(_ABOVE_ANY_BALANCE)
    amounts = (Oddity("YE", twofold, telling=False), Oddity("DJXX.0.DJJE", twofold, telling=False), Oddity("KYYE", much, telling=False))
    return tuple(one._replace(at=".".join(names.get(step, step) for step in one.at.split("."))) for one in (*TELLING, *_DECIDING, *amounts))


ODDITIES = {dialect: _oddities(dialect) for dialect in ("standard", "yuan")}
#: An account says more.
_MOST_OF_A_NOTICE = 3
UNREADABLE: Said = {"RESULT": "9003", "MSG": "报文不符合规范"}
CLOSED: Said = {"RESULT": "9001", "MSG": "非受理时间", "DDMS": "1800"}


def message(dialect: str, said: Said) -> MockResponse:
    """Write a message in a dialect."""
    named = {"standard": _standard, "yuan": _yuan}[dialect](said)
    return MockResponse(body=orjson.dumps(named))


def _standard(said: Said) -> Said:
    return {name: str(value) if name in _MONEY else _each(_standard, value) for name, value in said.items() if value is not None}


def _yuan(said: Said) -> Said:
    return {_YUAN_NAMES.get(name, name): fen_to_yuan(value) if name in _MONEY else _each(_yuan, value)
            for name, value in said.items() if value is not None}


def _each(write: Any, value: Any) -> Any:
    return [write(one) for one in value] if isinstance(value, list) else value


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


def query_item(request_no: str, at: str, accounts: Sequence[Said]) -> Said:
    """Say what accounts there are; that there are none is said by a literal in the place of an account number."""
    return {"BDHM": request_no, "FKSJ": at, "ZHXX": list(accounts) or [{"KHZH": "查无开户信息"}]}


def query_declined(request_no: str, at: str, reason: str) -> Said:
    """Say that a query is declined."""
    return {"BDHM": request_no, "FKSJ": at, "ZHXX": [{"KHZH": "业务审核未通过", "WNCXYY": reason}]}


def account(seq: int, holding: Holding, measures: Sequence[PriorMeasure]) -> Said:
    """Say what the register has of one account."""
    record = holding.record
    assert isinstance(record, DepositRecord)
    return {
        "CCXH": str(seq), "KHZH": record.account_no, "CCLB": _CLASSES[record.account_class or ""], "ZHFL": record.account_tier,
        "ZHZT": _STATUSES[record.account_status], "KHWD": record.branch_name, "KHWDDM": record.branch_code,
        "KHRQ": _first_second(record.opened_on), "XHRQ": _first_second(record.closed_on), "BZ": _NUMERIC[record.currency],
        "YE": record.balance_fen, "KYYE": record.available_balance_fen, "GLZJZH": record.linked_cash_account,
        "BEIZ": record.remark, "DJXX": [_measure(one) for one in measures],
        "QLXX": [_right(one) for one in holding.priority_rights],
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


def control_item(request_no: str, at: str, result: Said, *, repeated: bool = False) -> Said:
    """Say what became of one control."""
    return {"BDHM": request_no, "FKSJ": at, "CFBZ": "1" if repeated else "0", "KZXX": [result]}


def control_declined(reason: str, measure: str | None = None, account_no: str | None = None, scope: str = "1") -> Said:
    """Say why an account is not controlled."""
    return {"CCXH": "1", "KZCS": measure, "KHZH": account_no, "KZNR": scope, "KZZT": "2", "WNKZYY": reason}


def controlled(effect: Effect, holding: Holding | None) -> Said:
    """Say what a control did, as it stands now."""
    measure, scope = _MEASURES[effect.action], "2" if effect.action == "freeze" and effect.amount_fen is None else "1"
    if effect.state == "refused":
        return control_declined(_REASONS[effect.code or ""], measure, effect.key, scope)
    waiting = effect.state == "waiting"
    record = None if holding is None else holding.record
    assert record is None or isinstance(record, DepositRecord)
    return {
        "CCXH": "1", "KZCS": "03" if waiting else measure, "KHZH": effect.key, "KZNR": scope, "KZZT": "1",
        "CSZT": _STANDINGS[effect.state], "YE": record and record.balance_fen, "KYYE": record and record.available_balance_fen,
        "SDSJ": effect.served_at and stamp(effect.served_at), "CSKSRQ": effect.effective_at and stamp(effect.effective_at),
        "CSJSRQ": _last_second(effect.until_on), "DJXE": effect.amount_fen, "SKJE": effect.actual_fen,
        "CESKJE": effect.unfunded_fen, "HKJE": effect.deducted_fen, "LHSX": effect.rank and str(effect.rank),
        "LHBH" if waiting else "DJBH": effect.agency_control_no,
        "DJXX": [_measure(one) for one in effect.prior_measures], "QLXX": [_right(one) for one in effect.priority_rights],
    }


def oddly(body: bytes, rng: Random) -> bytes:
    """Write one field of one account oddly."""
    said = orjson.loads(body)
    dialect, items, accounts = ("standard", "FKLB", "ZHXX") if "FKLB" in said else ("yuan", "list", "accts")
    listed = [one for item in said.get(items, ()) for one in item.get(accounts, ()) if len(one) > _MOST_OF_A_NOTICE]
    write_oddly(listed, ODDITIES[dialect], rng)
    return orjson.dumps(said)


def spoilt(dialect: str, body: bytes, kind: str) -> bytes:
    """Put a field or a code into a right answer that the bank's document does not have: in each item, or in the head."""
    name = _YUAN_NAMES.__getitem__ if dialect == "yuan" else str
    said = orjson.loads(body)
    items = said.get(name("FKLB")) or [said]
    for item in items:
        if kind == "unknown_field":
            item["XZD"] = "新增字段"
        elif name("KZXX") in item:
            item[name("KZXX")][0][name("KZZT")] = "7"
        elif name("ZHXX") in item:
            item[name("ZHXX")] = [{name("KHZH"): "业务审核未通过", name("WNCXYY"): "77"}]
        else:
            item[name("RESULT")] = "7777"
    return orjson.dumps(said)
