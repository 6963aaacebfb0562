"""The banks' words, dialect `yuan`: the same statements and codes in other names, amounts in yuan with two decimals.

Constructed for banks that carry the interface in their own JSON. It must not translate. Source: domain.md §4.1-4.4
"""

from typing import Any, Literal

from pydantic import Field

from services.deposits import agency_api as standard
from services.deposits import codes
from services.deposits.codes import (
    MOST_ENTRIES,
    MOST_MEASURES,
    MOST_REQUESTS,
    AccountNo,
    AskedYuan,
    FromDay,
    Instant,
    Line,
    Rank,
    Remark,
    Seconds,
    ToDay,
    Yuan,
)


class Document(standard.Document):
    """A legal document."""

    kind: codes.DocumentCode = Field(alias="docType")
    document_no: Line = Field(alias="docNo")
    issued_on: FromDay | None = Field(default=None, alias="docTime")
    content: str | None = Field(default=None, alias="docContent")


class _Head(standard.Head):
    request_no: Line = Field(alias="reqNo")
    name: Line = Field(alias="custName")
    nationality: str | None = Field(default=None, alias="nationality")
    id_type: codes.IdTypeCode = Field(alias="certType")
    id_no: Line = Field(alias="certNo")
    court_name: Line = Field(alias="courtName")
    court_code: Line = Field(alias="courtCode")
    judge: Line = Field(alias="judge")
    judge_phone: str | None = Field(default=None, alias="judgePhone")
    case_no: Line = Field(alias="caseNo")
    work_card_no: str = Field(alias="workCardNo")
    duty_card_no: str = Field(alias="dutyCardNo")
    callback_url: str | None = Field(default=None, alias="notifyUrl")
    documents: tuple[Document, ...] = Field(alias="docs")


class Query(_Head, standard.Query):
    """One subject asked about."""


class QueryList(standard.QueryList):
    """POST the query list."""

    nature: Literal["1"] = Field(default="1", alias="reqKind")
    queries: tuple[Query, ...] = Field(alias="queries", min_length=1, max_length=MOST_REQUESTS, fail_fast=True)


class ControlItem(standard.ControlItem):
    """What is to be done to one account."""

    seq: Literal["1"] = Field(default="1", alias="seqNo")
    control_type: Literal["1"] = Field(default="1", alias="ctrlType")
    measure: codes.MeasureCode = Field(alias="measure")
    account_no: AccountNo = Field(alias="acctNo")
    scope: codes.ScopeCode = Field(default="1", alias="scope")
    currency: codes.CurrencyCode = Field(alias="ccy")
    amount: AskedYuan | None = Field(default=None, alias="amt")
    until_on: ToDay | None = Field(default=None, alias="endTime")
    months: int | None = Field(default=None, alias="months")
    ruling_no: str | None = Field(default=None, alias="rulingNo")
    funds_name: str | None = Field(default=None, alias="toAcctName")
    funds_bank: str | None = Field(default=None, alias="toBank")
    funds_account_no: str | None = Field(default=None, alias="toAcctNo")
    original_case_no: str | None = Field(default=None, alias="origCaseNo")
    original_request_no: str | None = Field(default=None, alias="origReqNo")
    freeze_no: str | None = Field(default=None, alias="freezeNo")


class Control(_Head, standard.Control):
    """POST one control."""

    nature: Literal["2"] = Field(default="2", alias="reqKind")
    items: tuple[ControlItem] = Field(alias="items")


class Measure(standard.Measure):
    """A judicial measure that stands on an account."""

    rank: Rank = Field(alias="seqNo")
    authority: Line = Field(alias="authority")
    document_no: Line | None = Field(default=None, alias="docNo")
    mode: codes.FreezeModeCode = Field(alias="remark")
    amount: Yuan | None = Field(default=None, alias="amt")
    from_on: FromDay | None = Field(default=None, alias="startTime")
    until_on: ToDay | None = Field(default=None, alias="endTime")
    request_no: Line | None = Field(default=None, alias="reqNo")


class Right(standard.Right):
    """A right that is paid first."""

    kind: codes.RightCode = Field(alias="rightType")
    holder: Line = Field(alias="holder")
    amount: Yuan | None = Field(default=None, alias="amt")


class ControlResult(standard.ControlResult):
    """What became of one control item."""

    seq: Literal["1"] = Field(alias="seqNo")
    measure: codes.MeasureCode | None = Field(default=None, alias="measure")
    account_no: AccountNo | None = Field(default=None, alias="acctNo")
    scope: codes.ScopeCode = Field(alias="scope")
    done: Literal["1", "2"] = Field(alias="done")
    standing: codes.StandingCode | None = Field(default=None, alias="standing")
    reason: codes.ReasonCode | None = Field(default=None, alias="reason")
    balance: Yuan | None = Field(default=None, alias="bal")
    available: Yuan | None = Field(default=None, alias="availBal")
    limit: Yuan | None = Field(default=None, alias="limitAmt")
    actual: Yuan | None = Field(default=None, alias="actualAmt")
    over_limit: Yuan | None = Field(default=None, alias="overAmt")
    deducted: Yuan | None = Field(default=None, alias="paidAmt")
    rank: Rank | None = Field(default=None, alias="rank")
    served_at: Instant | None = Field(default=None, alias="servedTime")
    effective_at: Instant | None = Field(default=None, alias="startTime")
    until_on: ToDay | None = Field(default=None, alias="endTime")
    freeze_no: Line | None = Field(default=None, alias="freezeNo")
    waiting_no: Line | None = Field(default=None, alias="waitNo")
    remark: Remark | None = Field(default=None, alias="remark")
    measures: tuple[Measure, ...] = Field(default=(), max_length=MOST_MEASURES, fail_fast=True, alias="holds")
    rights: tuple[Right, ...] = Field(default=(), max_length=MOST_ENTRIES, fail_fast=True, alias="rights")


class ControlAnswer(standard.ControlAnswer):
    """The result of one control."""

    request_no: Line = Field(alias="reqNo")
    answered_at: Instant = Field(alias="respTime")
    repeated: Literal["0", "1"] = Field(alias="repeated")
    results: tuple[ControlResult] = Field(alias="results")


class Receipt(standard.Receipt):
    """A request that is answered later."""

    request_no: Line = Field(alias="reqNo")
    serial: Line = Field(alias="serialNo")
    ask_after_s: Seconds | None = Field(default=None, alias="waitSecs")


class Feedback(standard.Feedback):
    """Whatever a bank sends back."""

    result: codes.ResultCode = Field(alias="retCode")
    message: Remark = Field(alias="retMsg")
    retry_after_s: Seconds | None = Field(default=None, alias="waitSecs")
    receipts: tuple[Any, ...] = Field(default=(), max_length=MOST_REQUESTS, fail_fast=True, alias="receipts")
    items: tuple[Any, ...] = Field(default=(), max_length=MOST_REQUESTS, fail_fast=True, alias="list")


YUAN = standard.Words(
    "/judicial/queries", "/judicial/controls", Document, Query, QueryList, ControlItem, Control, ControlAnswer, Receipt, Feedback)
