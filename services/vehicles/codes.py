"""The code lists of the motor-vehicle register and what each code means. Sources: GA/T 16.3, 16.4, 16.7, 16.8; domain.md §5 (ZT).

A code that a list does not have is never given a meaning. Codes of measures, seals, states and refusals are constructed.
"""

from collections.abc import Mapping
from typing import Any

from contracts.control import ControlState
from contracts.control import Measure as MeasureKind
from services.runtime.reading import forms

#: 号牌种类, GA/T 16.7
PLATE_KINDS: Mapping[str, str] = {
    "01": "large", "02": "small", "03": "embassy", "04": "consulate", "05": "abroad", "06": "foreign", "07": "motorcycle", "08": "moped",
    "09": "embassy_motorcycle", "10": "consulate_motorcycle", "11": "abroad_motorcycle", "12": "foreign_motorcycle", "13": "low_speed",
    "14": "tractor", "15": "trailer", "16": "driving_school", "17": "driving_school_motorcycle", "20": "temporary_entry",
    "21": "temporary_entry_motorcycle", "22": "temporary", "23": "police", "24": "police_motorcycle", "25": "farm_machine",
    "26": "hong_kong", "27": "macao", "31": "armed_police", "32": "army", "41": "none", "42": "forged", "43": "misused",
    "51": "large_new_energy", "52": "small_new_energy", "99": "other",
}
_BUSES = {"1": "普通客车", "2": "双层客车", "3": "卧铺客车", "4": "铰接客车", "5": "越野客车", "6": "轿车", "7": "专用客车", "8": "专用校车"}
_SMALL_BUSES = {"1": "普通客车", "2": "越野客车", "3": "轿车", "4": "专用客车", "8": "专用校车", "9": "面包车"}
_LORRIES = {
    "1": "普通货车", "2": "厢式货车", "3": "封闭货车", "4": "罐式货车", "5": "平板货车", "6": "集装厢车", "7": "自卸货车", "8": "特殊结构货车",
    "9": "仓栅式货车", "A": "车辆运输车", "B": "厢式自卸货车", "C": "罐式自卸货车", "D": "平板自卸货车", "E": "集装厢自卸货车",
    "F": "特殊结构自卸货车", "G": "仓栅式自卸货车",
}
_LOW_SPEED = {"1": "普通低速货车", "2": "厢式低速货车", "3": "罐式低速货车", "4": "自卸低速货车", "5": "仓栅式低速货车", "6": "厢式自卸低速货车",
              "7": "罐式自卸低速货车"}
_TRAILERS = {"1": "普通全挂车", "2": "厢式全挂车", "3": "罐式全挂车", "4": "平板全挂车", "5": "集装箱全挂车", "6": "自卸全挂车", "7": "仓栅式全挂车",
             "8": "旅居全挂车", "9": "专项作业全挂车", "A": "厢式自卸全挂车", "B": "罐式自卸全挂车", "C": "平板自卸全挂车", "D": "集装箱自卸全挂车",
             "E": "仓栅式自卸全挂车", "F": "专项作业自卸全挂车"}
_SEMI_TRAILERS = {
    "1": "普通半挂车", "2": "厢式半挂车", "3": "罐式半挂车", "4": "平板半挂车", "5": "集装箱半挂车", "6": "自卸半挂车", "7": "特殊结构半挂车",
    "8": "仓栅式半挂车", "9": "旅居半挂车", "A": "专项作业半挂车", "B": "低平板半挂车", "C": "车辆运输半挂车", "D": "罐式自卸半挂车", "E": "平板自卸半挂车",
    "F": "集装箱自卸半挂车", "G": "特殊结构自卸半挂车", "H": "仓栅式自卸半挂车", "J": "专项作业自卸半挂车", "K": "车辆运输自卸半挂车",
}
_WORKING = {"1": "非载货专项作业车", "2": "载货专项作业车"}
_SIZES = {"1": "重型", "2": "中型", "3": "轻型"}


def _series(letter: str, sizes: Mapping[str, str], shapes: Mapping[str, str]) -> dict[str, str]:
    return {f"{letter}{size}{shape}": name + what for size, name in sizes.items() for shape, what in shapes.items()}


