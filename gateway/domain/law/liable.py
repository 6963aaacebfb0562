"""Whose property may be controlled, and in which cases."""

from datetime import date
from functools import partial

from contracts.words import Text
from gateway.domain.law.row import LawRow, Table

_row = partial(LawRow, family="liability")
_ADDING, _ADDING_FROM = "法释〔2016〕21号", date(2016, 12, 1)
_READ = ("gateway/domain/control_rules.py", "gateway/domain/protected.py")
_IDENTITY = Text(zh="只查询身份和下落；其财产在报告中可控制额为零", en="asked about for identity and location only; controllable is zero in the report")

ROWS: Table = (
    _row(id="CASE-TYPE", zh="控制措施只能由执行、保全案件作出", en="only enforcement and preservation cases control property",
         parameters={"types": ("执", "执恢", "执保", "财保")}, source="法〔2015〕137号（案件类型代字）", effective_from=date(2016, 1, 1),
         read_by=("gateway/domain/control_rules.py",), refusal="case_type_may_not_control",
         does=Text(zh="其他类型案件的控制请求被拒绝；查询不受影响", en="a control in another type of case is refused; queries are not")),
    _row(id="LIABLE-DEBTOR", zh="被执行人的财产可以控制", en="the debtor's property may be controlled",
         parameters={"role": "debtor", "liable": True}, source="民事诉讼法第253条、第255条", effective_from=date(2022, 1, 1), read_by=_READ,
         does=Text(zh="受理", en="taken")),
    _row(id="LIABLE-ADDED", zh="追加、变更的被执行人须有裁定", en="a debtor who was added needs a ruling",
         parameters={"role": "added_debtor", "liable": True, "document": "ruling"}, source=f"{_ADDING}第28条至第30条",
         effective_from=_ADDING_FROM, read_by=_READ, refusal="document_missing",
         does=Text(zh="缺少裁定的，拒绝", en="without the ruling it is refused")),
    _row(id="LIABLE-AMOUNT", zh="只在一定数额内承担责任的主体，以该数额为限控制其财产", en="who is liable for a limited amount has property controlled up to that amount",
         source=f"{_ADDING}第17条至第19条（未缴纳、未足额缴纳或者抽逃出资的股东，在相应范围内承担责任）", effective_from=_ADDING_FROM,
         read_by=("gateway/domain/control_rules.py", "gateway/domain/plan.py"), refusal="over_liability",
         does=Text(zh="控制方案不超过责任限额（不可分割的一项财产除外，并载明理由）；所请求的金额合计超过限额的，拒绝",
                   en="a plan counts on no more, but for one thing that cannot be split, with its reason; amounts that add up to more are refused")),
    _row(id="LIABLE-THIRD", zh="第三人占有或登记在第三人名下的财产须有其书面确认", en="property held by a third party needs its written confirmation",
         parameters={"role": "third_party_confirmed", "liable": True, "document": "written_confirmation"},
         source="查扣冻规定第2条（法释〔2004〕15号，2020修正）", effective_from=date(2005, 1, 1), read_by=_READ, refusal="document_missing",
         does=Text(zh="缺少书面确认的，拒绝", en="without the confirmation it is refused")),
    _row(id="LIABLE-SPOUSE", zh="配偶须依法追加为被执行人；本院另有规定的，以配偶名下夫妻共同财产中被执行人的份额为限",
         en="a spouse must first be added as debtor; where the court sets otherwise, up to the debtor's share of what spouses own in common",
         parameters={"role": "spouse", "liable": False, "share": "1/2"}, source=f"{_ADDING}第1条；本院规定", basis="practice",
         effective_from=_ADDING_FROM, read_by=_READ, refusal="subject_not_liable",
         does=Text(zh="默认拒绝；本院在 deploy/law-overrides.yaml 中启用后按份额限制，超出份额的数额、未载明数额的冻结被拒绝",
                   en="refused by default; where a court allows it in deploy/law-overrides.yaml, no more than the share is taken, and no whole account")),
    _row(id="LIABLE-LEGAL-REP", zh="法定代表人不因职务承担债务", en="a legal representative is not liable by office",
         parameters={"role": "legal_representative", "liable": False}, source=f"{_ADDING}第1条", effective_from=_ADDING_FROM, read_by=_READ,
         refusal="subject_not_liable", does=_IDENTITY),
    _row(id="LIABLE-OFFICER", zh="主要负责人不因职务承担债务", en="a responsible person is not liable by office",
         parameters={"role": "responsible_person", "liable": False}, source=f"{_ADDING}第1条", effective_from=_ADDING_FROM, read_by=_READ,
         refusal="subject_not_liable", does=_IDENTITY),
    _row(id="SUBJECT-EXP", zh="地方文件所列的法定代表人、主要负责人、直接责任人员、实际控制人不因此成为被执行人",
         en="a local annex that counts executives as debtors makes nobody liable; adding a debtor needs a ruling",
         source=f"{_ADDING}第1条（地方文件：云浮2017-09-27）", effective_from=_ADDING_FROM, does=_IDENTITY),
    _row(id="SCOPE", zh="可以查封、扣押、冻结被执行人占有的动产，登记在被执行人名下的不动产、特定动产及其他财产权",
         en="movables the debtor holds; immovables, registered movables and other rights in the debtor's name",
         source="查扣冻规定第2条（法释〔2004〕15号，2020修正）", effective_from=date(2005, 1, 1),
         does=Text(zh="财产以登记机构、账户机构的记录为准", en="what the register or the account says is what can be controlled")),
)
