"""Invent what registries and housing bureaus record of a subject: the same for the same seed, valid, and plausible.

A home on sale comes from `shared`, so that registry and bureau record one unit in their own ways. Prices per m2 are those
of a prefecture in west Guangdong; measures of others end between 2026-12 and 2027-12. Some homes are from before unified registration.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from contracts.agency import Agency
from contracts.asset_type import CoOwner
from contracts.assets.real_estate import RealEstateRecord
from contracts.control import Measure, PriorityRight, PriorMeasure
from contracts.identifiers import resident_id_18
from services.real_estate.demo import DEMO_HOLDINGS, DEMO_REGION, held
from services.runtime.mock.port import Holding, RegisteredSubject

_COUNTIES = {
    "445302": "云浮市云城区", "445303": "云浮市云安区", "445321": "新兴县", "445322": "郁南县", "445381": "罗定市",
    "441202": "肇庆市端州区", "441204": "肇庆市高要区", "441226": "德庆县", "441284": "四会市",
}
_STREETS = ("解放中路", "星岩四路", "环市东路", "城中路", "金丰路", "兴云西路", "府前街", "建设北路", "牌坊路", "石城大道")
_ESTATES = ("星河湾", "锦绣花园", "翠石居", "御景名都", "恒泰新城", "碧水湾", "东方雅苑", "城市花园", "金山华府", "云石里")
_VILLAGES = ("大降坪村", "牧羊村", "小河村", "河东村", "夏洞村", "水东村")
_SURNAMES, _GIVEN = "陈李黄张梁林刘吴罗杨何叶谢曾周", "秀英建华丽珍国强志明美玲伟雄惠芳"
_BANKS = ("中国农业银行股份有限公司云浮分行", "中国建设银行股份有限公司云浮市分行", "云浮农村商业银行股份有限公司",
          "中国邮政储蓄银行股份有限公司云浮市分行", "中国工商银行股份有限公司肇庆分行")
_AUTHORITIES = (("佛山市南海区人民法院", "粤0605执"), ("广州市天河区人民法院", "粤0106执"), ("深圳市福田区人民法院", "粤0304执"),
                ("肇庆市端州区人民法院", "粤1202执"), ("云浮市云安区人民法院", "粤5303执"))
_HOME, _LAND, _HOMESTEAD = "house", "construction_land", "homestead"
_FIRST_END = date(2026, 12, 1)
_FEN_PER_WAN_YUAN = 1_000_000
#: How many of those who live in the agency's region hold something there, and of all others.
_LOCAL_SHARE, _FOREIGN_SHARE, _ON_SALE_SHARE = 0.35, 0.04, 0.05


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a unit is: county by GB/T 2260, and the office that records it."""

    county: str
    office: str

    @property
    def name(self) -> str:
        return _COUNTIES.get(self.county, "")


def invent(agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> list[Holding]:
    """Return what one agency records of one subject; the demo subjects hold the same whatever the seed."""
    demo = DEMO_HOLDINGS.get((agency.dialect, subject.id_no))
    if demo is not None:
        return list(demo) if agency.registers(DEMO_REGION) else []
    on_sale = _on_sale(agency, subject, shared)
    if agency.dialect == "presale":
        return on_sale
    share = _LOCAL_SHARE if agency.registers(subject.region_code) else _FOREIGN_SHARE
    if not _happens(rng, share):
        return on_sale
    return [_holding(_place(agency, subject, rng), subject, rng) for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3)))] + on_sale


def _place(agency: Agency, subject: RegisteredSubject, rng: Random) -> _Place:
    if agency.registers(subject.region_code):
        return _Place(subject.region_code, agency.name.zh)
    return _Place(rng.choice([code for code in _COUNTIES if agency.registers(code)] or [agency.region_code]), agency.name.zh)


def _on_sale(agency: Agency, subject: RegisteredSubject, shared: Random) -> list[Holding]:
    """Return the home a subject has bought and that is not registered yet; every agency draws the same one."""
    if not _happens(shared, _ON_SALE_SHARE) or not agency.registers(subject.region_code):
        return []
    place = _Place(subject.region_code, agency.name.zh)
    unit = _home(place, subject, shared, bought=date(2022, 1, 6) + timedelta(days=shared.randrange(600)))
    filing = f"备{unit['region_code']}{shared.randrange(10**8):08d}"
    record = RealEstateRecord.model_validate({
        **unit, "right_type": "advance_notice", "certificate_no": None, "completed_on": None, "land_use_from": None,
        "land_use_to": None, "business_no": filing, "assessed_value_fen": None})
    return [held(record, measures=_measures("pre_seal", shared))]


