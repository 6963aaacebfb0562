"""What the simulated fund centre's books hold: plausible accounts by seed, in our neutral record. Employers are invented."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from random import Random

from contracts.agency import Agency
from contracts.assets.provident_fund import ProvidentFundRecord
from contracts.control import PriorMeasure
from services.provident_fund.examples import DEMO_HOLDINGS
from services.runtime.mock.port import Holding, RegisteredSubject

#: Which part of the persons has an account; which part of the accounts others froze before, is paid into, has a loan.
_HOLDERS, _FROZEN, _LIVE, _LENT = 0.6, 0.15, 0.85, 0.2
_EMPLOYERS = ("云浮市新成石材有限公司", "云浮市广源不锈钢制品有限公司", "罗定市恒达电子科技有限公司", "新兴县嘉禾食品有限公司",
              "郁南县百川物流有限公司", "云浮市第三小学")
_COURTS = (("云浮市云安区人民法院", "粤5303"), ("肇庆市端州区人民法院", "粤1202"), ("佛山市禅城区人民法院", "粤0604"))


def invent(agency: Agency, subject: RegisteredSubject, rng: Random) -> Sequence[Holding]:
    """Give three persons of five an account; organisations have none."""
    if subject.id_no in DEMO_HOLDINGS:
        return DEMO_HOLDINGS[subject.id_no]
    if subject.kind != "person" or rng.random() >= _HOLDERS:
        return ()
    return (_invented(agency, subject, rng),)


def _invented(agency: Agency, subject: RegisteredSubject, rng: Random) -> Holding:
    base, personal, employer = rng.randint(20, 300) * 10_000, rng.randint(5, 12), rng.randint(5, 12)
    balance = rng.randint(0, 25_000_000)
    opened_on = date(rng.randint(2008, 2024), rng.randint(1, 12), rng.randint(1, 28))
    earlier = _earlier(rng.randint(1, balance), rng) if balance and rng.random() < _FROZEN else ()
    record = ProvidentFundRecord(
        personal_account_no=f"{agency.region_code[:4]}{rng.randrange(10**10):010d}", holder_name=subject.name,
        employer_name=rng.choice(_EMPLOYERS), balance_fen=balance, contribution_base_fen=base, opened_on=opened_on,
        account_status="normal" if rng.random() < _LIVE else "sealed_dormant",
        rate_personal=Decimal(personal) / 100, rate_employer=Decimal(employer) / 100, paid_through=f"2026-{rng.randint(6, 10):02d}",
        monthly_personal_fen=base * personal // 100, monthly_employer_fen=base * employer // 100,
        payout_account=f"62220320{rng.randrange(10**11):011d}", payout_bank="中国建设银行云浮市分行",
        has_loan=rng.random() < _LENT, frozen_fen=sum(one.amount_fen or 0 for one in earlier))
    return Holding(record.personal_account_no, record, prior_measures=earlier)


def _earlier(amount_fen: int, rng: Random) -> tuple[PriorMeasure, ...]:
    court, code = rng.choice(_COURTS)
    on = date(2026, rng.randint(1, 9), rng.randint(2, 28))
    return (PriorMeasure(kind="freeze", authority=court, document_no=f"（2026）{code}执{rng.randint(100, 9999)}号之一",
                         amount_fen=amount_fen, rank=1, from_on=on, until_on=on.replace(year=on.year + 1, day=on.day - 1)),)
