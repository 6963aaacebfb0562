"""When agencies and courts must answer, and how working days are counted."""

from datetime import date
from functools import partial

from contracts.words import Text
from gateway.domain.law.row import LawRow, Table

_row = partial(LawRow, family="deadlines", basis="practice")
_LOCAL, _FROM = "云浮市协助执行文件（2017-09-27）", date(2017, 9, 27)
_LISTED = Text(zh="协助单位目录 answer_due_working_days；逾期在报告中显示为“逾期未复”", en="`answer_due_working_days` of the directory; a late answer shows as overdue")
_INFO = Text(zh="供参考", en="for information")

ROWS: Table = (
    _row(id="CALENDAR", zh="工作日以国务院办公厅公布的放假安排为准，调休上班日计入；尚未公布的年度按法定节假日暂行推算并标明",
         en="working days follow the announced holidays, make-up days count; an unannounced year is provisional and says so",
         parameters={"version": "2027-provisional-1", "provisional_days_off": (
             "2027-01-01", "2027-02-05", "2027-02-08", "2027-02-09", "2027-02-10", "2027-04-05", "2027-05-03", "2027-05-04",
             "2027-06-09", "2027-09-15", "2027-10-01", "2027-10-04", "2027-10-05")},
         source="全国年节及纪念日放假办法（国务院令第795号）", effective_from=date(2025, 1, 1), set_in="gateway/domain/law/deadlines.py", read_by=("gateway/domain/deadlines.py",),
         does=Text(zh="期限按工作日计算，收到当日不计入", en="deadlines are counted in working days, the day of receipt excluded")),
    _row(id="DUE-QUERY", zh="协助查询三个工作日内答复", en="a query is answered in three working days", parameters={"working_days": 3}, source=_LOCAL,
         effective_from=_FROM, set_in="deploy/agencies.yaml", read_by=("contracts/agency.py",), does=_LISTED),
    _row(id="DUE-SEAL", zh="查封、解除、强制过户当场办理", en="seal, release and compulsory transfer are done at once", parameters={"working_days": 0},
         source=_LOCAL, effective_from=_FROM, does=_LISTED),
    _row(id="DUE-EQUITY", zh="市场监管部门查询、公示、股东变更各三个工作日", en="market regulation: query, publicity and change of shareholder, three working days each",
         parameters={"working_days": 3}, source=_LOCAL, effective_from=_FROM, does=_LISTED),
    _row(id="DUE-VEHICLE-TRANSFER", zh="车辆过户完成后三个工作日内告知", en="the vehicle office tells of a transfer in three working days", parameters={"working_days": 3},
         source=_LOCAL, effective_from=_FROM, does=_LISTED),
    _row(id="DUE-OTHER", zh="其他协助事项十五个工作日", en="other enquiries: 15 working days", parameters={"working_days": 15}, source=_LOCAL,
         effective_from=_FROM, does=_LISTED),
    _row(id="DUE-BANK", zh="银行总对总查控实时办理；实践中查询十分钟、冻结二日内", en="banks answer in real time in the norm; in practice 10 minutes to two days",
         parameters={"working_days": 1}, source="法〔2015〕321号；银行操作手册", effective_from=date(2016, 1, 1), does=_LISTED),
    _row(id="DUE-LATE-NOTICE", zh="不能按期办理的，期限届满前告知并说明理由", en="an agency that will be late says so with reasons before the limit",
         source=_LOCAL, effective_from=_FROM, does=Text(zh="延期答复记入任务", en="a deferral is kept with the task")),
    _row(id="DUE-LOCATED", zh="公安机关发现被执行人的，二十四小时内通知", en="police tell within 24 hours that a debtor was found", parameters={"hours": 24},
         source=_LOCAL, effective_from=_FROM, does=_INFO),
    _row(id="LOCATE", zh="协助查找：拘留决定后逃匿，下落不明逾三个月，或者数额特别巨大", en="police locate: fled after detention, missing over three months, or a very large amount",
         parameters={"missing_months": 3}, source=_LOCAL, effective_from=_FROM, does=_INFO),
    _row(id="DISPUTE", zh="协助争议七个工作日内协商，协商不成提交上级；法院间争议每级不超过一个月", en="agencies negotiate for seven working days, then escalate; between courts a month a level",
         parameters={"working_days": 7, "court_months": 1}, source=f"{_LOCAL}；浙高法〔2016〕55号", effective_from=_FROM, does=_INFO),
)