def _holding(place: _Place, subject: RegisteredSubject, rng: Random) -> Holding:
    if subject.kind == "organisation":
        unit, worth = _plot(place, subject, rng), rng.randrange(200, 3000) * _FEN_PER_WAN_YUAN
    elif _happens(rng, 0.08):
        unit, worth = _homestead(place, subject, rng), rng.randrange(5, 30) * _FEN_PER_WAN_YUAN
    else:
        unit = _home(place, subject, rng, bought=date(2015, 3, 2) + timedelta(days=rng.randrange(3100)))
        worth = unit["assessed_value_fen"]
        unit = _from_before(unit) if _is_old(unit) else unit
    assessed = worth if _happens(rng, 0.6) else None
    record = RealEstateRecord.model_validate({**unit, "assessed_value_fen": assessed})
    mortgages = (_mortgage(worth, rng),) if unit["right_type"] != _HOMESTEAD and _happens(rng, 0.3) else ()
    return held(record, rights=mortgages, measures=_measures("seal", rng))


def _is_old(unit: dict[str, Any]) -> bool:
    """Tell whether a home was registered before unified registration; its number decides, so that nothing else is drawn otherwise."""
    return int(unit["business_no"][8:]) % 12 == 0


def _from_before(unit: dict[str, Any]) -> dict[str, Any]:
    """Return a home as the books from before 2015 have it: no unit code, an older certificate, older days."""
    registered, number = unit["business_no"][:8], unit["business_no"][8:]
    city = "云浮" if unit["region_code"].startswith("4453") else "肇庆"
    days = {name: _years(unit[name], -10) for name in ("completed_on", "land_use_from", "land_use_to")}
    return unit | days | {
        "unit_code": None, "certificate_no": f"粤房地权证{city}字第010{number}号", "business_no": f"{int(registered[:4]) - 10}{registered[4:]}{number}"}


def _home(place: _Place, subject: RegisteredSubject, rng: Random, *, bought: date) -> dict[str, Any]:
    """Make a flat; `area` in hundredths of a m2, times yuan per m2, is its worth in fen."""
    area, floors, built = rng.randrange(5600, 17800), rng.choice((6, 7, 9, 11, 18, 26, 32)), _earlier(bought, rng)
    common = area * 18 // 100
    room = f"{rng.randint(1, floors)}{rng.randint(1, 6):02d}"
    return {
        **_title(place, subject, bought, rng, fixture=f"{rng.randint(1, 30):04d}{int(room):04d}", kind="F"),
        "location": f"{place.name}{rng.choice(_STREETS)}{rng.randint(1, 260)}号{rng.choice(_ESTATES)}{rng.randint(1, 30)}栋{room}房",
        "right_type": _HOME, "planned_use": "住宅", "house_nature": rng.choice(("商品房", "商品房", "房改房", "经济适用住房")),
        "area_building_m2": area / 100, "area_shared_m2": common / 100, "area_private_m2": (area - common) / 100,
        "total_floors": floors, "completed_on": built, "land_use_from": _years(built, -2), "land_use_to": _years(built, 68),
        "assessed_value_fen": area * rng.randrange(3800, 7600, 50), **_ownership(subject, rng),
    }


def _plot(place: _Place, subject: RegisteredSubject, rng: Random) -> dict[str, Any]:
    granted = date(2015, 3, 2) + timedelta(days=rng.randrange(3100))
    return {
        **_title(place, subject, granted, rng, fixture="00000000", kind="W"), "right_type": _LAND, "planned_use": "工业用地",
        "location": f"{place.name}{rng.choice(('初城工业园', '佛山顺德云浮新兴产业园', '城北工业区'))}{rng.randint(1, 90)}号地块",
        "area_building_m2": rng.randrange(200_000, 4_000_000) / 100, "co_ownership": "sole",
        "land_use_from": _safe(granted), "land_use_to": _years(granted, 50),
    }


