"""What a registrar's field may say in what we ask and what it confirms: closed lists of codes, forms of amounts, shares and days.

It translates nothing; how the fields of a stake are read is in sheet.py.

Lists marked [own] are not in the published vocabulary. Source: domain.md §5 (CZ12, CZ13, CZ14), §6.1
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, PlainSerializer, PlainValidator, StringConstraints

from contracts.clock import CHINA
from services.runtime.reading.currencies import NUMERIC

IdTypeCode = Literal[  # [own]
    "01",  # 居民身份证
    "02",  # 户口簿
    "03",  # 中国护照
    "04",  # 外国护照
    "05",  # 港澳通行证
    "06",  # 港澳居民来往内地通行证
    "07",  # 台湾居民来往大陆通行证
    "08",  # 军官证
    "09",  # 武警警官证
    "11",  # 统一社会信用代码
    "12",  # 组织机构代码
    "13",  # 营业执照
    "99",  # 其他
]
DocumentCode = Literal[  # [own]
    "01",  # 协助查询通知书
    "02",  # 协助冻结通知书
    "03",  # 协助执行通知书
    "04",  # 协助公示通知书
    "05",  # 协助解除通知书
    "06",  # 协助扣划通知书
    "11",  # 裁定书
    "12",  # 解除裁定书
    "13",  # 扣划裁定书
    "14",  # 过户裁定书
    "21",  # 申请书
    "22",  # 第三人书面确认
    "23",  # 移送执行函
    "24",  # 权属证明
]
MatterCode = Literal[  # CZ12
    "1",  # 公示冻结
    "2",  # 续行冻结
    "3",  # 解除冻结
    "4",  # 强制转让并变更股东
]
FreezeStateCode = Literal[
    "1",  # CZ13 冻结
    "2",  # CZ13 解除冻结
    "3",  # CZ13 失效
    "4",  # 轮候 [own]
    "5",  # 已转让 [own]
    "6",  # 已撤回 [own]
]
LapseCode = Literal[  # CZ14
    "1",  # 期限届满未续行
    "2",  # 2014年11月30日前无期限冻结，公示满两年
    "9",  # 其他
]
RightCode = Literal[  # [own]
    "2",  # 质押
    "9",  # 其他
]
TaskStateCode = Literal[  # [own]
    "1",  # 已接收，办理中
    "2",  # 办结
    "9",  # 退回
]
ReasonCode = Literal[  # [own]
    "01",  # 缺少法律文书
    "02",  # 法律文书与请求不一致
    "03",  # 缺少执行人员证件
    "04",  # 名称与证件号码不符
    "05",  # 身份要素不全
    "06",  # 无权办理
    "07",  # 不支持该协助事项
    "08",  # 未登记为该企业股东
    "09",  # 无原冻结公示
    "10",  # 期限超过三年
    "11",  # 原冻结已失效
    "12",  # 审核未通过
    "13",  # 超过受理限额
    "14",  # 依法不得冻结
    "15",  # 无此任务
]
ResultCode = Literal[  # [own]
    "0",  # 成功
    "1",  # 非工作时间
    "2",  # 系统繁忙
    "3",  # 报文不符合规范
    "4",  # 未授权
]

_WAN = re.compile(r"\d{1,10}\.\d{6}", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3}\.\d{4})%", re.ASCII)
_DAY = re.compile(r"(\d{4})年([1-9]\d?)月([1-9]\d?)日", re.ASCII)
_INSTANT = re.compile(r"(\d{4})年([1-9]\d?)月([1-9]\d?)日 (\d\d):(\d\d):(\d\d)", re.ASCII)
_MILLIONTHS = 10**6


def _fen(value: object) -> int:
    """Read 万元 with six decimals as fen.

    Raises: ValueError
    """
    if not isinstance(value, str) or not _WAN.fullmatch(value):
        raise ValueError("not an amount in 万元 with six decimals")
    return int(value.replace(".", ""))


def wan(fen: int) -> str:
    """Write fen as 万元 with six decimals."""
    return f"{fen // _MILLIONTHS}.{fen % _MILLIONTHS:06d}"


def _ratio(value: object) -> Fraction:
    """Read per cent with four decimals.

    Raises: ValueError
    """
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("not a percentage with four decimals")
    return Fraction(int(match[1].replace(".", "")), _MILLIONTHS)


def percent(ratio: Fraction) -> str:
    """Write a share as per cent with four decimals.

    Raises: ValueError if it has more
    """
    millionths = ratio * _MILLIONTHS
    if millionths.denominator != 1:
        raise ValueError(f"{ratio} is no percentage with four decimals")
    return f"{millionths.numerator // 10**4}.{millionths.numerator % 10**4:04d}%"


def _day(value: object) -> date:
    """Read 2026年11月22日; a day is taken as it is.

    Raises: ValueError
    """
    if isinstance(value, date):
        return value
    match = _DAY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("not a day yyyy年M月d日")
    return date(int(match[1]), int(match[2]), int(match[3]))


def _in_chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _instant(value: object) -> datetime:
    """Read 2026年11月22日 17:00:00, China Standard Time, as an instant in UTC.

    Raises: ValueError
    """
    match = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("not a time yyyy年M月d日 HH:mm:ss")
    year, month, day, hour, minute, second = map(int, match.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=CHINA).astimezone(UTC)


def _or_given(read: Callable[[object], int]) -> Callable[[object], int]:
    return lambda value: value if isinstance(value, int) else read(value)


def _or_fraction(read: Callable[[object], Fraction]) -> Callable[[object], Fraction]:
    return lambda value: value if isinstance(value, Fraction) else read(value)


def _listed(number: str) -> str:
    """Check the number of a currency of GB/T 12406.

    Raises: ValueError
    """
    if number not in NUMERIC.values():
        raise ValueError("not a currency")
    return number


#: Most entries of a list: tasks of an answer, publicities or rights on a stake.
MOST_ENTRIES = 300

Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Remark = Annotated[str, StringConstraints(max_length=1500)]
Seconds = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,7}$")]
Rank = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}$")]
#: A company's USCC, or the registration number it had before.
CompanyNo = Annotated[str, StringConstraints(pattern=r"^([0-9A-Z]{18}|[0-9]{15}|[0-9]{13})$")]
CurrencyCode = Annotated[str, AfterValidator(_listed)]
Instant = Annotated[datetime, PlainValidator(_instant)]
Day = Annotated[date, PlainValidator(_day), PlainSerializer(_in_chinese)]
#: Amounts in 万元, fen on our side; shares are exact fractions. `Asked…` is one we write, given as ours.
Fen = Annotated[int, PlainValidator(_fen)]
AskedFen = Annotated[int, PlainValidator(_or_given(_fen)), PlainSerializer(wan)]
AskedShare = Annotated[Fraction, PlainValidator(_or_fraction(_ratio)), PlainSerializer(percent)]
