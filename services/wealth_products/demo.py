"""What the banks keep for the demo subjects. People, companies and numbers are invented."""

from collections.abc import Mapping
from datetime import date

from contracts.assets.wealth_products import ASSET_TYPE, WealthProductRecord
from contracts.control import PriorityRight, PriorMeasure
from services.runtime.mock.port import Holding

DEMO_PERSON, DEMO_COMPANY = "445302199001010013", "91445300MA4UN0001B"


def holding(
    record: WealthProductRecord, *, priors: tuple[PriorMeasure, ...] = (), rights: tuple[PriorityRight, ...] = (),
) -> Holding:
    """Register a product: of one sold for another nothing can be controlled here, of one that pays back elsewhere no account."""
    sold_for_another = record.sale_channel == "agency_sold"
    if sold_for_another:
        record = record.model_copy(update={"available_units": "0", "available_value_fen": 0})
    key = ASSET_TYPE.key_text(record.model_dump())
    return Holding(key, record, rights, priors, in_part=sold_for_another != (record.cash_return_account is None))


OWN_PRODUCT = WealthProductRecord(
    wealth_account="0200453020200012345", product_code="23GS2890", product_name="中国工商银行恒睿28号固定收益类理财产品",
    product_type="fixed_income", sale_channel="own", manager="中国工商银行", cash_return_account="6222024530200012345",
    inception_on=date(2023, 4, 18), currency="CNY", units="78170.80", available_units="78170.80", unit_price="1.0234",
    total_value_fen=8_000_000, available_value_fen=8_000_000)
_FUND = WealthProductRecord(
    wealth_account="6550453020100017", product_code="004453", product_name="同益12号债券型证券投资基金", product_type="fund",
    sale_channel="agency_sold", manager="岭南基金管理有限公司", cash_return_account="757900045310501", inception_on=date(2022, 3, 9),
    currency="CNY", units="200000.00", available_units="0", unit_price="1.5000", total_value_fen=30_000_000, available_value_fen=0)

#: What the demo subjects have, by id number and bank: one product of the bank's own, one sold for another.
DEMO_HOLDINGS: Mapping[tuple[str, str], tuple[Holding, ...]] = {
    (DEMO_PERSON, "icbc-wealth"): (holding(OWN_PRODUCT),),
    (DEMO_COMPANY, "cmb-wealth"): (holding(_FUND),),
}
