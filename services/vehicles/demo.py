"""What the demo subjects own in vehicles, whatever the seed. People, courts' measures and numbers are invented."""

from collections.abc import Mapping
from datetime import date

from contracts.assets.vehicles import VehicleRecord
from contracts.control import PriorityRight, PriorMeasure
from services.runtime.mock.port import Holding

DEMO_REGION, DEMO_PERSON, DEMO_COMPANY = "445302", "445302199001010013", "91445300MA4UN0001B"
OFFICE = "云浮市公安局交通警察支队车辆管理所"
FREE = VehicleRecord(
    plate_no="粤WA8K21", plate_type="small", vin="LFV2A21J7K3000001", engine_no="EA211076543", vehicle_type="小型轿车",
    brand="大众牌", model="FV7146FBDBG", colour="白", use_nature="非营运", owner_name="陈伟", owner_id_no=DEMO_PERSON,
    first_registered_on=date(2019, 3, 5), inspection_valid_to=date(2027, 3, 31), issuing_office="粤W", managing_office=OFFICE,
    status_codes=("normal",), mortgage_flag=False, registration_certificate_no="440053021907", archive_no="445300190305")
SEALED = VehicleRecord(
    plate_no="粤W3C907", plate_type="small", vin="LSVNV2180F2000002", vehicle_type="小型越野客车", brand="斯柯达牌",
    model="SVW6452BGD", colour="黑", use_nature="非营运", owner_name="陈伟", owner_id_no=DEMO_PERSON,
    first_registered_on=date(2015, 9, 18), inspection_valid_to=date(2026, 9, 30), issuing_office="粤W", managing_office=OFFICE,
    status_codes=("violation_unsettled", "sealed"), mortgage_flag=False)
MORTGAGED = VehicleRecord(
    plate_no="粤WD60218", plate_type="small_new_energy", vin="LGXCE4CB4P0000003", vehicle_type="小型轿车", brand="比亚迪牌",
    model="BYD7009BEV", colour="蓝", use_nature="非营运", owner_name="陈伟", owner_id_no=DEMO_PERSON,
    first_registered_on=date(2023, 6, 8), inspection_valid_to=date(2029, 6, 30), issuing_office="粤W", managing_office=OFFICE,
    status_codes=("normal",), mortgage_flag=True)
LORRY = VehicleRecord(
    plate_no="粤W21368", plate_type="large", vin="LZZ5CLSB4L0000004", vehicle_type="重型普通货车", brand="豪沃牌",
    model="ZZ1257N584GE1", colour="红", use_nature="货运", owner_name="云浮市新成石材有限公司", owner_id_no=DEMO_COMPANY,
    first_registered_on=date(2020, 11, 16), inspection_valid_to=date(2027, 11, 30), scrap_by=date(2035, 11, 16),
    issuing_office="粤W", managing_office=OFFICE, status_codes=("normal",), mortgage_flag=False)
EARLIER_SEAL = PriorMeasure(
    kind="seal", authority="广州市天河区人民法院", document_no="（2025）粤0106执5518号之一", rank=1, from_on=date(2025, 6, 10),
    until_on=date(2027, 6, 9))
LOAN = PriorityRight(kind="mortgage", holder="比亚迪汽车金融有限公司", amount_fen=9_860_000)
DEMO_HOLDINGS: Mapping[str, tuple[Holding, ...]] = {
    DEMO_PERSON: (
        Holding(FREE.plate_no, FREE),
        Holding(SEALED.plate_no, SEALED, prior_measures=(EARLIER_SEAL,)),
        Holding(MORTGAGED.plate_no, MORTGAGED, priority_rights=(LOAN,)),
    ),
    DEMO_COMPANY: (Holding(LORRY.plate_no, LORRY),),
}
