"""Steps on a control, the documents they need, equity."""

from datetime import date
from functools import partial

from contracts.words import Text
from gateway.domain.law.row import LawRow, Table

_row = partial(LawRow, family="steps")
_READ = ("gateway/domain/follow_up.py",)
_EQUITY, _EQUITY_FROM = "法释〔2021〕20号", date(2022, 1, 1)

ROWS: Table = (
    _row(id="RELEASE-BY", zh="解除、续行由作出措施的法院、其上级法院或者持有移送执行函的法院办理",
         en="release and renewal are for the court that ordered, a superior court, or the court that holds the transfer letter",
         source="民诉法解释第165条（法释〔2022〕11号）；法释〔2016〕6号", effective_from=date(2015, 2, 4), refusal="not_found", read_by=_READ,
         parameters={"ordering_court": ("renew", "release", "deduct", "transfer", "convert"), "superior_court": ("renew", "release"),
                     "letter_holder": ("renew", "release", "deduct", "transfer", "convert")},
         does=Text(zh="他院的解除被拒绝；终本案件仍可续行、解除", en="another court's release is refused; cases after 终本 still renew and release")),
    _row(id="RELEASE-HELD", zh="同一冻结的划拨未完成前，解除暂缓", en="a release waits while a deduction on the same freeze is unfinished",
         source="网络查控接口惯例（措施04、06）", basis="practice", effective_from=date(2015, 1, 1), read_by=("gateway/domain/follow_up.py",),
         does=Text(zh="划拨答复后再行解除", en="the release goes out after the deduction is answered")),
    _row(id="CANCEL-WINS", zh="控制尚未送达协助单位即解除的，以解除为准，不再送达", en="a release wins over a measure that no agency has got yet: it is not served any more",
         source="中国结算业务指南（同日受理的，解除优先）", basis="practice", effective_from=date(2006, 1, 12), read_by=("gateway/domain/follow_up.py",),
         does=Text(zh="控制转为“已解除”，不发往协助单位；已发出的，待其答复后再行解除", en="the control is `released` and never goes out; one that is out is released after its answer")),
    _row(id="DEDUCT-SELF", zh="划拨裁定具有冻结效力，无需先行冻结", en="a deduction ruling freezes by itself; no freeze need go before",
         source="民诉法解释第484条（法释〔2022〕11号）", effective_from=date(2015, 2, 4), does=Text(zh="冻结并划拨为一项措施", en="freeze-and-deduct is one measure")),
    _row(id="DEDUCT-PRESERVATION", zh="保全期间不得划拨、过户", en="nothing is deducted or transferred while a measure only preserves",
         source="民事诉讼法第106条；民诉法解释第168条", effective_from=date(2015, 2, 4), refusal="not_deductible",
         read_by=(*_READ, "gateway/domain/deductions.py"),
         does=Text(zh="保全、轮候、标记状态的划拨被拒绝，保全案件的冻结并划拨、提取收入、过户亦然",
                   en="a deduction under preservation, waiting or marked is refused; so are freeze-and-deduct and a transfer in a preservation case")),
    _row(id="DEDUCT-LIMIT", zh="划拨不得超过裁定数额、为本院冻结的款项和案件尚欠的数额", en="a deduction takes no more than the ruling's amount, what is frozen for us and what the case is still owed",
         source="民事诉讼法第253条；查扣冻规定第19条（法释〔2004〕15号，2020修正）", effective_from=date(2005, 1, 1), refusal="over_frozen",
         read_by=(*_READ, "gateway/domain/control_rules.py"), does=Text(zh="超额的划拨、解除被拒绝", en="a deduction or release of more is refused")),
    _row(id="CASE-FUNDS", zh="扣划、提取的款项应当划至本案的执行款账户（一案一账号），应载明开户行、账号、户名；其他措施不移转款项，不载明账户",
         en="money that is deducted goes to the account of the case (one account a case): its bank, number and name are stated; what moves no money names none",
         source="最高人民法院《关于执行款物管理工作的规定》（法发〔2017〕6号）", effective_from=date(2017, 5, 1), refusal="account_required",
         read_by=("gateway/domain/deductions.py",),
         does=Text(zh="未载明账户的划拨、冻结并划拨、提取收入被拒绝；账户随指令送达协助单位",
                   en="a deduction of any kind without the account is refused; the account travels with the command")),
    _row(id="TRANSFER-TO", zh="过户应当有过户裁定和明确的受让人，且财产已由本院实际控制",
         en="a transfer has its ruling and a named transferee, and the asset is held for us",
         source="民事诉讼法第258条；法发〔2004〕5号第27条", effective_from=date(2004, 3, 1), refusal="transferee_required", read_by=_READ,
         does=Text(zh="无受让人或者仅为轮候、标记的过户被拒绝", en="a transfer without transferee, or of what only waits or is marked, is refused")),
    _row(id="PRESERVE-CONV", zh="保全措施进入执行程序后自动转为执行中的措施，期限连续计算，无需重新制作裁定",
         en="preservation becomes enforcement automatically and continuously, without a new ruling",
         source="民诉法解释第168条（法释〔2022〕11号）", effective_from=date(2015, 2, 4), refusal="not_convertible",
         read_by=(*_READ, "gateway/domain/deductions.py"),
         parameters={"from": ("执保", "财保"), "to": ("执", "执恢")},
         does=Text(zh="案号、法院可以变更，顺位和日期不变", en="case and court may change, rank and dates do not")),
    _row(id="PRESERVE-QUERY", zh="保全案件查询须有保全裁定和申请人的书面申请，并以裁定数额为限",
         en="a preservation query needs the ruling and the applicant's written application, within its amount",
         source="法释〔2016〕22号第11条、第12条", effective_from=date(2016, 12, 1), read_by=("contracts/documents.py",),
         does=Text(zh="缺少文书的查询被拒绝", en="a query without them is refused")),
    _row(id="DOC-MATRIX", zh="每项措施须附相应裁定书和协助通知书", en="each action has its ruling and its notice of assistance",
         source="法释〔2013〕20号第3条至第5条；法〔2015〕321号", effective_from=date(2013, 9, 2), read_by=("contracts/documents.py",),
         does=Text(zh="缺少的文书逐一指出；各财产类型所需文书见 GET /v1/asset-types", en="every missing document is named; GET /v1/asset-types lists them")),
    _row(id="DOC-CARDS", zh="查控由两名执行人员出示工作证和执行公务证；网络查控预先备案，不再逐件出示",
         en="officers show work card and duty card; over the network they are registered once",
         source="法释〔2013〕20号第2条", effective_from=date(2013, 9, 2), does=Text(zh="每件请求载明两证号码", en="every request carries both numbers")),
    _row(id="EQ-PRE", zh="冻结股权前应当查明权属：公示系统信息，或者章程、股东名册等", en="before equity is frozen its ownership is known: publicity system, charter or shareholder register",
         source=f"{_EQUITY}第4条", effective_from=_EQUITY_FROM, parameters={"asset_type": "equity", "document": "ownership_proof"},
         read_by=("gateway/domain/control_rules.py",), refusal="ownership_not_known",
         does=Text(zh="只能对报告中的股权或者附权属证明的线索作出冻结", en="only equity of a report, or a clue with its proof of ownership, is frozen")),
    _row(id="EQ-SERVE", zh="冻结股权应当向公司登记机关送达裁定书和协助公示通知书，并送达被执行人和股权所在公司",
         en="ruling and publicity notice are served on the registrar, and on the debtor and the company",
         parameters={"working_days": 3}, source=f"{_EQUITY}第6条", effective_from=_EQUITY_FROM, does=Text(zh="公示期限见协助期限；送达被执行人、公司在线下完成", en="publicity is awaited; service on debtor and company is done off line")),
    _row(id="EQ-EFFECT", zh="股权冻结自公示时发生法律效力", en="a freeze of equity takes effect with its publicity", source=f"{_EQUITY}第6条",
         effective_from=_EQUITY_FROM, does=Text(zh="生效时间取公示时间", en="the time of publicity is the time of effect")),
)