#: 车辆类型, GA/T 16.4
VEHICLE_KINDS: Mapping[str, str] = {
    **_series("K", {"1": "大型", "2": "中型"}, _BUSES), **_series("K", {"3": "小型", "4": "微型"}, _SMALL_BUSES),
    **_series("H", {**_SIZES, "4": "微型"}, _LORRIES), **_series("H", {"5": ""}, _LOW_SPEED),
    **_series("Q", _SIZES, {"1": "半挂牵引车", "2": "全挂牵引车"}), **_series("G", _SIZES, _TRAILERS), **_series("B", _SIZES, _SEMI_TRAILERS),
    **_series("Z", {"1": "大型", "2": "中型", "3": "小型", "4": "微型", "5": "重型", "7": "轻型"}, _WORKING),
    "D11": "无轨电车", "D12": "有轨电车", "M11": "普通正三轮摩托车", "M12": "轻便正三轮摩托车", "M13": "正三轮载客摩托车", "M14": "正三轮载货摩托车",
    "M15": "侧三轮摩托车", "M21": "普通二轮摩托车", "M22": "轻便二轮摩托车", "N11": "三轮汽车", "T11": "大型轮式拖拉机", "T21": "小型轮式拖拉机",
    "T22": "手扶拖拉机", "T23": "手扶变形运输机", "J11": "轮式装载机械", "J12": "轮式挖掘机械", "J13": "轮式平地机械", "X99": "其它",
}
#: 车身颜色, GA/T 16.8; a vehicle of two or three colours has a letter for each
COLOURS: Mapping[str, str] = {
    "A": "白", "B": "灰", "C": "黄", "D": "粉", "E": "红", "F": "紫", "G": "绿", "H": "蓝", "I": "棕", "J": "黑", "Z": "其他"}
MOST_COLOURS = 3
#: 使用性质, GA/T 16.3
USES: Mapping[str, str] = {
    "A": "非营运", "B": "公路客运", "C": "公交客运", "D": "出租客运", "E": "旅游客运", "F": "货运", "G": "租赁", "H": "警用", "I": "消防", "J": "救护",
    "K": "工程救险", "L": "营转非", "M": "出租转非", "N": "教练", "O": "幼儿校车", "P": "小学生校车", "Q": "初中生校车", "R": "危化品运输", "S": "中小学生校车",
    "T": "预约出租客运", "U": "预约出租转非", "Z": "其他"}
#: 机动车状态: a letter for each state, several together
STATUSES: Mapping[str, str] = {
    "A": "normal", "B": "transferred_out", "C": "stolen", "D": "out_of_service", "E": "deregistered",
    "G": "violation_unsettled", "H": "customs_supervision", "I": "accident_unsettled", "J": "suspect", "K": "sealed",
    "L": "detained", "M": "compulsory_scrap", "N": "hit_and_run", "O": "locked", "P": "scrapped", "Q": "inspection_overdue",
}
MOST_STATUSES = 16
#: 查封类型: 1 seal · 2 waiting seal · 3 seizure · 4 waiting seizure · 5 watch-list entry
SEALS: Mapping[str, MeasureKind] = {"1": "seal", "2": "seal", "3": "seize", "4": "seize", "5": "watchlist"}
#: 查封状态: 1 in force · 2 waiting · 3 released · 4 expired · 5 lapsed by disposal · 6 transferred · 7 taken back
STATES: Mapping[str, ControlState] = {
    "1": "in_force", "2": "waiting", "3": "released", "4": "expired", "5": "lapsed", "6": "transferred", "7": "reversed"}
UNSUPPORTED = "2001"
REASONS: Mapping[str, str] = {
    "1001": "document_missing", "1002": "document_mismatch", "1003": "credential_missing", "1004": "identity_mismatch",
    "1005": "identity_incomplete", "1006": "not_authorised", "2002": "asset_not_found", "2003": "asset_exempt",
    "2004": "no_original_measure", "2005": "term_over_cap", "2006": "already_expired", "2007": "quota_exceeded",
    "2008": "no_original_measure", "2099": "rejected_by_agency",
}


def colours(value: object) -> str:
    """Read the letters of a vehicle's colours in words: AJ is 白、黑. Raises: Odd."""
    words: Any = forms.letters(COLOURS, most=MOST_COLOURS)(value)
    return "、".join(words)
