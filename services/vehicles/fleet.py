"""Invent what vehicle offices record of a subject: the same for the same seed, valid, and plausible.

Measures of others end between 2026-12 and 2027-12, two years after they began; whoever owns a sealed vehicle reads so.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from contracts.agency import Agency
from contracts.assets.vehicles import VehicleRecord
from contracts.case import PROVINCE_REGION
from contracts.control import PriorityRight, PriorMeasure
from contracts.identifiers import vin_check_digit
from services.runtime.mock.port import Holding, RegisteredSubject
from services.vehicles.demo import DEMO_HOLDINGS, DEMO_REGION


@dataclass(frozen=True, slots=True)
class _Model:
    """A model on the road: maker's VIN prefix and description, what it is, and the kinds of its plate, use and life."""

    prefix: str
    brand: str
    model: str
    vehicle_type: str
    plate_type: str
    use: str
    years: int | None = None


_CARS = (
    _Model("LFV2A21J", "大众牌", "FV7146FBDBG", "小型轿车", "small", "非营运"),
    _Model("LSVNV218", "斯柯达牌", "SVW6452BGD", "小型越野客车", "small", "非营运"),
    _Model("LVGBE40K", "丰田牌", "GTM7200CE", "小型轿车", "small", "非营运"),
    _Model("LHGCR165", "本田牌", "HG7154CAC5A", "小型轿车", "small", "非营运"),
    _Model("LB37624S", "吉利牌", "MR7153BR01", "小型轿车", "small", "非营运"),
    _Model("LZWADAGA", "五菱牌", "LZW6443JF", "小型普通客车", "small", "非营运"),
    _Model("LGXCE4CB", "比亚迪牌", "BYD7009BEV", "小型轿车", "small_new_energy", "非营运"),
    _Model("LMGAC1G8", "传祺牌", "GAC7000BEV", "小型越野客车", "small_new_energy", "非营运"),
    _Model("LWBPCJ1F", "本田牌", "WH125-16A", "普通二轮摩托车", "motorcycle", "非营运", 13),
)
_WORKING = (
    _Model("LZZ5CLSB", "豪沃牌", "ZZ1257N584GE1", "重型普通货车", "large", "货运", 15),
    _Model("LFWSRXSJ", "解放牌", "CA4250P66K24", "重型半挂牵引车", "large", "货运", 15),
    _Model("LVBV3JBB", "福田牌", "BJ1048V9JEA", "轻型普通货车", "small", "货运", 15),
    _Model("LA99FRG3", "通华牌", "THT9401", "重型普通半挂车", "trailer", "货运", 15),
    _Model("LMWHP1S8", "开沃牌", "NJL6859BEV", "大型普通客车", "large_new_energy", "旅游客运", 15),
    _Model("LZWADAGA", "五菱牌", "LZW6443JF", "小型普通客车", "small", "非营运"),
    _Model("LSVNV218", "大众牌", "SVW7183FJD", "小型轿车", "small", "租赁", 15),
)
_YEARS = "FGHJKLMNPRST"  # of the VIN: 2015 to 2026
_FIRST_YEAR = 2015
_PLATE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_NEW_ENERGY = "DABCEFGHJK"  # D A B C E run on electricity alone
_PLATE_PREFIXES = {"4453": "粤W", "4412": "粤H"}
_COLOURS = ("白", "黑", "灰", "蓝", "红", "棕", "绿")
_AUTHORITIES = (("佛山市禅城区人民法院", "粤0604执"), ("广州市天河区人民法院", "粤0106执"), ("深圳市宝安区人民法院", "粤0306执"),
                ("肇庆市高要区人民法院", "粤1204执"), ("罗定市人民法院", "粤5381执"))
_LENDERS = ("大众汽车金融（中国）有限公司", "云浮农村商业银行股份有限公司", "中国工商银行股份有限公司云浮分行", "平安国际融资租赁有限公司")
_FIRST_END = date(2026, 12, 1)
_TWO_YEARS = timedelta(days=730)
_FEN_PER_THOUSAND_YUAN = 100_000
#: How many of those who live in the office's region own something there, and of all others.
_LOCAL_SHARE, _FOREIGN_SHARE = 0.45, 0.03


def invent(agency: Agency, subject: RegisteredSubject, rng: Random) -> list[Holding]:
    """Return what one office records of one subject; the demo subjects own the same whatever the seed."""
    demo = DEMO_HOLDINGS.get(subject.id_no)
    if demo is not None:
        return list(demo) if agency.registers(DEMO_REGION) else []
    share = _LOCAL_SHARE if agency.registers(subject.region_code) else _FOREIGN_SHARE
    if not _happens(rng, share):
        return []
    counts = (1, 1, 1, 1, 2, 2, 3) if subject.kind == "person" else (1, 2, 3, 4, 6)
    return [_holding(agency, subject, rng) for _ in range(rng.choice(counts))]


