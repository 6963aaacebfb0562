"""Invent what the depository's register gives a subject: plausible holdings, some pledged and marked, some frozen before.

Pure: the same random numbers give the same holdings. Quantities in lots of 100, prices in whole fen.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random

from contracts.assets.securities import ASSET_TYPE, SecuritiesMark, SecuritiesPledge, SecurityRecord
from contracts.control import PriorityRight, PriorMeasure
from services.runtime.mock.port import Holding, RegisteredSubject
from services.securities.examples import CATALOGUE, DEMO_HOLDINGS, Security

#: Which part of the subjects holds securities, and which part of the holdings is pledged, marked or frozen by others.
_HOLDERS = {"person": 0.2, "organisation": 0.1}
_PLEDGED, _MARKED, _FROZEN = 0.2, 0.3, 0.25
_LOT = 100


def invent(subject: RegisteredSubject, rng: Random) -> Sequence[Holding]:
    """Return a subject's holdings, one to five for those who hold any; the demo subjects have what examples.py says."""
    if subject.id_no in DEMO_HOLDINGS:
        return DEMO_HOLDINGS[subject.id_no]
    if rng.random() >= _HOLDERS[subject.kind]:
        return ()
    accounts = {"shanghai": f"A{rng.randrange(10**9):09d}", "shenzhen": f"0{rng.randrange(10**9):09d}"}
    return tuple(_holding(subject, security, accounts, rng) for security in rng.sample(CATALOGUE, rng.randint(1, 5)))


def _holding(subject: RegisteredSubject, security: Security, accounts: Mapping[str, str], rng: Random) -> Holding:
    lots = rng.randint(2, 500)
    pledged = rng.randint(1, lots) * _LOT if rng.random() < _PLEDGED else 0
    quantity = lots * _LOT
    frozen = rng.randint(0, lots - pledged // _LOT) * _LOT if rng.random() < _FROZEN else 0
    # the Beijing exchange is traded through Shenzhen accounts
    account = accounts["shanghai" if security.market == "shanghai" else "shenzhen"]
    record = SecurityRecord(
        securities_account=account, security_code=security.code, security_name=security.name, market=security.market,
        holder_name=subject.name, share_nature=security.nature, custody_unit=f"{rng.randrange(10**6):06d}",
        quantity=quantity, available_quantity=quantity - pledged - frozen, frozen_quantity=frozen,
        close_price_fen=security.close_price_fen, pledges=_pledges(pledged, rng), marks=_marks(pledged, rng))
    rights = tuple(PriorityRight(kind="pledge", holder=pledge.pledgee, amount_fen=pledged * security.close_price_fen // 2)
                   for pledge in record.pledges)
    return Holding(ASSET_TYPE.key_text(record.model_dump()), _in_portions(record), rights, _earlier(frozen, rng))


def _in_portions(record: SecurityRecord) -> SecurityRecord:
    """Let some of the restricted shares be free of their restriction: a third of the units, in a line of their own."""
    if record.share_nature != "restricted":
        return record
    tradable = record.quantity // 3 // _LOT * _LOT
    available = min(tradable, record.available_quantity)
    frozen = min(tradable - available, record.frozen_quantity)
    counts = ("quantity", "available_quantity", "frozen_quantity")
    portions = [dict(zip(counts, one, strict=True)) | {"share_nature": nature, "custody_unit": record.custody_unit} for nature, one in (
        ("restricted", (record.quantity - tradable, record.available_quantity - available, record.frozen_quantity - frozen)),
        ("tradable", (tradable, available, frozen)))]
    return SecurityRecord.model_validate(record.model_dump() | {"share_nature": "mixed", "portions": portions})


def _pledges(quantity: int, rng: Random) -> tuple[SecuritiesPledge, ...]:
    if not quantity:
        return ()
    on = date(2025, rng.randint(1, 12), rng.randint(1, 28))
    pledgee = rng.choice(("云浮农村商业银行股份有限公司", "粤港证券股份有限公司", "西江融资担保有限公司"))
    return (SecuritiesPledge(pledgee=pledgee, quantity=quantity, registered_on=on, serial=f"ZY{on:%Y%m%d}{rng.randrange(10**5):05d}"),)


def _marks(quantity: int, rng: Random) -> tuple[SecuritiesMark, ...]:
    if not quantity or rng.random() >= _MARKED:
        return ()
    on = date(2026, rng.randint(1, 9), rng.randint(2, 28))
    return (SecuritiesMark(authority="肇庆市端州区人民法院", quantity=quantity, from_on=on, until_on=_last_day(on)),)


def _earlier(quantity: int, rng: Random) -> tuple[PriorMeasure, ...]:
    if not quantity:
        return ()
    court, code = rng.choice((("佛山市禅城区人民法院", "粤0604"), ("广州市天河区人民法院", "粤0106"), ("深圳市福田区人民法院", "粤0304")))
    on = date(2026, rng.randint(1, 9), rng.randint(2, 28))
    return (PriorMeasure(kind="freeze", authority=court, document_no=f"（2026）{code}执{rng.randint(100, 9999)}号之一",
                         quantity=quantity, rank=1, from_on=on, until_on=_last_day(on)),)


def _last_day(on: date) -> date:
    return on.replace(year=on.year + 3, day=on.day - 1)
