"""How a simulated registry writes rights and what is on them, as its document says and oddly. Source: domain.md §4.5, §5, §6.1.

Seals and mortgages go out in lists of their own and name the unit they are on: by its code, or by the certificate where it has none.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from contracts.assets.real_estate import RealEstateRecord
from contracts.control import PriorityRight, PriorMeasure
from services.real_estate.mock_soap import Plain, Words
from services.runtime.mock.oddities import GONE, Oddity
from services.runtime.mock.port import Holding

_ID_KINDS = {"resident_id": "1", "household_book": "4", "organisation_code": "6", "business_licence": "7", "uscc": "8"}
_RIGHTS = {
    "land_ownership": ("TDSYQ", "2"), "construction_land": ("JSYDSYQ", "3"), "homestead": ("JSYDSYQ", "5"),
    "house": ("FDCQ", "4"), "contracted_land": ("NYDSYQ", "9"), "forest": ("LQ", "12"), "sea": ("HYSYQ", "15"),
    "structure": ("GJZWSYQ", "16"), "advance_notice": ("YGDJ", "96"),
}
_LISTS = ("TDSYQ", "JSYDSYQ", "FDCQ", "NYDSYQ", "LQ", "HYSYQ", "GJZWSYQ", "YGDJ")
_ON_THEM = ("DYAQ", "CFDJ")
_STATUSES = {"pending": "0", "current": "1", "historical": "2"}
_CO_OWNERSHIPS = {"sole": "0", "joint": "1", "by_shares": "2", "other": "3"}
_FIRST, _WAITING = {"seal": "1", "pre_seal": "3"}, {"seal": "2", "pre_seal": "4"}
#: How registries write beside their document.
ODDITIES = (
    Oddity("JZMJ", "118.5㎡"), Oddity("JZMJ", "约118"), Oddity("JGSJ", "2017"), Oddity("JGSJ", ""), Oddity("JGSJ", "2017年6月18日"),
    Oddity("JGSJ", "00010101"), Oddity("TDSYJSSJ", "99991231"), Oddity("ZCS", "二十六"), Oddity("ZCS", "0"), Oddity("GHYT", "住宅\x01"),
    Oddity("QXDM", "云城区"), Oddity("ZL", GONE), Oddity("DJJG", ""), Oddity("YWH", Plain("201904180012345")), Oddity("FWXZ", Plain("gYGB/w==")),
    Oddity("PGJ", "面议"), Oddity("FJ", "附记"), Oddity("GYR.0.ZJZL", "X"), Oddity("CFDJ.0.CFJSSJ", "99991231"), Oddity("CFDJ.0.CFWH", GONE),
    Oddity("BDCDYH", "445302001001GB00014", telling=False), Oddity("QLLX", "28", telling=False), Oddity("QLLX", "7", telling=False),
    Oddity("QSZT", "现势", telling=False), Oddity("QLR", "", telling=False), Oddity("GYFS", "4", telling=False),
    Oddity("QLBL", "50%", telling=False), Oddity("QLBL", "一半多", telling=False), Oddity("CFDJ.0.CFLX", "6", telling=False),
    Oddity("DYAQ.0.BDBZZQSE", "叁拾捌万", telling=False), Oddity("DYAQ.0.DYQR", Plain("农行"), telling=False),
)


def record_of(holding: Holding) -> RealEstateRecord:
    """Return the record of a holding."""
    assert isinstance(holding.record, RealEstateRecord)
    return holding.record


def right(holding: Holding, measures: Sequence[PriorMeasure]) -> tuple[str, Words]:
    """Write one right, with what is on it, and the list it stands in."""
    record = record_of(holding)
    name, kind = _RIGHTS[record.right_type]
    owners = [told({"XM": owner.name, "ZJZL": _ID_KINDS.get(owner.id_type or ""), "ZJH": owner.id_no, "QLBL": owner.share_ratio})
              for owner in record.co_owners]
    return name, {**told({
        "BDCDYH": record.unit_code, "QLLX": kind, "QSZT": _STATUSES[record.right_status], "ZL": record.location, "QLR": record.holder_name,
        "GYFS": _CO_OWNERSHIPS[record.co_ownership], "DJJG": record.registry, "QXDM": record.region_code, "BDCQZH": record.certificate_no,
        "GHYT": record.planned_use, "FWXZ": record.house_nature, "JZMJ": _area(record.area_building_m2), "ZYJZMJ": _area(record.area_private_m2),
        "FTJZMJ": _area(record.area_shared_m2), "JGSJ": _day(record.completed_on), "TDSYQSSJ": _day(record.land_use_from),
        "TDSYJSSJ": _day(record.land_use_to), "ZCS": None if record.total_floors is None else str(record.total_floors), "QLBL": record.share_ratio,
        "YWH": record.business_no, "PGJ": _wan_yuan(record.assessed_value_fen),
    }), "GYR": owners, "DYAQ": [mortgage(holding.key, one) for one in holding.priority_rights],
        "CFDJ": [seal(holding.key, one) for one in measures]}


def spread(around: Words, rights: Sequence[tuple[str, Words]]) -> Words:
    """Write rights in their lists, and what is on them in lists of its own."""
    rows: Words = {name: [_without(one) for listed, one in rights if listed == name] for name in _LISTS}
    return around | rows | {name: [row for _, one in rights for row in one.get(name, ())] for name in _ON_THEM}


def gathered(words: Words) -> tuple[Words, list[tuple[str, Words]]]:
    """Undo `spread`: what stands around the rights, and each right with what is on it."""
    around = {name: value for name, value in words.items() if name not in (*_LISTS, *_ON_THEM)}
    rights = [(name, dict(one)) for name in _LISTS for one in words.get(name, ())]
    for _, one in rights:
        one.update({name: [row for row in words.get(name, ()) if _unit(row) == _unit(one, row)] for name in _ON_THEM})
    return around, rights


def _unit(row: Words, like: Words | None = None) -> tuple[object, object]:
    """Return what a row names its unit by: the code, or the certificate if it (or the row it is compared with) has none."""
    by_code = "BDCDYH" in (row if like is None else like)
    return (row.get("BDCDYH"), None) if by_code else (None, row.get("BDCQZH"))


def _without(row: Words) -> Words:
    return {name: value for name, value in row.items() if name not in _ON_THEM}


def told(fields: Mapping[str, str | None]) -> Words:
    """Leave out what is not known."""
    return {name: value for name, value in fields.items() if value is not None}


def _day(day: date | None) -> str | None:
    return None if day is None else f"{day:%Y%m%d}"


def _area(square_metres: float | None) -> str | None:
    return None if square_metres is None else f"{square_metres:.2f}"


def _wan_yuan(fen: int | None) -> str | None:
    return None if fen is None else f"{fen // 1_000_000}.{fen % 1_000_000:06d}"


def unit(key: str) -> Words:
    """Name a unit by its key."""
    certificate = key.removeprefix("certificate_no:")
    return {"BDCDYH": key} if certificate == key else {"BDCQZH": certificate}


def mortgage(key: str, right: PriorityRight) -> Words:
    """Write a mortgage of the unit with this key."""
    return told({**unit(key), "DYQR": right.holder, "DYFS": "2" if right.kind == "maximum_mortgage" else "1",
                 "BDBZZQSE": _wan_yuan(right.amount_fen)})


def seal(key: str, measure: PriorMeasure) -> Words:
    """Write a seal of the unit with this key."""
    kinds = _FIRST if measure.rank == 1 else _WAITING
    return told({
        **unit(key), "CFLX": kinds[measure.kind], "CFJG": measure.authority, "CFWH": measure.document_no,
        "CFSX": None if measure.rank is None else str(measure.rank), "CFQSSJ": _day(measure.from_on), "CFJSSJ": _day(measure.until_on),
        "BDHM": measure.request_no})
