"""What the banks hold for the demo subjects. People, companies and numbers are invented."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.assets.deposits import DepositRecord
from contracts.control import PriorityRight, PriorMeasure
from services.runtime.mock.port import Holding

DEMO_PERSON, DEMO_COMPANY = "445302199001010013", "91445300MA4UN0001B"


def _account(
    account_no: str, account_class: str, balance_fen: int, available_balance_fen: int | None = None, *,
    priors: tuple[PriorMeasure, ...] = (), rights: tuple[PriorityRight, ...] = (), **more: Any,
) -> Holding:
    available = balance_fen if available_balance_fen is None else available_balance_fen
    record = DepositRecord.model_validate({
        "account_no": account_no, "account_class": account_class, "account_status": "normal", "currency": "CNY",
        "balance_fen": balance_fen, "available_balance_fen": available, **more})
    return Holding(account_no, record, priority_rights=rights, prior_measures=priors)


LUODING = PriorMeasure(
    kind="freeze", authority="罗定市人民法院", document_no="（2026）粤5381执812号之一", amount_fen=3_000_000, rank=1,
    from_on=date(2026, 3, 12), until_on=date(2027, 3, 11))
_POLICE = PriorMeasure(
    kind="freeze", authority="佛山市公安局禅城分局", document_no="佛公（禅）冻财字〔2026〕88号", amount_fen=500_000_000, rank=1,
    from_on=date(2026, 8, 20), until_on=date(2027, 8, 19))
PLEDGE = PriorityRight(kind="pledge", holder="广发银行云浮分行", amount_fen=120_000_000)

#: What the demo subjects have, by id number and bank: free, frozen before, empty, overdrawn, foreign and exempt accounts.
DEMO_HOLDINGS: Mapping[tuple[str, str], tuple[Holding, ...]] = {
    (DEMO_PERSON, "icbc"): (
        _account("6222024530200012345", "personal_settlement", 8_812_300, account_tier="1", opened_on=date(2012, 5, 8),
                 branch_name="中国工商银行云浮云城支行", branch_code="102593000017"),
    ),
    (DEMO_PERSON, "ccb"): (
        _account("6217003130004453021", "personal_settlement", 5_200_000, 2_200_000, priors=(LUODING,), account_tier="1",
                 account_status="partly_frozen", opened_on=date(2015, 9, 1), branch_name="中国建设银行云浮市分行"),
    ),
    (DEMO_PERSON, "boc"): (
        _account("6013826605300001234", "personal_savings", 1_250_000, currency="USD", opened_on=date(2019, 3, 4),
                 branch_name="中国银行云浮分行", remark="美元现汇"),
    ),
    (DEMO_PERSON, "psbc"): (_account("6217995930001002003", "personal_settlement", 0, account_tier="2", opened_on=date(2018, 1, 2)),),
    (DEMO_PERSON, "cgb"): (_account("6225685300012345678", "credit_card", -1_834_260, 0, opened_on=date(2021, 7, 15)),),
    (DEMO_PERSON, "cmb"): (
        _account("6214837655300012345", "personal_settlement", 312_058, account_tier="1", opened_on=date(2020, 11, 3)),
        _account("5300120201103000017", "time_deposit", 20_000_000, opened_on=date(2024, 2, 19), linked_cash_account="6214837655300012345"),
    ),
    (DEMO_PERSON, "yunfu-rcb"): (_account("6223305300045671238", "personal_settlement", 1_266_000, opened_on=date(2009, 4, 20)),),
    (DEMO_COMPANY, "icbc"): (_account("2020002109045302001", "basic", 46_037_850, opened_on=date(2016, 6, 1)),),
    (DEMO_COMPANY, "abc"): (
        _account("44650101040012345", "migrant_wage", 9_600_000, opened_on=date(2023, 3, 1), remark="专用存款账户（农民工工资）"),
        _account("44650101040012346", "social_insurance", 2_215_400, opened_on=date(2017, 2, 6)),
    ),
    (DEMO_COMPANY, "ccb"): (
        _account("44050172863600000123", "general", 188_052_266, 0, priors=(_POLICE,), account_status="frozen", opened_on=date(2019, 10, 8)),
    ),
    (DEMO_COMPANY, "boc"): (_account("653471230045", "general", 23_400_000, currency="USD", opened_on=date(2018, 5, 21)),),
    (DEMO_COMPANY, "cgb"): (
        _account("9550880053000001234", "acceptance_margin", 150_000_000, rights=(PLEDGE,), opened_on=date(2025, 12, 1)),
    ),
    (DEMO_COMPANY, "yunfu-rcb"): (_account("80020000012345678", "general", 3_318_727, opened_on=date(2016, 6, 15)),),
}
