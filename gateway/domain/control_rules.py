"""Rules of law that a control must keep, which need the asset: measure, documents, extent, term, liability. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import floor

from contracts.agency import Agency, Capability
from contracts.asset_type import AssetType
from contracts.clock import china_date
from contracts.control import MEASURE_NAMES, Measure
from contracts.documents import DocumentRef
from contracts.failures import FieldError
from contracts.registry import asset_type
from contracts.report import AssetReport, Source
from contracts.subject import Role
from gateway.domain import law
from gateway.domain.control import DEDUCTS_AT_ONCE
from gateway.domain.control_body import ControlBody, ControlItem
from gateway.domain.deadlines import corresponding_day
from gateway.domain.deductions import check_case, check_condition, check_currency, check_destination
from gateway.domain.directory import Directory
from gateway.domain.field_errors import field_error
from gateway.domain.findings import Finding, wrong
from gateway.domain.request import document_errors

#: What an agency must offer for a measure.
CAPABILITY_FOR: Mapping[Measure, Capability] = {
    "freeze": "freeze", "seal": "seal", "pre_seal": "seal", "seize": "seal", "watchlist": "seal",
    "freeze_and_deduct": "deduct", "withdraw_income": "deduct",
}
#: The fields of an item that may say how much, by what the asset type counts measures in.
_EXTENTS: Mapping[str | None, tuple[str, ...]] = {
    "amount_fen": ("amount_fen",), "quantity": ("quantity",), "ratio": ("ratio", "capital_fen"), None: (),
}
_ALL_EXTENTS = ("amount_fen", "quantity", "capital_fen", "ratio")


@dataclass(frozen=True, slots=True)
class Target:
    """An asset of a report as a control needs it; `agencies` are its sources, the newest first."""

    asset_id: str
    asset_type: str
    subject: int
    role: Role
    agencies: tuple[str, ...]
    record: Mapping[str, object]
    debtor_share: str = "1"
    #: named inline and in no answer: its record says no more than its key
    clue: bool = False
    #: agencies that know its holder by a former name, and that name
    known_as: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be asked for, in fen: what the case is still owed (null: no claim is known), what subjects are still liable for.

    `taken` is what the court's controls hold or took of an asset whose holder is liable for a share: asset id -> extent -> fen or units
    """

    owed_fen: int | None = None
    liable_fen: Mapping[int, int] = field(default_factory=dict)
    taken: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


NO_LIMITS = Limits()


def targets(report: AssetReport, table: law.Table = law.LAW) -> dict[str, Target]:
    """Return the assets of a report by id; one that two subjects hold is listed under one who is liable."""
    on = china_date(report.compiled_at)
    found: dict[str, Target] = {}
    for subject in report.subjects:
        for section in subject.sections:
            for asset in section.assets:
                target = Target(asset.asset_id, section.asset_type, subject.subject, subject.role,
                                tuple(source.agency for source in asset.sources), asset.record, asset.debtor_share, known_as=known_as(asset.sources))
                known = found.get(asset.asset_id)
                if known is None or (not _is_liable(known, on, table) and _is_liable(target, on, table)):
                    found[asset.asset_id] = target
    return found


def known_as(sources: Sequence[Source]) -> dict[str, str]:
    """Return by which former name an agency knows the holder of an asset, unless it told of the asset by the name of today too."""
    today = {one.agency for one in sources if one.asked_as is None}
    return {one.agency: one.asked_as for one in reversed(sources) if one.asked_as is not None and one.agency not in today}


def agency_for(target: Target, measure: Measure, directory: Directory) -> Agency | None:
    """Return the agency that a measure goes to: the newest source that offers it, None if no source does."""
    sources = (directory.by_code.get(code) for code in target.agencies)
    return next((one for one in sources if one is not None and one.can(CAPABILITY_FOR[measure])), None)


def check_items(
    body: ControlBody, assets: Mapping[str, Target], directory: Directory, *, case_no: str, today: date, cause: str | None = None,
    table: law.Table = law.LAW, limits: Limits = NO_LIMITS,
) -> list[Finding]:
    """Find everything wrong with the items, all at once; an empty list lets the call through.

    Shape: `today` is the date in China, `cause` that of the case, `table` the legal table as it stands in the court
    """
    around = _Around(directory, body.documents, body.items, today, case_no, cause, table, limits)
    findings = list(_case(case_no, today))
    for index, item in enumerate(body.items):
        if item.asset_id is None:
            continue  # a clue that cannot be read: domain.clues says why
        target = assets.get(item.asset_id)
        if target is None:
            findings.append(wrong((index, "asset_id"), "unknown_asset", "报告中没有这项财产", "the report has no such asset"))
        else:
            findings += _item(index, item, target, around)
    findings += _over_liability(body.items, assets, limits.liable_fen, today)
    findings += _over_claim(body.items, limits.owed_fen, today, table)
    return list(dict.fromkeys(findings))