def _holding(agency: Agency, subject: RegisteredSubject, rng: Random) -> Holding:
    model = rng.choice(_CARS if subject.kind == "person" and not _happens(rng, 0.06) else _WORKING)
    measures = _measures(rng)
    loan = (_loan(rng),) if _happens(rng, 0.15) else ()
    record = VehicleRecord.model_validate({
        **_vehicle(agency, model, rng), "owner_name": subject.name, "owner_id_no": subject.id_no,
        "status_codes": _statuses(rng, sealed=bool(measures)), "mortgage_flag": bool(loan)})
    return Holding(record.plate_no, record, loan, measures)


def _vehicle(agency: Agency, model: _Model, rng: Random) -> dict[str, Any]:
    registered = date(_FIRST_YEAR, 1, 6) + timedelta(days=rng.randrange(4000))
    prefix = _plate_prefix(agency.region_code)
    scrap_by = registered + timedelta(days=365 * model.years) if model.years else None
    return {
        "plate_no": prefix + _plate(model.plate_type, rng), "plate_type": model.plate_type,
        "vin": _vin(model.prefix, registered.year, rng), "engine_no": f"{rng.randrange(10**8):08d}",
        "vehicle_type": model.vehicle_type, "brand": model.brand, "model": model.model, "colour": rng.choice(_COLOURS),
        "use_nature": model.use, "first_registered_on": registered, "scrap_by": scrap_by,
        "inspection_valid_to": date(2026, 12, 31) + timedelta(days=rng.randrange(1, 700)), "issuing_office": prefix,
        "managing_office": agency.name.zh, "registration_certificate_no": f"44{rng.randrange(10**10):010d}",
        "archive_no": f"{agency.region_code}{rng.randrange(10**6):06d}",
    }


def _plate_prefix(region_code: str) -> str:
    known = _PLATE_PREFIXES.get(region_code[:4])
    return known or next((name for name, code in PROVINCE_REGION.items() if region_code.startswith(code)), "粤") + "A"


def _plate(plate_type: str, rng: Random) -> str:
    """Make what follows the prefix: five characters, six for new energy (GA 36)."""
    if plate_type == "small_new_energy":
        return f"{rng.choice(_NEW_ENERGY)}{rng.choice(_PLATE_ALPHABET)}{rng.randrange(10**4):04d}"
    if plate_type == "large_new_energy":
        return f"{rng.randrange(10**5):05d}{rng.choice(_NEW_ENERGY)}"
    return "".join(rng.choices(_PLATE_ALPHABET, k=5))


def _vin(prefix: str, year: int, rng: Random) -> str:
    number = f"{prefix}0{_YEARS[year - _FIRST_YEAR]}{rng.randrange(10)}{rng.randrange(10**6):06d}"
    return f"{prefix}{vin_check_digit(number)}{number[9:]}"


def _statuses(rng: Random, *, sealed: bool) -> tuple[str, ...]:
    flags = [flag for flag, chance in (("violation_unsettled", 0.12), ("inspection_overdue", 0.05)) if _happens(rng, chance)]
    return tuple(flags + ["sealed"] * sealed) or ("normal",)


def _loan(rng: Random) -> PriorityRight:
    return PriorityRight(kind="mortgage", holder=rng.choice(_LENDERS), amount_fen=rng.randrange(30, 300) * _FEN_PER_THOUSAND_YUAN)


def _measures(rng: Random) -> tuple[PriorMeasure, ...]:
    """Give some vehicles a seal of another court, and some of these a second one that waits, as long as it was ordered for."""
    if not _happens(rng, 0.1):
        return ()
    first, second = rng.sample(_AUTHORITIES, 2)
    until = _FIRST_END + timedelta(days=rng.randrange(395))
    measures = [_measure(first, rng, rank=1, from_on=until - _TWO_YEARS + timedelta(days=1), until_on=until)]
    if _happens(rng, 0.25):
        later = until - _TWO_YEARS + timedelta(days=rng.randint(40, 300))
        measures.append(_measure(second, rng, rank=2, from_on=later, until_on=later + _TWO_YEARS - timedelta(days=1)))
    return tuple(measures)


def _measure(authority: tuple[str, str], rng: Random, *, rank: int, from_on: date, until_on: date) -> PriorMeasure:
    name, code = authority
    return PriorMeasure(kind="seal", authority=name, document_no=f"（{from_on.year}）{code}{rng.randint(1, 9000)}号之一",
                        rank=rank, from_on=from_on, until_on=until_on)


def _happens(rng: Random, chance: float) -> bool:
    return rng.random() < chance
