"""Rules for the steps on a control that stands: renew, release, deduct, transfer, convert. Pure; the law is a table (law/).

`check` names everything wrong at once, `step_of` says what to ask the agency. `actual_fen` of a control is what the agency
holds for us now: what was deducted is out of it already.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from contracts.agency import Agency
from contracts.asset_type import AssetType, fen_of
from contracts.case import Officer, parse_case_no
from contracts.control import STATE_NAMES, FundsAccount, Transferee
from contracts.documents import DocumentRef
from contracts.failures import IllegalTransition, NotFound, Rejected, Unfit
from contracts.registry import asset_type
from contracts.words import Message
from gateway.domain import law
from gateway.domain.control import MAY_ASK, Control, may_be_held_behind, units_held
from gateway.domain.control_body import ConversionBody, DeductionBody, ReleaseBody, RenewalBody, TransferBody
from gateway.domain.control_rules import check_documents, check_term
from gateway.domain.courts import CaseKey, Courts
from gateway.domain.deadlines import corresponding_day
from gateway.domain.deductions import check_case, check_condition, check_currency, check_destination, destination
from gateway.domain.field_errors import field_error
from gateway.domain.findings import Finding, offends
from gateway.domain.law import LAW, LawRow, Table

Action = Literal["renew", "release", "deduct", "transfer", "convert"]
#: Bodies of the steps that ask the agency for something; a conversion asks nobody.
AskingBody = RenewalBody | ReleaseBody | DeductionBody | TransferBody
StepBody = AskingBody | ConversionBody


@dataclass(frozen=True, slots=True)
class OnControl:
    """A control as its rules need it; `cause` is the cause of its case, `today` the date in China, `table` the court's law."""

    control: Control
    asset_type: str
    record: Mapping[str, object]
    case_no: str
    court_code: str
    agency: Agency | None
    today: date
    cause: str | None = None
    table: Table = LAW
    #: no agency can have got the measure yet
    unsent: bool = False
    #: what the case is still owed; null: no claim is known, or none is needed
    owed_fen: int | None = None

    @property
    def kind(self) -> AssetType:
        """Return what is controlled."""
        return asset_type(self.asset_type)

    def law(self, rule_id: str) -> LawRow:
        """Return a rule that holds today."""
        return law.rules(self.today, self.table)[rule_id]


def action_of(body: StepBody) -> Action:
    """Return what a body orders."""
    match body:
        case RenewalBody():
            return "renew"
        case ReleaseBody():
            return "release"
        case DeductionBody():
            return "deduct"
        case TransferBody():
            return "transfer"
        case _:
            return "convert"


class Step(Message):
    """What is asked of the agency; without an amount or a quantity, about everything."""

    action: Literal["renew", "release", "deduct", "transfer"]
    amount_fen: int | None = None
    quantity: int | None = None
    until_on: date | None = None
    transferee: Transferee | None = None
    case_funds_account: FundsAccount | None = None
    withdrawal_condition: str | None = None


class OrderedStep(Message):
    """A step with who ordered it, in which case, with which documents; kept while it is held back."""

    step: Step
    court_code: str
    case_no: str
    officer: Officer
    documents: tuple[DocumentRef, ...]


def may_take(action: Action, court_code: str, case: CaseKey, documents: Sequence[DocumentRef], today: date, *, known: Courts) -> bool:
    """Tell whether a court may take a step on a control of a case: the court that ordered, a superior one, or who holds the case's letter.

    Source: RELEASE-BY; to anybody else the control is not there
    """
    row = law.rules(today)["RELEASE-BY"].parameters
    standings = {"ordering_court": court_code == case.court_code, "superior_court": known.is_superior(court_code, case.court_code),
                 "letter_holder": any(_hands_over(one, case.case_no) for one in documents)}
    return any(holds and action in _words(row[name]) for name, holds in standings.items())


def not_there() -> Rejected:
    """Make the refusal of a step on a control that is not there or not the court's to take: the same for both, with the rule on who may."""
    return Rejected(NotFound.status, NotFound.code, "没有这个对象 / There is no such object", rule=law.latest("RELEASE-BY").rule)


def _hands_over(document: DocumentRef, case_no: str) -> bool:
    """Tell whether a document is the letter by which the ordering court hands the case over: under the case's number, its content on file."""
    if document.kind != "transfer_letter" or document.document_id is None:
        return False
    try:
        return parse_case_no(document.document_no.partition("号")[0] + "号") == parse_case_no(case_no)
    except Unfit:
        return False


