"""The vehicle office's own words: JSON fields, code lists and forms. domain.md §5, §6.1; GA/T 16.

What we say, and what an office says to a control step: there an unknown field or code is an error. What it says to a query is read field by
field (reading.py). Values are what they mean (date, fen); how they are written is at the top.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, TypeAdapter

from contracts.asset_type import Line, PlateNo
from contracts.clock import CHINA
from contracts.money import fen_to_yuan, yuan_to_fen
from contracts.words import Model

QUERY_PATH, CONTROL_PATH = "/api/jdc/cx", "/api/jdc/kz"
#: … /cx/<qqdh> for a query, … /kz/<qqdh> for a control
STATUS_PATH = "/api/jdc/jg"

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?")
_YUAN = re.compile(r"\d{1,13}\.\d{2}")


def _text(pattern: re.Pattern[str], text: object) -> str:
    if not (isinstance(text, str) and text.isascii() and pattern.fullmatch(text)):
        raise ValueError("not in the form asked for")
    return text


def _read_instant(text: object) -> datetime:
    return datetime.fromisoformat(_text(_DAY, text)).replace(tzinfo=CHINA).astimezone(UTC)


def _read_day(text: object) -> date:
    return datetime.fromisoformat(_text(_DAY, text)).date()


def _write_instant(instant: datetime) -> str:
    return f"{instant.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _read_yuan(text: object) -> int:
    return yuan_to_fen(_text(_YUAN, text))


#: yyyy-MM-dd or yyyy-MM-dd HH:mm:ss, China Standard Time; an instant is aware, UTC
Day = Annotated[date, BeforeValidator(_read_day), PlainSerializer(date.isoformat)]
Instant = Annotated[datetime, BeforeValidator(_read_instant), PlainSerializer(_write_instant)]
#: yuan with two decimals, as text; here fen
Yuan = Annotated[int, BeforeValidator(_read_yuan), PlainSerializer(fen_to_yuan)]
Count = Annotated[int, Field(ge=0, le=10**6, strict=True)]
RequestNo = Annotated[str, Field(min_length=1, max_length=45)]

IdKind = Literal["A", "B", "C", "F", "H", "N", "P", "Z"]
"""sfzmmc: A resident id · B organisation code · C officer's card · F from outside the mainland · H household book ·
N USCC · P business licence · Z other."""
PlateKind = Annotated[str, Field(pattern=r"^\d{2}$")]
"""hpzl (GA/T 16.7), see codes.py."""
SealKind = Literal["1", "2", "3", "4", "5"]
"""cflx: 1 seal · 2 waiting seal · 3 seizure · 4 waiting seizure · 5 watch-list entry."""
SealState = Literal["1", "2", "3", "4", "5", "6", "7"]
"""cfzt: 1 in force · 2 waiting · 3 released · 4 expired · 5 lapsed by disposal · 6 transferred · 7 taken back."""
Measure = Literal["01", "02", "03", "04", "05", "06"]
"""kzcs: 01 seal · 02 renew · 03 release · 04 transfer · 05 seize · 06 watch-list entry."""
Refusal = Literal["1001", "1002", "1003", "1004", "1005", "1006", "2001", "2002", "2003", "2004", "2005", "2006", "2007",
                  "2008", "2099"]
"""code of one request: 1001 no document · 1002 document does not match · 1003 no credentials · 1004 name and number differ ·
1005 identity incomplete · 1006 not authorised · 2001 measure unsupported · 2002 no such vehicle · 2003 exempt ·
2004 no original seal · 2005 term over the cap · 2006 expired · 2007 over the quota · 2008 no such request ·
2099 review declined."""
TroubleCode = Literal["9001", "9002", "9003", "9004"]
"""code of a whole answer: 9001 message malformed (HTTP 400) · 9002 busy · 9003 outside hours · 9004 barred (HTTP 403)."""


class Document(Model):
    """ws: a legal document; wsnr is the file in Base64, jyz its SHA-256 in hex."""

    wslb: Literal["1", "2", "9"]  #: 1 ruling · 2 notice · 9 other
    wsmc: Line
    wsbh: Line
    jyz: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    wsnr: str | None = None


class Asker(Model):
    """What every request carries: number, owner, court, case, officer, documents."""

    qqdh: RequestNo
    xm: Line
    sfzmmc: IdKind
    sfzmhm: Line
    fymc: Line
    fydm: Line
    ah: Line
    cbr: Line | None = None
    lxdh: Line | None = None
    gzzbh: Line | None = None
    gwzbh: Line | None = None
    hddz: str | None = None  #: address to call back
    ws: tuple[Document, ...] = ()


class Queries(Model):
    """Body of a query: which vehicles are these owners'."""

    qq: tuple[Asker, ...] = Field(min_length=1)


class Transferee(Model):
    """gh: who gets the vehicle."""

    xm: Line
    sfzmmc: IdKind
    sfzmhm: Line


class Control(Asker):
    """Body of a control step on one vehicle."""

    kzcs: Measure
    hphm: PlateNo
    hpzl: PlateKind | None = None
    clsbdh: Line | None = None
    cdsh: Line | None = None  #: number of the ruling
    cfqx: Count | None = None  #: term in months
    jsrq: Day | None = None  #: or its last day
    ydjah: Line | None = None
    ydjdh: RequestNo | None = None
    ycfdh: Line | None = None  #: the office's number of the original seal
    gh: Transferee | None = None


class Seal(Model):
    """cf: a measure on a vehicle; a waiting one has no end yet, a watch-list entry no rank."""

    cflx: SealKind
    cfjg: Line
    cfwh: Line | None = None
    cfsx: Count | None = None
    ksrq: Day | None = None
    jsrq: Day | None = None
    qqdh: RequestNo | None = None


class Mortgage(Model):
    """dy: a mortgage on a vehicle."""

    dyqr: Line
    je: Yuan | None = None


class Done(Model):
    """How a control step stands; measures and mortgages that stood before are listed."""

    code: Literal["0000"] = "0000"
    qqdh: RequestNo
    hphm: PlateNo
    cfzt: SealState
    cfsx: Count | None = None
    cfdh: Line | None = None  #: the office's number of the measure
    sdsj: Instant | None = None  #: service of the documents
    sxsj: Instant | None = None  #: effect from
    jsrq: Day | None = None  #: last day
    cf: tuple[Seal, ...] = ()
    dy: tuple[Mortgage, ...] = ()


class Received(Model):
    """Taken in, answered later; yjms seconds until it is worth asking."""

    code: Literal["0001"] = "0001"
    qqdh: RequestNo
    sldh: Line
    yjms: Count | None = None


class Declined(Model):
    """Not done, and why."""

    code: Refusal
    qqdh: RequestNo
    msg: Line


class Answers(Model):
    """A body with answers; each of jg is read by itself."""

    code: Literal["0000"] = "0000"
    sj: Instant
    jg: tuple[dict[str, Any], ...]


CONTROL_ANSWER: TypeAdapter[Done | Received | Declined] = TypeAdapter(
    Annotated[Done | Received | Declined, Field(discriminator="code")])
