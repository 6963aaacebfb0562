"""What the demo subjects hold in real estate, whatever the seed. People, courts' measures and numbers are invented."""

from collections.abc import Mapping
from datetime import date

from contracts.asset_type import CoOwner
from contracts.assets.real_estate import ASSET_TYPE, RealEstateRecord
from contracts.control import PriorityRight, PriorMeasure
from services.runtime.mock.port import Holding

DEMO_REGION, DEMO_PERSON, DEMO_COMPANY = "445302", "445302199001010013", "91445300MA4UN0001B"
WIFE = CoOwner(name="林秀珍", id_type="resident_id", id_no="44530219920512002X", share_ratio="1/2")
HOME = RealEstateRecord(
    unit_code="445302001001GB00014F00310202", certificate_no="粤（2019）云浮市云城区不动产权第0012345号",
    location="云浮市云城区解放中路128号星河湾31栋202房", right_type="house", right_status="current", planned_use="住宅",
    house_nature="商品房", area_building_m2=118.5, area_private_m2=97.17, area_shared_m2=21.33,
    completed_on=date(2017, 6, 18), land_use_from=date(2014, 3, 12), land_use_to=date(2084, 3, 11), total_floors=26,
    holder_name="陈伟", share_ratio="1/2", co_ownership="by_shares", co_owners=(WIFE,), registry="云浮市不动产登记中心",
    region_code="445302", business_no="201904180012345", assessed_value_fen=76_432_500)
SHOP = RealEstateRecord(
    unit_code="445302002005GB00238F00010105", certificate_no="粤（2016）云浮市云城区不动产权第0004711号",
    location="云浮市云城区兴云西路36号首层05号商铺", right_type="house", right_status="current", planned_use="商业服务",
    house_nature="商品房", area_building_m2=46.28, total_floors=9, holder_name="陈伟", co_ownership="sole",
    registry="云浮市不动产登记中心", region_code="445302", business_no="201607050004711", assessed_value_fen=62_478_000)
ON_SALE = RealEstateRecord(
    unit_code="445303004002GB00077F00121503", location="云浮市云安区金丰路9号云石里12栋1503房", right_type="advance_notice",
    right_status="current", planned_use="住宅", house_nature="商品房", area_building_m2=89.06, area_private_m2=73.03,
    area_shared_m2=16.03, total_floors=32, holder_name="陈伟", co_ownership="sole", registry="云浮市不动产登记中心",
    region_code="445303", business_no="备44530300120077")
SOLD = ON_SALE.model_copy(update={"registry": "云浮市住房和城乡建设局"})
#: From before unified registration: its register knows it by the certificate alone.
OLD_HOUSE = RealEstateRecord(
    certificate_no="粤房地权证云浮字第0100012345号", location="云浮市云城区府前街17号402房", right_type="house", right_status="current",
    planned_use="住宅", area_building_m2=118.5, holder_name="陈伟", share_ratio="1/2", co_ownership="joint",
    co_owners=(WIFE.model_copy(update={"share_ratio": None}),), registry="云浮市不动产登记中心", region_code="445302",
    business_no="200709180000045")
FACTORY = RealEstateRecord(
    unit_code="445302009003GB00502W00000000", certificate_no="粤（2017）云浮市云城区不动产权第0007702号",
    location="云浮市云城区初城工业园17号地块", right_type="construction_land", right_status="current", planned_use="工业用地",
    area_building_m2=13_334.6, land_use_from=date(2011, 9, 1), land_use_to=date(2061, 8, 31),
    holder_name="云浮市新成石材有限公司", co_ownership="sole", registry="云浮市不动产登记中心", region_code="445302",
    business_no="201711020007702", assessed_value_fen=1_066_768_000)
LOAN = PriorityRight(kind="mortgage", holder="中国农业银行股份有限公司云浮分行", amount_fen=38_000_000)
CREDIT_LINE = PriorityRight(kind="maximum_mortgage", holder="云浮农村商业银行股份有限公司", amount_fen=600_000_000)
EARLIER_SEAL = PriorMeasure(
    kind="seal", authority="佛山市南海区人民法院", document_no="（2024）粤0605执3321号之一", rank=1,
    from_on=date(2024, 5, 21), until_on=date(2027, 5, 20))


def held(record: RealEstateRecord, *, rights: tuple[PriorityRight, ...] = (), measures: tuple[PriorMeasure, ...] = ()) -> Holding:
    """Return what is recorded of a unit, by its key: the unit code, or the certificate where it has none."""
    return Holding(ASSET_TYPE.key_text(record.model_dump(mode="json")), record, rights, measures)


#: By dialect and id number.
DEMO_HOLDINGS: Mapping[tuple[str, str], tuple[Holding, ...]] = {
    ("standard", DEMO_PERSON): (held(HOME, rights=(LOAN,)), held(SHOP, measures=(EARLIER_SEAL,)), held(ON_SALE)),
    ("presale", DEMO_PERSON): (held(SOLD),),
    ("standard", DEMO_COMPANY): (held(FACTORY, rights=(CREDIT_LINE,)),),
    ("presale", DEMO_COMPANY): (),
}
