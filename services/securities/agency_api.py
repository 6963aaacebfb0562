"""The depository's own words: the lines of its files that we write, and those of its receipts and control results. The file itself is `file.py`.

It must not translate: it knows the agency's document and nothing of ours. What a query is answered with is read field by field (reading.py).
Constructed from domain.md §3, §6.1.

Prefix  CXQQ, KZQQ requests (query, control) · CXFK, KZFK feedback · CXHZ, KZHZ receipt: taken in, or the file failed
Lines   00 first · 01 request, 02 document, 03 control order, 04 transferee, 05 payee · 10 result, 11 taken in, 20 holding, 21 pledge, 22 mark,
        23 freeze, 30 control result (with lines 21 and 23)
Fields  an empty field is one that is not known; quantities are digits; amounts yuan with two decimals; yyyyMMdd, yyyyMMddHHmmss (China
        Standard Time)
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple, TypeVar

from contracts.clock import CHINA
from contracts.money import yuan_to_fen


class Head(NamedTuple):
    """First line; a request has no stamp and no code."""

    tag: str
    prefix: str
    institution: str
    batch: str
    stamp: str = ""
    code: str = ""
    message: str = ""

    @property
    def file_name(self) -> str:
        """Return the name of the file without its ending."""
        return f"{self.prefix}{self.institution}{self.batch}"


class RequestLine(NamedTuple):
    """Who asks about whom."""

    tag: str
    request_no: str
    court_code: str
    court_name: str
    case_no: str
    officer: str
    work_card_no: str
    duty_card_no: str
    phone: str
    name: str
    id_type: str
    id_no: str
    callback: str


class DocumentLine(NamedTuple):
    """A legal document; `member` names its content in the same ZIP."""

    tag: str
    request_no: str
    kind: str
    document_no: str
    issued: str
    member: str


class OrderLine(NamedTuple):
    """What is to be done to which security."""

    tag: str
    request_no: str
    measure: str
    account: str
    security: str
    quantity: str
    amount: str
    months: str
    until: str
    original_request_no: str
    original_case_no: str
    freeze_serial: str
    waiting_serial: str


class TransfereeLine(NamedTuple):
    """Who gets the securities of a transfer."""

    tag: str
    request_no: str
    name: str
    id_type: str
    id_no: str


class PayeeLine(NamedTuple):
    """The court's account that the proceeds of a deduction go to."""

    tag: str
    request_no: str
    bank: str
    account: str
    name: str


class TakenLine(NamedTuple):
    """In a receipt: this request was taken in and may be asked about after so many seconds."""

    tag: str
    request_no: str
    reference: str
    ask_after_s: str


class PledgeLine(NamedTuple):
    """A pledge on what the control above it is about, with the amount it secures."""

    tag: str
    request_no: str
    pledgee: str
    quantity: str
    registered: str
    serial: str
    amount: str


class FreezeLine(NamedTuple):
    """A freeze on what the control above it is about; rank 1 is in force, later ones wait and have no end."""

    tag: str
    request_no: str
    measure: str
    authority: str
    document_no: str
    quantity: str
    amount: str
    rank: str
    starts: str
    ends: str
    original_request_no: str


class ControlLine(NamedTuple):
    """The result of one control step; `lines` belong to it and follow. Units frozen, marked and waited for make up what was asked."""

    tag: str
    request_no: str
    code: str
    message: str
    lines: str
    state: str
    quantity: str
    marked: str
    waiting: str
    amount: str
    unfunded: str
    deducted: str
    rank: str
    freeze_serial: str
    waiting_serial: str
    served: str
    effective: str
    until: str


T = TypeVar("T")
LineT = TypeVar("LineT", bound=NamedTuple)
_DIGITS = re.compile(r"[0-9]{1,13}")
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_INSTANT = re.compile(_DAY.pattern + r"([0-9]{2})([0-9]{2})([0-9]{2})")
_YUAN = re.compile(r"[0-9]{1,13}\.[0-9]{2}")


def line(kind: type[LineT], fields: Sequence[str]) -> LineT:
    """Read one line's fields.

    Raises: ValueError if it has more or fewer than the document gives this kind of line
    """
    if len(fields) != len(kind._fields):
        raise ValueError(f"line {fields[0]} has {len(fields)} fields, not {len(kind._fields)}")
    return kind._make(fields)


def digits(text: str) -> int:
    """Read a count. Raises: ValueError."""
    if not _DIGITS.fullmatch(text):
        raise ValueError("a count is not of digits")
    return int(text)


def fen(text: str) -> int:
    """Read yuan with two decimals. Raises: ValueError."""
    if not _YUAN.fullmatch(text):
        raise ValueError("an amount in yuan has not two decimals")
    return yuan_to_fen(text)


def day(text: str) -> date:
    """Read a date. Raises: ValueError."""
    parts = _DAY.fullmatch(text)
    if not parts:
        raise ValueError("a date is not yyyyMMdd")
    return date(*map(int, parts.groups()))


def instant(text: str) -> datetime:
    """Read an instant of China Standard Time as UTC. Raises: ValueError."""
    parts = _INSTANT.fullmatch(text)
    if not parts:
        raise ValueError("an instant is not yyyyMMddHHmmss")
    year, month, on, hour, minute, second = map(int, parts.groups())
    return datetime(year, month, on, hour, minute, second, tzinfo=CHINA).astimezone(UTC)


def known(read: Callable[[str], T], text: str) -> T | None:
    """Read a field that may be empty."""
    return read(text) if text else None


def one_of(table: Mapping[str, T], code: str, what: str) -> T:
    """Look a code up. Raises: ValueError if the list does not have it."""
    if code not in table:
        raise ValueError(f"unknown {what} {code[:40]!r}")
    return table[code]
