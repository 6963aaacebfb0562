"""Rank and waiting: who is first, who is promoted, what lapses."""

from datetime import date
from functools import partial

from contracts.words import Text
from gateway.domain.law.row import LawRow, Table

_row = partial(LawRow, family="queue")
_LAND, _LAND_FROM = "法发〔2004〕5号第20条；查扣冻规定第26条（法释〔2004〕15号，2020修正）", date(2004, 3, 1)

ROWS: Table = (
    _row(id="RANK-SERVICE", zh="顺位按协助执行通知书送达协助单位的时间先后确定", en="rank goes by the time of service on the agency",
         parameters={"rank_basis": "served_at"}, source=_LAND, effective_from=_LAND_FROM, read_by=("contracts/agency.py",),
         does=Text(zh="协助单位目录的默认值；顺位以单位答复为准", en="the default of the directory; the agency's answer is the rank")),
    _row(id="RANK-PUBLICITY", zh="股权冻结自在国家企业信用信息公示系统公示时生效并确定顺位", en="a freeze of equity takes effect and ranks by its publicity",
         parameters={"rank_basis": "publicity"}, source="法释〔2021〕20号第6条", effective_from=date(2022, 1, 1), read_by=("contracts/agency.py",),
         does=Text(zh="市场监管部门在目录中按公示计顺位", en="market regulation ranks by publicity in the directory")),
    _row(id="QUEUE-PROMOTE", zh="在先措施解除的，登记在先的轮候自动生效，无需另行通知", en="when the head is released, the next in waiting takes effect without a new request",
         source=_LAND, effective_from=_LAND_FROM, does=Text(zh="单位告知递补后，控制转为“已控制”，报告出新版", en="on the agency's word the control is `in_force` and the report has a new version")),
    _row(id="QUEUE-EXPIRE", zh="在先措施届满未续行的，与解除同样递补", en="expiry of the head promotes like its release",
         source=_LAND, effective_from=_LAND_FROM, does=Text(zh="同 QUEUE-PROMOTE", en="as QUEUE-PROMOTE")),
    _row(id="QUEUE-PARTIAL", zh="在先法院处分部分财产的，剩余部分由轮候递补", en="after disposal of a part the rest promotes the next",
         source=_LAND, effective_from=_LAND_FROM, does=Text(zh="按剩余部分生效", en="in force for the rest")),
    _row(id="QUEUE-LAPSE", zh="在先法院全部处分的，轮候失效；其效力及于清偿后的剩余价款",
         en="full disposal ends what waits, whose effect extends to the surplus of the proceeds",
         source="法〔2022〕107号", effective_from=date(2022, 4, 14), read_by=("gateway/api/report.py",),
         does=Text(zh="转为“已失效”，并保留剩余价款请求直至移交或者告知没有剩余", en="`lapsed` with a surplus claim that stays open until transferred or reported nil")),
    _row(id="QUEUE-RENEW", zh="在先措施的续行不丧失顺位", en="a renewal of the head loses no rank", source=_LAND, effective_from=_LAND_FROM,
         does=Text(zh="续行不改变顺位", en="renewal leaves the rank alone")),
    _row(id="QUEUE-PRE-SEAL", zh="尚未登记的权利为预查封或轮候预查封，登记后转为查封", en="an unregistered right is pre-sealed or waits so; on registration it is a seal",
         source="法发〔2004〕5号第13条至第16条", effective_from=_LAND_FROM, does=Text(zh="预查封为单独的措施", en="pre-seal is a measure of its own")),
    _row(id="WAIT-TERM", zh="轮候措施的期限自其生效时起算", en="the term of a waiting measure starts when it takes effect",
         parameters={"term_starts": "effect"}, source="实践做法（通说；各登记机构惯例不一）", basis="practice", effective_from=date(2005, 1, 1),
         set_in="deploy/agencies.yaml",
         read_by=("contracts/agency.py",),
         does=Text(zh="轮候有期限而无到期日；单位另有惯例的在目录中载明", en="a waiting control has a term and no end date; an agency's other convention is in the directory")),
    _row(id="WAIT-RELEASE", zh="解除轮候是单独的措施，须载明轮候序号", en="releasing a waiting measure is an action of its own and names the waiting serial",
         source="网络查控接口惯例（措施05）", basis="practice", effective_from=date(2015, 1, 1), does=Text(zh="解除时带轮候序号", en="the release carries the waiting serial")),
    _row(id="SEC-QUEUE", zh="证券不得重复冻结，只能轮候；任何解除均按顺位递补，不足部分继续轮候", en="securities are not frozen twice; any release feeds the head of the queue, the rest waits on",
         source="中国结算上海、深圳分公司业务指南", basis="practice", effective_from=date(2006, 1, 12), does=Text(zh="部分生效，其余轮候", en="partly in force, the rest waiting")),
    _row(id="SEC-MARK", zh="质押股票由非质权人冻结的，登记结算机构作标记；未指明部分的，全部质押股票均标记",
         en="pledged shares are marked for whoever is not the pledgee; unless particular pledges are named, all are marked",
         source="法发〔2021〕9号第2条至第6条", effective_from=date(2021, 7, 1), does=Text(zh="状态为“已标记”，不计入有效控制额；质押解除后转为冻结", en="`marked`, which secures nothing; a freeze when the pledge ends")),
    _row(id="PRIORITY-15D", zh="自首先查封之日起六十日未发布拍卖公告的，优先债权执行法院可以要求移送；首先查封法院十五日内出具移送函",
         en="60 days after the first seal without an auction notice the priority creditor's court may ask; the first court answers in 15 days",
         parameters={"after_days": 60, "answer_days": 15}, source="法释〔2016〕6号第1条、第2条", effective_from=date(2016, 4, 14),
         does=Text(zh="供参考；持移送函的法院可以解除、处分", en="for information; the court that holds the letter may release and dispose")),
)