def check_renewal(on: OnControl, body: RenewalBody) -> list[Finding]:
    """Check a renewal: before expiry, counted from the old end, within the cap (RENEW-BEFORE, RENEW-MAX, DUR-*)."""
    end, name = on.control.until_on, "until_on" if body.term_months is None else "term_months"
    if on.control.state == "expired" or (end is not None and end < on.today):
        return [offends(on.law("RENEW-BEFORE"), (), "renewed_too_late", str(end))]
    findings = list(_askable(on, "renew", body.documents))
    if findings or end is None:
        return findings or [Finding(field_error((), "no_term", "该控制没有届满日，无法续行", "no term runs that could be renewed"))]
    if body.until_on is not None and body.until_on <= end:
        findings.append(Finding(field_error((name,), "not_later", "续行后的届满日应晚于原届满日", "a renewal ends later than before", f"> {end}")))
    return findings + check_term(on.kind, (), months=body.term_months, until_on=body.until_on, start_on=end, today=on.today, table=on.table, renewal=True)


def check_release(on: OnControl, body: ReleaseBody) -> list[Finding]:
    """Check a release, of the whole or of a part of what is counted; it may be held behind what is pending (RELEASE-HELD)."""
    findings = list(_askable(on, "release", body.documents))
    for name, asked, held in (("amount_fen", body.amount_fen, on.control.actual_fen), ("quantity", body.quantity, units_held(on.control))):
        if asked is not None and on.kind.counted_in != name:
            findings.append(Finding(field_error((name,), "extent_not_for_asset_type", f"{on.kind.name.zh}不按此项解除",
                                                "this kind of asset is not released so", str(on.kind.counted_in))))
        elif asked is not None and held is not None and asked > held:
            error = field_error((name,), "over_frozen", "解除不得超过为本院控制的数额", "a release takes no more than is held for us", f"≤ {held}")
            findings.append(Finding(error, on.law("DEDUCT-LIMIT").rule))
    return findings


def narrowed(control: Control, step: Step) -> Step:
    """Return a release as it is sent: a part that is not less than what is held is the whole."""
    whole = (_reaches(step.amount_fen, control.actual_fen) or _reaches(step.quantity, units_held(control)))
    return Step(action="release") if whole else step


def withdraws(control: Control, step: Step) -> bool:
    """Tell whether a step takes a measure back as a whole that no agency has confirmed; it need not go out then (CANCEL-WINS)."""
    return control.state == "requested" and step.action == "release" and step.amount_fen is None and step.quantity is None


def _reaches(asked: int | None, held: int | None) -> bool:
    return asked is not None and held is not None and asked >= held


def check_deduction(on: OnControl, body: DeductionBody) -> list[Finding]:
    """Check a deduction: not in preservation, of what is held, within ruling and funds, not from what the law protects."""
    findings = list(_askable(on, "deduct", body.documents, on.law("DEDUCT-PRESERVATION"), "not_deductible"))
    findings += check_case(on.case_no, path=(), day=on.today, table=on.table)
    barred = law.exemption(on.record, "deduct", on.today, cause=on.cause, table=on.table)
    if barred is not None:
        findings.append(offends(barred, (), "asset_exempt"))
    findings += check_destination(body.case_funds_account, moves_money=True, path=(), day=on.today, table=on.table)
    findings += check_condition(body.withdrawal_condition, on.kind, moves_money=True, path=(), day=on.today, table=on.table)
    findings += check_currency(on.record, path=())
    most = _most_deductible(on)
    if most is not None and body.amount_fen > most:
        findings.append(offends(on.law("DEDUCT-LIMIT"), ("amount_fen",), "over_frozen", f"≤ {most}"))
    if on.owed_fen is not None and body.amount_fen > on.owed_fen:
        findings.append(offends(on.law("DEDUCT-LIMIT"), ("amount_fen",), "over_claim", f"≤ {on.owed_fen}"))
    return findings


def _most_deductible(on: OnControl) -> int | None:
    """Return the lesser of what is held and what the ruling's amount leaves, None where neither is known."""
    control, price = on.control, on.record.get("close_price_fen")
    held = control.actual_fen
    if control.actual_quantity is not None and isinstance(price, int):
        held = fen_of(control.actual_quantity, price)
    left = None if control.requested_fen is None else control.requested_fen - control.deducted_fen
    return min((one for one in (held, left) if one is not None), default=None)


