"""Accounts and property that the law protects: not frozen, not deducted, or for one purpose only, with the exceptions."""

from datetime import date
from functools import partial

from contracts.words import Text
from gateway.domain.law.row import LawRow, Table

_row = partial(LawRow, family="accounts")
_DEDUCTIONS = ("freeze_and_deduct", "withdraw_income", "deduct")
_ALL = ("freeze", *_DEDUCTIONS)
#: Conditions of withdrawal; a court may drop some, the fund centres have codes for no others.
_CONDITIONS = ("home_purchase", "retirement", "left_work", "left_country", "loan_repayment", "rent")
_READ = ("gateway/domain/control_rules.py", "gateway/domain/protected.py")
_NOT_FROZEN = Text(zh="冻结、划拨均被拒绝；报告中可控制额为零并注明本规则", en="freeze and deduction are refused; controllable is zero and the report names the rule")
_NOT_DEDUCTED = Text(zh="可以冻结，划拨被拒绝；报告注明本规则", en="may be frozen, a deduction is refused; the report names the rule")

ROWS: Table = (
    _row(id="SEC-EXEMPT", zh="证券登记结算机构的清算交收账户、结算风险基金、证券结算保证金、新股发行验资账户、结算备付金及清算交收期内的客户资金不得冻结、扣划",
         en="settlement accounts and funds of the securities depository and client money in transit are never controlled",
         source="法发〔2008〕4号第7条至第10条", effective_from=date(2008, 3, 1),
         does=Text(zh="这些账户不在任何单位对被执行人的答复中", en="no agency answers with such accounts for a debtor")),
    _row(id="SEC-EXEMPT-SOCIAL", zh="社会保险基金账户不得冻结、扣划", en="social insurance funds are not controlled",
         parameters={"field": "account_class", "value": "social_insurance", "effect": "no_freeze", "barred": _ALL},
         source="法〔2000〕19号", effective_from=date(2000, 2, 18), read_by=_READ, refusal="asset_exempt", does=_NOT_FROZEN),
    _row(id="SEC-EXEMPT-WAGE", zh="农民工工资专用账户、工资保证金账户资金不得因支付为本项目提供劳动的农民工工资之外的原因冻结、划拨",
         en="migrant wage accounts are controlled for nothing but the wages of workers on that project",
         parameters={"field": "account_class", "value": "migrant_wage", "effect": "purpose_limited", "barred": _ALL,
                     "unless_causes": ("追索劳动报酬纠纷",)},
         source="保障农民工工资支付条例第33条；人社部发〔2020〕93号", effective_from=date(2020, 5, 1), read_by=_READ, refusal="asset_exempt",
         does=Text(zh="拒绝，案由为追索劳动报酬的除外；是否本项目工资由法官核实",
                   en="refused, except for a cause of unpaid wages; whether they are of that project a judge verifies")),
    _row(id="SEC-MARGIN", zh="银行承兑汇票保证金可以冻结，不得扣划；保证金丧失功能的除外",
         en="acceptance margin may be frozen, not deducted, unless it has lost its function",
         parameters={"field": "account_class", "value": "acceptance_margin", "effect": "no_deduct", "barred": _DEDUCTIONS},
         source="法发〔2000〕21号第9条", effective_from=date(2000, 9, 4), read_by=_READ, refusal="asset_exempt", does=_NOT_DEDUCTED),
    _row(id="SEC-LC-MARGIN", zh="信用证开证保证金可以冻结，不得扣划；银行已付款、保证金丧失功能的除外",
         en="letter-of-credit margin may be frozen, not deducted, unless it has lost its function",
         parameters={"field": "account_class", "value": "letter_of_credit_margin", "effect": "no_deduct", "barred": _DEDUCTIONS},
         source="法释〔1997〕4号（2020修正）", effective_from=date(1997, 9, 3), read_by=_READ, refusal="asset_exempt", does=_NOT_DEDUCTED),
    _row(id="SEC-PRESALE", zh="商品房预售资金监管账户监管额度内的款项，首次登记前不得扣划；因该项目工程款、材料款、设备款申请执行的除外",
         en="presale money under supervision is not deducted before the first registration, except for the works of that project",
         parameters={"field": "account_class", "value": "presale_supervision", "effect": "purpose_limited", "barred": _DEDUCTIONS,
                     "unless_causes": ("建设工程施工合同纠纷", "建设工程价款优先受偿权纠纷")},
         source="法〔2022〕12号", effective_from=date(2022, 1, 11), read_by=_READ, refusal="asset_exempt",
         does=Text(zh="可以冻结；划拨被拒绝，案由为建设工程的除外", en="may be frozen; a deduction is refused, except for a cause of construction")),
    _row(id="PF-DEDUCT", zh="被执行人符合提取条件且保障其基本生活、居住的，可以扣划住房公积金",
         en="provident fund is deducted when the debtor meets a condition of withdrawal and subsistence and housing are safe",
         parameters={"asset_type": "provident_fund", "effect": "purpose_limited", "conditions": _CONDITIONS}, choices={"conditions": _CONDITIONS},
         source="住房公积金管理条例第24条；（2013）执他字第14号", basis="practice", effective_from=date(2013, 7, 31),
         read_by=("gateway/domain/protected.py", "gateway/domain/deductions.py"), refusal="condition_required",
         does=Text(zh="报告注明；划拨、冻结并划拨须载明提取条件，随指令送达公积金中心",
                   en="the report names it; a deduction of any kind states the condition, which travels to the fund centre")),
    _row(id="PF-UNPAID", zh="单位应缴未缴的住房公积金按收入处理", en="contributions due and unpaid by an employer are handled as income",
         source="实践做法", basis="practice", effective_from=date(2013, 7, 31), does=Text(zh="供参考", en="for information")),
    _row(id="INS-CV", zh="人身保险的现金价值可以执行；是否须投保人同意退保，各地不一", en="the cash value of a policy is enforceable; provinces differ on consent to surrender",
         parameters={"needs_consent": False}, source="（2020）最高法执复71号；各省规定", basis="practice", effective_from=date(2020, 1, 1),
         does=Text(zh="保险未接入，供参考", en="insurers are not connected; for information")),
    _row(id="REBATE", zh="尚未批准的出口退税款不得执行", en="an export rebate not yet approved is not attachable", source="实践做法", basis="practice",
         effective_from=date(2004, 1, 1), does=Text(zh="退税未接入，供参考", en="rebates are not connected; for information")),
    _row(id="EXEMPT", zh="生活必需品、必需的生活费用（有最低生活保障标准的依其标准）、义务教育物品、未公开的发明与未发表的著作、辅助器具与医疗物品、荣誉物品等不得查封、扣押、冻结",
         en="necessities, living expenses by the local minimum standard, school things, unpublished works, aids, medals: not controlled",
         source="查扣冻规定第3条、第4条（法释〔2004〕15号，2020修正）", effective_from=date(2005, 1, 1),
         does=Text(zh="控制方案按 reserve_fen 和受扶养人数预留，由法官填写", en="a plan leaves `reserve_fen` and the dependants' part, which a judge states")),
    _row(id="ONE-HOME", zh="被执行人及其扶养家属生活所必需的唯一住房可以查封；变价须提供临时住房或者扣除五至八年租金",
         en="a sole home may be sealed; sale needs a substitute or a rent allowance of five to eight years",
         parameters={"rent_years": (5, 8)}, source="执行异议复议规定第20条（法释〔2015〕10号）", basis="practice", effective_from=date(2015, 5, 5),
         does=Text(zh="可以查封；变价由法官审查", en="sealed like any house; its sale is for the judge")),
)
