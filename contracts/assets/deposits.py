"""Bank deposits: accounts as banks answer them. domain.md §4.2 ZHXX."""

from datetime import date
from typing import Literal

from contracts import documents as need
from contracts.asset_type import AssetRecord, AssetType, Currency, Line, SignedFen, labelled
from contracts.words import Text

AccountClass = Literal[
    "personal_settlement", "personal_savings", "time_deposit", "basic", "general", "special", "temporary", "acceptance_margin",
    "letter_of_credit_margin", "migrant_wage", "social_insurance", "presale_supervision", "credit_card",
]


class DepositRecord(AssetRecord):
    """One account. Balances are in minor units of the account's own currency."""

    account_no: Line = labelled("账号", "KHZH", "account number", examples=["6222024530200012345"], deciding=True)
    account_class: AccountClass | None = labelled("账户类别", "CCLB", "class of account; some are exempt or purpose-limited",
        words="personal_settlement 个人结算账户 personal_savings 个人储蓄账户 time_deposit 定期存款 basic 基本户 general 一般户 special 专用户 "
              "temporary 临时户 acceptance_margin 承兑汇票保证金 letter_of_credit_margin 信用证保证金 migrant_wage 农民工工资专户 "
              "social_insurance 社会保险基金 presale_supervision 预售资金监管户 credit_card 信用卡", default=None)
    account_tier: Literal["1", "2", "3"] | None = labelled("账户分类（Ⅰ/Ⅱ/Ⅲ类）", "BEIZ", "tier of a personal account",
        words="1 Ⅰ类 2 Ⅱ类 3 Ⅲ类", default=None)
    account_status: Literal["normal", "frozen", "partly_frozen", "closed", "lost", "dormant", "stop_payment"] = labelled(
        "账户状态", "ZHZT", "state of the account",
        words="normal 正常 frozen 冻结 partly_frozen 部分冻结 closed 销户 lost 挂失 dormant 久悬 stop_payment 止付", deciding=True)
    branch_name: Line | None = labelled("开户网点", "KHWD", "branch", default=None)
    branch_code: Line | None = labelled("网点代码", "KHWDDM", "branch code", default=None)
    opened_on: date | None = labelled("开户日期", "KHRQ", "opened", default=None)
    closed_on: date | None = labelled("销户日期", "XHRQ", "closed", default=None)
    currency: Currency = labelled("币种", "BZ", "GB/T 12406 (ISO 4217)", deciding=True)
    balance_fen: SignedFen = labelled("账户余额（分）", "YE", "balance, minor units", deciding=True)
    available_balance_fen: SignedFen = labelled("可用余额（分）", "KYYE", "available balance, minor units", deciding=True)
    linked_cash_account: Line | None = labelled("关联资金账户", "GLZJZH", "linked cash account", default=None)
    remark: Line | None = labelled("备注", "BEIZ", "the bank's remark", default=None)

    def value_fen(self) -> int | None:
        """Return the balance if it is in CNY; an overdrawn account is worth nothing."""
        return max(0, self.balance_fen) if self.currency == "CNY" else None

    def available_fen(self) -> int | None:
        """Return the available balance if it is in CNY."""
        return max(0, self.available_balance_fen) if self.currency == "CNY" else None

    def doubtful(self) -> tuple[str, ...]:
        """Return the available balance where it is above the balance; a credit line is no balance."""
        above = self.account_class != "credit_card" and self.available_balance_fen > max(0, self.balance_fen)
        return ("available_balance_fen",) if above else ()


ASSET_TYPE = AssetType(
    code="deposits",
    name=Text(zh="银行存款", en="Bank deposits"),
    record=DepositRecord,
    key=("account_no",),
    telling=("account_class", "currency"),
    key_scope="agency",
    measures=("freeze", "freeze_and_deduct", "withdraw_income"),
    documents={"query": need.QUERY, "freeze": need.FREEZE, "renew": need.FREEZE, "release": need.RELEASE, "deduct": need.DEDUCT,
               "freeze_and_deduct": need.DEDUCT, "withdraw_income": need.DEDUCT},
    duration_rule="DUR-DEP",
    counted_in="amount_fen",
    assumed={"currency": "CNY"},  # amounts are CNY unless they say otherwise (interface.md)
)
