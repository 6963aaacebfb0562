"""The fund centre's own words: JSON bodies as models that refuse unknown fields, and its closed lists of codes.

It must not translate: it knows the centre's document and nothing of ours. Constructed from domain.md §5, §6.1.

POST /gjj/cx   {"qqs": [Request…]} up to the batch size   -> Envelope of QueryResult, Declined or Taken, one a request
POST /gjj/kz   {"qqs": [ControlRequest]}                  -> Envelope of ControlResult, Declined or Taken
GET  /gjj/jg/<qqdh>                                       -> how an earlier request number stands, as above
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

#: What the envelope says of the call as a whole.
CALL_CODES = {"0000": "成功", "9001": "非办理时间", "9002": "系统繁忙", "9003": "法院未开通", "9004": "报文格式错误"}
#: What is said of one request.
RESULT_CODES = {
    "0000": "成功", "0001": "查无缴存账户", "1000": "已受理，结果另行反馈",
    "2001": "缺少法律文书", "2002": "法律文书与请求不一致", "2003": "缺少执行人员证件", "2004": "姓名与证件号码不符",
    "2005": "身份要素不全", "2006": "无权办理", "2007": "仅受理个人", "2008": "请求单号不存在",
    "3001": "账户不存在", "3002": "依法不得执行", "3003": "无原冻结记录", "3004": "期限超过法定上限", "3005": "冻结已到期",
    "3006": "不支持该协助事项", "3007": "超过受理限额", "3008": "审核未通过", "3009": "未载明提取条件", "3010": "未载明收款账户",
    "3011": "未载明金额",
}
MEASURES = {"01": "冻结", "02": "续冻", "03": "解冻", "04": "扣划", "05": "冻结并扣划"}
#: 提取原因: when money leaves an account (住房公积金管理条例第24条).
WITHDRAWAL_REASONS = {"01": "购买、建造、翻建、大修自住住房", "02": "离休、退休", "03": "完全丧失劳动能力，并与单位终止劳动关系", "04": "出境定居",
                      "05": "偿还购房贷款本息", "06": "房租超出家庭工资收入的规定比例"}
STATES = {"1": "已冻结", "2": "轮候", "3": "部分冻结", "4": "已解冻", "5": "已到期", "6": "已失效", "7": "已扣划", "8": "已撤回"}
ACCOUNT_STATES = {"01": "正常", "02": "封存", "03": "合并销户", "04": "外部转出", "05": "提取销户", "06": "冻结", "99": "其他"}
ID_TYPES = {"01": "身份证", "02": "军官证", "03": "护照", "04": "外国人永久居留证", "05": "港澳台居民证件", "06": "户口簿",
            "07": "武警证", "11": "统一社会信用代码", "12": "组织机构代码", "13": "营业执照", "99": "其他"}
DOCUMENT_KINDS = {
    "01": "协助查询通知书", "02": "协助冻结通知书", "03": "协助执行通知书", "04": "协助公示通知书",
    "05": "协助解除通知书", "06": "协助扣划通知书", "11": "裁定书", "12": "解除裁定书", "13": "扣划裁定书",
    "14": "过户裁定书", "21": "申请书", "22": "第三人书面确认", "23": "移送执行函", "24": "权属证明",
}

Line = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Yuan = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,12}\.[0-9]{2}$")]
Rate = Annotated[str, StringConstraints(pattern=r"^(0\.[0-9]{4}|1\.0000)$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}$")]
Month = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(0[1-9]|1[0-2])$")]
Stamp = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$")]


class Words(BaseModel):
    """A part of a body; a field the document does not have is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Document(Words):
    """文书: class, number, day, and its content in Base64 where the centre wants it."""

    wslb: str
    wsbh: str
    wsrq: Day | None = None
    wsnr: str | None = None


class Request(Words):
    """请求: number, name, id type and number, court, case, officer and cards; `hddz` is where a late answer is to go."""

    qqdh: str
    xingming: str
    zjlx: str
    zjhm: str
    fydm: str
    fymc: str
    ah: str
    cbr: str
    gzzbh: str
    gwzbh: str
    lxdh: str | None = None
    hddz: str | None = None
    wss: list[Document] = Field(default_factory=list)


class ControlRequest(Request):
    """控制请求: measure, account, amount, months or last day, the request it follows; of a deduction the court's account and the reason."""

    kzcs: str
    grzh: str
    je: Yuan | None = None
    qxys: int | None = None
    jsrq: Day | None = None
    yqqdh: str | None = None
    yah: str | None = None
    djbh: str | None = None
    skyh: str | None = None
    skzh: str | None = None
    skhm: str | None = None
    tqyy: Literal["01", "02", "03", "04", "05", "06"] | None = None


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


class Account(Words):
    """个人账户: number, name, employer, balance, state, base, rates, monthly amounts, paid through, opened, payout, loan."""

    grzh: Line
    xingming: Line
    dwmc: Line | None = None
    grzhye: Yuan
    grzhzt: Line
    jcjs: Yuan | None = None
    grjcbl: Rate | None = None
    dwjcbl: Rate | None = None
    gryjce: Yuan | None = None
    dwyjce: Yuan | None = None
    jzny: Month | None = None
    khrq: Day | None = None
    skzh: Line | None = None
    skyh: Line | None = None
    sfydk: Literal["0", "1"] | None = None
    djje: Yuan
    djs: list[Freeze] = Field(default_factory=list)


class Result(Words):
    """What every result begins with."""

    qqdh: str
    jgdm: str
    jgsm: str


class QueryResult(Result):
    """The accounts found, at least one."""

    zhs: list[Account] = Field(min_length=1)


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
