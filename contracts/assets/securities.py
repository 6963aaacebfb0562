"""Securities as the central depository records them. domain.md §6.1, §7.3 (7)-(9)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contracts import documents as need
from contracts.asset_type import AssetRecord, AssetType, Line, fen_of, labelled
from contracts.money import Fen
from contracts.words import Model, Text

Quantity = Annotated[int, Field(ge=0, le=10**13, strict=True)]


class SecuritiesPledge(Model):
    """A pledge on a part of a holding."""

    pledgee: Line
    quantity: Quantity
    registered_on: date | None = None
    serial: Line | None = None


class SecuritiesMark(Model):
    """A judicial mark on pledged shares (法发〔2021〕9号)."""

    authority: Line
    quantity: Quantity
    from_on: date | None = None
    until_on: date | None = None


class SecuritiesPortion(Model):
    """Units of one security in one account that share nature and custody unit."""

    share_nature: Literal["tradable", "restricted", "bond", "fund"]
    custody_unit: Line | None = None
    quantity: Quantity
    available_quantity: Quantity
    frozen_quantity: Quantity


class SecurityRecord(AssetRecord):
    """One holding: one security in one account. Quantities in units (shares).

    Shape: where the register lists it in several lines, `portions` are those; quantities are what they make together, pledges and marks
           those of all, and nature and custody unit what they have in common (`mixed`, none)
    """

    securities_account: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{10}$")] = labelled("证券账户", "ZQZH", "account", deciding=True)
    security_code: Annotated[str, StringConstraints(pattern=r"^\d{6}$")] = labelled("证券代码", "ZQDM", "code", deciding=True)
    security_name: Line | None = labelled("证券名称", "ZQMC", "name", default=None)
    market: Literal["shanghai", "shenzhen", "beijing"] = labelled("市场", "SC", "exchange", words="shanghai 上海 shenzhen 深圳 beijing 北京", deciding=True)
    holder_name: Line = labelled("持有人", "CYR", "holder", deciding=True)
    share_nature: Literal["tradable", "restricted", "bond", "fund", "mixed"] = labelled("股份性质", "GFXZ", "nature of the shares",
        words="tradable 流通 restricted 限售 bond 债券 fund 基金 mixed 多种（见分项）", deciding=True)
    custody_unit: Line | None = labelled("托管单元", "TGDY", "custody unit", default=None)
    quantity: Quantity = labelled("持有数量", "CYSL", "units held", deciding=True)
    available_quantity: Quantity = labelled("可用数量", "KYSL", "units neither frozen nor pledged", deciding=True)
    frozen_quantity: Quantity = labelled("冻结数量", "DJSL", "units frozen", deciding=True)
    close_price_fen: Fen | None = labelled("前收盘价（分）", "QSPJ", "previous close of one unit", default=None)
    pledges: tuple[SecuritiesPledge, ...] = labelled("质押", "ZY", "pledges", default=(), deciding=True)
    marks: tuple[SecuritiesMark, ...] = labelled("司法标记", "SFBJ", "judicial marks", default=(), deciding=True)
    portions: tuple[SecuritiesPortion, ...] | None = labelled("分项", "FX", "by nature and custody unit, where there are several", default=None)

    def value_fen(self) -> int | None:
        """Return units times the previous close."""
        return fen_of(self.quantity, self.close_price_fen)

    def available_fen(self) -> int | None:
        """Return available units times the previous close."""
        return fen_of(self.available_quantity, self.close_price_fen)

    def doubtful(self) -> tuple[str, ...]:
        """Return what is more than the units held, available or frozen, and the units held where the portions do not make them up."""
        more = (name for name in ("available_quantity", "frozen_quantity") if getattr(self, name) > self.quantity)
        portions = self.portions or ()
        return (*more, *(("quantity",) if portions and sum(one.quantity for one in portions) != self.quantity else ()))


ASSET_TYPE = AssetType(
    code="securities",
    name=Text(zh="证券", en="Securities"),
    record=SecurityRecord,
    key=("securities_account", "security_code"),
    telling=("security_name",),
    key_scope="everywhere",
    measures=("freeze", "freeze_and_deduct"),
    documents={"query": need.QUERY, "freeze": need.FREEZE, "renew": need.FREEZE, "release": need.RELEASE, "deduct": need.DEDUCT,
               "freeze_and_deduct": need.DEDUCT, "transfer": need.TRANSFER},
    duration_rule="DUR-IMM",
    counted_in="quantity",
)
