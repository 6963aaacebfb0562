"""Equity: shares in companies as market regulation registers and publishes them. domain.md §6.1."""

from datetime import date
from fractions import Fraction
from typing import Literal

from contracts import documents as need
from contracts.asset_type import AssetRecord, AssetType, CompanyNo, Currency, Line, Ratio, labelled
from contracts.money import Fen
from contracts.words import Model, Text


class EquityPledge(Model):
    """A registered pledge of equity; its capital is in the currency of the stake."""

    pledgee: Line
    capital_fen: Fen
    registered_on: date | None = None
    registration_no: Line | None = None


class EquityRecord(AssetRecord):
    """The debtor's stake in one company. Its worth is not registered; the capital is not its value.

    Amounts are in hundredths of `currency`, those of pledges and of freezes too: companies with foreign investors may be registered in dollars.
    """

    uscc: CompanyNo = labelled("统一社会信用代码", "TYSHXYDM", "of the company held; the registration number where it has none", deciding=True)
    company_name: Line | None = labelled("企业名称", "QYMC", "company held", default=None)
    registration_status: Literal["in_operation", "revoked", "deregistered", "moved_out", "suspended"] = labelled(
        "登记状态", "DJZT", "state of the company",
        words="in_operation 存续 revoked 吊销 deregistered 注销 moved_out 迁出 suspended 停业", deciding=True)
    holder_name: Line = labelled("股东名称", "GDMC", "shareholder", deciding=True)
    subscribed_capital_fen: Fen = labelled("认缴出资额（分）", "RJCZE", "capital subscribed", deciding=True)
    paid_in_capital_fen: Fen | None = labelled("实缴出资额（分）", "SJCZE", "capital paid in", default=None)
    currency: Currency = labelled("币种", "BZ", "of the capital, GB/T 12406 (ISO 4217)", default="CNY", deciding=True)
    share_ratio: Ratio = labelled("持股比例", "CGBL", "share of the company", examples=["3/10"], deciding=True)
    contribution_form: Line | None = labelled("出资方式", "CZFS", "form of contribution", default=None)
    pledges: tuple[EquityPledge, ...] = labelled("股权出质", "GQCZ", "registered pledges", default=(), deciding=True)
    publicised_on: date | None = labelled("公示日期", "GSRQ", "date of publicity", default=None)

    def share(self) -> Fraction:
        """Return 1: the stake is wholly the debtor's; `share_ratio` is its part of the company."""
        return Fraction(1)

    def doubtful(self) -> tuple[str, ...]:
        """Return the capital paid in, and the pledges, where they are above what was subscribed."""
        most = self.subscribed_capital_fen
        above = {"paid_in_capital_fen": self.paid_in_capital_fen or 0, "pledges": max((one.capital_fen for one in self.pledges), default=0)}
        return tuple(name for name, fen in above.items() if fen > most)


ASSET_TYPE = AssetType(
    code="equity",
    name=Text(zh="股权", en="Equity"),
    record=EquityRecord,
    key=("uscc",),
    telling=("company_name", "share_ratio"),
    assumed={"currency": "CNY"},  # as for an account: amounts are CNY unless they say otherwise
    key_scope="subject",
    measures=("freeze",),
    documents={"query": need.QUERY, "freeze": need.PUBLICITY_FREEZE, "renew": need.PUBLICITY_FREEZE, "release": need.RELEASE,
               "transfer": need.TRANSFER},
    duration_rule="DUR-IMM",
    counted_in="ratio",
)
