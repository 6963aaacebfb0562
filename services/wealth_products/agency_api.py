"""The banks' own words about wealth products: what we say, and what a bank says to a control, where an unknown field or code is an error.

What it says to a query is read field by field (reading.py). It must not translate: it knows the banks' document and nothing of ours. A
field's alias is its name on the wire; codes and forms are in `codes.py`. Source: domain.md §4.1-4.4
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.wealth_products import codes
from services.wealth_products.codes import (
    MOST_ENTRIES,
    MOST_MEASURES,
    MOST_REQUESTS,
    AskedFen,
    Fen,
    FromDay,
    Instant,
    Line,
    ProductCode,
    Rank,
    Remark,
    Seconds,
    ToDay,
    WealthAccount,
)

QUERY_PATH, CONTROL_PATH = "/jrcx", "/jrkz"
#: KZCS of a release: the first of what is in force, the second of what waits.
RELEASES = frozenset({"04", "05"})
_BOTH_PARTS = 2


class Said(BaseModel):
    """Anything a bank says; a field its document does not have is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(Said):
    """Anything we say; written by our names, sent by theirs."""

    model_config = ConfigDict(populate_by_name=True)


class Document(Asked):
    """A legal document, with its content where the bank wants it."""

    kind: codes.DocumentCode = Field(alias="WSLB")
    document_no: Line = Field(alias="WSBH")
    issued_on: FromDay | None = Field(default=None, alias="WSRQ")
    content: str | None = Field(default=None, alias="WSNR")


class Head(Asked):
    """Who asks about whom; the same in a query and in a control."""

    request_no: Line = Field(alias="BDHM")
    name: Line = Field(alias="XM")
    nationality: str | None = Field(default=None, alias="GJ")
    id_type: codes.IdTypeCode = Field(alias="ZJLX")
    id_no: Line = Field(alias="DSRZJHM")
    court_name: Line = Field(alias="FYMC")
    court_code: Line = Field(alias="FYDM")
    judge: Line = Field(alias="CBR")
    judge_phone: str | None = Field(default=None, alias="YHDH")
    case_no: Line = Field(alias="AH")
    work_card_no: str = Field(alias="GZZBH")
    duty_card_no: str = Field(alias="GWZBH")
    callback_url: str | None = Field(default=None, alias="HDDZ")
    documents: tuple[Document, ...] = Field(alias="WSXX")


class Query(Head):
    """One subject asked about."""


class QueryList(Asked):
    """POST the query list."""

    nature: Literal["1"] = Field(default="1", alias="XZ")
    queries: tuple[Query, ...] = Field(alias="CXLB", min_length=1, max_length=MOST_REQUESTS, fail_fast=True)


class ControlItem(Asked):
    """What is to be done to one product and the account it pays back to. A term is given by its last day or in months."""

    seq: Literal["1"] = Field(default="1", alias="CCXH")
    control_type: Literal["2"] = Field(default="2", alias="KZLX")
    measure: codes.MeasureCode = Field(alias="KZCS")
    wealth_account: WealthAccount = Field(alias="LCZH")
    product_code: ProductCode = Field(alias="JRCPBH")
    return_account: Line | None = Field(default=None, alias="ZJHKZH")
    currency: codes.CurrencyCode = Field(alias="BZ")
    amount: AskedFen | None = Field(default=None, alias="JE")
    until_on: ToDay | None = Field(default=None, alias="JSRQ")
    months: int | None = Field(default=None, alias="KZQX")
    ruling_no: str | None = Field(default=None, alias="CKWH")
    original_case_no: str | None = Field(default=None, alias="YDJAH")
    original_request_no: str | None = Field(default=None, alias="YDJDH")
    freeze_no: str | None = Field(default=None, alias="DJBH")


class Control(Head):
    """POST one control."""

    nature: Literal["2"] = Field(default="2", alias="XZ")
    items: tuple[ControlItem] = Field(alias="KZZH")


class Measure(Said):
    """A judicial measure that stands on a product (DJXX)."""

    rank: Rank = Field(alias="CSXH")
    authority: Line = Field(alias="DJJG")
    document_no: Line | None = Field(default=None, alias="DJWH")
    mode: codes.FreezeModeCode = Field(alias="BEIZ")
    amount: Fen | None = Field(default=None, alias="DJJE")
    from_on: FromDay | None = Field(default=None, alias="DJKSRQ")
    until_on: ToDay | None = Field(default=None, alias="DJJZRQ")
    request_no: Line | None = Field(default=None, alias="DJDH")


