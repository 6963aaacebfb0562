"""For how much: the claim, excess, what counts as securing, interest."""

from datetime import date
from functools import partial

from contracts.control import STATE_NAMES
from contracts.registry import asset_types
from contracts.words import Text
from gateway.domain.law.row import LawRow, Table

_row = partial(LawRow, family="extent")
_GOODWILL = date(2019, 12, 16)  # 法发〔2019〕35号

ROWS: Table = (
    _row(id="LIMIT", zh="查封、扣押、冻结的财产以足以清偿债权额及执行费用为限，不得明显超标的额",
         en="measures are limited to the claim and the costs of enforcement; obvious excess is forbidden",
         source="查扣冻规定第19条（法释〔2004〕15号，2020修正；原第21条）", effective_from=date(2005, 1, 1),
         read_by=("gateway/domain/plan.py",),
         does=Text(zh="控制方案不超过债权额；实际超出的，提出解除建议", en="a plan stays within the claim; where answers exceed it, a release is proposed")),
    _row(id="LIMIT-TOLERANCE", zh="“明显”超出的幅度由法院掌握", en="how much excess is obvious is for the court",
         source="实践做法（法律未定比例）", basis="practice", effective_from=date(2005, 1, 1),
         does=Text(zh="由本院在 deploy/court-policies.yaml 中规定", en="a court sets it in deploy/court-policies.yaml")),
    _row(id="LIMIT-RELEASE", zh="超标的额部分的解除须有解除裁定和协助通知", en="releasing an excess needs a release ruling and notice",
         source="查扣冻规定第19条、第28条（法释〔2004〕15号，2020修正）", effective_from=date(2005, 1, 1),
         read_by=("gateway/api/report.py",), does=Text(zh="系统提出建议，由法官裁定，或者事先附解除文书", en="the system proposes, a judge decides, or decided beforehand")),
    _row(id="LIMIT-WAITING", zh="仅为轮候或者仅被标记的措施不计入已控制的数额", en="measures that only wait or are only marked do not count as securing",
         parameters={"securing_states": ("in_force", "partly_in_force")}, choices={"securing_states": tuple(STATE_NAMES)}, source="实践做法（通说）", basis="practice",
         effective_from=date(2005, 1, 1), read_by=("gateway/domain/worth.py",),
         does=Text(zh="有效控制额只计已生效部分；递补后重新计入", en="only what is in force is secured; it is counted again on promotion")),
    _row(id="MEASURE-KIND", zh="动产查封、扣押，不动产和需要登记的动产查封，存款、债权、股权等其他财产权冻结",
         en="movables are sealed or seized, immovables and registered movables sealed, money and other rights frozen",
         source="民事诉讼法第253条、第255条；查扣冻规定第1条、第6条、第7条（法释〔2004〕15号，2020修正）", effective_from=date(2005, 1, 1),
         read_by=("gateway/domain/control_rules.py",), refusal="measure_not_for_asset_type",
         does=Text(zh="对房屋冻结、对账户查封等不相适应的措施被拒绝；各财产类型适用的措施见 GET /v1/asset-types",
                   en="a house frozen or an account sealed is refused; GET /v1/asset-types lists the measures of each kind")),
    _row(id="LIMIT-ACC", zh="冻结账户应载明具体数额", en="the freeze of an account states a specific amount",
         source="法释〔2016〕22号第15条；法发〔2019〕35号", effective_from=date(2016, 12, 1), read_by=("gateway/domain/control_rules.py",),
         refusal="amount_required", does=Text(zh="未载明数额的冻结被拒绝，余款可以正常使用", en="a freeze without an amount is refused; the rest stays usable")),
    _row(id="LIMIT-WHOLE", zh="整户冻结须有本院规定", en="a whole-account freeze needs a rule of the court",
         parameters={"asset_types": ()}, choices={"asset_types": tuple(asset_types())}, source="法发〔2019〕35号（整户冻结须有正当理由）",
         basis="practice", effective_from=_GOODWILL,
         read_by=("gateway/domain/control_rules.py",),
         does=Text(zh="默认不允许，未载明数额的冻结依 LIMIT-ACC 被拒绝；本院在 deploy/law-overrides.yaml 中列明财产类型的，可以不载明数额，冻结整户",
                   en="not allowed: a freeze without an amount is refused by LIMIT-ACC; for the asset types a court lists in deploy/law-overrides.yaml it may "
                      "state none and freezes the whole account")),
    _row(id="LIMIT-SPLIT", zh="不可分割的财产价值超过债权额而无其他财产的，可以整体查封，可分割后解除超出部分",
         en="one indivisible thing worth more than the claim is sealed whole; split, its excess is released",
         source="法发〔2019〕35号第5条；查扣冻规定第19条第2款；法释〔2016〕22号第15条", effective_from=date(2016, 12, 1),
         read_by=("gateway/domain/plan.py",),
         does=Text(zh="控制方案中唯一的整体例外，并载明理由", en="the one whole exception of a plan, with its reason")),
    _row(id="LEAST-HARM", zh="多项财产可供执行的，选择对生产经营和生活影响较小且便于执行的财产",
         en="of several things choose what harms production and life least and is easy to enforce",
         source="法发〔2019〕35号第3条；法释〔2016〕22号第13条", basis="practice", effective_from=date(2016, 12, 1),
         does=Text(zh="方案先存款、后按变现难易；次序由本院在 deploy/court-policies.yaml 中规定", en="a plan takes deposits first, then by liquidity; a court sets the order in deploy/court-policies.yaml")),
    _row(id="PRIORITY-RIGHT", zh="对有抵押权、质押权或留置权的财产可以查封、冻结；变价后由优先权人优先受偿",
         en="a mortgage, pledge or lien does not bar a measure; it is paid first out of the proceeds",
         parameters={"whole_without_amount": ("mortgage", "maximum_mortgage", "pledge", "lien")},
         source="执行规定第31条（法释〔1998〕15号，2020修正）", effective_from=date(1998, 7, 18), read_by=("gateway/domain/worth.py",),
         does=Text(zh="实际控制额以单位答复为准，有效控制额减去优先权；未登记数额的担保按全部价值扣除",
                   en="actual is as reported; secured is net of it; one without a registered amount takes the whole value")),
    _row(id="LATE-INTEREST", zh="加倍部分债务利息＝尚未清偿的金钱债务本金×日万分之一点七五×迟延履行天数",
         en="the doubled interest for late performance is unpaid principal x 0.0175 % a day",
         parameters={"rate_a_day": "0.000175"}, source="法释〔2014〕8号第1条；民事诉讼法第264条", effective_from=date(2014, 8, 1),
         read_by=("gateway/domain/claim.py",),
         does=Text(zh="债权额中可选、载明截止日的一项", en="an optional, dated part of the claim")),
    _row(id="SEC-QUANTITY", zh="冻结股票的数量以债权额及费用除以每股价值计算，每股价值以前一交易日收盘价为准，可上下浮动百分之二十",
         en="shares to freeze = claim and costs / value of one share: the previous close, adjusted within 20 %",
         parameters={"adjust": "1/5"}, source="法发〔2021〕9号第7条", effective_from=date(2021, 7, 1),
         does=Text(zh="控制方案据此计算证券数量", en="a plan counts securities so")),
    _row(id="CO-OWN", zh="共有人对份额没有约定且不能确定出资额的，视为等额享有", en="co-owners without known shares own equal parts",
         source="民法典第308条、第309条", effective_from=date(2021, 1, 1), read_by=("contracts/assets/real_estate.py",),
         does=Text(zh="未登记份额的共有房产按人数等分计算债务人份额", en="the debtor's share of a jointly owned house is counted in equal parts")),
)
