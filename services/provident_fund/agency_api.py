"""The fund centre's own words about controls and requests that were taken in or declined: JSON bodies as models that refuse unknown fields.

It must not translate: it knows the centre's document (fund_centre.openapi.yaml) and nothing of ours. Accounts are read field by field (sheet.py).

POST /gjj/cx   {"qqs": […]} up to the batch size   -> Envelope of accounts, Declined or Taken, one a request
POST /gjj/kz   {"qqs": […]} one                    -> Envelope of ControlResult, Declined or Taken
GET  /gjj/jg/<qqdh>                                -> how an earlier request number stands, as above
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Yuan = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}\.[0-9]{2}$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
Stamp = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$")]


class Words(BaseModel):
    """A part of a body; a field the document does not have is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Freeze(Words):
    """在先冻结: authority, document, measure, amount, order (1 is in force), days, and its request number."""

    djjg: Line
    djwh: Line | None = None
    djcs: Line
    djje: Yuan | None = None
    lhsx: int | None = Field(default=None, ge=1)
    ksrq: Day | None = None
    jsrq: Day | None = None
    qqdh: Line | None = None


class Result(Words):
    """What every result begins with."""

    qqdh: str
    jgdm: str
    jgsm: str


class Taken(Result):
    """Taken in: its number there, and in how many seconds its result may be asked for."""

    slbh: Line
    cxjg: int | None = Field(default=None, ge=0)


class Control(Words):
    """控制结果: state, held, lacking, paid out, order, number, served, effective, last day, earlier freezes."""

    kzzt: Line
    sjje: Yuan | None = None
    wzje: Yuan | None = None
    hkje: Yuan | None = None
    lhsx: int | None = Field(default=None, ge=1)
    djbh: Line | None = None
    sdsj: Stamp | None = None
    sxsj: Stamp | None = None
    jsrq: Day | None = None
    djs: list[Freeze] = Field(default_factory=list)


class ControlResult(Result):
    """What a control step did."""

    kzjg: Control


class Envelope(Words):
    """Every answer: what became of the call, when it was answered (China Standard Time), and its results one by one."""

    code: str
    msg: str
    fksj: Stamp
    jgs: list[dict[str, Any]] = Field(default_factory=list)