def _homestead(place: _Place, subject: RegisteredSubject, rng: Random) -> dict[str, Any]:
    registered = date(2016, 1, 6) + timedelta(days=rng.randrange(2800))
    return {
        **_title(place, subject, registered, rng, fixture="00010001", kind="F"), "right_type": _HOMESTEAD, "planned_use": "农村宅基地",
        "location": f"{place.name}{rng.choice(_VILLAGES)}{rng.randint(1, 180)}号", "house_nature": "自建房",
        "area_building_m2": rng.randrange(8000, 36000) / 100, "total_floors": rng.randint(1, 4), "co_ownership": "sole",
    }


def _title(
    place: _Place, subject: RegisteredSubject, registered: date, rng: Random, *, fixture: str, kind: str,
) -> dict[str, Any]:
    """Make what every right has; the unit code is county, two areas, kind of parcel, parcel, fixture (GB/T 37346)."""
    parcel = f"{rng.randint(1, 20):03d}{rng.randint(1, 20):03d}GB{rng.randrange(10**5):05d}"
    number = rng.randrange(10**7)
    return {
        "unit_code": f"{place.county}{parcel}{kind}{fixture}", "holder_name": subject.name, "registry": place.office,
        "certificate_no": f"粤（{registered.year}）{place.name}不动产权第{number:07d}号", "region_code": place.county,
        "right_status": "pending" if _happens(rng, 0.02) else "current",
        "business_no": f"{registered:%Y%m%d}{number:07d}",
    }


def _ownership(subject: RegisteredSubject, rng: Random) -> dict[str, Any]:
    way = rng.choices(("sole", "joint", "by_shares"), (70, 18, 12))[0]
    if way == "sole":
        return {"co_ownership": "sole"}
    if way == "joint":
        return {"co_ownership": "joint", "co_owners": (_co_owner(subject, rng, None),)}
    parts = rng.choice((2, 2, 2, 3, 4))
    others = tuple(_co_owner(subject, rng, f"1/{parts}") for _ in range(parts - 1))
    return {"co_ownership": "by_shares", "share_ratio": f"1/{parts}", "co_owners": others}


def _co_owner(subject: RegisteredSubject, rng: Random, share: str | None) -> CoOwner:
    born = f"{rng.randint(50, 99)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    return CoOwner(name=rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN, k=2)), id_type="resident_id", share_ratio=share,
                   id_no=resident_id_18(f"{subject.region_code}{born}{rng.randint(1, 999):03d}"))


def _mortgage(worth_fen: int, rng: Random) -> PriorityRight:
    amount_fen = max(1, worth_fen * rng.randint(30, 65) // 100 // _FEN_PER_WAN_YUAN) * _FEN_PER_WAN_YUAN
    kind = "maximum_mortgage" if _happens(rng, 0.3) else "mortgage"
    return PriorityRight(kind=kind, holder=rng.choice(_BANKS), amount_fen=amount_fen)


def _measures(kind: Measure, rng: Random) -> tuple[PriorMeasure, ...]:
    """Give some units a seal of another court, and some of these a second one that waits, as long as it was ordered for."""
    if not _happens(rng, 0.1):
        return ()
    first, second = rng.sample(_AUTHORITIES, 2)
    until = _safe(_FIRST_END + timedelta(days=rng.randrange(395)))
    measures = [_measure(kind, first, rng, rank=1, from_on=_years(until, -3) + timedelta(days=1), until_on=until)]
    if _happens(rng, 0.3):
        served = measures[0].from_on or until
        later = _safe(served + timedelta(days=rng.randint(40, 500)))
        measures.append(_measure(kind, second, rng, rank=2, from_on=later, until_on=_years(later, 3) - timedelta(days=1)))
    return tuple(measures)


def _measure(
    kind: Measure, authority: tuple[str, str], rng: Random, *, rank: int, from_on: date, until_on: date,
) -> PriorMeasure:
    name, code = authority
    return PriorMeasure(kind=kind, authority=name, document_no=f"（{from_on.year}）{code}{rng.randint(1, 9000)}号之一",
                        rank=rank, from_on=from_on, until_on=until_on)


def _happens(rng: Random, chance: float) -> bool:
    return rng.random() < chance


def _earlier(day: date, rng: Random) -> date:
    return _safe(day - timedelta(days=rng.randrange(100, 6000)))


def _safe(day: date) -> date:
    """Keep clear of the end of a month, so that every year has the day."""
    return day.replace(day=min(day.day, 28))


def _years(day: date, years: int) -> date:
    return _safe(day).replace(year=day.year + years)
