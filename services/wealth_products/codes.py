"""What we say to a bank and what it says to a control: closed lists of codes, forms of amounts and times. It translates nothing.

Lists and entries marked [own] are not in the published vocabulary. Source: domain.md §4.2-4.4, §5
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import PlainSerializer, PlainValidator, StringConstraints

from contracts.clock import CHINA

IdTypeCode = Literal[
    "01",  # 居民身份证
    "02",  # 户口簿
    "03",  # 中国护照
    "04",  # 外国护照
    "05",  # 港澳通行证
    "06",  # 港澳居民来往内地通行证
    "07",  # 台湾居民来往大陆通行证
    "08",  # 军官证
    "14",  # 武警警官证
    "20",  # 组织机构代码
    "21",  # 统一社会信用代码 [own]
    "22",  # 营业执照 [own]
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
MeasureCode = Literal[
    "01",  # 冻结
    "02",  # 继续冻结
    "03",  # 轮候冻结, only in answers
    "04",  # 解除冻结
    "05",  # 解除轮候冻结
]
FreezeModeCode = Literal[
    "1",  # 整体冻结
    "2",  # 金额冻结
    "3",  # 圈存
    "4",  # 受托支付
]
RightCode = Literal[  # [own]
    "1",  # 抵押
    "2",  # 质押
    "3",  # 留置
    "4",  # 最高额抵押
    "9",  # 其他
]
PartCode = Literal[  # [own] in a result: what the bank answers for
    "1",  # 资金回款账户
    "2",  # 产品
]
StandingCode = Literal[  # [own] 措施状态
    "1",  # 生效
    "2",  # 轮候
    "3",  # 已解除
    "4",  # 已到期
    "5",  # 已失效
    "7",  # 已撤回
]
ReasonCode = Literal[  # [own] the reasons seen, numbered
    "01",  # 缺少法律文书
    "02",  # 法律文书与请求不一致
    "03",  # 缺少执行人员证件
    "04",  # 户名不符
    "05",  # 证件号码不符
    "06",  # 姓名、证件类型、证件号码不全
    "07",  # 无权办理
    "08",  # 不支持该控制措施
    "09",  # 无此产品或回款账户
    "15",  # 无原冻结记录
    "16",  # 期限超过三年
    "17",  # 原冻结已到期
    "18",  # 超过受理限额
    "19",  # 业务审核未通过
    "20",  # 无此请求单号
    "22",  # 未载明控制金额
    "23",  # 代销产品，由管理人登记，本行不能控制
    "24",  # 资金回款账户不在本行
]
ResultCode = Literal[  # [own]
    "0000",  # 成功
    "0100",  # 已接收，另行反馈
    "9001",  # 非受理时间
    "9002",  # 系统繁忙
    "9003",  # 报文不符合规范
    "9004",  # 接入机构无权限
]
_FEN = re.compile(r"\d{1,16}", re.ASCII)
_TIME = re.compile(r"\d{14}", re.ASCII)


def _fen(value: object) -> int:
    """Read an integer number of fen; one of ours is taken as it is.

    Raises: ValueError
    """
    if isinstance(value, int):
        return value
    return _said_fen(value)


def _said_fen(value: object) -> int:
    if not isinstance(value, str) or not _FEN.fullmatch(value):
        raise ValueError("not an amount in fen")
    return int(value)


def _instant(value: object) -> datetime:
    """Read yyyyMMddHHmmss, China Standard Time, as an instant in UTC.

    Raises: ValueError
    """
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("not a time yyyyMMddHHmmss")
    day = int(value[:4]), int(value[4:6]), int(value[6:8])
    clock = int(value[8:10]), int(value[10:12]), int(value[12:])
    return datetime(*day, *clock, tzinfo=CHINA).astimezone(UTC)


def _day(value: object) -> date:
    """Read the day of a yyyyMMddHHmmss; a day is taken as it is.

    Raises: ValueError
    """
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("not a time yyyyMMddHHmmss")
    return date(int(value[:4]), int(value[4:6]), int(value[6:8]))


def _start_of_day(day: date) -> str:
    return f"{day:%Y%m%d}000000"


def _end_of_day(day: date) -> str:
    return f"{day:%Y%m%d}235959"


#: Most entries of a list: requests in a message, rights on a product, measures on it.
MOST_REQUESTS, MOST_ENTRIES, MOST_MEASURES = 500, 300, 5_000

Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Remark = Annotated[str, StringConstraints(max_length=1500)]
WEALTH_ACCOUNT, PRODUCT_CODE = r"[0-9A-Za-z-]{4,45}", r"[0-9A-Za-z-]{1,40}"
WealthAccount = Annotated[str, StringConstraints(pattern=f"^{WEALTH_ACCOUNT}$")]
ProductCode = Annotated[str, StringConstraints(pattern=f"^{PRODUCT_CODE}$")]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]  #: ISO 4217, GB/T 12406
Seconds = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}$")]
Rank = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}$")]
Instant = Annotated[datetime, PlainValidator(_instant)]
#: Days, written as their first or their last second.
FromDay = Annotated[date, PlainValidator(_day), PlainSerializer(_start_of_day)]
ToDay = Annotated[date, PlainValidator(_day), PlainSerializer(_end_of_day)]
#: Amounts a bank says; `AskedFen` is one we write.
Fen = Annotated[int, PlainValidator(_said_fen)]
AskedFen = Annotated[int, PlainValidator(_fen), PlainSerializer(str)]
