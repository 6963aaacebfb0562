"""The case a request belongs to: its number, its court, its officer, its claim. domain.md §11."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, model_validator

from contracts.failures import Unfit
from contracts.money import Fen
from contracts.names import normal_name, plain_number
from contracts.words import STORED, Message, Model

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
    plain = plain_number(text)
    parse_case_no(plain)
    return normal_case_no(plain)


def _said_name(name: str, info: ValidationInfo) -> str:
    return name if info.context is STORED else normal_name(name)


def _checked_court(text: str) -> str:
    if not _COURT.match(text):
        raise Unfit("bad_court_code", "法院代字格式不正确", "the court code has the wrong form", "粤5302")
    return text


CaseNo = Annotated[str, AfterValidator(_checked_case_no)]
CourtCode = Annotated[str, AfterValidator(_checked_court)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
#: A name that goes to agencies beside the subject's, in its normal form.
SaidName = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_said_name)]
TitleKind = Literal["judgment", "mediation", "arbitral_award", "notarised_debt", "labour_award", "payment_order", "criminal",
                    "administrative", "other"]
_TITLE_EXAMPLE = '{"kind": "arbitral_award", "number": "（2022）穗仲案字第12345号", "issued_by": "广州仲裁委员会"}'


class EnforcementTitle(Model):
    """What is enforced: a judgment, an award, a notarised debt. `number` as on the document, with full-width brackets."""

    kind: TitleKind | None = Field(description="null: a case number was given as text, and of which kind of title was not said")
    number: ShortText
    issued_by: SaidName | None = Field(default=None, description="court, arbitration commission or notary office")

    @model_validator(mode="after")
    def _has_a_number(self, info: ValidationInfo) -> Self:
        if info.context is not STORED:
            self.__dict__.update(number=_title_number(self.number))
        return self


def _title_number(text: str) -> str:
    number = normal_case_no(plain_number(text))
    if not any(char.isdecimal() for char in number):
        raise Unfit("title_without_number", "执行依据应写明文书编号", "the enforcement title has no number", _TITLE_EXAMPLE)
    return number


def _title_of_text(given: object) -> object:
    """Read a title that is given as text, which is a case number; of any other document its kind must be said."""
    if not isinstance(given, str):
        return given
    number = _title_number(given)
    if not _CASE_NO.match(number):
        raise Unfit("title_kind_required", "该编号不是现行案号，应写明执行依据的种类和编号",
                    "this is no case number of today: say what kind of title it is", _TITLE_EXAMPLE)
    return EnforcementTitle(kind=None, number=number)


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
    enforcement_title: Annotated[EnforcementTitle | None, BeforeValidator(_title_of_text)] = Field(
        default=None, description="a text that is a case number is taken too")
    claim: Claim | None = None


class CommandOfficer(Message):
    """Who asks, as an agency is told."""

    name: str
    work_card_no: str
    duty_card_no: str
    phone: str | None = None


class Officer(CommandOfficer):
    """Who asks, with the two cards an agency looks at. Source: domain.md §9."""

    model_config = Model.model_config

    name: SaidName
    work_card_no: ShortText
    duty_card_no: ShortText
    phone: Annotated[str, StringConstraints(max_length=40)] | None = None


class CaseReference(Message):
    """What an agency is told about the case."""

    case_no: str
    court_code: str
    court_name: str


__all__ = ["PROVINCE_REGION", "Case", "CaseNo", "CaseNumber", "CaseReference", "Claim", "CommandOfficer", "CourtCode", "EnforcementTitle", "Officer",
           "SaidName", "ShortText", "normal_case_no", "parse_case_no"]
