"""Wealth products: what a bank sold and keeps for a subject, with the account it pays back to. domain.md §4.2 JRXX, §6."""

from datetime import date
from typing import Annotated, Literal

from pydantic import StringConstraints

from contracts import documents as need
from contracts.asset_type import AssetRecord, AssetType, Currency, Line, labelled
from contracts.money import Fen
from contracts.words import Text

#: Units and net values have decimals: 50000.00 units at 1.0234.
Decimals = Annotated[str, StringConstraints(pattern=r"^\d{1,15}(\.\d{1,6})?$")]


class WealthProductRecord(AssetRecord):
    """One product in one wealth account. Worths in minor units of the product's own currency, units and net values as decimals."""

    wealth_account: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{4,45}$")] = labelled("理财账号", "LCZH", "wealth account", deciding=True)
    product_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$")] = labelled("产品编号", "JRCPBH", "product code", deciding=True)
    product_name: Line | None = labelled("产品名称", "ZCMC", "name", default=None)
    product_type: Literal["fixed_income", "mixed", "equity", "structured_deposit", "fund", "trust", "insurance"] | None = labelled(
        "产品类型", "ZCLX", "type",
        words="fixed_income 固定收益类理财 mixed 混合类理财 equity 权益类理财 structured_deposit 结构性存款 fund 基金 trust 信托 insurance 保险", default=None)
    sale_channel: Literal["own", "agency_sold"] = labelled("产品销售种类", "CPXSZL", "own product, or sold for another who keeps the register of it",
        words="own 自营 agency_sold 代销", deciding=True)
    manager: Line | None = labelled("资产管理人", "ZCGLR", "manager", default=None)
    cash_return_account: Line | None = labelled("资金回款账户", "ZJHKZH", "account it pays back to; none: at another bank", default=None)
    return_account_balance_fen: Fen = labelled("回款账户内已回款（分）", "HKYE", "paid back to that account and still there", default=0, deciding=True)
    trade_restriction: Literal["none", "closed_period", "pledged"] = labelled("资产交易限制类型", "ZCJYXZ", "what bars its sale",
        words="none 无 closed_period 封闭期 pledged 质押", default="none", deciding=True)
    restriction_lifts_on: date | None = labelled("限制消除日期", "XZXCRQ", "when that ends", default=None)
    inception_on: date | None = labelled("成立日", "CLR", "inception", default=None)
    redemption_on: date | None = labelled("赎回日", "SHR", "redemption", default=None)
    currency: Currency = labelled("币种", "BZ", "GB/T 12406 (ISO 4217)", deciding=True)
    units: Decimals = labelled("数额（份）", "SE", "units held", deciding=True)
    available_units: Decimals = labelled("可控数额（份）", "KYSE", "units that can be controlled here", deciding=True)
    unit_price: Decimals | None = labelled("资产单位价格（元）", "ZCDWJG", "net value of a unit, in whole currency units", default=None)
    total_value_fen: Fen = labelled("资产总价值（分）", "ZCZJE", "worth of all units, minor units", deciding=True)
    available_value_fen: Fen = labelled("可控价值（分）", "KYJZ", "worth of the units that can be controlled here, minor units", deciding=True)

    def value_fen(self) -> int | None:
        """Return the worth of all units if it is in CNY."""
        return self.total_value_fen if self.currency == "CNY" else None

    def available_fen(self) -> int | None:
        """Return the worth of what can be controlled at this bank if it is in CNY."""
        return self.available_value_fen if self.currency == "CNY" else None

    def doubtful(self) -> tuple[str, ...]:
        """Return the worth that can be controlled where it is above the worth of all."""
        return ("available_value_fen",) if self.available_value_fen > self.total_value_fen else ()


ASSET_TYPE = AssetType(
    code="wealth_products",
    name=Text(zh="理财产品", en="Wealth products"),
    record=WealthProductRecord,
    key=("wealth_account", "product_code"),
    telling=("product_name",),
    key_scope="agency",
    measures=("freeze",),
    documents={"query": need.QUERY, "freeze": need.FREEZE, "renew": need.FREEZE, "release": need.RELEASE},
    duration_rule="DUR-IMM",
    counted_in="amount_fen",
    assumed={"currency": "CNY"},
    net_of_rights=True,  # units that are pledged are not controllable (KYSE)
    parts={"product": Text(zh="产品", en="product"), "return_account": Text(zh="资金回款账户", en="return account")},
)
