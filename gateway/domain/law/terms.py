"""How long a measure lasts, how it is renewed, when it ends."""

from datetime import date
from functools import partial

from contracts.words import Text
from gateway.domain.law.row import LawRow, Table

_row = partial(LawRow, family="terms")
_NOW, _NOW_FROM = "民诉法解释第485条（法释〔2022〕11号；2015年文本为第487条）", date(2015, 2, 4)
_OLD, _OLD_FROM, _OLD_TO = "查扣冻规定第29条（法释〔2004〕15号，2015-02-04起不再适用）", date(2005, 1, 1), date(2015, 2, 3)
_READ = ("gateway/domain/control_rules.py",)
_CAP = Text(zh="期限超过上限的冻结、查封、续行在送达协助单位前即被拒绝；对应日在上限之内",
            en="a longer term is refused before any agency is asked; the corresponding day is within the cap")
_ENDED = Text(zh="仅用于2015年2月4日以前作出的措施", en="read only for measures ordered before 2015-02-04")

ROWS: Table = (
    _row(id="DUR-DEP", zh="冻结银行存款的期限不得超过六个月", en="a freeze of bank deposits lasts at most six months",
         parameters={"months": 6}, does=_ENDED, source=_OLD, effective_from=_OLD_FROM, effective_to=_OLD_TO, read_by=_READ),
    _row(id="DUR-MOV", zh="查封、扣押动产的期限不得超过一年", en="a seal or seizure of movables lasts at most one year",
         parameters={"months": 12}, does=_ENDED, source=_OLD, effective_from=_OLD_FROM, effective_to=_OLD_TO, read_by=_READ),
    _row(id="DUR-IMM", zh="查封不动产、冻结其他财产权的期限不得超过二年", en="a seal of immovables or a freeze of other rights lasts at most two years",
         parameters={"months": 24}, does=_ENDED, source=_OLD, effective_from=_OLD_FROM, effective_to=_OLD_TO, read_by=_READ),
    _row(id="RENEW-MAX", zh="续行期限不得超过原上限的二分之一", en="a renewal lasts at most half the original cap",
         parameters={"of_cap": "1/2"}, does=_ENDED, source=_OLD, effective_from=_OLD_FROM, effective_to=_OLD_TO, read_by=_READ),
    _row(id="DUR-DEP", zh="冻结银行存款的期限不得超过一年", en="a freeze of bank deposits lasts at most one year",
         parameters={"months": 12}, does=_CAP, source=_NOW, effective_from=_NOW_FROM, read_by=_READ, refusal="term_over_cap"),
    _row(id="DUR-MOV", zh="查封、扣押动产的期限不得超过两年", en="a seal or seizure of movables lasts at most two years",
         parameters={"months": 24}, does=_CAP, source=_NOW, effective_from=_NOW_FROM, read_by=_READ, refusal="term_over_cap"),
    _row(id="DUR-IMM", zh="查封不动产、冻结其他财产权的期限不得超过三年",
         en="a seal of immovables or a freeze of other rights lasts at most three years",
         parameters={"months": 36}, does=_CAP, source=_NOW, effective_from=_NOW_FROM, read_by=_READ, refusal="term_over_cap"),
    _row(id="DUR-PF", zh="住房公积金账户的冻结期限按银行存款执行（一年）", en="a freeze of provident fund follows bank deposits: one year",
         parameters={"months": 12}, source="实践做法（法律未单独规定；有的法院按其他财产权执行，三年）", basis="practice", effective_from=_NOW_FROM,
         read_by=_READ, refusal="term_over_cap",
         does=Text(zh="超过上限的冻结、续行在送达公积金中心前即被拒绝；按三年执行的法院在 deploy/law-overrides.yaml 中规定",
                   en="a longer term is refused before the fund is asked; a court that goes by three years says so in deploy/law-overrides.yaml")),
    _row(id="RENEW-MAX", zh="续行期限不得超过原上限，每次均同", en="each renewal lasts at most the same cap",
         parameters={"of_cap": "1"}, source=_NOW, effective_from=_NOW_FROM, read_by=_READ, refusal="term_over_cap",
         does=Text(zh="续行从原到期日起算，不丧失顺位", en="a renewal is counted from the old end and keeps its rank")),
    _row(id="RENEW-BEFORE", zh="续行应当在期限届满前办理", en="a renewal must be processed before expiry",
         source=_NOW, effective_from=_NOW_FROM, refusal="renewed_too_late", read_by=("gateway/domain/follow_up.py",),
         does=Text(zh="届满后的续行被拒绝；到期清单提前提示", en="a renewal after expiry is refused; the due list warns before")),
    _row(id="RENEW-WARN", zh="到期前三十、十五、七、一日，以及协助单位最后一个工作日提示",
         en="warnings 30, 15, 7 and 1 days before the end, and on the agency's last working day",
         parameters={"days": (30, 15, 7, 1), "last_working_day": True}, source="实践做法（各地到期提示系统）", basis="practice", effective_from=date(2015, 2, 4),
         set_in="gateway/domain/law/terms.py",
         read_by=("gateway/domain/term_warnings.py",),
         does=Text(zh="列入到期清单并发出事件", en="the control is on the due list and an event is sent")),
    _row(id="EXPIRE", zh="期限届满未续行的，查封、扣押、冻结的效力消灭", en="without renewal the effect ends with the term",
         source="查扣冻规定第27条（法释〔2004〕15号，2020修正；原第30条）", effective_from=date(2005, 1, 1),
         does=Text(zh="控制记录到期转为“已到期”，其后顺位递补；届满前已请求的步骤尚待答复的，以答复为准",
                   en="the control becomes `expired` and the next in rank is promoted; where a step asked before the end awaits its answer, the answer decides")),
    _row(id="END-DATE", zh="期间按年月计算的，到期月的对应日为期间的最后一日；没有对应日的，月末日为最后一日。协助通知书载明的日期优先",
         en="a term in months ends with the corresponding day, or with the last day of a month that lacks it; the notice governs",
         source="民法典第201条、第202条", effective_from=date(2021, 1, 1), parameters={"rolls_for_holidays": False},
         does=Text(zh="上限接受对应日；协助单位“减一日”的惯例是目录中的一项；期限不因节假日顺延",
                   en="caps accept the corresponding day; the registry's minus-one-day convention is a row of the directory; terms never roll"),
         read_by=("gateway/domain/deadlines.py",)),
    _row(id="EFFECT", zh="查封、冻结裁定及协助执行通知书自送达协助执行人时生效",
         en="a seal or freeze takes effect when ruling and notice are served on the assisting party",
         source="查扣冻规定第1条（法释〔2004〕15号，2020修正）", effective_from=date(2005, 1, 1),
         does=Text(zh="以协助单位签收时间为送达时间记入控制", en="the agency's time of receipt is the time of service of the control")),
    _row(id="EFFECT-UNREGISTERED", zh="未办理登记的查封不得对抗已办理登记的查封", en="an unregistered seal yields to a registered one",
         source="查扣冻规定第7条（法释〔2004〕15号，2020修正）", effective_from=date(2005, 1, 1),
         does=Text(zh="以登记机构答复的顺位为准", en="the rank the registry answers is the rank")),
)
