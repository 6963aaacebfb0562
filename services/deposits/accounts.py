"""What the simulated banks' registers hold: plausible accounts by seed, in our neutral record. People are invented."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import log
from random import Random

from stdnum import luhn

from contracts.agency import Agency
from contracts.assets.deposits import AccountClass, DepositRecord
from contracts.control import PriorityRight, PriorMeasure
from services.deposits.demo import DEMO_HOLDINGS
from services.runtime.mock.port import Holding, RegisteredSubject

#: A subject banks at two to four of so many banks.
_BANKS, _BANKS_OF_ONE = 12, (2, 3, 4)
_MOST_ACCOUNTS = 3
_DEMO = frozenset(id_no for id_no, _ in DEMO_HOLDINGS)

_PERSONS: Mapping[AccountClass, int] = {"personal_settlement": 74, "personal_savings": 10, "time_deposit": 11, "credit_card": 5}
_COMPANIES: Mapping[AccountClass, int] = {
    "basic": 30, "general": 40, "special": 8, "temporary": 4, "acceptance_margin": 6, "letter_of_credit_margin": 3, "time_deposit": 9,
}
#: Accounts only such companies have, by a word of their name.
_TRADES: Mapping[str, AccountClass] = {"建筑": "migrant_wage", "房地产": "presale_supervision"}
_STATUSES = {"normal": 93, "dormant": 4, "lost": 2, "stop_payment": 1}
_CURRENCIES = {"CNY": 95, "USD": 4, "HKD": 1}
#: Median balance in yuan, and the sigma of its logarithm.
_BALANCES = {"person": (6_000, 2.1), "organisation": (60_000, 2.3)}
_MOST_YUAN = 80_000_000
_PLACES = ("云城", "云安", "罗定", "新兴", "郁南", "肇庆端州", "佛山禅城", "广州天河")
_COURTS = {"罗定市人民法院": "粤5381", "新兴县人民法院": "粤5321", "广州市中级人民法院": "粤01", "佛山市禅城区人民法院": "粤0604", "肇庆市端州区人民法院": "粤1202"}
_POLICE = {"云浮市公安局云城分局": "云公（城）", "佛山市公安局禅城分局": "佛公（禅）"}
_FIRST_DAY = date(2026, 1, 5)


def holdings(agency: Agency, subject: RegisteredSubject, rng: Random, shared: Random) -> Sequence[Holding]:
    """Make one bank's accounts of one subject; a quarter of all have any."""
    if subject.id_no in _DEMO:
        return DEMO_HOLDINGS.get((subject.id_no, agency.agency), ())
    if rng.random() * _BANKS >= shared.choice(_BANKS_OF_ONE):
        return ()
    return [_holding(agency, subject, account_class, rng) for account_class in _classes(subject, rng)]


def _classes(subject: RegisteredSubject, rng: Random) -> Iterator[AccountClass]:
    kinds = _PERSONS if subject.kind == "person" else _COMPANIES
    yield from rng.choices(list(kinds), list(kinds.values()), k=rng.choice((1, 1, 2, _MOST_ACCOUNTS)))
    for word, account_class in _TRADES.items():
        if word in subject.name:
            yield account_class


def _holding(agency: Agency, subject: RegisteredSubject, account_class: AccountClass, rng: Random) -> Holding:
    record = _record(agency, subject, account_class, rng)
    if record.currency != "CNY" or record.balance_fen <= 0:
        return Holding(record.account_no, record)
    priors = _prior_measures(record.balance_fen, rng) if rng.random() < 0.12 else ()  # noqa: PLR2004 - one account in eight
    rights = (_right(agency, record, rng),) if account_class in ("time_deposit", "acceptance_margin") else ()
    frozen = sum(prior.amount_fen or 0 for prior in priors if prior.rank == 1)
    available = max(0, record.available_balance_fen - frozen)
    status = record.account_status if not priors else "partly_frozen" if available else "frozen"
    record = record.model_copy(update={"available_balance_fen": available, "account_status": status})
    return Holding(record.account_no, record, priority_rights=rights, prior_measures=priors)


def _record(agency: Agency, subject: RegisteredSubject, account_class: AccountClass, rng: Random) -> DepositRecord:
    person = subject.kind == "person"
    balance = _balance(subject, account_class, rng)
    blocked = int(balance * rng.random()) if balance > 0 and rng.random() < 0.05 else 0  # noqa: PLR2004 - the bank's own
    return DepositRecord(
        account_no=_card_no(rng) if person and account_class != "time_deposit" else _account_no(rng),
        account_class=account_class, account_tier=rng.choice("1123") if account_class == "personal_settlement" else None,
        account_status=_draw(_STATUSES, rng), branch_name=f"{agency.name.zh}{rng.choice(_PLACES)}支行",
        branch_code=f"{rng.randrange(10**11, 10**12)}",
        opened_on=date(rng.randint(2003, 2025), rng.randint(1, 12), rng.randint(1, 28)), currency=_draw(_CURRENCIES, rng),
        balance_fen=balance, available_balance_fen=max(0, balance - blocked))


def _balance(subject: RegisteredSubject, account_class: AccountClass, rng: Random) -> int:
    """Draw a balance in minor units: log-normal, some empty, a credit card mostly overdrawn."""
    if rng.random() < 0.04:  # noqa: PLR2004 - emptied
        return 0
    median, sigma = _BALANCES[subject.kind]
    fen = round(min(_MOST_YUAN, rng.lognormvariate(log(median), sigma)) * 100)
    return -fen if account_class == "credit_card" and rng.random() < 0.7 else fen  # noqa: PLR2004


def _prior_measures(balance_fen: int, rng: Random) -> tuple[PriorMeasure, ...]:
    """Put one freeze on an account, funded or not; one that is not funded may have another waiting behind it."""
    amount = max(1, int(balance_fen * rng.choice((0.3, 0.6, 1.0, 1.8, 5.0))))
    first = _prior(amount, 1, _FIRST_DAY + timedelta(days=rng.randint(0, 200)), rng)
    if amount < balance_fen or rng.random() < 0.7:  # noqa: PLR2004 - seven in ten
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


def _right(agency: Agency, record: DepositRecord, rng: Random) -> PriorityRight:
    return PriorityRight(kind="pledge", holder=agency.name.zh, amount_fen=max(1, int(record.balance_fen * rng.random())))


def _draw(weights: Mapping[str, int], rng: Random) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _card_no(rng: Random) -> str:
    number = f"62{rng.randrange(10**16):016d}"
    return number + luhn.calc_check_digit(number)


def _account_no(rng: Random) -> str:
    return f"{rng.randrange(10**16, 10**17)}"
