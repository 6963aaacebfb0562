"""The case a request belongs to: its number, its court, its officer, its claim. domain.md §11."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from contracts.failures import Unfit
from contracts.money import Fen
from contracts.words import Message, Model

_CASE_NO = re.compile(
    r"^（(?P<year>(?:19|20)\d{2})）"
    r"(?P<court>最高法|[京津冀晋内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新军兵](?:\d{4}|\d{2})?)"
    r"(?P<special>知)?(?P<type>[\u4e00-\u9fa5]{1,3})(?P<serial>\d{1,8})号$"
)
_COURT = re.compile(r"^(?:最高法|[京津冀晋内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新军兵](?:\d{4}|\d{2})?)$")
#: First two digits of GB/T 2260 by the character a court code begins with.
PROVINCE_REGION = dict(zip(
    "京津冀晋内辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新",
    ["11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65"], strict=True))


class CaseNumber(Model):
    """The parts of a case number. Source: 法〔2015〕137号 as amended 2018; domain.md §11."""

    year: int
    court_code: str
    type_code: str
    serial: int


def parse_case_no(text: str) -> CaseNumber:
    """Take a case number apart, with full- or half-width brackets.

    Raises: Unfit with bad_case_no
    """
    match = _CASE_NO.match(normal_case_no(text))
    if not match:
        raise Unfit("bad_case_no", "案号格式不正确", "the case number has the wrong form", "（2026）粤5302执1234号")
    return CaseNumber(year=int(match["year"]), court_code=match["court"], type_code=match["type"], serial=int(match["serial"]))


def normal_case_no(text: str) -> str:
    """Write a case number with full-width brackets and no spaces."""
    return text.replace(" ", "").replace("(", "（").replace(")", "）")


def _checked_case_no(text: str) -> str:
    parse_case_no(text)
    return normal_case_no(text)


def _checked_court(text: str) -> str:
    if not _COURT.match(text):
        raise Unfit("bad_court_code", "法院代字格式不正确", "the court code has the wrong form", "粤5302")
    return text


CaseNo = Annotated[str, AfterValidator(_checked_case_no)]
CourtCode = Annotated[str, AfterValidator(_checked_court)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Claim(Model):
    """What the debtor owes: the sum of its parts less what was paid, and from a day on interest for late performance."""

    principal_fen: Fen
    interest_fen: Fen = 0
    litigation_costs_fen: Fen = 0
    enforcement_fee_fen: Fen = 0
    paid_fen: Fen = 0
    as_of_on: date
    late_interest_from_on: date | None = Field(
        default=None, description="first day of late performance: from then on the doubled part runs on unpaid principal (LATE-INTEREST)")

    @property
    def unpaid_principal_fen(self) -> int:
        """Return the principal still owed: payments go to costs, then to interest, then to principal. Source: 民法典 art. 561."""
        before_principal = self.litigation_costs_fen + self.enforcement_fee_fen + self.interest_fen
        return max(0, self.principal_fen - max(0, self.paid_fen - before_principal))

    @property
    def total_fen(self) -> int:
        """Return what is still owed, never below zero, without interest for late performance (gateway/domain/claim.py adds it)."""
        owed = self.principal_fen + self.interest_fen + self.litigation_costs_fen + self.enforcement_fee_fen
        return max(0, owed - self.paid_fen)


class Case(Model):
    """The case a court works on; preservation cases may have no claim or enforcement title yet."""

    case_no: CaseNo
    cause: ShortText | None = None
    enforcement_title: CaseNo | None = None
    claim: Claim | None = None


class Officer(Model):
    """Who asks, with the two cards an agency looks at. Source: domain.md §9."""

    name: ShortText
    work_card_no: ShortText
    duty_card_no: ShortText
    phone: Annotated[str, StringConstraints(max_length=40)] | None = None


class CaseReference(Message):
    """What an agency is told about the case."""

    case_no: str
    court_code: str
    court_name: str


__all__ = ["PROVINCE_REGION", "Case", "CaseNo", "CaseNumber", "CaseReference", "Claim", "CourtCode", "Officer",
           "ShortText", "normal_case_no", "parse_case_no"]
