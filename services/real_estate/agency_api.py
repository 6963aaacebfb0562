"""The registry's own words (dialect `standard`): elements, attributes and code lists. domain.md §4.1, §4.5, §5.

What we say, and what a registry says to a control step, or of a query it takes or declines: there an unknown attribute, element or code is
an error. The rights it lists are read field by field (reading.py). A field is an attribute, a tuple of models the child elements of that
name. Values are what they mean (date, fen, m2); how they are written is in `formats.py`.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from contracts.asset_type import CertificateNo, Line, UnitCode
from contracts.words import Model
from services.real_estate.formats import Day, Stamp, WanYuan, Whole

PATH = "/services/bdcck"
QUERY, CONTROL, STATUS = "cxBdcQL", "kzBdcQL", "cxZt"
#: An answer is named after what was asked first, by whichever way it comes: at once, when asked for, or by call-back.
QUERY_ANSWER, CONTROL_ANSWER = "cxBdcQLResponse", "kzBdcQLResponse"
QUERY_ITEM, CONTROL_ITEM, STATUS_ITEM = "CXQQ", "KZQQ", "ZTCX"
QUERY_ANSWER_ITEM, CONTROL_ANSWER_ITEM = "CXFK", "KZFK"

RequestNo = Annotated[str, Field(min_length=1, max_length=45)]

IdKind = Literal["1", "2", "3", "4", "5", "6", "7", "8", "99"]
"""ZJZL: 1 resident id · 2 Hong Kong, Macao, Taiwan · 3 passport · 4 household book · 5 officer's card ·
6 organisation code · 7 business licence · 8 USCC · 99 other."""
RightKind = Annotated[str, Field(pattern=r"^\d{1,2}$")]
"""QLLX, see codes.py."""
SealKind = Literal["1", "2", "3", "4", "5"]
"""CFLX: 1 seal · 2 waiting · 3 pre-seal · 4 waiting pre-seal · 5 renewed seal."""
SealState = Literal["1", "2", "3", "4", "5", "6", "7"]
"""CFZT: 1 in force · 2 waiting · 3 released · 4 expired · 5 lapsed by disposal · 6 title transferred · 7 taken back."""
Measure = Literal["11", "12", "14", "15"]
"""KZCS: 11 seal · 12 renew · 14 release · 15 transfer of title."""
Refusal = Literal["01", "02", "03", "04", "05", "06", "11", "12", "13", "14", "15", "16", "17", "18", "99"]
"""CWDM: 01 no document · 02 document does not match · 03 no credentials · 04 name and number differ ·
05 identity incomplete · 06 not authorised · 11 measure unsupported · 12 no such unit · 13 exempt ·
14 no original seal · 15 term over the cap · 16 expired · 17 over the quota · 18 no such request ·
99 review declined."""
ResponseCode = Literal["0000", "9001", "9002", "9003", "9004"]
"""RESPONSECODE: 0000 ok · 9001 message malformed · 9002 busy · 9003 outside hours · 9004 not authorised."""


class Head(Model):
    """HEAD, in the header of an answer; its attributes are plain text."""

    CREATETIME: Stamp
    RESPONSECODE: ResponseCode
    RESPONSEINFO: str


class Document(Model):
    """WS, a legal document; WSNR is the file itself in Base64, MD5 of the file in hex."""

    WSLB: Literal["1", "2", "9"]  #: 1 ruling · 2 notice · 9 other
    WSMC: Line
    WSBH: Line
    WJLX: Literal["pdf", "ofd", "jpg", "png", "bin"] | None = None
    MD5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    WSNR: str | None = None


class Asker(Model):
    """What every request carries: number, subject, court, case, officer, documents."""

    BDHM: RequestNo
    XM: Line
    GJ: Line | None = None  #: country, three letters
    ZJZL: IdKind
    ZJH: Line
    FYMC: Line
    FYDM: Line
    AH: Line
    CBR: Line | None = None
    YHDH: Line | None = None
    GZZBH: Line | None = None
    GWZBH: Line | None = None
    HDDZ: str | None = None  #: address to call back
    WS: tuple[Document, ...] = ()


class QueryItem(Asker):
    """CXQQ, one query."""


class Transferee(Model):
    """GHDX, who gets the title."""

    DXXH: Whole
    DXXM: Line
    DXZJLX: IdKind
    DXSFZHM: Line


class ControlItem(Asker):
    """KZQQ, one control step, on the unit or, where it has no code, on the certificate."""

    KZCS: Measure
    BDCDYH: UnitCode | None = None
    BDCQLLX: RightKind | None = None
    BDCQZH: CertificateNo | None = None
    ZL: Line | None = None
    CKWH: Line | None = None  #: number of the ruling
    CFQX: Whole | None = None  #: term in months
    JSRQ: Day | None = None  #: or its last day
    YDJAH: Line | None = None
    YDJDH: RequestNo | None = None
    YCFYWH: Line | None = None  #: the registry's number of the original seal
    GHDX: tuple[Transferee, ...] = ()


class StatusItem(Model):
    """ZTCX, how an earlier request stands."""

    BDHM: RequestNo
    XZ: Literal["1", "2"]  #: 1 query · 2 control
    SLBH: Line | None = None


class _OfAUnit(Model):
    """What is about a unit: by its code, or by the certificate where it has none."""

    BDCDYH: UnitCode | None = None
    BDCQZH: CertificateNo | None = None

    @model_validator(mode="after")
    def _names_it(self) -> Self:
        if self.BDCDYH is None and self.BDCQZH is None:
            raise ValueError("neither a unit code nor a certificate")
        return self


class Mortgage(_OfAUnit):
    """DYAQ; DYFS 1 mortgage, 2 maximum-amount mortgage."""

    DYQR: Line
    DYFS: Literal["1", "2"]
    BDBZZQSE: WanYuan | None = None


class Seal(_OfAUnit):
    """CFDJ; BDHM where the seal was asked for over the network; a waiting seal has no days yet."""

    CFLX: SealKind
    CFJG: Line
    CFWH: Line | None = None
    CFSX: Whole | None = None
    CFQSSJ: Day | None = None
    CFJSSJ: Day | None = None
    BDHM: RequestNo | None = None
    JFJG: Line | None = None  #: of a seal that was lifted: by whom, by which document, when
    JFWH: Line | None = None
    JFSJ: Day | None = None


class Received(Model):
    """CXFK or KZFK with RESULT 0001: taken, answered later; YJSC seconds until it is worth asking."""

    RESULT: Literal["0001"] = "0001"
    BDHM: RequestNo
    FKSJ: Stamp
    SLBH: Line
    YJSC: Whole | None = None


class Declined(Model):
    """CXFK or KZFK with RESULT 2040."""

    RESULT: Literal["2040"] = "2040"
    BDHM: RequestNo
    FKSJ: Stamp
    CWDM: Refusal
    MESSAGE: Line


class Done(_OfAUnit):
    """KZFK with RESULT 0000 and KZZT 1; seals and mortgages that stood before are listed."""

    RESULT: Literal["0000"] = "0000"
    KZZT: Literal["1"] = "1"
    BDHM: RequestNo
    FKSJ: Stamp
    CFZT: SealState
    CFSX: Whole | None = None
    SDSJ: Stamp | None = None  #: service of the documents
    CSKSRQ: Stamp | None = None  #: effect from
    CSJSRQ: Day | None = None  #: last day
    CFYWH: Line | None = None  #: the registry's number of the seal
    DYAQ: tuple[Mortgage, ...] = ()
    CFDJ: tuple[Seal, ...] = ()


class NotDone(Model):
    """KZFK with RESULT 0000 and KZZT 2."""

    RESULT: Literal["0000"] = "0000"
    KZZT: Literal["2"] = "2"
    BDHM: RequestNo
    FKSJ: Stamp
    CWDM: Refusal
    WNKZYY: Line


_Outcome = Annotated[Done | NotDone, Field(discriminator="KZZT")]
ControlAnswer = Annotated[_Outcome | Received | Declined, Field(discriminator="RESULT")]
#: What a query is answered with that finds nothing yet, or nothing at all.
QUERY_ANSWERS: TypeAdapter[Received | Declined] = TypeAdapter(Annotated[Received | Declined, Field(discriminator="RESULT")])
CONTROL_ANSWERS: TypeAdapter[Done | NotDone | Received | Declined] = TypeAdapter(ControlAnswer)
