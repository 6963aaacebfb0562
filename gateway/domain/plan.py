"""Plan before ordering: which assets to control for how much, so that the claim is secured and no more. Pure.

What each asset can secure is candidates.py, the spreading allot.py; here the court's order is applied and every line gets its reason.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import Field

from contracts.control import Measure
from contracts.failures import Rule
from contracts.registry import asset_type
from contracts.words import Model, Text
from gateway.domain import law
from gateway.domain.allot import Allotment, Part, allot
from gateway.domain.candidates import Candidate
from gateway.domain.control_body import ControlItem
from gateway.domain.court_policy import CourtPolicy
from gateway.domain.liability import wholes_for

#: The rules a plan rests on.
LIMIT, LIMIT_SPLIT, LIABLE_AMOUNT = (law.latest(name).rule for name in ("LIMIT", "LIMIT-SPLIT", "LIABLE-AMOUNT"))
#: What an asset is left out by, where that is a rule.
_LEFT_OUT_BY = {"not_needed": LIMIT, "liability_covered": LIABLE_AMOUNT}

REASONS: Mapping[str, Text] = {
    "takes_all": Text(zh="可控部分全部计入", en="all that can be controlled is needed"),
    "rights_besides": Text(zh="按所需金额加优先受偿额控制", en="as much as is needed, and what is paid to others first out of it"),
    "takes_part": Text(zh="按所需金额控制，其余部分可正常使用", en="as much as is needed; the rest stays usable"),
    "least_excess": Text(zh="不可分割；所选财产合计超出债权最少", en="cannot be split; the things chosen exceed the claim least"),
    "taken_whole": Text(zh="不可分割且其他财产不足以清偿，整体控制；超出部分可申请分割解除",
                        en="cannot be split and nothing smaller suffices: controlled whole, the excess to be split off on application"),
    "liability_reached": Text(zh="以该主体的责任限额为限", en="as far as this subject is liable"),
    "liability_whole": Text(zh="不可分割，整体控制；只按该主体的责任限额计入",
                            en="cannot be split: controlled whole, counted for no more than this subject is liable for"),
    "liability_covered": Text(zh="该主体的责任限额已由其他财产或措施覆盖", en="other property or measures cover what this subject is liable for"),
    "no_value": Text(zh="登记机关无价值，不计入已保全金额，待评估", en="the register gives no value: not counted as securing, to be assessed"),
    "not_needed": Text(zh="其他财产已足以清偿", en="other property suffices"),
    "subject_not_liable": Text(zh="该主体不承担本案债务", en="this subject is not liable in the case"),
    "asset_exempt": Text(zh="依法不得控制", en="the law exempts it"),
    "purpose_limited": Text(zh="专用账户，本院规定不纳入", en="an account of limited purpose, which the court's policy leaves alone"),
    "no_longer_there": Text(zh="已注销或已失效", en="closed, deregistered or historical"),
    "agency_cannot_control": Text(zh="协助单位未开通控制功能", en="its agency offers no control"),
    "already_controlled": Text(zh="本案已控制", en="the case controls it already"),
    "reserved": Text(zh="已由其他控制措施或方案占用", en="other controls or plans take it"),
    "waits_only": Text(zh="已有在先措施，只能轮候，不计入已保全金额", en="earlier measures stand: ours would only wait and secures nothing"),
    "rights_first": Text(zh="优先受偿权已覆盖全部价值", en="priority rights take all of its value"),
    "worth_nothing": Text(zh="无可控金额", en="nothing is there to be controlled"),
    "living_expenses": Text(zh="依法保留生活必需费用", en="left for living expenses"),
}


class Reason(Model):
    """Why an asset is in a plan or is not."""

    code: str
    zh: str
    en: str
    rule: Rule | None = None


class PlanLine(Model):
    """One control to order, for `amount_fen`; 0 where the register gives no value."""

    asset_id: str
    asset_type: str
    subject: int
    measure: Measure
    amount_fen: int
    secured_fen: int = Field(default_factory=lambda line: line["amount_fen"],
                             description="what it counts for: the amount less what is paid to others first out of it")
    quantity: int | None = None
    ratio: str | None = None
    counted: bool = Field(description="whether it secures a known amount")
    reason: Reason


class LeftOut(Model):
    """An asset that the plan leaves alone, and why."""

    asset_id: str
    asset_type: str
    reason: Reason


class Plan(Model):
    """Which assets to control for how much. Amounts in fen: uncovered = claim - held - secured, never below zero."""

    claim_fen: int = Field(description="what is owed on the day, less what was deducted since the claim was stated")
    limit_fen: int = Field(description="the most that may be secured: claim and tolerance")
    held_fen: int = Field(description="what live controls of the case secure already, or will")
    secured_fen: int
    uncovered_fen: int
    proven: bool = Field(description="no other choice of things that cannot be split exceeds the claim less")
    lines: tuple[PlanLine, ...]
    left_out: tuple[LeftOut, ...]


def reason(code: str, rule: Rule | None = None) -> Reason:
    """Return a reason in both languages."""
    return Reason(code=code, zh=REASONS[code].zh, en=REASONS[code].en, rule=rule)


def plan(found: Sequence[Candidate], *, claim_fen: int, held_fen: int, policy: CourtPolicy) -> Plan:
    """Choose among candidates.

    Shape:  money and units in the court's order, things that cannot be split for the rest, a person's only dwelling after all others;
            things without a value last, only while the claim is not covered; the order of `found` does not matter
    Units:  fen, exact
    """
    usable = sorted((one for one in found if one.left_out is None), key=lambda one: (policy.place(one.kind), -(one.free_fen or 0), one.asset_id))
    limit = policy.limit_fen(claim_fen)
    chosen = _allotted([one for one in usable if one.free_fen is not None], claim_fen - held_fen, limit - held_fen, policy)
    uncovered = max(0, claim_fen - held_fen - chosen.total_fen)
    lines = [_line(one, chosen) for one in usable if one.asset_id in chosen.fen]
    lines += [_unvalued(one) for one in usable if one.free_fen is None and uncovered]
    named = {line.asset_id for line in lines}
    left_out = [LeftOut(asset_id=one.asset_id, asset_type=one.asset_type, reason=_why_not(one.left_out or "not_needed"))
                for one in sorted(found, key=lambda one: (policy.place(one.kind), one.asset_id)) if one.asset_id not in named]
    return Plan(claim_fen=claim_fen, limit_fen=limit, held_fen=held_fen, secured_fen=chosen.total_fen, uncovered_fen=uncovered,
                proven=chosen.proven, lines=tuple(lines), left_out=tuple(left_out))


def _why_not(code: str) -> Reason:
    return reason(code, _LEFT_OUT_BY.get(code))


def _allotted(valued: Sequence[Candidate], need_fen: int, limit_fen: int, policy: CourtPolicy) -> Allotment:
    """Spread the need: what divides, then what cannot be split for the rest."""
    parts = [Part(one.asset_id, one.free_fen or 0, one.unit_fen, one.units) for one in valued if one.divides]
    wholes = [one for one in valued if not one.divides]
    return allot(parts, wholes_for(wholes, need_fen - sum(one.whole_fen for one in parts), policy), need_fen, limit_fen)


def _line(one: Candidate, chosen: Allotment) -> PlanLine:
    fen = chosen.fen[one.asset_id]
    if one.asset_id == chosen.over:
        why = reason("taken_whole", LIMIT_SPLIT)
    elif one.limited and fen == one.free_fen:
        why = reason("liability_reached" if one.divides else "liability_whole", LIABLE_AMOUNT)
    elif not one.divides:
        why = reason("least_excess", LIMIT)
    elif one.rights_fen and fen != one.free_fen:
        why = reason("rights_besides", LIMIT)
    else:
        why = reason("takes_all" if fen == one.free_fen else "takes_part", LIMIT)
    return PlanLine(asset_id=one.asset_id, asset_type=one.asset_type, subject=one.subject, measure=one.measure, amount_fen=fen + one.rights_fen,
                    secured_fen=fen, quantity=chosen.units.get(one.asset_id), counted=True, reason=why)


def _unvalued(one: Candidate) -> PlanLine:
    return PlanLine(asset_id=one.asset_id, asset_type=one.asset_type, subject=one.subject, measure=one.measure, amount_fen=0,
                    ratio="1" if one.asset_type == "equity" else None, counted=False, reason=reason("no_value"))


def items(made: Plan, terms: Mapping[str, int], day: date, table: law.Table = law.LAW) -> tuple[ControlItem, ...]:
    """Return what to order; a term the court's policy does not name is the longest the law allows there on that day."""
    return tuple(_item(line, terms, day, table) for line in made.lines)


def _item(line: PlanLine, terms: Mapping[str, int], day: date, table: law.Table) -> ControlItem:
    kind = asset_type(line.asset_type)
    months = terms.get(line.asset_type) or law.cap_months(kind.duration_rule, day, table)
    return ControlItem(asset_id=line.asset_id, measure=line.measure, amount_fen=line.amount_fen if kind.counted_in == "amount_fen" else None,
                       quantity=line.quantity, ratio=line.ratio, term_months=months)


def stale_lines(made: Plan, found: Sequence[Candidate], held_fen: int) -> list[int]:
    """Return which lines no longer hold by what the report says now; all of them if the case holds more than it did."""
    now = {one.asset_id: one for one in found if one.left_out is None}
    return [index for index, line in enumerate(made.lines) if held_fen > made.held_fen or not _holds(line, now.get(line.asset_id))]


def _holds(line: PlanLine, now: Candidate | None) -> bool:
    if now is None or now.measure != line.measure or line.counted != (now.free_fen is not None):
        return False
    if now.divides:
        return (now.free_fen or 0) >= line.secured_fen and now.rights_fen <= line.amount_fen - line.secured_fen and now.units >= (line.quantity or 0)
    return (now.free_fen or 0) == line.secured_fen
