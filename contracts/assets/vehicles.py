"""Vehicles as the traffic police vehicle office records them. domain.md §6.1, §5 (status codes)."""

from datetime import date
from typing import Literal

from contracts import documents as need
from contracts.asset_type import AssetRecord, AssetType, Line, PlateNo, labelled
from contracts.words import Text

VehicleStatus = Literal[
    "normal", "transferred_out", "stolen", "out_of_service", "deregistered", "violation_unsettled", "customs_supervision",
    "accident_unsettled", "suspect", "sealed", "detained", "compulsory_scrap", "hit_and_run", "locked", "scrapped",
    "inspection_overdue",
]


PlateType = Literal[
    "large", "small", "embassy", "consulate", "abroad", "foreign", "motorcycle", "moped", "embassy_motorcycle", "consulate_motorcycle",
    "abroad_motorcycle", "foreign_motorcycle", "low_speed", "tractor", "trailer", "driving_school", "driving_school_motorcycle",
    "temporary_entry", "temporary_entry_motorcycle", "temporary", "police", "police_motorcycle", "farm_machine", "hong_kong", "macao",
    "armed_police", "army", "none", "forged", "misused", "large_new_energy", "small_new_energy", "other",
]
PLATE_TYPE_WORDS = (
    "large 大型汽车 small 小型汽车 embassy 使馆汽车 consulate 领馆汽车 abroad 境外汽车 foreign 外籍汽车 motorcycle 普通摩托车 moped 轻便摩托车 "
    "embassy_motorcycle 使馆摩托车 consulate_motorcycle 领馆摩托车 abroad_motorcycle 境外摩托车 foreign_motorcycle 外籍摩托车 low_speed 低速车 "
    "tractor 拖拉机 trailer 挂车 driving_school 教练汽车 driving_school_motorcycle 教练摩托车 temporary_entry 临时入境汽车 "
    "temporary_entry_motorcycle 临时入境摩托车 temporary 临时行驶车 police 警用汽车 police_motorcycle 警用摩托 farm_machine 原农机号牌 "
    "hong_kong 香港入出境车 macao 澳门入出境车 armed_police 武警号牌 army 军队号牌 none 无号牌 forged 假号牌 misused 挪用号牌 "
    "large_new_energy 大型新能源汽车 small_new_energy 小型新能源汽车 other 其他号牌")


class VehicleRecord(AssetRecord):
    """One registered vehicle."""

    plate_no: PlateNo = labelled("号牌号码", "HPHM", "GA 36", examples=["粤WA1234"], deciding=True)
    plate_type: PlateType | None = labelled("号牌种类", "HPZL", "GA/T 16.7", default=None, words=PLATE_TYPE_WORDS)
    vin: Line | None = labelled("车辆识别代号", "CLSBDH", "GB 16735, or the chassis number from before", default=None)
    engine_no: Line | None = labelled("发动机号", "FDJH", "engine number", default=None)
    vehicle_type: Line | None = labelled("车辆类型", "CLLX", "type of vehicle, GA/T 16.4", default=None)
    brand: Line | None = labelled("车辆品牌", "CLPP", "brand", default=None)
    model: Line | None = labelled("车辆型号", "CLXH", "model", default=None)
    colour: Line | None = labelled("车身颜色", "CSYS", "colour or colours, GA/T 16.8", default=None)
    use_nature: Line | None = labelled("使用性质", "SYXZ", "use, GA/T 16.3", default=None)
    owner_name: Line = labelled("机动车所有人", "SYR", "owner", deciding=True)
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
              "hit_and_run 肇事逃逸 locked 锁定 scrapped 报废 inspection_overdue 逾期未检验", deciding=True)
    mortgage_flag: bool = labelled("抵押标记", "DYBJ", "whether a mortgage is registered", deciding=True)
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
