"""The course of an enforcement case: filing, clues, termination of the current procedure, resumption. Read by people."""

from datetime import date
from functools import partial

from contracts.words import Text
from gateway.domain.law.row import LawRow, Table

_row = partial(LawRow, family="procedure", does=Text(zh="供参考，由法官掌握", en="for information; a judge applies it"))
_practice = partial(_row, basis="practice")
_TERM, _TERM_FROM = "法〔2016〕373号（终本规定）", date(2016, 12, 1)
_ZHEJIANG, _ZHEJIANG_FROM = "浙高法〔2016〕55号", date(2016, 1, 1)
_LICHUAN, _LICHUAN_FROM = "利川市人民法院办法（2023）", date(2023, 1, 1)
_REPORT = Text(zh="报告的完整性说明列出每个未答复单位", en="the report's completeness statement names every agency without an answer")

ROWS: Table = (
    _row(id="TERM-1", zh="终本：已发出执行通知、责令报告财产", en="termination needs: notice and order to report property", source=f"{_TERM}第1条", effective_from=_TERM_FROM),
    _row(id="TERM-2", zh="终本：已限制消费，符合条件的已纳入失信名单", en="termination needs: consumption restriction, listing if eligible", source=f"{_TERM}第1条", effective_from=_TERM_FROM),
    _row(id="TERM-3", zh="终本：已穷尽财产调查措施，无可供执行财产", en="termination needs: all means of investigation exhausted", source=f"{_TERM}第1条", effective_from=_TERM_FROM),
    _row(id="TERM-4", zh="终本：自立案之日起已超过三个月", en="termination needs: more than three months since filing", parameters={"months": 3}, source=f"{_TERM}第1条", effective_from=_TERM_FROM),
    _row(id="TERM-5", zh="终本：被执行人下落不明的已查找，妨害执行的已处罚", en="termination needs: the missing were sought, obstruction sanctioned", source=f"{_TERM}第1条", effective_from=_TERM_FROM),
    _row(id="TERM-C2C", zh="终本前三个月内对全部已开通的财产项目完成总对总查询", en="within three months a centre-to-centre query on all enabled items",
         parameters={"months": 3}, source=f"{_TERM}第3条；云高法〔2018〕35号", effective_from=_TERM_FROM, does=_REPORT),
    _practice(id="TERM-CHECK", zh="终本系统核查十二项", en="the twelve checks of the termination check-list", parameters={"checks": 12}, source="办案系统核查清单", effective_from=_TERM_FROM),
    _practice(id="TERM-SAMPLE", zh="上级法院抽查终本案件不少于百分之三十", en="upper courts sample at least 30 %", parameters={"share": "3/10"}, source="云高法〔2018〕35号", effective_from=date(2018, 1, 1)),
    _practice(id="TERM-PASS", zh="终本合格率不低于百分之九十", en="pass rate at least 90 %", parameters={"share": "9/10"}, source="云法治委〔2022〕2号", effective_from=date(2022, 1, 1)),
    _row(id="POST-TERM", zh="终本后五年内每六个月查询一次并告知申请执行人，发现财产恢复执行", en="after termination a query every six months for five years",
         parameters={"every_months": 6, "years": 5}, source=f"{_TERM}第9条", effective_from=_TERM_FROM),
    _practice(id="RESUME", zh="具备恢复条件的三个工作日内恢复执行", en="resume within three working days", parameters={"working_days": 3}, source=_ZHEJIANG, effective_from=_ZHEJIANG_FROM),
    _row(id="CLUE", zh="财产线索七日内核实，情况紧急的三日内", en="a clue is verified in seven days, an urgent one in three", parameters={"days": 7, "urgent_days": 3},
         source="法释〔2017〕8号第2条", effective_from=date(2017, 5, 1)),
    _practice(id="FILING-QUERY", zh="立案后自动发起查询，至迟三日", en="a query starts at filing, three days later at most", parameters={"days": 3}, source=f"{_ZHEJIANG}；{_LICHUAN}", effective_from=_LICHUAN_FROM),
    _practice(id="CONTROL-NEXT", zh="线上发现财产即行控制；只能线下办理的转交团队", en="what is found online is controlled at once; offline-only goes to the team", source=_LICHUAN, effective_from=_LICHUAN_FROM),
    _practice(id="SURVEY-30", zh="立案后三十日内完成查控", en="query and control are done within 30 days of filing", parameters={"days": 30}, source=_LICHUAN, effective_from=_LICHUAN_FROM),
    _practice(id="PAYOUT", zh="具备发放条件的七个工作日内发放案款", en="pay out within seven working days", parameters={"working_days": 7}, source=_ZHEJIANG, effective_from=_ZHEJIANG_FROM),
    _row(id="CASE-LIMIT", zh="执行案件六个月、非诉执行三个月", en="enforcement six months, non-litigation three", parameters={"months": 6, "non_litigation_months": 3},
         source="法发〔2006〕35号第1条", effective_from=date(2007, 1, 1)),
    _practice(id="OVERDUE-RATE", zh="超期案件比例不超过百分之三", en="at most 3 % of cases overdue", parameters={"share": "3/100"}, source=_ZHEJIANG, effective_from=_ZHEJIANG_FROM),
)
