"""The depository's own words: the lines of its files and their closed lists of codes. The file itself is `file.py`.

It must not translate: it knows the agency's document and nothing of ours. Constructed from domain.md §3, §6.1.

Prefix  CXQQ, KZQQ requests (query, control) · CXFK, KZFK feedback · CXHZ, KZHZ receipt: taken in, or the file failed
Lines   00 first · 01 request, 02 document, 03 control order, 04 transferee, 05 payee · 10 result, 11 taken in, 20 holding, 21 pledge, 22 mark,
        23 freeze, 30 control result (with lines 21 and 23)
Fields  an empty field is one that is not known; quantities are digits; prices yuan with three decimals, amounts yuan
        with two; yyyyMMdd, yyyyMMddHHmmss (China Standard Time)
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple, TypeVar

from contracts.clock import CHINA
from contracts.money import yuan_to_fen

RESULT_CODES = {
    "0000": "成功", "0001": "查无证券账户或持有",
    "1001": "缺少法律文书", "1002": "法律文书与请求不一致", "1003": "缺少执行人员证件", "1004": "姓名与证件号码不符",
    "1005": "身份要素不全", "1006": "无权办理",
    "2001": "标的证券不存在", "2002": "依法不得冻结的账户", "2003": "无原冻结记录", "2004": "期限超过法定上限",
    "2005": "冻结已到期", "2006": "不支持该协助事项", "2007": "超过受理限额", "2008": "审核未通过",
    "2009": "请求单号不存在", "2010": "未载明收款账户",
}
#: What a receipt says of the whole file.
FILE_CODES = {"1000": "已受理，结果另行反馈", "9001": "非受理时间", "9002": "系统繁忙", "9003": "机构代码未开通",
              "9004": "文件格式或校验值错误"}
MEASURES = {"01": "冻结", "02": "继续冻结", "04": "解除冻结", "05": "解除轮候冻结", "06": "扣划", "08": "冻结并扣划",
            "09": "过户"}
STATES = {"01": "已冻结", "02": "轮候", "03": "部分冻结，其余标记或者轮候", "04": "已标记", "05": "已解除", "06": "已到期",
          "07": "已失效", "08": "已扣划", "09": "已过户", "10": "已撤回"}
MARKETS = {"0": "深圳证券交易所", "1": "上海证券交易所", "2": "北京证券交易所"}
NATURES = {"00": "无限售流通股", "01": "限售股", "02": "债券", "03": "基金"}
ID_TYPES = {
    "01": "居民身份证", "02": "户口簿", "03": "中国护照", "04": "外国护照", "05": "港澳通行证",
    "06": "港澳居民来往内地通行证", "07": "台湾居民来往大陆通行证", "08": "军官证", "14": "武警证",
    "20": "组织机构代码", "21": "统一社会信用代码", "22": "营业执照", "99": "其他",
}
DOCUMENT_KINDS = {
    "01": "协助查询通知书", "02": "协助冻结通知书", "03": "协助执行通知书", "04": "协助公示通知书",
    "05": "协助解除通知书", "06": "协助扣划通知书", "11": "裁定书", "12": "解除裁定书", "13": "扣划裁定书",
    "14": "过户裁定书", "21": "申请书", "22": "第三人书面确认", "23": "移送执行函", "24": "权属证明",
}


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


class ResultLine(NamedTuple):
    """The result of one query; `lines` belong to it and follow."""

    tag: str
    request_no: str
    code: str
    message: str
    lines: str


class TakenLine(NamedTuple):
    """In a receipt: this request was taken in and may be asked about after so many seconds."""

    tag: str
    request_no: str
    reference: str
    ask_after_s: str


class HoldingLine(NamedTuple):
    """One security in one account."""

    tag: str
    request_no: str
    account: str
    security: str
    security_name: str
    market: str
    holder: str
    nature: str
    custody_unit: str
    quantity: str
    available: str
    frozen: str
    close_price: str


class PledgeLine(NamedTuple):
    """A pledge on the holding or the control above it, with the amount it secures."""

    tag: str
    request_no: str
    pledgee: str
    quantity: str
    registered: str
    serial: str
    amount: str


class MarkLine(NamedTuple):
    """A judicial mark (司法标记) on the holding above it."""

    tag: str
    request_no: str
    authority: str
    quantity: str
    starts: str
    ends: str


class FreezeLine(NamedTuple):
    """A freeze on the holding or the control above it; rank 1 is in force, later ones wait and have no end."""

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
_YUAN = {2: re.compile(r"[0-9]{1,13}\.[0-9]{2}"), 3: re.compile(r"[0-9]{1,9}\.[0-9]{3}")}


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


def fen(text: str, decimals: int = 2) -> int:
    """Read yuan with two decimals, a price with three. Raises: ValueError, also for a price that is not whole fen."""
    if not _YUAN[decimals].fullmatch(text):
        raise ValueError(f"an amount in yuan has not {decimals} decimals")
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
