"""Equity: shares in companies as market regulation registers and publishes them. domain.md §6.1."""

from datetime import date
from fractions import Fraction
from typing import Literal

from contracts import documents as need
from contracts.asset_type import AssetRecord, AssetType, CompanyNo, Line, Ratio, labelled
from contracts.money import Fen
from contracts.words import Model, Text


class EquityPledge(Model):
    """A registered pledge of equity."""

    pledgee: Line
    capital_fen: Fen
    registered_on: date | None = None
    registration_no: Line | None = None


class EquityRecord(AssetRecord):
    """The debtor's stake in one company. Its worth is not registered; the capital is not its value."""

    uscc: CompanyNo = labelled("统一社会信用代码", "TYSHXYDM", "of the company held; the registration number where it has none", deciding=True)
    company_name: Line | None = labelled("企业名称", "QYMC", "company held", default=None)
    registration_status: Literal["in_operation", "revoked", "deregistered", "moved_out", "suspended"] = labelled(
        "登记状态", "DJZT", "state of the company",
        words="in_operation 存续 revoked 吊销 deregistered 注销 moved_out 迁出 suspended 停业", deciding=True)
    holder_name: Line = labelled("股东名称", "GDMC", "shareholder", deciding=True)
    subscribed_capital_fen: Fen = labelled("认缴出资额（分）", "RJCZE", "capital subscribed", deciding=True)
    paid_in_capital_fen: Fen | None = labelled("实缴出资额（分）", "SJCZE", "capital paid in", default=None)
    share_ratio: Ratio = labelled("持股比例", "CGBL", "share of the company", examples=["3/10"], deciding=True)
    contribution_form: Line | None = labelled("出资方式", "CZFS", "form of contribution", default=None)
    pledges: tuple[EquityPledge, ...] = labelled("股权出质", "GQCZ", "registered pledges", default=(), deciding=True)
    publicised_on: date | None = labelled("公示日期", "GSRQ", "date of publicity", default=None)

    def share(self) -> Fraction:
        """Return 1: the stake is wholly the debtor's; `share_ratio` is its part of the company."""
        return Fraction(1)

    def doubtful(self) -> tuple[str, ...]:
        """Return the capital paid in where it is above what was subscribed."""
        return ("paid_in_capital_fen",) if (self.paid_in_capital_fen or 0) > self.subscribed_capital_fen else ()


ASSET_TYPE = AssetType(
    code="equity",
    name=Text(zh="股权", en="Equity"),
    record=EquityRecord,
    key=("uscc",),
    telling=("company_name", "share_ratio"),
    key_scope="subject",
    measures=("freeze",),
    documents={"query": need.QUERY, "freeze": need.PUBLICITY_FREEZE, "renew": need.PUBLICITY_FREEZE, "release": need.RELEASE,
               "transfer": need.TRANSFER},
    duration_rule="DUR-IMM",
    counted_in="ratio",
)
