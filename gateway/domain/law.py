"""The legal table: rules of law as rows with parameters, source and time of validity; code reads it and knows no number.

A rule that changes is a new row with a later `effective_from`; the old one gets an `effective_to`. domain.md §8, §8a, §11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from contracts.case import parse_case_no
from contracts.failures import Rule


@dataclass(frozen=True, slots=True)
class LawRow:
    """One rule: what it says in both languages, its parameters, where it stands, and the days on which it holds."""

    id: str
    zh: str
    en: str
    parameters: Mapping[str, object]
    source: str
    effective_from: date
    effective_to: date | None = None

    def holds_on(self, day: date) -> bool:
        """Tell whether the rule is in force on a day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)

    @property
    def rule(self) -> Rule:
        """Return what a problem document names."""
        return Rule(id=self.id, source=self.source)


_PROCEDURE = date(2015, 2, 4)  # 民诉法解释 in force
_DURATION = "民诉法解释第485条（法释〔2022〕11号）"

LAW: tuple[LawRow, ...] = (
    LawRow("DUR-DEP", "冻结银行存款的期限不得超过一年", "a freeze of bank deposits lasts at most one year",
           {"months": 12}, _DURATION, _PROCEDURE),
    LawRow("DUR-MOV", "查封、扣押动产的期限不得超过两年", "a seal or seizure of movables lasts at most two years",
           {"months": 24}, _DURATION, _PROCEDURE),
    LawRow("DUR-IMM", "查封不动产、冻结其他财产权的期限不得超过三年", "a seal of immovables or a freeze of other rights lasts at most three years",
           {"months": 36}, _DURATION, _PROCEDURE),
    LawRow("LIMIT-ACC", "冻结账户应载明具体数额", "the freeze of an account states a specific amount",
           {}, "法释〔2016〕22号第15条；法发〔2019〕35号", date(2016, 12, 1)),
    LawRow("CASE-TYPE", "控制措施只能由执行、保全案件作出", "only enforcement and preservation cases control property",
           {"types": ("执", "执恢", "执保", "财保")}, "法〔2015〕137号（案件类型代字）", date(2016, 1, 1)),
    LawRow("LIABLE-DEBTOR", "被执行人的财产可以控制", "the debtor's property may be controlled",
           {"role": "debtor", "liable": True}, "民事诉讼法第253条", date(2022, 1, 1)),
    LawRow("LIABLE-ADDED", "追加、变更的被执行人须有裁定", "a debtor who was added needs a ruling",
           {"role": "added_debtor", "liable": True, "document": "ruling"}, "法释〔2016〕21号第28条至第30条", date(2016, 12, 1)),
    LawRow("LIABLE-THIRD", "第三人占有或登记在第三人名下的财产须有其书面确认", "property held by a third party needs its written confirmation",
           {"role": "third_party_confirmed", "liable": True, "document": "written_confirmation"}, "法释〔2004〕15号第2条（2020修正）",
           date(2005, 1, 1)),
    LawRow("LIABLE-SPOUSE", "配偶须依法追加为被执行人，或由本院另行规定", "a spouse must first be added as debtor, or the court's policy says otherwise",
           {"role": "spouse", "liable": False}, "法释〔2016〕21号第1条", date(2016, 12, 1)),
    LawRow("LIABLE-LEGAL-REP", "法定代表人不因职务承担债务", "a legal representative is not liable by office",
           {"role": "legal_representative", "liable": False}, "法释〔2016〕21号第1条", date(2016, 12, 1)),
    LawRow("LIABLE-OFFICER", "主要负责人不因职务承担债务", "a responsible person is not liable by office",
           {"role": "responsible_person", "liable": False}, "法释〔2016〕21号第1条", date(2016, 12, 1)),
    LawRow("SEC-EXEMPT", "社会保险基金账户不得冻结、扣划", "social insurance funds are not controlled",
           {"field": "account_class", "value": "social_insurance", "barred": ("freeze", "freeze_and_deduct", "withdraw_income")},
           "法〔2000〕19号", date(2000, 2, 18)),
    LawRow("SEC-EXEMPT-WAGE", "农民工工资专用账户、保证金账户资金不得因其他案件冻结、扣划", "migrant wage accounts are not controlled for other debts",
           {"field": "account_class", "value": "migrant_wage", "barred": ("freeze", "freeze_and_deduct", "withdraw_income")},
           "保障农民工工资支付条例第33条；人社部发〔2020〕93号", date(2020, 5, 1)),
    LawRow("SEC-MARGIN", "银行承兑汇票保证金可以冻结，不得扣划", "acceptance margin may be frozen, not deducted",
           {"field": "account_class", "value": "acceptance_margin", "barred": ("freeze_and_deduct", "withdraw_income")},
           "法发〔2000〕21号第9条", date(2000, 9, 4)),
    LawRow("SEC-LC-MARGIN", "信用证开证保证金可以冻结，不得扣划", "letter-of-credit margin may be frozen, not deducted",
           {"field": "account_class", "value": "letter_of_credit_margin", "barred": ("freeze_and_deduct", "withdraw_income")},
           "法释〔1997〕4号", date(1997, 9, 3)),
)


def rules(day: date) -> Mapping[str, LawRow]:
    """Return the rules that hold on a day, by id."""
    return {row.id: row for row in LAW if row.holds_on(day)}


def cap_months(duration_rule: str, day: date) -> int:
    """Return the longest term of a rule DUR-*, in months; the same for each renewal.

    Raises: KeyError if no such rule holds on the day
    """
    months = rules(day)[duration_rule].parameters["months"]
    assert isinstance(months, int)
    return months


def liability(role: str, day: date) -> LawRow | None:
    """Return the rule on whether a subject's property may be controlled, None where the law has none."""
    return next((row for row in rules(day).values() if row.parameters.get("role") == role), None)


def exemption(record: Mapping[str, object], measure: str, day: date) -> LawRow | None:
    """Return the rule that bars a measure on what a record describes, None if nothing does."""
    return next((row for row in rules(day).values() if "field" in row.parameters and _bars(row, record, measure)), None)


def _bars(row: LawRow, record: Mapping[str, object], measure: str) -> bool:
    barred = row.parameters["barred"]
    assert isinstance(barred, tuple)
    return record.get(str(row.parameters["field"])) == row.parameters["value"] and measure in barred


def may_control(case_no: str, day: date) -> LawRow | None:
    """Return the rule that a case of this type offends by controlling property, None if it may."""
    row = rules(day)["CASE-TYPE"]
    types = row.parameters["types"]
    assert isinstance(types, tuple)
    return None if parse_case_no(case_no).type_code in types else row
