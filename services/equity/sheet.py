"""What a registrar says of one stake, field by field. Pure. Source: domain.md §5, §6.1.

An amount is nothing without its currency, so a stake is read by the sheet of the currency it names. Lists marked [own] are constructed.
"""

import re
from collections.abc import Mapping
from functools import cache, lru_cache

from contracts.assets.equity import ASSET_TYPE, EquityPledge
from contracts.identifiers import company_no, company_no_may_be
from services.runtime.reading import forms
from services.runtime.reading.currencies import currency
from services.runtime.reading.forms import Form, Odd
from services.runtime.reading.items import Entry, Sheet

#: 登记状态 [own], by code and by the word registers write for it
COMPANY_STATES: Mapping[str, str] = {
    "1": "in_operation", "2": "revoked", "3": "deregistered", "4": "moved_out", "5": "suspended",
}
_COMPANY_STATE_WORDS = {"存续": "in_operation", "在营": "in_operation", "开业": "in_operation", "吊销": "revoked", "注销": "deregistered",
                        "迁出": "moved_out", "停业": "suspended"}
#: 出资方式 [own]
CONTRIBUTIONS: Mapping[str, str] = {
    "1": "货币", "2": "实物", "3": "知识产权", "4": "债权", "6": "土地使用权", "7": "股权", "9": "其他",
}
#: Yuan have no more decimals: an amount with more of them, where 万元 are agreed, is of 万元.
_DECIMALS_OF_YUAN = 2
#: As many decimals has a percentage; one without its sign that has them is no fraction.
_DECIMALS_OF_A_PERCENTAGE = 4
#: As nearly every amount is written.
_AGREED = re.compile(r"\d{1,9}\.\d{6}", re.ASCII)
_SIGNLESS = re.compile(r"\d+(?:\.(\d+))?", re.ASCII)
#: What registers write for the unit of a currency, before an amount or after it; a currency that is not here is written by its letters.
_UNITS: Mapping[str, tuple[str, ...]] = {
    "CNY": ("元人民币", "人民币元", "人民币", "元整", "元", "圆", "CNY", "RMB", "¥"), "USD": ("美元", "美金", "USD"), "HKD": ("港元", "港币", "HKD"),
    "EUR": ("欧元", "EUR"), "JPY": ("日元", "JPY"), "GBP": ("英镑", "GBP"), "MOP": ("澳门元", "MOP"), "TWD": ("新台币", "TWD"),
    "SGD": ("新加坡元", "SGD"), "AUD": ("澳大利亚元", "澳元", "AUD"), "CAD": ("加拿大元", "加元", "CAD"),
}


@cache
def capital(in_currency: str | None) -> Form:
    """Return the form of an amount where 万元 of a currency with six decimals are agreed: 100.000000, 100万, 1000000元, 100万美元.

    Shape: fen; without a unit and with no more decimals than yuan have it may be either, and without a currency it is no amount
    """
    if in_currency is None:
        return _of_no_currency
    unit = "|".join(_UNITS.get(in_currency, (in_currency,)))
    said = re.compile(rf"(?:{unit})?([\d,.]+)(万)?({unit})?")

    def read(value: object) -> int:
        if isinstance(value, str) and _AGREED.fullmatch(value):
            return int(value.replace(".", ""))
        word = repr(value) if isinstance(value, float) else forms.compact(value)
        parts = said.fullmatch(word)
        if parts is None:
            raise Odd("bad_form")
        number, wan, named = parts.groups()
        if not wan and not named and len(number.partition(".")[2]) <= _DECIMALS_OF_YUAN:
            raise Odd("bad_form")
        return forms.wan_yuan(f"{number}元" if named and not wan else number)

    return read


def _of_no_currency(_value: object) -> int:
    raise Odd("bad_form")


def share(value: object) -> str:
    """Read a share of a company where per cent with four decimals and their sign are agreed: 30.0000%, 50%, 0.5, 3/10.

    Shape: a number above 1 is per cent without its sign; 1, and 0.5000 in the form of a percentage, may be either.  Raises: Odd
    """
    word = repr(value) if isinstance(value, float) else forms.compact(value)
    parts = _SIGNLESS.fullmatch(word)
    if parts is None:
        return forms.share(word)
    number = forms.number(word)
    if number > 1:
        return forms.share(f"{word}%")
    if number == 1 or len(parts[1] or "") == _DECIMALS_OF_A_PERCENTAGE:
        raise Odd("bad_form")
    return forms.share(word)


def stake(words: object) -> Sheet:
    """Return the sheet of a stake, its amounts in the currency that it names."""
    named = words.get("bz") if isinstance(words, Mapping) else None
    return _of_currency(str(named) if isinstance(named, str | int) else "")


@lru_cache(maxsize=64)
def _of_currency(named: str) -> Sheet:
    try:
        return _in(currency(named))
    except Odd:
        return _in(None)


@cache
def _in(in_currency: str | None) -> Sheet:
    amount = capital(in_currency)
    publicity = Sheet.of_measures({
        "lhsx": Entry("rank", forms.rank, always=True), "zxfy": Entry("authority", forms.text, always=True),
        "wsh": Entry("document_no", forms.text), "gqse": Entry("amount_fen", amount), "qxq": Entry("from_on", forms.day),
        "qxz": Entry("until_on", forms.day), "qqdh": Entry("request_no", forms.text),
    }, stands={"kind": "freeze"})
    pledge = Sheet(EquityPledge, {
        "zqr": Entry("pledgee", forms.text, always=True), "czse": Entry("capital_fen", amount, always=True),
        "djrq": Entry("registered_on", forms.day), "djbh": Entry("registration_no", forms.text),
    }, passed_over=frozenset({"zqse"}))
    claim = Sheet.of_rights({"zqr": Entry("holder", forms.text, always=True), "zqse": Entry("amount_fen", amount)},
                            passed_over=("czse", "djrq", "djbh"), stands={"kind": "pledge"})
    return Sheet.of_assets(ASSET_TYPE, {
        "tyshxydm": Entry("uscc", forms.doubtful(company_no_may_be, forms.fit(company_no, forms.compact)), always=True),
        "qymc": Entry("company_name", forms.text, always=True),
        "djzt": Entry("registration_status", forms.code({**COMPANY_STATES, **_COMPANY_STATE_WORDS}), always=True),
        "gdmc": Entry("holder_name", forms.text, always=True), "rjcze": Entry("subscribed_capital_fen", amount, always=True),
        "sjcze": Entry("paid_in_capital_fen", amount), "bz": Entry("currency", currency, always=True),
        "cgbl": Entry("share_ratio", share, always=True),
        "czfs": Entry("contribution_form", forms.code({**CONTRIBUTIONS, **{word: word for word in CONTRIBUTIONS.values()}})),
        "gqcz": Entry("pledges", pledge, also=Entry("priority_rights", claim)), "gsrq": Entry("publicised_on", forms.day),
        "sfxz": Entry("prior_measures", publicity),
    })