class Right(Said):
    """A right that is paid first (QLXX)."""

    kind: codes.RightCode = Field(alias="QLLX")
    holder: Line = Field(alias="QLR")
    amount: Fen | None = Field(default=None, alias="QLJE")


class ControlResult(Said):
    """What became of one part (KZXX): of the product or of its return account. CESKJE is what lacks over both."""

    seq: Rank = Field(alias="CCXH")
    part: codes.PartCode = Field(alias="KZLX")
    measure: codes.MeasureCode | None = Field(default=None, alias="KZCS")
    wealth_account: WealthAccount | None = Field(default=None, alias="LCZH")
    product_code: ProductCode | None = Field(default=None, alias="JRCPBH")
    return_account: Line | None = Field(default=None, alias="KHZH")
    done: Literal["1", "2"] = Field(alias="KZZT")
    standing: codes.StandingCode | None = Field(default=None, alias="CSZT")
    reason: codes.ReasonCode | None = Field(default=None, alias="WNKZYY")
    limit: Fen | None = Field(default=None, alias="DJXE")
    actual: Fen | None = Field(default=None, alias="SKJE")
    over_limit: Fen | None = Field(default=None, alias="CESKJE")
    rank: Rank | None = Field(default=None, alias="LHSX")
    served_at: Instant | None = Field(default=None, alias="SDSJ")
    effective_at: Instant | None = Field(default=None, alias="CSKSRQ")
    until_on: ToDay | None = Field(default=None, alias="CSJSRQ")
    freeze_no: Line | None = Field(default=None, alias="DJBH")
    waiting_no: Line | None = Field(default=None, alias="LHBH")
    remark: Remark | None = Field(default=None, alias="BEIZ")
    measures: tuple[Measure, ...] = Field(default=(), max_length=MOST_MEASURES, fail_fast=True, alias="DJXX")
    rights: tuple[Right, ...] = Field(default=(), max_length=MOST_ENTRIES, fail_fast=True, alias="QLXX")

    @model_validator(mode="after")
    def _done_or_why_not(self) -> Self:
        if (self.done == "1") != (self.standing is not None) or (self.done == "2") != (self.reason is not None):
            raise ValueError("KZZT 1 has CSZT, KZZT 2 has WNKZYY")
        if self.done == "1" and self.measure is None:
            raise ValueError("KZZT 1 has KZCS")
        if self.standing == "2" and self.rank is None:
            raise ValueError("CSZT 2 has LHSX")
        if self.done == "2" and self.actual is not None and self.measure not in RELEASES:
            raise ValueError("KZZT 2 has SKJE only where a release is declined")
        return self

    @model_validator(mode="after")
    def _a_part_done_is_named(self) -> Self:
        named = self.return_account if self.part == "1" else self.wealth_account and self.product_code
        if self.done == "1" and not named:
            raise ValueError("KZLX 1 names KHZH, KZLX 2 LCZH and JRCPBH")
        return self


class ControlAnswer(Said):
    """The results of one control; `repeated` says that its number was received before, and that this is what it did then.

    Shape: both parts; of a release only those that the measure holds
    """

    request_no: Line = Field(alias="BDHM")
    answered_at: Instant = Field(alias="FKSJ")
    repeated: Literal["0", "1"] = Field(alias="CFBZ")
    results: tuple[ControlResult, ...] = Field(alias="KZXX", min_length=1, max_length=_BOTH_PARTS)

    @model_validator(mode="after")
    def _each_part_once_and_none_left_out(self) -> Self:
        if len({one.part for one in self.results}) < len(self.results):
            raise ValueError("a part has two results")
        if len(self.results) < _BOTH_PARTS and self.results[0].measure not in RELEASES:
            raise ValueError("a part has no result")
        return self


class Receipt(Said):
    """A request that is answered later, and how long the bank asks us to wait."""

    request_no: Line = Field(alias="BDHM")
    serial: Line = Field(alias="SLH")
    ask_after_s: Seconds | None = Field(default=None, alias="DDMS")


class Feedback(Said):
    """Whatever a bank sends back, in the response, when asked for the status or by call-back; each item is read by itself."""

    result: codes.ResultCode = Field(alias="RESULT")
    message: Remark = Field(alias="MSG")
    retry_after_s: Seconds | None = Field(default=None, alias="DDMS")
    receipts: tuple[Any, ...] = Field(default=(), max_length=MOST_REQUESTS, fail_fast=True, alias="SLHZ")
    items: tuple[Any, ...] = Field(default=(), max_length=MOST_REQUESTS, fail_fast=True, alias="FKLB")
