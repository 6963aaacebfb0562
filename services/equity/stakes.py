"""What the simulated registrar's register holds: plausible stakes by seed, in our neutral record. Companies are invented."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from random import Random

from stdnum.cn import uscc

from contracts.assets.equity import EquityPledge, EquityRecord
from contracts.control import PriorityRight, PriorMeasure
from services.equity.examples import DEMO_HOLDINGS
from services.runtime.mock.port import Holding, RegisteredSubject

_HOLDERS = {"person": 0.10, "organisation": 0.50}
_PLACES = {"云浮市": "445302", "罗定市": "445381", "新兴县": "445321", "肇庆市": "441202", "广州市": "440106", "佛山市": "440604"}
_WORDS = ("恒达", "金润", "广源", "宏泰", "联盛", "永兴", "嘉禾", "瑞丰", "华诚", "天和", "东岳", "鼎力", "汇通", "隆昌")
_TRADES = ("石材", "陶瓷", "建材", "物流", "贸易", "农业发展", "机械", "食品", "电子科技", "实业投资")
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
#: Registered capital of the company in fen, and the holder's share of it: both come out even.
_CAPITALS = (10_000_000, 50_000_000, 100_000_000, 500_000_000, 1_000_000_000, 2_000_000_000, 10_000_000_000)
_SHARES = tuple(map(Fraction, ("1", "9/10", "4/5", "7/10", "3/5", "51/100", "1/2", "49/100", "2/5", "7/20", "3/10", "1/4", "1/5",
                               "3/20", "1/10", "1/20", "1/100", "337/1000", "2501/10000", "1/8", "3/16")))
_STATES = {"in_operation": 88, "revoked": 5, "deregistered": 2, "moved_out": 2, "suspended": 3}
_FORMS = {"货币": 90, "实物": 6, "知识产权": 3, "土地使用权": 1}
#: Companies with foreign investors may be registered in another currency: one in fifty.
_ONE_IN, _CURRENCIES = 100, {7: "USD", 23: "HKD"}
_PLEDGEES = ("云浮农村商业银行股份有限公司", "中国农业银行股份有限公司云浮分行", "广东粤财融资担保有限公司")
_COURTS = {"罗定市人民法院": "粤5381", "广州市天河区人民法院": "粤0106", "佛山市禅城区人民法院": "粤0604", "深圳市中级人民法院": "粤03"}


def holdings(subject: RegisteredSubject, rng: Random) -> Sequence[Holding]:
    """Make one subject's stakes: one in ten persons and half the companies have one to three."""
    if subject.id_no in DEMO_HOLDINGS:
        return DEMO_HOLDINGS[subject.id_no]
    if rng.random() >= _HOLDERS[subject.kind]:
        return ()
    return [_holding(subject, rng) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]


def _holding(subject: RegisteredSubject, rng: Random) -> Holding:
    record = _record(subject, rng)
    rights = tuple(PriorityRight(kind="pledge", holder=pledge.pledgee, amount_fen=_claim(pledge, rng)) for pledge in record.pledges)
    priors = (_prior(record, rng),) if rng.random() < 0.1 else ()  # noqa: PLR2004 - one stake in ten
    return Holding(record.uscc, record, priority_rights=rights, prior_measures=priors)


def _record(subject: RegisteredSubject, rng: Random) -> EquityRecord:
    place = rng.choice(list(_PLACES))
    share = rng.choice(_SHARES)
    subscribed = int(rng.choice(_CAPITALS) * share)
    founded_on = date(rng.randint(2005, 2024), rng.randint(1, 12), rng.randint(1, 28))
    number = _uscc(_PLACES[place], rng)
    return EquityRecord(
        uscc=number, currency=currency_of(number), company_name=f"{place}{rng.choice(_WORDS)}{rng.choice(_TRADES)}有限公司",
        registration_status=_draw(_STATES, rng), holder_name=subject.name, subscribed_capital_fen=subscribed,
        paid_in_capital_fen=rng.choice((subscribed, subscribed // 2, 0, None)), share_ratio=str(share),
        contribution_form=_draw(_FORMS, rng), pledges=_pledges(subscribed, rng),
        publicised_on=founded_on + timedelta(days=rng.randint(5, 20)))


def currency_of(company: str) -> str:
    """Return the currency that a company's capital is registered in, by its number."""
    return _CURRENCIES.get(sum(map(ord, company)) % _ONE_IN, "CNY")


def _uscc(region: str, rng: Random) -> str:
    number = f"91{region}MA{''.join(rng.choices(_ALPHABET, k=7))}"
    return number + uscc.calc_check_digit(number)


def _pledges(subscribed_fen: int, rng: Random) -> tuple[EquityPledge, ...]:
    if rng.random() >= 0.12:  # noqa: PLR2004 - one stake in eight
        return ()
    registered_on = date(rng.randint(2022, 2026), rng.randint(1, 9), rng.randint(1, 28))
    return (EquityPledge(pledgee=rng.choice(_PLEDGEES), capital_fen=subscribed_fen // rng.choice((1, 2, 4)), registered_on=registered_on,
                         registration_no=f"4453{registered_on:%Y%m%d}{rng.randrange(10**4):04d}"),)


def _claim(pledge: EquityPledge, rng: Random) -> int | None:
    return rng.choice((None, pledge.capital_fen, pledge.capital_fen * 2))


def _prior(record: EquityRecord, rng: Random) -> PriorMeasure:
    court = rng.choice(list(_COURTS))
    from_on = date(2026, 1, 5) + timedelta(days=rng.randint(0, 290))
    return PriorMeasure(
        kind="freeze", authority=court, document_no=f"（2026）{_COURTS[court]}执{rng.randint(1, 9000)}号之一",
        amount_fen=record.subscribed_capital_fen // rng.choice((1, 1, 2)), rank=1, from_on=from_on,
        until_on=from_on.replace(year=from_on.year + 3) - timedelta(days=1))


def _draw(weights: Mapping[str, int], rng: Random) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]
