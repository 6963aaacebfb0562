"""What rules find wrong with an order or a step, and the refusal made of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.failures import FieldError, Rejected, Rule
from gateway.domain.field_errors import field_error
from gateway.domain.law import LawRow


@dataclass(frozen=True, slots=True)
class Finding:
    """One wrong field, and the rule of law it offends, if it is one."""

    error: FieldError
    rule: Rule | None = None


def offends(row: LawRow, path: Sequence[str | int], code: str, expected: str = "") -> Finding:
    """Say in the words of a rule that a field offends it."""
    return Finding(field_error(path, code, row.zh, row.en, expected), row.rule)


def wrong(at: tuple[int, str], code: str, zh: str, en: str, *, expected: str = "", rule: Rule | None = None) -> Finding:
    """Name one wrong field of one item."""
    return Finding(field_error(("items", *at), code, zh, en, expected), rule)


def refusal(findings: Sequence[Finding]) -> Rejected:
    """Make the problem of some findings: 422 control_refused, with the first rule of law among them, on papers only if there is no other."""
    rules = [finding.rule for finding in findings if finding.rule]
    rule = next((one for one in rules if one.id != "DOC-MATRIX"), rules[0] if rules else None)
    return Rejected(422, "control_refused", "控制请求不能受理 / The control cannot be taken", [_named(one) for one in findings], rule)


def _named(finding: Finding) -> FieldError:
    return finding.error.model_copy(update={"rule": finding.rule})
