"""Real estate: land and houses as the registry (and the housing bureau, for pre-sale) records them. domain.md §6.1."""

from datetime import date
from fractions import Fraction
from typing import Literal

from contracts import documents as need
from contracts.asset_type import AssetRecord, AssetType, CertificateNo, CoOwner, Line, Ratio, UnitCode, labelled
from contracts.money import Fen
from contracts.words import Text


class RealEstateRecord(AssetRecord):
    """One unit with the debtor's right in it."""

    unit_code: UnitCode | None = labelled("不动产单元号", "BDCDYH", "GB/T 37346, 28 characters; none for what is registered from before", default=None, examples=["445302001001GB00014F00310202"])
    certificate_no: CertificateNo | None = labelled("不动产权证号", "BDCQZH", "number of the title certificate", default=None)
    location: Line | None = labelled("坐落", "ZL", "where it is", default=None)
    right_type: Literal["house", "construction_land", "homestead", "land_ownership", "contracted_land", "forest", "grassland", "aquaculture",
                        "sea", "island", "structure", "easement", "water_use", "prospecting", "mining", "residence", "other",
                        "advance_notice"] = labelled("权利类型", "QLLX", "kind of right",
        words="house 房屋所有权 construction_land 建设用地使用权 homestead 宅基地使用权 land_ownership 土地所有权 contracted_land 土地承包经营权 "
              "forest 林权 grassland 草原使用权 aquaculture 水域滩涂养殖权 sea 海域使用权 island 无居民海岛使用权 structure 构筑物所有权 easement 地役权 "
              "water_use 取水权 prospecting 探矿权 mining 采矿权 residence 居住权 other 其他权利 advance_notice 预告登记", deciding=True)
    right_status: Literal["current", "historical", "pending"] = labelled("权属状态", "QSZT", "whether the right stands",
        words="current 现势 historical 历史 pending 办理中", deciding=True)
    planned_use: Line | None = labelled("规划用途", "GHYT", "planned use", default=None)
    house_nature: Line | None = labelled("房屋性质", "FWXZ", "nature of the house", default=None)
    area_building_m2: float | None = labelled("建筑面积（平方米）", "JZMJ", "building area", default=None, ge=0)
    area_private_m2: float | None = labelled("专有建筑面积（平方米）", "ZYJZMJ", "private area", default=None, ge=0)
    area_shared_m2: float | None = labelled("分摊建筑面积（平方米）", "FTJZMJ", "shared area", default=None, ge=0)
    completed_on: date | None = labelled("竣工时间", "JGSJ", "completion", default=None)
    land_use_from: date | None = labelled("土地使用起始日期", "TDSYQSSJ", "start of land use", default=None)
    land_use_to: date | None = labelled("土地使用结束日期", "TDSYJSSJ", "end of land use", default=None)
    total_floors: int | None = labelled("总层数", "ZCS", "floors of the building", default=None, ge=1)
    holder_name: Line = labelled("权利人", "QLR", "holder of the right", deciding=True)
    share_ratio: Ratio | None = labelled("权利比例", "QLBL", "the debtor's share", default=None, examples=["1/2"], deciding=True)
    co_ownership: Literal["sole", "joint", "by_shares", "other"] = labelled("共有方式", "GYFS", "kind of co-ownership",
        words="sole 单独所有 joint 共同共有 by_shares 按份共有 other 其他共有", deciding=True)
    co_owners: tuple[CoOwner, ...] = labelled("共有人", "GYR", "other owners", default=(), deciding=True)
    registry: Line | None = labelled("登记机构", "DJJG", "registering office", default=None)
    region_code: str | None = labelled("地区代码", "QXDM", "GB/T 2260", default=None, pattern=r"^\d{6}$")
    business_no: Line | None = labelled("业务号", "YWH", "the registry's business number", default=None)
    assessed_value_fen: Fen | None = labelled("评估价（分）", "PGJ", "assessed value, where there is one", default=None)

    def value_fen(self) -> int | None:
        """Return the assessed value."""
        return self.assessed_value_fen

    def share(self) -> Fraction:
        """Return the registered share; joint ownership without one counts in equal parts (rule CO-OWN)."""
        if self.share_ratio:
            return Fraction(self.share_ratio)
        return Fraction(1, 1 + len(self.co_owners))

    def others(self) -> tuple[CoOwner, ...]:
        """Return the registered co-owners."""
        return self.co_owners

    def doubtful(self) -> tuple[str, ...]:
        """Return the part of a unit that is larger than the unit, and an end of land use before its start."""
        whole = self.area_building_m2
        parts = [name for name in ("area_private_m2", "area_shared_m2") if whole is not None and (getattr(self, name) or 0) > whole]
        ends_first = self.land_use_from and self.land_use_to and self.land_use_to < self.land_use_from
        return (*parts, "land_use_to") if ends_first else tuple(parts)


ASSET_TYPE = AssetType(
    code="real_estate",
    name=Text(zh="不动产", en="Real estate"),
    record=RealEstateRecord,
    key=("unit_code",),
    key_otherwise=("certificate_no",),
    telling=("location",),
    key_scope="everywhere",
    measures=("seal", "pre_seal"),
    documents={"query": need.QUERY, "seal": need.SEAL, "pre_seal": need.SEAL, "renew": need.SEAL, "release": need.RELEASE,
               "transfer": need.TRANSFER},
    duration_rule="DUR-IMM",
)
