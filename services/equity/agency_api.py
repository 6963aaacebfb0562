"""The registrar's own words: what we say, and the results of matters, which refuse unknown fields. Codes and forms are in `codes.py`.

It must not translate: it knows the registrar's document and nothing of ours. A field's alias is its name on the wire. The stakes that a
query found are read field by field (sheet.py).

POST /tasks            leave tasks, up to twenty queries or one matter; each is answered by how it stands
GET  /tasks/{number}   how a task stands, by request number (qqdh) or task number (rwlsh)
"""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.equity import codes
from services.equity.codes import (
    MOST_ENTRIES,
    AskedFen,
    AskedShare,
    CompanyNo,
    CurrencyCode,
    Day,
    Fen,
    Instant,
    Line,
    Rank,
    Remark,
    Seconds,
)

PATH = "/tasks"
MOST_TASKS = 20


class Said(BaseModel):
    """Anything the registrar says; a field its document does not have is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(Said):
    """Anything we say; written by our names, sent by theirs."""

    model_config = ConfigDict(populate_by_name=True)


class Document(Asked):
    """A legal document, with its content where the registrar wants it."""

    kind: codes.DocumentCode = Field(alias="wslb")
    document_no: Line = Field(alias="wsh")
    issued_on: Day | None = Field(default=None, alias="wsrq")
    content: str | None = Field(default=None, alias="wsnr")


class Query(Asked):
    """Who asks, and whose stakes in which companies are looked up."""

    request_no: Line = Field(alias="qqdh")
    name: Line = Field(alias="mc")
    id_type: codes.IdTypeCode = Field(alias="zjlx")
    id_no: Line = Field(alias="zjhm")
    court_name: Line = Field(alias="fymc")
    court_code: Line = Field(alias="fydm")
    judge: Line = Field(alias="cbr")
    judge_phone: str | None = Field(default=None, alias="lxdh")
    case_no: Line = Field(alias="ah")
    work_card_no: str = Field(alias="gzzbh")
    duty_card_no: str = Field(alias="gwzbh")
    callback_url: str | None = Field(default=None, alias="hddz")
    documents: tuple[Document, ...] = Field(alias="ws")


class Transferee(Asked):
    """Who becomes the shareholder (受让人)."""

    name: Line = Field(alias="mc")
    id_type: codes.IdTypeCode = Field(alias="zjlx")
    id_no: Line = Field(alias="zjhm")


class Matter(Query):
    """What the court asks to be done to one stake; by capital, by share of the company, or to the whole of it."""

    matter: codes.MatterCode = Field(alias="zxsx")
    uscc: CompanyNo = Field(alias="tyshxydm")
    capital: AskedFen | None = Field(default=None, alias="gqse")
    share: AskedShare | None = Field(default=None, alias="gqbl")
    currency: CurrencyCode = Field(alias="bz")
    until_on: Day | None = Field(default=None, alias="qxz")
    months: int | None = Field(default=None, alias="qxys")
    ruling_no: str | None = Field(default=None, alias="cdwsh")
    original_case_no: str | None = Field(default=None, alias="yah")
    original_request_no: str | None = Field(default=None, alias="yqqdh")
    publicity_no: str | None = Field(default=None, alias="gsbh")
    transferee: Transferee | None = Field(default=None, alias="srr")


class QueryTasks(Asked):
    """POST queries."""

    kind: Literal["1"] = Field(default="1", alias="rwlx")
    tasks: tuple[Query, ...] = Field(alias="rw", min_length=1, max_length=MOST_TASKS, fail_fast=True)


class MatterTasks(Asked):
    """POST one matter."""

    kind: Literal["2"] = Field(default="2", alias="rwlx")
    tasks: tuple[Matter] = Field(alias="rw")


class Publicity(Said):
    """A freeze that is published or waits on a stake (司法协助信息)."""

    rank: Rank = Field(alias="lhsx")
    authority: Line = Field(alias="zxfy")
    document_no: Line | None = Field(default=None, alias="wsh")
    capital: Fen | None = Field(default=None, alias="gqse")
    from_on: Day | None = Field(default=None, alias="qxq")
    until_on: Day | None = Field(default=None, alias="qxz")
    request_no: Line | None = Field(default=None, alias="qqdh")


class Right(Said):
    """A right that is paid first."""

    kind: codes.RightCode = Field(alias="qllx")
    holder: Line = Field(alias="qlr")
    claim: Fen | None = Field(default=None, alias="zqse")


class MatterResult(Said):
    """What was done, as it stands."""

    matter: codes.MatterCode = Field(alias="zxsx")
    uscc: CompanyNo = Field(alias="tyshxydm")
    state: codes.FreezeStateCode = Field(alias="zxzt")
    lapse: codes.LapseCode | None = Field(default=None, alias="sxyy")
    capital: Fen | None = Field(default=None, alias="gqse")
    not_frozen: Fen | None = Field(default=None, alias="wdjse")
    currency: CurrencyCode = Field(alias="bz")
    rank: Rank | None = Field(default=None, alias="lhsx")
    served_at: Instant | None = Field(default=None, alias="sdsj")
    publicised_at: Instant | None = Field(default=None, alias="gssj")
    until_on: Day | None = Field(default=None, alias="qxz")
    publicity_no: Line | None = Field(default=None, alias="gsbh")
    waiting_no: Line | None = Field(default=None, alias="lhbh")
    publicities: tuple[Publicity, ...] = Field(default=(), max_length=MOST_ENTRIES, fail_fast=True, alias="sfxz")
    rights: tuple[Right, ...] = Field(default=(), max_length=MOST_ENTRIES, fail_fast=True, alias="yxq")

    @model_validator(mode="after")
    def _the_state_is_complete(self) -> Self:
        if (self.state == "3") != (self.lapse is not None):
            raise ValueError("zxzt 3 has sxyy")
        if self.state == "4" and self.rank is None:
            raise ValueError("zxzt 4 has lhsx")
        return self


class Task(Said):
    """How a task stands: at work, done with its result, or sent back with a reason."""

    request_no: Line = Field(alias="qqdh")
    task_no: Line | None = Field(default=None, alias="rwlsh")
    state: codes.TaskStateCode = Field(alias="zt")
    ask_after_s: Seconds | None = Field(default=None, alias="ddms")
    answered_at: Instant | None = Field(default=None, alias="fksj")
    reason: codes.ReasonCode | None = Field(default=None, alias="thyy")
    remark: Remark | None = Field(default=None, alias="thsm")
    found: Any = Field(default=None, alias="cxjg")
    done: MatterResult | None = Field(default=None, alias="zxjg")

    @model_validator(mode="after")
    def _the_state_is_complete(self) -> Self:
        results = sum(one is not None for one in (self.found, self.done))
        complete = {
            "1": self.task_no is not None and results == 0 and self.reason is None,
            "2": self.task_no is not None and results == 1 and self.reason is None and self.answered_at is not None,
            "9": results == 0 and self.reason is not None and self.answered_at is not None,
        }
        if not complete[self.state]:
            raise ValueError("zt 1 has rwlsh; zt 2 has rwlsh, fksj and one result; zt 9 has fksj and thyy")
        return self


class Answer(Said):
    """Whatever the registrar sends back, in the response, when asked how a task stands or by call-back; each task as it came."""

    result: codes.ResultCode = Field(alias="fhm")
    message: Remark = Field(alias="fhxx")
    retry_after_s: Seconds | None = Field(default=None, alias="ddms")
    tasks: tuple[Any, ...] = Field(default=(), max_length=MOST_ENTRIES, fail_fast=True, alias="rw")
