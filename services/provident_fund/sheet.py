"""What a fund centre says of one account, field by field. Pure. Source: domain.md §5 (GRZHZT), §6.1."""

from collections.abc import Mapping
from decimal import Decimal

from contracts.assets.provident_fund import ASSET_TYPE
from contracts.control import Measure
from services.runtime.reading import forms
from services.runtime.reading.forms import Odd
from services.runtime.reading.items import Entry, Sheet

#: 个人账户状态, JGJ/T 320, and the words of that list
ACCOUNT_STATES: Mapping[str, str] = {
    "01": "normal", "02": "sealed_dormant", "03": "merged", "04": "transferred_out", "05": "withdrawn_closed", "06": "frozen", "99": "other",
}
_ACCOUNT_STATE_WORDS = {"正常": "normal", "封存": "sealed_dormant", "合并销户": "merged", "外部转出": "transferred_out", "外部转出销户": "transferred_out",
                        "提取销户": "withdrawn_closed", "冻结": "frozen"}
#: 控制措施 that stand on an account
STANDING: Mapping[str, Measure] = {"01": "freeze", "05": "freeze_and_deduct"}
_STANDING_WORDS: Mapping[str, Measure] = {"冻结": "freeze", "冻结并扣划": "freeze_and_deduct"}
#: 有无公积金贷款
LOANS: Mapping[str, bool] = {"0": False, "1": True}
_LOAN_WORDS = {"否": False, "是": True, "有": True}


def amount(value: object) -> int:
    """Read an amount of money, nothing or more, where yuan with two decimals are agreed; without a point it may be fen. Raises: Odd."""
    fen = forms.yuan(value)
    if fen < 0:
        raise Odd("bad_form")
    return fen


def rate(value: object) -> Decimal:
    """Read a rate where fractions with four decimals are agreed: 0.0500, 0.05, 5%; above 1 it can be per cent only. Raises: Odd."""
    word = repr(value) if isinstance(value, float) else forms.compact(value)
    number = forms.number(word.removesuffix("%"))
    read = number / 100 if word.endswith("%") or number > 1 else number
    if not 0 <= read <= 1:
        raise Odd("bad_form")
    return read


_FREEZE = Sheet.of_measures({
    "djjg": Entry("authority", forms.text, always=True), "djwh": Entry("document_no", forms.text),
    "djcs": Entry("kind", forms.code({**STANDING, **_STANDING_WORDS}), always=True), "djje": Entry("amount_fen", amount),
    "lhsx": Entry("rank", forms.rank), "ksrq": Entry("from_on", forms.day), "jsrq": Entry("until_on", forms.day), "qqdh": Entry("request_no", forms.text),
})
ACCOUNT = Sheet.of_assets(ASSET_TYPE, {
    "grzh": Entry("personal_account_no", forms.compact, always=True), "xingming": Entry("holder_name", forms.text, always=True),
    "dwmc": Entry("employer_name", forms.text), "grzhye": Entry("balance_fen", amount, always=True),
    "grzhzt": Entry("account_status", forms.code({**ACCOUNT_STATES, **_ACCOUNT_STATE_WORDS}), always=True),
    "jcjs": Entry("contribution_base_fen", amount), "grjcbl": Entry("rate_personal", rate), "dwjcbl": Entry("rate_employer", rate),
    "gryjce": Entry("monthly_personal_fen", amount), "dwyjce": Entry("monthly_employer_fen", amount), "jzny": Entry("paid_through", forms.month),
    "khrq": Entry("opened_on", forms.day), "skzh": Entry("payout_account", forms.compact), "skyh": Entry("payout_bank", forms.text),
    "sfydk": Entry("has_loan", forms.code({**LOANS, **_LOAN_WORDS})), "djje": Entry("frozen_fen", amount, always=True),
    "djs": Entry("prior_measures", _FREEZE),
})
