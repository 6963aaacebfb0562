"""What the simulated banks' registers hold of wealth products: plausible by seed, in our neutral record. People are invented."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import log
from random import Random
from typing import Literal

from stdnum import luhn

from contracts.agency import Agency
from contracts.assets.wealth_products import WealthProductRecord
from contracts.control import PriorityRight, PriorMeasure
from services.runtime.mock.counted import units_of
from services.runtime.mock.port import Holding, RegisteredSubject
from services.wealth_products.demo import DEMO_HOLDINGS, holding

ProductType = Literal["fixed_income", "mixed", "equity", "structured_deposit", "fund", "trust", "insurance"]

#: A subject banks at two to four of so many banks, and has products at one of three of those.
_BANKS, _BANKS_OF_ONE, _OF_BANKED = 12, (2, 3, 4), 3
_DEMO = frozenset(id_no for id_no, _ in DEMO_HOLDINGS)
#: Parts of a hundred: sold for another; account of an own product and of another's at another bank; money paid back and still there.
_SOLD_FOR_ANOTHER, _ELSEWHERE, _SOLD_AND_ELSEWHERE, _PAID_BACK = 25, 10, 4, 12
_CLOSED, _PLEDGED, _FROZEN, _FOREIGN = 30, 5, 10, 2
_OWN: Mapping[ProductType, int] = {"fixed_income": 60, "structured_deposit": 25, "mixed": 11, "equity": 4}
_SOLD: Mapping[ProductType, int] = {"fund": 62, "insurance": 18, "trust": 8, "fixed_income": 12}
_KINDS: Mapping[ProductType, str] = {
    "fixed_income": "固定收益类理财产品", "structured_deposit": "结构性存款", "mixed": "混合类理财产品", "equity": "权益类理财产品",
    "fund": "债券型证券投资基金", "trust": "集合资金信托计划", "insurance": "年金保险（分红型）",
}
_NAMES = ("安享", "恒睿", "稳盈", "日鑫", "丰年", "嘉和", "同益", "添利")
_MANAGERS: Mapping[ProductType, str] = {
    "fund": "岭南基金管理有限公司", "insurance": "粤和人寿保险股份有限公司", "trust": "南华信托有限责任公司",
    "fixed_income": "珠江理财有限责任公司",
}
#: Median worth in yuan, and the sigma of its logarithm.
_WORTHS = {"person": (60_000, 1.2), "organisation": (500_000, 1.5)}
_MOST_YUAN = 80_000_000
_COURTS = {"罗定市人民法院": "粤5381", "新兴县人民法院": "粤5321", "佛山市禅城区人民法院": "粤0604", "肇庆市端州区人民法院": "粤1202"}
_POLICE = {"云浮市公安局云城分局": "云公（城）", "佛山市公安局禅城分局": "佛公（禅）"}
_FIRST_DAY = date(2026, 1, 5)


def holdings(agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:
    """Make one subject's products at one bank: a third of those who bank there have one to three."""
    if subject.id_no in _DEMO:
        return DEMO_HOLDINGS.get((subject.id_no, agency.agency), ())
    if rng.random() * _BANKS * _OF_BANKED >= shared.choice(_BANKS_OF_ONE):
        return ()
    return tuple(_products(agency, subject, rng))


def _products(agency: Agency, subject: RegisteredSubject, rng: Random) -> Iterator[Holding]:
    wealth_account = f"{rng.randrange(10**15, 10**16)}"
    for number in range(rng.choice((1, 1, 2, 3))):
        code = f"{rng.randint(22, 26)}{rng.choice('GSJ')}{rng.randrange(10**4):04d}{number}"
        yield _product(agency, wealth_account, code, _worth_fen(subject, rng), rng)


def _worth_fen(subject: RegisteredSubject, rng: Random) -> int:
    median, sigma = _WORTHS[subject.kind]
    return round(max(1, min(_MOST_YUAN, rng.lognormvariate(log(median), sigma)))) * 100


