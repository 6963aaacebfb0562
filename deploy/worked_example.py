"""One case counted from the claim to the release of an excess, by the same functions that count real cases. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from contracts.case import Claim
from contracts.control import STATE_NAMES, PriorityRight, PriorMeasure
from contracts.messages import FoundAsset
from contracts.money import display_yuan
from contracts.registry import asset_type
from contracts.report import AssetReport, ReportAsset
from contracts.subject import Subject
from contracts.words import Text
from gateway.domain.candidates import Around, candidates
from gateway.domain.claim import claim_fen, late_interest_fen
from gateway.domain.court_policy import BY_LAW
from gateway.domain.directory import Directory
from gateway.domain.excess import release_proposals
from gateway.domain.plan import Plan, plan
from gateway.domain.report import ControlView, ReportRequest, TaskView, compile_report

ON, NOW = date(2026, 11, 22), datetime(2026, 11, 22, 1, tzinfo=UTC)
COURT = "粤5302"
CLAIM = Claim(principal_fen=50_000_000, interest_fen=3_000_000, litigation_costs_fen=880_000, paid_fen=10_000_000, as_of_on=ON,
              late_interest_from_on=date(2026, 8, 15))
DEBTOR = Subject.model_validate({"kind": "person", "name": "陈伟", "id_type": "resident_id", "id_no": "445302199001010013"})
_HOUSE: dict[str, Any] = {
    "unit_code": "445302001001GB00014F00310202", "location": "云城区解放中路128号", "right_type": "house", "right_status": "current",
    "planned_use": "商业服务", "holder_name": "陈伟", "share_ratio": "1/2", "co_ownership": "by_shares", "registry": "云浮市不动产登记中心",
    "region_code": "445302", "assessed_value_fen": 76_432_500}


def _account(account_no: str, account_class: str, balance_fen: int, available_fen: int) -> dict[str, Any]:
    return {"account_no": account_no, "account_class": account_class, "account_status": "normal", "currency": "CNY",
            "balance_fen": balance_fen, "available_balance_fen": available_fen}


#: What the agencies answered: an account with a pledge, one with an earlier freeze, one for wages, half a house under mortgage.
FOUND: tuple[tuple[str, str, FoundAsset], ...] = (
    ("存款甲 account A", "deposits", FoundAsset(record=_account("6222024530200012345", "personal_settlement", 8_812_300, 8_812_300),
                                             priority_rights=(PriorityRight(kind="pledge", holder="某银行", amount_fen=1_000_000),))),
    ("存款乙 account B", "deposits", FoundAsset(record=_account("6217003130004453021", "personal_settlement", 25_000_000, 22_000_000),
                                             prior_measures=(PriorMeasure(kind="freeze", authority="罗定市人民法院", amount_fen=3_000_000, rank=1),))),
    ("工资专户 wages", "deposits", FoundAsset(record=_account("6214837655300012345", "migrant_wage", 20_000_000, 20_000_000))),
    ("商铺 shop", "real_estate", FoundAsset(record=_HOUSE, priority_rights=(PriorityRight(kind="mortgage", holder="某银行", amount_fen=38_000_000),))),
)
_NAMES = {asset_type(kind).key_text(found.record): name for name, kind, found in FOUND}


def page(directory: Directory) -> str:
    """Return the page. Amounts in yuan."""
    report, owed = _report(()), claim_fen(CLAIM, ON)
    around = Around(directory, BY_LAW.of(COURT, ON), (), {}, ON)
    made = plan(candidates(report, around), claim_fen=owed, held_fen=0, policy=around.policy)
    return "\n".join([*_claim(owed), *_assets(report), *_planned(made), *_answered(made, owed)])


def _report(controls: Sequence[ControlView]) -> AssetReport:
    agencies = {"deposits": "icbc", "real_estate": "yunfu-real-estate"}
    tasks = [TaskView(task_id=kind, agency=agency, name=Text(zh=agency, en=agency), asset_type=kind, subject=0, outcome="found", as_of=NOW,
                      assets=tuple(found for _, of, found in FOUND if of == kind)) for kind, agency in agencies.items()]
    request = ReportRequest("01JD", "（2026）粤5302执1234号", (DEBTOR,), tuple(agencies), claim_fen=claim_fen(CLAIM, ON))
    return compile_report(request, tasks, controls, version=1, compiled_at=NOW, asset_id=lambda _kind, _holder, key: key)


def _listed(report: AssetReport) -> list[tuple[str, ReportAsset]]:
    return [(section.asset_type, asset) for section in report.subjects[0].sections for asset in section.assets]


def _claim(owed: int) -> Iterator[str]:
    late, days = late_interest_fen(CLAIM, ON), (ON - (CLAIM.late_interest_from_on or ON)).days + 1
    yield "# 一个算例 · A worked example\n"
    yield "Made by `make generate`: every amount is counted by the functions that count real cases (`deploy/worked_example.py`). 金额单位：元。\n"
    yield "## 1. 债权 · The claim\n"
    yield "| | 元 yuan |\n|---|---:|"
    for name, fen in (("本金 principal", CLAIM.principal_fen), ("利息 interest", CLAIM.interest_fen), ("诉讼费 costs", CLAIM.litigation_costs_fen),
                      ("已还 paid", -CLAIM.paid_fen), (f"迟延履行利息 late interest, {days} days ([LATE-INTEREST](law/extent.md#late-interest))", late),
                      ("**合计 total**", owed)):
        yield f"| {name} | {display_yuan(fen)} |"


def _assets(report: AssetReport) -> Iterator[str]:
    yield "\n## 2. 财产 · What was found\n"
    yield "可控制＝份额 ×（价值 − 在先措施 − 优先权），不超过登记机关所称可用额；受保护的为零。 "
    yield "Controllable = share × (value − prior − priority), at most what the register calls available; nothing of what is protected.\n"
    yield "| 财产 asset | 价值 value | 份额 share | 在先与优先 encumbered | 可控制 controllable | 规则 rules |\n|---|---:|---|---:|---:|---|"
    for _, asset in _listed(report):
        rules = ", ".join(f"[{one.rule}](law/accounts.md#{one.rule.lower()})" for one in asset.restrictions)
        yield (f"| {_NAMES[asset.asset_id]} | {display_yuan(asset.value_fen or 0)} | {asset.debtor_share} | {display_yuan(asset.encumbered_fen)} | "
               f"{display_yuan(asset.controllable_fen or 0)} | {rules} |")


def _planned(made: Plan) -> Iterator[str]:
    yield "\n## 3. 方案 · The plan\n"
    yield "存款上有质押的，除所需金额外，优先受偿的数额一并冻结。 What is paid to others first out of an account is frozen besides.\n"
    yield "| 财产 asset | 控制 to control | 计入 counted | 理由 reason |\n|---|---:|---:|---|"
    for line in made.lines:
        yield f"| {_NAMES[line.asset_id]} | {display_yuan(line.amount_fen)} | {display_yuan(line.secured_fen)} | {line.reason.zh}<br>{line.reason.en} |"
    for one in made.left_out:
        yield f"| {_NAMES[one.asset_id]} | — | — | {one.reason.zh}<br>{one.reason.en} |"
    yield f"\n已覆盖 secured **{display_yuan(made.secured_fen)}**，未覆盖 uncovered **{display_yuan(made.uncovered_fen)}**。\n"


def _answered(made: Plan, owed: int) -> Iterator[str]:
    """Tell what the answers secure, and what is to be released had account A been frozen whole."""
    account_a, account_b = (str(found.record["account_no"]) for _, _, found in FOUND[:2])
    ordered = [_control(line.asset_id, line.asset_type, line.measure, line.amount_fen) for line in made.lines]
    waiting = _control(account_b, "deposits", "freeze", 3_000_000, control_id="waiting", state="waiting", rank=2)
    yield "## 4. 答复 · What the answers secure\n"
    yield "轮候的措施不计入（[LIMIT-WAITING](law/extent.md#limit-waiting)）。 What only waits secures nothing.\n"
    yield from _secured(_report([*ordered, waiting]), owed)
    yield "## 5. 解除建议 · What to release\n"
    yield "假如存款甲被全额冻结： Had account A been frozen whole:\n"
    whole = _report([_control(account_a, "deposits", "freeze", 8_812_300), *(one for one in ordered if one.asset_id != account_a)])
    yield from _secured(whole, owed)
    for proposal in release_proposals(whole.controls, owed, BY_LAW.of(COURT, ON)):
        part = f"{display_yuan(proposal.amount_fen)} 元 yuan" if proposal.amount_fen else "全部 all of it"
        yield f"- 建议解除 release {_NAMES[proposal.asset_id]}：**{part}**。{proposal.reason.zh}。 {proposal.reason.en}"
    yield "\n解除须有解除裁定和协助通知（[LIMIT-RELEASE](law/extent.md#limit-release)）。 A release needs a ruling and a notice.\n"


def _control(asset_id: str, asset_type: str, measure: str, fen: int, **other: Any) -> ControlView:
    values: dict[str, Any] = {"control_id": asset_id, "state": "in_force", **other}
    return ControlView(asset_id=asset_id, asset_type=asset_type, subject=0, agency="icbc", measure=measure, requested_fen=fen, actual_fen=fen, **values)


def _secured(report: AssetReport, owed: int) -> Iterator[str]:
    yield "| 措施 measure | 请求 requested | 有效控制 secured |\n|---|---:|---:|"
    for one in report.controls:
        yield f"| {_NAMES[one.asset_id]}，{STATE_NAMES[one.state].zh} {STATE_NAMES[one.state].en} | {display_yuan(one.requested_fen or 0)} | {display_yuan(one.secured_fen)} |"
    yield f"\n合计 total secured **{display_yuan(report.totals.secured_fen)}**，债权 claim **{display_yuan(owed)}**。\n"
