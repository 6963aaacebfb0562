"""What the law asks of whatever moves money, a measure or a step: in which case, where to, and when out of a provident fund. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from contracts.asset_type import AssetType
from contracts.case import parse_case_no
from contracts.control import FundsAccount
from gateway.domain import law
from gateway.domain.control_body import CaseFundsAccount, ControlItem, DeductionBody
from gateway.domain.field_errors import field_error
from gateway.domain.findings import Finding, offends

_ACCOUNT, _CONDITION = "case_funds_account", "withdrawal_condition"


def check_case(case_no: str, *, path: Sequence[str | int], day: date, table: law.Table) -> Iterator[Finding]:
    """Check that money is not moved while a case only preserves (DEDUCT-PRESERVATION)."""
    found = law.rules(day, table)
    if parse_case_no(case_no).type_code in law.texts(found["PRESERVE-CONV"], "from"):
        yield offends(found["DEDUCT-PRESERVATION"], path, "not_deductible")


def check_destination(
    account: CaseFundsAccount | None, *, moves_money: bool, path: Sequence[str | int], day: date, table: law.Table,
) -> Iterator[Finding]:
    """Check that what moves money names the account of the case, and nothing else does (CASE-FUNDS)."""
    if (account is not None) != moves_money:
        row = law.rules(day, table)["CASE-FUNDS"]
        code, expected = ("account_required", "{bank, account_no, name}") if moves_money else ("not_for_measure", "null")
        yield offends(row, (*path, _ACCOUNT), code, expected)


def check_condition(
    stated: str | None, kind: AssetType, *, moves_money: bool, path: Sequence[str | int], day: date, table: law.Table,
) -> Iterator[Finding]:
    """Check that money leaves a provident fund only under a condition of withdrawal the debtor meets, which nothing else has (PF-DEDUCT)."""
    row = law.rules(day, table)["PF-DEDUCT"]
    if kind.code != row.parameters["asset_type"]:
        if stated is not None:
            yield Finding(field_error((*path, _CONDITION), "not_for_asset_type", f"{kind.name.zh}没有提取条件",
                                      "this kind of asset has no condition of withdrawal"))
    elif moves_money and stated not in (conditions := law.texts(row, "conditions")):
        yield offends(row, (*path, _CONDITION), "condition_required", " / ".join(conditions))
    elif not moves_money and stated is not None:
        yield offends(row, (*path, _CONDITION), "not_for_measure", "null")


def check_currency(record: Mapping[str, object], *, path: Sequence[str | int]) -> Iterator[Finding]:
    """Check that money moves in yuan, in which claims are counted: what is in another currency is exchanged first."""
    if record.get("currency", "CNY") != "CNY":
        yield Finding(field_error((*path, "amount_fen"), "foreign_currency", "外币款项不能按人民币数额划拨，应先结汇",
                                  "money in a foreign currency is not deducted as yuan: it is exchanged first", "CNY"))


def destination(body: ControlItem | DeductionBody) -> FundsAccount | None:
    """Return the account that the agency is told to pay into."""
    return None if body.case_funds_account is None else FundsAccount(**body.case_funds_account.model_dump())
