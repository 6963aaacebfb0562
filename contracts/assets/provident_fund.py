"""Housing provident fund: personal accounts as the fund centre records them. domain.md §6.1."""

from datetime import date
from decimal import Decimal
from typing import Literal

from contracts import documents as need
from contracts.asset_type import AssetRecord, AssetType, Line, labelled
from contracts.money import Fen
from contracts.words import Text


class ProvidentFundRecord(AssetRecord):
    """One personal account; money in fen, rates as decimal fractions."""

    personal_account_no: Line = labelled("个人账号", "GRZH", "personal account", deciding=True)
    holder_name: Line = labelled("姓名", "XM", "name", deciding=True)
    employer_name: Line | None = labelled("单位名称", "DWMC", "employer", default=None)
    balance_fen: Fen = labelled("个人账户余额（分）", "GRZHYE", "balance", deciding=True)
    account_status: Literal["normal", "sealed_dormant", "merged", "transferred_out", "withdrawn_closed", "frozen", "other"] = labelled(
        "个人账户状态", "GRZHZT", "state; 01 normal and 02 sealed (dormant) are live",
        words="normal 正常 sealed_dormant 封存 merged 合并销户 transferred_out 外部转出 withdrawn_closed 提取销户 frozen 冻结 other 其他", deciding=True)
    contribution_base_fen: Fen | None = labelled("缴存基数（分）", "GRJCJS", "contribution base", default=None)
    rate_personal: Decimal | None = labelled("个人缴存比例", "GRJCBL", "personal rate", default=None, ge=0, le=1)
    rate_employer: Decimal | None = labelled("单位缴存比例", "DWJCBL", "employer's rate", default=None, ge=0, le=1)
    monthly_personal_fen: Fen | None = labelled("个人月缴存额（分）", "GRYJCE", "monthly, personal", default=None)
    monthly_employer_fen: Fen | None = labelled("单位月缴存额（分）", "DWYJCE", "monthly, employer", default=None)
    paid_through: str | None = labelled("缴至年月", "JZNY", "month paid through", default=None, pattern=r"^\d{4}-\d{2}$")
    opened_on: date | None = labelled("开户日期", "KHRQ", "opened", default=None)
    payout_account: Line | None = labelled("个人存款账户号码", "GRCKZHHM", "account paid out to", default=None)
    payout_bank: Line | None = labelled("开户银行", "GRCKZHKHYH", "bank of that account", default=None)
    has_loan: bool | None = labelled("有无公积金贷款", "SFYDK", "whether a loan stands", default=None)
    frozen_fen: Fen = labelled("冻结金额（分）", "DJJE", "amount already frozen", default=0, deciding=True)

    def value_fen(self) -> int | None:
        """Return the balance."""
        return self.balance_fen

    def available_fen(self) -> int | None:
        """Return the balance less what is frozen."""
        return max(0, self.balance_fen - self.frozen_fen)

    def doubtful(self) -> tuple[str, ...]:
        """Return the amount frozen where it is above the balance."""
        return ("frozen_fen",) if self.frozen_fen > self.balance_fen else ()


ASSET_TYPE = AssetType(
    code="provident_fund",
    name=Text(zh="住房公积金", en="Housing provident fund"),
    record=ProvidentFundRecord,
    key=("personal_account_no",),
    telling=("employer_name", "account_status"),
    key_scope="agency",
    measures=("freeze", "freeze_and_deduct"),
    documents={"query": need.QUERY, "freeze": need.FREEZE, "renew": need.FREEZE, "release": need.RELEASE, "deduct": need.DEDUCT,
               "freeze_and_deduct": need.DEDUCT},
    duration_rule="DUR-PF",
    counted_in="amount_fen",
)
