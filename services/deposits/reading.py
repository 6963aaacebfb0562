"""What a bank says it has of a subject, read account by account and field by field. Pure. Source: domain.md §4.2, §5.

A code that is not in these tables is never given a meaning. Lists marked [own] are not in the published vocabulary.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from contracts.assets.deposits import ASSET_TYPE, AccountClass
from contracts.messages import Unread
from services.deposits import results
from services.deposits.codes import ACCOUNT_NO
from services.runtime.port import Answer, Found, OutsideProtocol
from services.runtime.reading import forms
from services.runtime.reading.currencies import currency
from services.runtime.reading.envelopes import read_or_mark
from services.runtime.reading.items import Entry, Sheet, unknown_fields
from services.runtime.reading.statements import Place, items_beside, stated

AccountStatus = Literal["normal", "frozen", "partly_frozen", "closed", "lost", "dormant", "stop_payment"]

#: CCLB [own]
CLASSES: Mapping[str, AccountClass] = {
    "01": "personal_settlement", "02": "personal_savings", "03": "time_deposit", "04": "basic", "05": "general",
    "06": "special", "07": "temporary", "08": "acceptance_margin", "09": "letter_of_credit_margin", "10": "migrant_wage",
    "11": "social_insurance", "12": "presale_supervision", "13": "credit_card",
}
#: ZHZT; 4, 5 and 6 [own]
STATUSES: Mapping[str, AccountStatus] = {
    "0": "normal", "1": "frozen", "2": "closed", "3": "lost", "4": "partly_frozen", "5": "dormant", "6": "stop_payment",
}
#: ZHFL: in figures, or as people write it
_TIERS = {f"{word}{kind}": tier for tier, words in {"1": ("1", "I", "一"), "2": ("2", "II", "二"), "3": ("3", "III", "三")}.items()
          for word in words for kind in ("", "类", "类户")}
#: BEIZ of a measure: 1 the account itself · 2 an amount · 3 an amount set apart · 4 an amount to be paid for another
_MODES = dict.fromkeys(("1", "2", "3", "4"), "freeze")
NONE, ABNORMAL, DECLINED = "查无开户信息", "查询异常", "业务审核未通过"
#: The bank met an error of its own: it says neither what it found nor that it found nothing.
NOT_LOOKED_UP = OutsideProtocol(ABNORMAL)


@dataclass(frozen=True)
class QueryWords:
    """One dialect of what a query is answered with: its names for the fields of `standard`, and the sheet of its accounts."""

    name: Callable[[str], str]
    place: Place
    account: Sheet


def _words(name: Callable[[str], str], money: forms.Form) -> QueryWords:
    place = Place(
        name("KHZH"), forms.shaped(re.compile(ACCOUNT_NO)), frozenset({NONE, ABNORMAL, DECLINED}), NONE,
        beside=frozenset(map(name, ("CCXH", "WNCXYY", "BEIZ"))), of_items=frozenset(map(name, ("YE", "KYYE", "DJXX", "QLXX"))))
    return QueryWords(name, place, _account(name, money))


def _account(name: Callable[[str], str], money: forms.Form) -> Sheet:
    return Sheet.of_assets(ASSET_TYPE, {name(wire): entry for wire, entry in {
        "KHZH": Entry("account_no", forms.shaped(re.compile(ACCOUNT_NO)), always=True),
        "CCLB": Entry("account_class", forms.code(CLASSES), always=True), "ZHFL": Entry("account_tier", forms.code(_TIERS)),
        "ZHZT": Entry("account_status", forms.code(STATUSES), always=True), "KHWD": Entry("branch_name", forms.text),
        "KHWDDM": Entry("branch_code", forms.compact), "KHRQ": Entry("opened_on", forms.day), "XHRQ": Entry("closed_on", forms.day),
        "BZ": Entry("currency", currency, always=True), "YE": Entry("balance_fen", money, always=True),
        "KYYE": Entry("available_balance_fen", money, always=True), "GLZJZH": Entry("linked_cash_account", forms.compact),
        "BEIZ": Entry("remark", forms.text), "DJXX": Entry("prior_measures", _measure(name, money)),
        "QLXX": Entry("priority_rights", _right(name, money)),
    }.items()}, passed_over={name("CCXH")})


def _measure(name: Callable[[str], str], money: forms.Form) -> Sheet:
    return Sheet.of_measures({name(wire): entry for wire, entry in {
        "CSXH": Entry("rank", forms.rank), "DJJG": Entry("authority", forms.text, always=True), "DJWH": Entry("document_no", forms.text),
        "BEIZ": Entry("kind", forms.code(_MODES), always=True), "DJJE": Entry("amount_fen", forms.unsigned(money)), "DJKSRQ": Entry("from_on", forms.day),
        "DJJZRQ": Entry("until_on", forms.day), "DJDH": Entry("request_no", forms.text),
    }.items()})


def _right(name: Callable[[str], str], money: forms.Form) -> Sheet:
    return Sheet.of_rights({
        name("QLLX"): Entry("kind", forms.code(results.RIGHTS), always=True), name("QLR"): Entry("holder", forms.text, always=True),
        name("QLJE"): Entry("amount_fen", forms.unsigned(money))})


_YUAN_NAMES = {
    "RESULT": "retCode", "MSG": "retMsg", "DDMS": "waitSecs", "SLHZ": "receipts", "FKLB": "list", "BDHM": "reqNo", "FKSJ": "respTime",
    "ZHXX": "accts", "CCXH": "seqNo", "KHZH": "acctNo", "CCLB": "acctClass", "ZHFL": "acctTier", "ZHZT": "acctStatus",
    "KHWD": "branchName", "KHWDDM": "branchCode", "KHRQ": "openTime", "XHRQ": "closeTime", "BZ": "ccy", "YE": "bal", "KYYE": "availBal",
    "GLZJZH": "linkedAcctNo", "BEIZ": "remark", "WNCXYY": "reason", "DJXX": "holds", "CSXH": "seqNo", "DJJG": "authority",
    "DJWH": "docNo", "DJJE": "amt", "DJKSRQ": "startTime", "DJJZRQ": "endTime", "DJDH": "reqNo", "QLXX": "rights", "QLLX": "rightType",
    "QLR": "holder", "QLJE": "amt",
}
STANDARD, YUAN = _words(str, forms.fen), _words(_YUAN_NAMES.__getitem__, forms.yuan)


def found(words: QueryWords, around: Sequence[Unread], row: Mapping[str, Any]) -> Answer:
    """Read what a bank has of one subject; `around` is what was not read of the body it came in.

    Raises: ValueError if the row tells of no account and does not say that there is none
    """
    at, accounts = words.name("FKSJ"), words.name("ZHXX")
    marks = [*around, *unknown_fields(row, (words.name("BDHM"), at, accounts))]
    as_of, listed = read_or_mark(forms.instant, row, at, "as_of", marks), row.get(accounts)
    if not isinstance(listed, list) or not listed:
        raise ValueError("an answer without its list of accounts")
    said = [stated(words.place, one) for one in listed]
    if None not in said:
        return _about_all(words, as_of, listed, {text for text in said if text}, marks)
    items, beside = items_beside(ASSET_TYPE, words.account, words.place, [_as_taken(words, one) for one in listed], said)
    return Found(as_of, items.assets, tuple(items.unreadable), (*marks, *beside))


def _as_taken(words: QueryWords, entry: Any) -> Any:
    """Leave out the amount beside a freeze of the account itself: it takes all of it, whatever is said beside it."""
    wire = words.name("DJXX")
    held = entry.get(wire) if isinstance(entry, Mapping) else None
    return {**entry, wire: [_whole(words, one) for one in held]} if held and isinstance(held, list) else entry


def _whole(words: QueryWords, measure: Any) -> Any:
    if not isinstance(measure, Mapping) or str(measure.get(words.name("BEIZ"))).strip() not in ("1", "１"):
        return measure
    return {wire: value for wire, value in measure.items() if wire != words.name("DJJE")}


def _about_all(words: QueryWords, as_of: datetime | None, listed: Sequence[Any], said: set[str], marks: Sequence[Unread]) -> Answer:
    """Read a statement about the whole subject: it has no account, the bank met an error, or declines."""
    text, first = said.pop(), listed[0]
    reason, remark = first.get(words.name("WNCXYY")), first.get(words.name("BEIZ"))
    if said or text not in words.place.texts or (text == DECLINED) != bool(reason):
        raise ValueError(f"{words.name('ZHXX')}.0.{words.place.wire}: not a statement of the document")
    if text == NONE:
        return Found(as_of, [], (), (*marks, *unknown_fields(first, (words.place.wire, *words.place.beside))))
    return NOT_LOOKED_UP if text == ABNORMAL else results.declined(forms.compact(reason), remark)