def check_documents(kind: AssetType, action: str, documents: Sequence[DocumentRef]) -> list[FieldError]:
    """Name the documents that a measure or a follow-up on a kind of asset lacks."""
    return document_errors(kind.documents.get(action, ()), documents)


def check_term(
    kind: AssetType, path: Sequence[str | int], *, months: int | None, until_on: date | None, start_on: date, today: date,
    table: law.Table = law.LAW, renewal: bool = False,
) -> list[Finding]:
    """Check a term against its cap DUR-*, of a renewal RENEW-MAX; that starts at the present end. The corresponding day is within the cap."""
    cap = (law.renewal_cap_months if renewal else law.cap_months)(kind.duration_rule, today, table)
    latest = corresponding_day(start_on, cap)[0]
    if (months is None or months <= cap) and (until_on is None or until_on <= latest):
        return []
    name = "term_months" if months is not None else "until_on"
    error = field_error((*path, name), "term_over_cap", f"期限超过法定上限（{cap}个月）", f"the term is over the legal cap of {cap} months",
                        f"≤ {cap}" if months is not None else f"≤ {latest}")
    return [Finding(error, law.rules(today, table)[kind.duration_rule].rule)]


@dataclass(frozen=True, slots=True)
class _Around:
    """What every item of a call has in common."""

    directory: Directory
    documents: Sequence[DocumentRef]
    items: Sequence[ControlItem]
    today: date
    case_no: str
    cause: str | None
    table: law.Table
    limits: Limits


def _name(item: ControlItem) -> str:
    """Return the field that names the asset."""
    return "asset_id" if item.key is None else "key"


def _case(case_no: str, today: date) -> Iterator[Finding]:
    row = law.may_control(case_no, today)
    if row is not None:
        yield Finding(field_error(("request_id",), "case_type_may_not_control", row.zh, row.en, "执, 执恢, 执保, 财保"), row.rule)


def _item(index: int, item: ControlItem, target: Target, around: _Around) -> Iterator[Finding]:
    kind = asset_type(target.asset_type)
    yield from _liability(index, item, target, around)
    if item.measure not in kind.measures:
        yield wrong((index, "measure"), "measure_not_for_asset_type", f"{kind.name.zh}不适用{MEASURE_NAMES[item.measure].zh}",
                     "this measure is not for this kind of asset", expected=", ".join(kind.measures),
                     rule=law.rules(around.today, around.table)["MEASURE-KIND"].rule)
        return
    if agency_for(target, item.measure, around.directory) is None:
        yield wrong((index, "measure"), "agency_cannot_control", "协助单位未开通该项控制功能", "the agency does not offer this measure")
    barred = law.exemption(target.record, item.measure, around.today, cause=around.cause, table=around.table)
    if barred is not None:
        yield wrong((index, _name(item)), "asset_exempt", barred.zh, barred.en, rule=barred.rule)
    papers = law.rules(around.today, around.table)["DOC-MATRIX"].rule
    yield from (Finding(error, papers) for error in check_documents(kind, item.measure, around.documents))
    yield from _ownership(target, around)
    yield from _extent(index, item, kind, target, around)
    yield from _share(index, item, kind, target, around)
    yield from _money(index, item, target, around)
    yield from check_term(kind, ("items", index), months=item.term_months, until_on=item.until_on, start_on=around.today, today=around.today,
                          table=around.table)


def _money(index: int, item: ControlItem, target: Target, around: _Around) -> Iterator[Finding]:
    """Check whether a measure may move money at once, in which currency, where to, and under which condition out of a provident fund."""
    moves, kind = item.measure in DEDUCTS_AT_ONCE, asset_type(target.asset_type)
    at, day, table = ("items", index), around.today, around.table
    if moves:
        yield from check_case(around.case_no, path=(*at, "measure"), day=day, table=table)
        yield from check_currency(target.record, path=at)
    yield from check_destination(item.case_funds_account, moves_money=moves, path=at, day=day, table=table)
    yield from check_condition(item.withdrawal_condition, kind, moves_money=moves, path=at, day=day, table=table)


def _is_liable(target: Target, today: date, table: law.Table) -> bool:
    row = law.liability(target.role, today, table)
    return row is not None and row.parameters["liable"] is True


def _liability(index: int, item: ControlItem, target: Target, around: _Around) -> Iterator[Finding]:
    row = law.liability(target.role, around.today, around.table)
    if row is None or not _is_liable(target, around.today, around.table):
        zh, en = (row.zh, row.en) if row else ("该主体的财产不得控制", "this subject's property may not be controlled")
        yield wrong((index, _name(item)), "subject_not_liable", zh, en, rule=row.rule if row else None)
        return
    needed = row.parameters.get("document")
    if needed is not None and needed not in {document.kind for document in around.documents}:
        yield Finding(field_error(("documents",), "document_missing", row.zh, row.en, str(needed)), row.rule)


