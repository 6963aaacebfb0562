"""Courts and their cases: names by code, for what agencies and people read. domain.md §11."""

from collections.abc import Mapping
from typing import NamedTuple

NAMES: Mapping[str, str] = {
    "粤": "广东省高级人民法院", "粤53": "广东省云浮市中级人民法院", "粤5302": "云浮市云城区人民法院", "粤5303": "云浮市云安区人民法院",
    "粤5321": "新兴县人民法院", "粤5322": "郁南县人民法院", "粤5381": "罗定市人民法院", "粤12": "广东省肇庆市中级人民法院",
    "云71": "昆明铁路运输中级法院", "浙01": "浙江省杭州市中级人民法院", "最高法": "最高人民法院",
}


class CaseKey(NamedTuple):
    """A case of a court, the newest one of a control that was converted."""

    court_code: str
    case_no: str


def court_name(court_code: str) -> str:
    """Return the court's name; one that is not listed goes by its code."""
    return NAMES.get(court_code, f"{court_code}法院")