def _product(agency: Agency, wealth_account: str, code: str, worth_fen: int, rng: Random) -> Holding:
    own = not _one_in_hundred(_SOLD_FOR_ANOTHER, rng)
    kind = _draw(_OWN if own else _SOLD, rng)
    account = None if _one_in_hundred(_ELSEWHERE if own else _SOLD_AND_ELSEWHERE, rng) else _card_no(rng)
    price = 10_000 if kind in ("structured_deposit", "trust") else rng.randint(9_700, 13_500)
    units, total = _valued(worth_fen, price)
    bank = agency.name.zh.partition("（")[0]
    inception, closed = date(rng.randint(2022, 2026), rng.randint(1, 6), rng.randint(1, 28)), own and _one_in_hundred(_CLOSED, rng)
    lifts = date(2027, rng.randint(1, 12), rng.randint(1, 28)) if closed else None
    record = WealthProductRecord(
        wealth_account=wealth_account, product_code=code, product_name=f"{bank if own else ''}{rng.choice(_NAMES)}{rng.randint(1, 90)}号{_KINDS[kind]}",
        product_type=kind, sale_channel="own" if own else "agency_sold", manager=bank if own else _MANAGERS[kind],
        cash_return_account=account, return_account_balance_fen=total // 50 if account and _one_in_hundred(_PAID_BACK, rng) else 0,
        trade_restriction="closed_period" if closed else "none", restriction_lifts_on=lifts, inception_on=inception, redemption_on=lifts,
        currency="USD" if own and _one_in_hundred(_FOREIGN, rng) else "CNY", units=units, available_units=units,
        unit_price=f"{price // 10_000}.{price % 10_000:04d}", total_value_fen=total, available_value_fen=total)
    return holding(record) if not own or record.currency != "CNY" else _burdened(agency, record, rng)


def _valued(worth_fen: int, price: int) -> tuple[str, int]:
    """Return how many units of a price in ten-thousandths of a yuan are about so much worth, and what they are worth in fen."""
    hundredths = worth_fen * 10_000 // price
    return f"{hundredths // 100}.{hundredths % 100:02d}", (hundredths * price + 5_000) // 10_000


def _burdened(agency: Agency, record: WealthProductRecord, rng: Random) -> Holding:
    """Pledge a few own products to the bank, and put measures of others on some of the rest."""
    if _one_in_hundred(_PLEDGED, rng):
        pledged = max(1, int(record.total_value_fen * rng.choice((0.5, 0.8, 1.0))))
        right = PriorityRight(kind="pledge", holder=agency.name.zh.partition("（")[0], amount_fen=pledged)
        record = record.model_copy(update={"trade_restriction": "pledged", "restriction_lifts_on": None})
        return holding(_with_available(record, record.total_value_fen - pledged), rights=(right,))
    if not _one_in_hundred(_FROZEN, rng):
        return holding(record)
    pot = record.total_value_fen + record.return_account_balance_fen
    priors = _prior_measures(pot, rng)
    held = min(pot, priors[0].amount_fen or 0)
    left_of_product = record.total_value_fen - max(0, held - record.return_account_balance_fen)
    return holding(_with_available(record, left_of_product), priors=priors)


def _with_available(record: WealthProductRecord, fen: int) -> WealthProductRecord:
    units = units_of(record.units, fen, record.total_value_fen)
    return record.model_copy(update={"available_value_fen": fen, "available_units": units})


def _prior_measures(pot_fen: int, rng: Random) -> tuple[PriorMeasure, ...]:
    """Put one freeze on a product, funded or not; one that is not funded may have another waiting behind it."""
    amount = max(1, int(pot_fen * rng.choice((0.3, 0.6, 1.0, 1.8, 5.0))))
    first = _prior(amount, 1, _FIRST_DAY + timedelta(days=rng.randint(0, 200)), rng)
    if amount < pot_fen or rng.random() < 0.7:  # noqa: PLR2004 - seven in ten
        return (first,)
    assert first.from_on is not None
    return (first, _prior(amount, 2, first.from_on + timedelta(days=rng.randint(1, 100)), rng))


def _prior(amount_fen: int, rank: int, from_on: date, rng: Random) -> PriorMeasure:
    if rng.random() < 0.3:  # noqa: PLR2004 - the police
        authority = rng.choice(list(_POLICE))
        document_no = f"{_POLICE[authority]}冻财字〔2026〕{rng.randint(1, 900)}号"
    else:
        authority = rng.choice(list(_COURTS))
        document_no = f"（2026）{_COURTS[authority]}执{rng.randint(1, 9000)}号之一"
    until_on = from_on + timedelta(days=364) if rank == 1 else None
    return PriorMeasure(kind="freeze", authority=authority, document_no=document_no, amount_fen=amount_fen, rank=rank,
                        from_on=from_on, until_on=until_on)


def _one_in_hundred(share: int, rng: Random) -> bool:
    return rng.random() * 100 < share


def _draw(weights: Mapping[ProductType, int], rng: Random) -> ProductType:
    return rng.choices(list(weights), list(weights.values()))[0]


def _card_no(rng: Random) -> str:
    number = f"62{rng.randrange(10**16):016d}"
    return number + luhn.calc_check_digit(number)
