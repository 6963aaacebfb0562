"""Vehicles as the traffic police vehicle office records them. domain.md §6.1, §5 (status codes)."""

from datetime import date
from typing import Literal

from contracts import documents as need
from contracts.asset_type import AssetRecord, AssetType, Line, PlateNo, Vin, labelled
from contracts.words import Text

VehicleStatus = Literal[
    "normal", "transferred_out", "stolen", "out_of_service", "deregistered", "violation_unsettled", "customs_supervision",
    "accident_unsettled", "suspect", "sealed", "detained", "compulsory_scrap", "hit_and_run", "locked", "scrapped",
    "inspection_overdue",
]


class VehicleRecord(AssetRecord):
    """One registered vehicle."""

    plate_no: PlateNo = labelled("号牌号码", "HPHM", "GA 36", examples=["粤WA1234"])
    plate_type: Literal["large", "small", "motorcycle", "trailer", "large_new_energy", "small_new_energy"] = labelled(
        "号牌种类", "HPZL", "GA/T 16.7",
        words="large 大型汽车 small 小型汽车 motorcycle 摩托车 trailer 挂车 large_new_energy 大型新能源汽车 small_new_energy 小型新能源汽车")
    vin: Vin = labelled("车辆识别代号", "CLSBDH", "GB 16735")
    engine_no: Line | None = labelled("发动机号", "FDJH", "engine number", default=None)
    vehicle_type: Line = labelled("车辆类型", "CLLX", "type of vehicle")
    brand: Line = labelled("车辆品牌", "CLPP", "brand")
    model: Line | None = labelled("车辆型号", "CLXH", "model", default=None)
    colour: Line | None = labelled("车身颜色", "CSYS", "colour", default=None)
    use_nature: Line | None = labelled("使用性质", "SYXZ", "use", default=None)
    owner_name: Line = labelled("机动车所有人", "SYR", "owner")
    owner_id_no: Line | None = labelled("所有人证件号码", "SFZMHM", "owner's id number", default=None)
    first_registered_on: date | None = labelled("初次登记日期", "CCDJRQ", "first registration", default=None)
    inspection_valid_to: date | None = labelled("检验有效期止", "YXQZ", "inspection valid to", default=None)
    scrap_by: date | None = labelled("强制报废期止", "QZBFQZ", "to be scrapped by", default=None)
    issuing_office: Line | None = labelled("发证机关", "FZJG", "issuing office", default=None)
    managing_office: Line | None = labelled("管理部门", "GLBM", "managing office", default=None)
    status_codes: tuple[VehicleStatus, ...] = labelled(
        "机动车状态", "ZT", "one word for each letter of the status string", min_length=1,
        words="normal 正常 transferred_out 转出 stolen 被盗抢 out_of_service 停驶 deregistered 注销 violation_unsettled 违法未处理 "
              "customs_supervision 海关监管 accident_unsettled 事故未处理 suspect 嫌疑车 sealed 查封 detained 扣留 compulsory_scrap 达到强制报废 "
              "hit_and_run 肇事逃逸 locked 锁定 scrapped 报废 inspection_overdue 逾期未检验")
    mortgage_flag: bool = labelled("抵押标记", "DYBJ", "whether a mortgage is registered")
    registration_certificate_no: Line | None = labelled("登记证书编号", "DJZSBH", "registration certificate", default=None)
    archive_no: Line | None = labelled("档案编号", "DABH", "archive number", default=None)


ASSET_TYPE = AssetType(
    code="vehicles",
    name=Text(zh="机动车", en="Vehicles"),
    record=VehicleRecord,
    key=("plate_no",),
    telling=("brand", "vehicle_type"),
    key_scope="everywhere",
    measures=("seal", "seize", "watchlist"),
    documents={"query": need.QUERY, "seal": need.SEAL, "seize": need.SEAL, "watchlist": need.SEAL, "renew": need.SEAL,
               "release": need.RELEASE, "transfer": need.TRANSFER},
    duration_rule="DUR-MOV",
)
