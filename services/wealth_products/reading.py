"""What a bank says it keeps of wealth products for a subject, read product by product and field by field. Pure.

A code that is not in these tables is never given a meaning. Lists marked [own] are not in the published vocabulary. Source: domain.md §4.2, §5
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from contracts.assets.wealth_products import ASSET_TYPE
from contracts.messages import Unread
from services.runtime.port import Answer, Found, OutsideProtocol
from services.runtime.reading import forms
from services.runtime.reading.currencies import currency
from services.runtime.reading.envelopes import read_or_mark
from services.runtime.reading.forms import Odd
from services.runtime.reading.items import Entry, Sheet, unknown_fields
from services.runtime.reading.statements import Place, items_beside, stated
from services.wealth_products import parts
from services.wealth_products.codes import PRODUCT_CODE, WEALTH_ACCOUNT

ProductType = Literal["fixed_income", "mixed", "equity", "structured_deposit", "fund", "trust", "insurance"]

#: ZCLX [own]: only that there are codes like M101…M601 is published
TYPES: Mapping[str, ProductType] = {
    "M101": "fixed_income", "M102": "mixed", "M103": "equity", "M201": "structured_deposit", "M301": "fund", "M401": "trust",
    "M501": "insurance",
}
#: CPXSZL
CHANNELS: Mapping[str, Literal["own", "agency_sold"]] = {"00": "own", "10": "agency_sold"}
#: ZCJYXZ [own]
RESTRICTIONS: Mapping[str, Literal["none", "closed_period", "pledged"]] = {"0": "none", "1": "closed_period", "2": "pledged"}
#: BEIZ of a measure: 1 the whole · 2 an amount · 3 an amount set apart · 4 an amount to be paid for another
_MODES = dict.fromkeys(("1", "2", "3", "4"), "freeze")
_MOST_DECIMALS = re.compile(r"\d{1,15}(?:\.\d{1,6})?")
NONE, ABNORMAL, DECLINED = "查无金融资产信息", "查询异常", "业务审核未通过"
#: The bank met an error of its own: it says neither what it found nor that it found nothing.
NOT_LOOKED_UP = OutsideProtocol(ABNORMAL)


def decimals(value: object) -> str:
    """Read units, or the net value of one, as a plain decimal. Raises: Odd."""
    written = value if isinstance(value, float) else forms.compact(value).removesuffix("份").removesuffix("元")
    plain = f"{forms.number(written):f}"
    if not _MOST_DECIMALS.fullmatch(plain):
        raise Odd("bad_form")
    return plain


_MEASURE = Sheet.of_measures({
    "CSXH": Entry("rank", forms.rank), "DJJG": Entry("authority", forms.text, always=True), "DJWH": Entry("document_no", forms.text),
    "BEIZ": Entry("kind", forms.code(_MODES), always=True), "DJJE": Entry("amount_fen", forms.unsigned(forms.fen)), "DJKSRQ": Entry("from_on", forms.day),
    "DJJZRQ": Entry("until_on", forms.day), "DJDH": Entry("request_no", forms.text),
})
_RIGHT = Sheet.of_rights({
    "QLLX": Entry("kind", forms.code(parts.RIGHTS), always=True), "QLR": Entry("holder", forms.text, always=True),
    "QLJE": Entry("amount_fen", forms.unsigned(forms.fen)),
})
PRODUCT = Sheet.of_assets(ASSET_TYPE, {
    "ZCMC": Entry("product_name", forms.text, always=True), "ZCLX": Entry("product_type", forms.code(TYPES), always=True),
    "CPXSZL": Entry("sale_channel", forms.code(CHANNELS), always=True),
    "JRCPBH": Entry("product_code", forms.shaped(re.compile(PRODUCT_CODE)), always=True),
    "LCZH": Entry("wealth_account", forms.shaped(re.compile(WEALTH_ACCOUNT)), always=True),
    "ZJHKZH": Entry("cash_return_account", forms.compact), "HKYE": Entry("return_account_balance_fen", forms.fen),
    "ZCGLR": Entry("manager", forms.text), "ZCJYXZ": Entry("trade_restriction", forms.code(RESTRICTIONS), always=True),
    "XZXCRQ": Entry("restriction_lifts_on", forms.day), "CLR": Entry("inception_on", forms.day), "SHR": Entry("redemption_on", forms.day),
    "BZ": Entry("currency", currency, always=True), "ZCDWJG": Entry("unit_price", decimals), "SE": Entry("units", decimals, always=True),
    "KYSE": Entry("available_units", decimals, always=True), "ZCZJE": Entry("total_value_fen", forms.fen, always=True),
    "KYJZ": Entry("available_value_fen", forms.fen, always=True), "DJXX": Entry("prior_measures", _MEASURE),
    "QLXX": Entry("priority_rights", _RIGHT),
}, passed_over={"ZCXH"})
_PLACE = Place("JRCPBH", forms.shaped(re.compile(PRODUCT_CODE)), frozenset({NONE, ABNORMAL, DECLINED}), NONE,
               beside=frozenset({"ZCXH", "WNCXYY", "BEIZ"}), of_items=frozenset({"HKYE", "SE", "KYSE", "ZCZJE", "KYJZ", "DJXX", "QLXX"}))
#: What a row of products says beside them.
_ROW = frozenset({"BDHM", "FKSJ", "JRXX"})


def found(around: Sequence[Unread], row: Mapping[str, Any]) -> Answer:
    """Read what a bank keeps for one subject; `around` is what was not read of the body it came in.

    Raises: ValueError if the row tells of no product and does not say that there is none
    """
    marks = [*around, *unknown_fields(row, _ROW)]
    as_of, listed = read_or_mark(forms.instant, row, "FKSJ", "as_of", marks), row.get("JRXX")
    if not isinstance(listed, list) or not listed:
        raise ValueError("an answer without its list of products")
    said = [stated(_PLACE, one) for one in listed]
    if None not in said:
        return _about_all(as_of, listed, {text for text in said if text}, marks)
    items, beside = items_beside(ASSET_TYPE, PRODUCT, _PLACE, [_as_taken(one) for one in listed], said)
    return Found(as_of, items.assets, tuple(items.unreadable), (*marks, *beside))


def _as_taken(entry: Any) -> Any:
    """Leave out the amount beside a freeze of the whole product: it takes all of it, whatever is said beside it."""
    held = entry.get("DJXX") if isinstance(entry, Mapping) else None
    return {**entry, "DJXX": [_whole(one) for one in held]} if held and isinstance(held, list) else entry


def _whole(measure: Any) -> Any:
    if not isinstance(measure, Mapping) or str(measure.get("BEIZ")).strip() not in ("1", "１"):
        return measure
    return {wire: value for wire, value in measure.items() if wire != "DJJE"}


def _about_all(as_of: datetime | None, listed: Sequence[Any], said: set[str], marks: Sequence[Unread]) -> Answer:
    """Read a statement about the whole subject: it has no product, the bank met an error, or declines."""
    text, first = said.pop(), listed[0]
    reason, remark = first.get("WNCXYY"), first.get("BEIZ")
    if said or text not in _PLACE.texts or (text == DECLINED) != bool(reason):
        raise ValueError("JRXX.0.JRCPBH: not a statement of the document")
    if text == NONE:
        return Found(as_of, [], (), (*marks, *unknown_fields(first, ("JRCPBH", *_PLACE.beside))))
    return NOT_LOOKED_UP if text == ABNORMAL else parts.declined(forms.compact(reason), remark)