def check_transfer(on: OnControl, body: TransferBody) -> list[Finding]:
    """Check a transfer of title: not in preservation, of what is held, to somebody (DEDUCT-PRESERVATION, TRANSFER-TO)."""
    findings = list(_askable(on, "transfer", body.documents, on.law("TRANSFER-TO")))
    findings += check_case(on.case_no, path=(), day=on.today, table=on.table)
    if body.transferee is None:
        findings.append(offends(on.law("TRANSFER-TO"), ("transferee",), "transferee_required", "{name, id_type, id_no}"))
    return findings


def check_conversion(on: OnControl, body: ConversionBody) -> list[Finding]:
    """Check a conversion: from a preservation case to an enforcement case, while the measure lives (PRESERVE-CONV)."""
    row = on.law("PRESERVE-CONV")
    findings = []
    if _type_of(on.case_no) not in _words(row.parameters["from"]):
        findings.append(offends(row, (), "not_convertible", " / ".join(_words(row.parameters["from"]))))
    if _type_of(body.case.case_no) not in _words(row.parameters["to"]):
        findings.append(offends(row, ("case", "case_no"), "not_convertible", " / ".join(_words(row.parameters["to"]))))
    if on.control.state not in {"requested", *MAY_ASK}:
        findings.append(_wrong_state(on.control))
    return findings


def check(on: OnControl, body: StepBody) -> list[Finding]:
    """Find everything wrong with a step, all at once; an empty list lets it through."""
    match body:
        case RenewalBody():
            return check_renewal(on, body)
        case ReleaseBody():
            return check_release(on, body)
        case DeductionBody():
            return check_deduction(on, body)
        case TransferBody():
            return check_transfer(on, body)
        case _:
            return check_conversion(on, body)


def step_of(on: OnControl, body: AskingBody) -> Step:
    """Return what a lawful step asks of the agency: a renewal its new end, counted from the old one."""
    match body:
        case RenewalBody():
            return Step(action="renew", until_on=body.until_on or renewal_end(on.control, body.term_months or 0))
        case ReleaseBody():
            return narrowed(on.control, Step(action="release", amount_fen=body.amount_fen, quantity=body.quantity))
        case DeductionBody():
            return Step(action="deduct", amount_fen=body.amount_fen, case_funds_account=destination(body),
                        withdrawal_condition=body.withdrawal_condition)
        case _:
            return Step(action="transfer", transferee=Transferee(**body.transferee.model_dump()) if body.transferee else None)


def renewal_end(control: Control, term_months: int) -> date:
    """Return the end date of a renewal: the corresponding day so many months after the present end.

    Raises: IllegalTransition if no term runs
    """
    if control.until_on is None:
        raise IllegalTransition("no term runs that could be renewed")
    return corresponding_day(control.until_on, term_months)[0]


def _askable(
    on: OnControl, action: Literal["renew", "release", "deduct", "transfer"], documents: Sequence[DocumentRef], rule: LawRow | None = None,
    code: str = "wrong_state",
) -> Iterator[Finding]:
    """Check state, agency and documents; `rule` is the law that a wrong state offends, where there is one, `code` what it is called then."""
    control, kind = on.control, on.kind
    if control.held is not None or (control.pending is not None and not (action == "release" and may_be_held_behind(control))):
        yield Finding(field_error((), "step_pending", "前一步骤尚未答复", "an earlier step awaits its answer"))
    elif control.pending is None and action not in MAY_ASK.get(control.state, ()):
        yield _wrong_state(control, rule, code)
    elif action == "transfer" and control.measure == "watchlist":
        yield Finding(field_error((), "holds_nothing", "布控不控制财产，不能过户", "a watch-list entry holds nothing whose title could pass"))
    if action not in kind.documents:
        yield Finding(field_error((), "step_not_for_asset_type", f"{kind.name.zh}不适用该项操作", "this step is not for this kind of asset"))
    elif not on.unsent and (on.agency is None or not on.agency.can(action)):
        yield Finding(field_error((), "agency_cannot_control", "协助单位未开通该项控制功能", "the agency does not offer this step"))
    yield from (Finding(error, on.law("DOC-MATRIX").rule) for error in check_documents(kind, action, documents))


def _wrong_state(control: Control, rule: LawRow | None = None, code: str = "wrong_state") -> Finding:
    state = STATE_NAMES[control.state]
    error = field_error((), code, f"该控制的状态（{state.zh}）不允许此操作", f"the control's state ({control.state}) does not allow this")
    return Finding(error, rule.rule if rule else None)


def _type_of(case_no: str) -> str:
    return parse_case_no(case_no).type_code


def _words(value: object) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value
