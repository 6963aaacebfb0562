"""Invent the persons and organisations of the register: valid identifiers, common names, the same for the same seed."""

from collections.abc import Callable, Iterator
from itertools import accumulate
from random import Random

from stdnum.cn import ric, uscc

from services.runtime.mock.port import RegisteredSubject

#: In every register, first, whatever the seed: demos and examples ask about them.
DEMO_SUBJECTS = (
    RegisteredSubject("person", "陈伟", "resident_id", "445302199001010013", "445302"),
    RegisteredSubject("organisation", "云浮市新成石材有限公司", "uscc", "91445300MA4UN0001B", "445302"),
)

#: In every register, last: a name with a dot, one who had another name when house and car were registered, a foreign permanent resident.
NAMED_SUBJECTS = (
    RegisteredSubject("person", "古丽娜尔·买买提", "resident_id", "445302198803080043", "445302"),
    RegisteredSubject("person", "黄志远", "resident_id", "445302197906120031", "445302", "黄大明", ("real_estate", "vehicles")),
    RegisteredSubject("person", "SMITH JOHN", "foreign_permanent_resident", "911124198108030024", "445302"),
)

#: GB/T 2260: the courts' own city most of all, then its neighbour, then the province and beyond; the place and its weight.
_PLACES = {
    "445302": ("云浮市", 24), "445303": ("云浮市云安区", 10), "445321": ("新兴县", 12), "445322": ("郁南县", 10),
    "445381": ("罗定市", 14), "441202": ("肇庆市", 6), "441204": ("肇庆市高要区", 4), "441226": ("德庆县", 3),
    "441284": ("四会市", 3), "440106": ("广州市", 5), "440604": ("佛山市", 3), "440305": ("深圳市", 3),
    "450102": ("南宁市", 1), "430102": ("长沙市", 1), "360102": ("南昌市", 1),
}
_SURNAMES = "陈李黄张梁林刘吴罗杨王何叶谢曾周邓钟冯彭许温蔡廖郑江朱徐赖邱莫区麦欧卢潘"
_GIVEN_NAMES = "伟强军杰勇明辉建国志文华平海东荣庆锋斌超俊浩宇轩泽霖芳敏静丽艳娟霞玲梅秀英婷雪琳慧颖怡欣蕾洁倩玉兰"
_TRADE_NAMES = "新成恒达金润广源宏泰联盛永兴嘉禾瑞丰华诚百川天和东岳云石粤港鼎力汇通隆昌"
_TRADES = ("石材", "不锈钢制品", "陶瓷", "电子科技", "建筑工程", "物流", "食品", "农业发展", "贸易", "房地产开发", "水泥", "化工", "家具", "餐饮管理")
_FORMS = ("有限公司", "有限公司", "有限公司", "股份有限公司", "有限责任公司")
_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LEGACY_SHARE = 0.006


def invent(seed: int, persons: int = 8_500, organisations: int = 1_500) -> Iterator[RegisteredSubject]:
    """Invent so many subjects, the demo subjects first and the named ones last, all counted.

    Shape:   id numbers are unique; a few persons have the old 15-digit number
    Source:  GB 11643, GB 32100-2015, GB/T 2260
    """
    yield from DEMO_SUBJECTS
    taken = {subject.id_no for subject in (*DEMO_SUBJECTS, *NAMED_SUBJECTS)}
    yield from _unique(Random(f"{seed}|persons"), _person, persons - 1 - len(NAMED_SUBJECTS), taken)
    yield from _unique(Random(f"{seed}|organisations"), _organisation, organisations - 1, taken)
    yield from NAMED_SUBJECTS


def _unique(
    rng: Random, make: Callable[[Random], RegisteredSubject], count: int, taken: set[str],
) -> Iterator[RegisteredSubject]:
    while count > 0:
        subject = make(rng)
        if subject.id_no not in taken:
            taken.add(subject.id_no)
            count -= 1
            yield subject


_REGIONS = tuple(_PLACES)
_REGION_WEIGHTS = tuple(accumulate(weight for _, weight in _PLACES.values()))


def _region(rng: Random) -> str:
    return rng.choices(_REGIONS, cum_weights=_REGION_WEIGHTS)[0]


def _person(rng: Random) -> RegisteredSubject:
    region = _region(rng)
    born = f"{rng.randint(1948, 2005)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    number = f"{region}{born}{rng.randint(1, 999):03d}"
    legacy = rng.random() < _LEGACY_SHARE and born < "2000"
    id_no = number[:6] + number[8:] if legacy else number + ric.calc_check_digit(f"{number}0")
    name = rng.choice(_SURNAMES) + "".join(rng.choices(_GIVEN_NAMES, k=rng.choice((1, 2, 2))))
    return RegisteredSubject("person", name, "resident_id", id_no, region)


def _organisation(rng: Random) -> RegisteredSubject:
    region = _region(rng)
    number = f"91{region}MA{''.join(rng.choices(_CODE_ALPHABET, k=7))}"
    name = _PLACES[region][0] + "".join(rng.choices(_TRADE_NAMES, k=2)) + rng.choice(_TRADES) + rng.choice(_FORMS)
    return RegisteredSubject("organisation", name, "uscc", number + uscc.calc_check_digit(number), region)
