"""What a bank's result of a control means, and why it declines; a result outside the document confirms nothing. Pure.

A code that is not in these tables is never given a meaning. Source: domain.md §4.4, §5
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from contracts.control import ControlAnswer, ControlState, PriorityRight, PriorMeasure
from services.deposits import agency_api as wire
from services.deposits import codes
from services.runtime.port import Answer, Controlled, Refused, Unsupported

RightKind = Literal["mortgage", "pledge", "lien", "maximum_mortgage", "other"]

RIGHTS: Mapping[str, RightKind] = {"1": "mortgage", "2": "pledge", "3": "lien", "4": "maximum_mortgage", "9": "other"}
STANDINGS: Mapping[codes.StandingCode, ControlState] = {
    "1": "in_force", "2": "waiting", "3": "released", "4": "expired", "5": "lapsed", "6": "deducted", "7": "reversed",
}
#: None: the bank does not do this measure.
REASONS: Mapping[str, str | None] = {
    "01": "document_missing", "02": "document_mismatch", "03": "credential_missing", "04": "identity_mismatch",
    "05": "identity_mismatch", "06": "identity_incomplete", "07": "not_authorised", "08": None, "09": "asset_not_found",
    "10": "asset_exempt", "11": "asset_exempt", "12": "asset_exempt", "13": "asset_exempt", "14": "asset_exempt",
    "15": "no_original_measure", "16": "term_over_cap", "17": "already_expired", "18": "quota_exceeded",
    "19": "rejected_by_agency", "20": "no_original_measure", "21": "funds_account_missing", "22": "amount_missing",
}
#: The codes of a result that say what was done.
_CODES = ("measure", "scope", "done", "standing")
_WHOLE_ACCOUNT = "1"


def declined(reason: str, remark: object) -> Answer:
    """Read why a bank declines.

    Raises: ValueError if its list does not have the reason
    """
    if reason not in REASONS:
        raise ValueError("a reason that the document does not have")
    code, detail = REASONS[reason], f"{reason} {remark}" if remark else reason
    return Unsupported(detail) if code is None else Refused(code, detail)


def controlled(item: wire.ControlAnswer) -> Answer:
    """Read what became of a control."""
    result = item.results[0]
    if result.reason is not None:
        return declined(result.reason, result.remark)
    assert result.standing is not None
    control = ControlAnswer(
        state=STANDINGS[result.standing], actual_fen=result.actual, unfunded_fen=result.over_limit,
        deducted_fen=result.deducted, rank=None if result.rank is None else int(result.rank),
        waiting_serial=result.waiting_no, agency_control_no=result.freeze_no, served_at=result.served_at,
        effective_at=result.effective_at, until_on=result.until_on, prior_measures=_measures(result.measures),
        priority_rights=_rights(result.rights), wire=_codes(result))
    return Controlled(item.answered_at, control)


def _measures(measures: Sequence[wire.Measure]) -> tuple[PriorMeasure, ...]:
    """Read what stands on an account; a freeze of the account itself takes all of it, whatever amount is said beside it."""
    return tuple(PriorMeasure(
        kind="freeze", authority=one.authority, document_no=one.document_no, amount_fen=None if one.mode == _WHOLE_ACCOUNT else one.amount,
        rank=int(one.rank), from_on=one.from_on, until_on=one.until_on, request_no=one.request_no) for one in measures)


def _rights(rights: Sequence[wire.Right]) -> tuple[PriorityRight, ...]:
    return tuple(PriorityRight(kind=RIGHTS[one.kind], holder=one.holder, amount_fen=one.amount) for one in rights)


def _codes(result: wire.ControlResult) -> dict[str, str]:
    said = {name: getattr(result, name) for name in _CODES}
    return {str(type(result).model_fields[name].alias): code for name, code in said.items() if code is not None}