def _ownership(target: Target, around: _Around) -> Iterator[Finding]:
    """Check that it is known whose the equity of a clue is: no answer says so (EQ-PRE)."""
    row = law.rules(around.today, around.table)["EQ-PRE"]
    if target.clue and target.asset_type == row.parameters["asset_type"] and row.parameters["document"] not in {one.kind for one in around.documents}:
        yield Finding(field_error(("documents",), "ownership_not_known", row.zh, row.en, str(row.parameters["document"])), row.rule)


def _over_liability(items: Sequence[ControlItem], assets: Mapping[str, Target], liable_fen: Mapping[int, int], today: date) -> Iterator[Finding]:
    """Name every amount asked of a subject where together they are more than it is liable for (LIABLE-AMOUNT)."""
    asked = [(index, assets[item.asset_id].subject, item.amount_fen) for index, item in enumerate(items)
             if item.amount_fen is not None and item.asset_id is not None and item.asset_id in assets]
    for index, subject, _ in asked:
        most = liable_fen.get(subject)
        if most is not None and sum(fen for _, of, fen in asked if of == subject) > most:
            row = law.rules(today)["LIABLE-AMOUNT"]
            yield wrong((index, "amount_fen"), "over_liability", row.zh, row.en, expected=f"≤ {most}", rule=row.rule)


def _over_claim(items: Sequence[ControlItem], owed_fen: int | None, today: date, table: law.Table) -> Iterator[Finding]:
    """Name every amount that is to be deducted at once where together they are more than the case is owed (DEDUCT-LIMIT)."""
    moved = [(index, item.amount_fen or 0) for index, item in enumerate(items) if item.measure in DEDUCTS_AT_ONCE]
    if owed_fen is not None and sum(fen for _, fen in moved) > owed_fen:
        row = law.rules(today, table)["DEDUCT-LIMIT"]
        for index, _ in moved:
            yield wrong((index, "amount_fen"), "over_claim", row.zh, row.en, expected=f"≤ {owed_fen}", rule=row.rule)


def _extent(index: int, item: ControlItem, kind: AssetType, target: Target, around: _Around) -> Iterator[Finding]:
    """Check how much is asked: a specific amount for an account (LIMIT-ACC), units for securities, nothing for a house."""
    fitting = _EXTENTS[kind.counted_in]
    for name in _ALL_EXTENTS:
        if name not in fitting and getattr(item, name) is not None:
            yield wrong((index, name), "extent_not_for_asset_type", f"{kind.name.zh}不按此项控制", "this kind of asset is not counted so",
                         expected="/".join(fitting))
    if fitting and all(getattr(item, name) is None for name in fitting) and not _may_be_whole(item, target, around):
        money = kind.counted_in == "amount_fen"
        row = law.rules(around.today, around.table)["LIMIT-ACC"]
        zh, en = (row.zh, row.en) if money else ("应载明控制的数量或比例", "state the quantity or ratio to be controlled")
        yield wrong((index, fitting[0]), "amount_required" if money else "extent_required", zh, en, expected="/".join(fitting),
                     rule=row.rule if money else None)


def _may_be_whole(item: ControlItem, target: Target, around: _Around) -> bool:
    """Tell whether a freeze may do without an amount: the court allows it, and its holder is liable without limit (LIMIT-WHOLE)."""
    row = law.liability(target.role, around.today, around.table)
    allowed = target.asset_type in law.texts(law.rules(around.today, around.table)["LIMIT-WHOLE"], "asset_types")
    limited = row is None or "share" in row.parameters or target.subject in around.limits.liable_fen
    return allowed and item.measure == "freeze" and not limited


def _share(index: int, item: ControlItem, kind: AssetType, target: Target, around: _Around) -> Iterator[Finding]:
    """Check a role whose property is liable for a share only: at most that share of the balance, the units or the stake."""
    row, part = law.liability(target.role, around.today, around.table), law.liable_share(target.role, around.today, around.table)
    if row is None or part is None:
        return
    if target.clue:
        yield wrong((index, "key"), "share_not_known", "没有查询结果，无从知道可以控制的份额", "no answer tells of it, so that the share that may be controlled is not known",
                    expected="asset_id", rule=row.rule)
        return
    share, record = Fraction(part), kind.record.model_validate(target.record)
    whole: Mapping[str, object] = {"amount_fen": record.value_fen(), **target.record, "ratio": target.record.get("share_ratio"),
                                   "capital_fen": target.record.get("subscribed_capital_fen")}
    for name in _EXTENTS[kind.counted_in]:
        most = whole.get(name)
        if getattr(item, name) is None or most is None:
            continue
        asked = sum((Fraction(str(getattr(one, name) or 0)) for one in around.items if one.asset_id == item.asset_id), Fraction())
        asked += around.limits.taken.get(target.asset_id, {}).get(name, 0)
        if asked > (most_of := share * Fraction(str(most))):
            yield wrong((index, name), "over_share", row.zh, row.en, expected=f"≤ {most_of if name == 'ratio' else floor(most_of)}", rule=row.rule)
