"""Which assets of a report can secure a claim, for how much, and why the others cannot. Pure; the choice among them is plan.py."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from math import floor

from contracts.asset_type import AssetType
from contracts.control import ControlState, Measure
from contracts.registry import asset_type
from contracts.report import AssetReport, ReportAsset
from gateway.domain import law
from gateway.domain.control_rules import Target, agency_for, targets
from gateway.domain.court_policy import SOLE_HOME, CourtPolicy
from gateway.domain.directory import Directory
from gateway.domain.protected import left_to_control
from gateway.domain.report_views import ControlView
from gateway.domain.worth import money, secured_fen, total_secured_fen

#: Words of a record that say that nothing is there to be controlled any more.
_GONE: Mapping[str, frozenset[str]] = {
    "account_status": frozenset({"closed", "merged", "transferred_out", "withdrawn_closed"}), "right_status": frozenset({"historical"}),
    "registration_status": frozenset({"deregistered"}),
}
_DWELLINGS = ("住宅", "居住", "公寓")


@dataclass(frozen=True, slots=True)
class Hold:
    """A control of this court on an asset, whatever the case: what a plan must not count twice. Amounts in fen."""

    asset_id: str
    asset_type: str
    measure: str
    state: ControlState
    same_case: bool
    request_id: str
    request_no: str
    #: whose the asset is: a keyed hash of the id number
    subject_hash: str
    ordered_at: datetime
    requested_fen: int | None = None
    requested_quantity: int | None = None
    actual_fen: int | None = None
    actual_quantity: int | None = None
    pending: str | None = None

    @property
    def whole_account(self) -> bool:
        """Tell whether it freezes money without an amount: nothing of the account is left beside it (LIMIT-WHOLE)."""
        return self.measure == "freeze" and self.requested_fen is None and asset_type(self.asset_type).counted_in == "amount_fen"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One asset as a plan sees it. `free_fen` is the debtor's, free of what stands before us; null: no value is known.

    `unit_fen` is one unit's worth of what is counted in units; `rights_fen` is paid to others first out of what is frozen of an account, so
    that it is frozen besides; `left_out` says why it cannot be controlled; `limited`: it is worth
    more than its holder is liable for (liability.py).
    """

    asset_id: str
    asset_type: str
    kind: str
    subject: int
    measure: Measure
    free_fen: int | None
    unit_fen: Fraction | None = None
    units: int = 0
    rights_fen: int = 0
    left_out: str | None = None
    limited: bool = False

    @property
    def divides(self) -> bool:
        """Tell whether a part of it can be controlled."""
        return asset_type(self.asset_type).counted_in in ("amount_fen", "quantity")


@dataclass(frozen=True, slots=True)
class Around:
    """What candidates are judged by; `reserved_fen` is what plans of other requests name, by asset."""

    directory: Directory
    policy: CourtPolicy
    holds: Sequence[Hold]
    reserved_fen: Mapping[str, int]
    today: date
    #: the legal table as it stands in the court, and the cause of the case
    table: law.Table = law.LAW
    cause: str | None = None


def candidates(report: AssetReport, around: Around) -> list[Candidate]:
    """Return every asset of a report, in no order that matters, each with what it can secure or why it cannot."""
    assets = {(subject.subject, asset.asset_id): asset
              for subject in report.subjects for section in subject.sections for asset in section.assets}
    homes = _sole_homes(report)
    found = [_candidate(target, assets[target.subject, asset_id], around, homes) for asset_id, target in targets(report, around.table).items()]
    persons = [subject.subject for subject in report.subjects if subject.kind == "person"]
    return _spared(found, persons, around.policy.left_to_a_person_fen())


def held_fen(
    reports: Mapping[str, AssetReport], holds: Sequence[Hold], *, securing: Collection[str], subject_hash: str | None = None,
) -> int:
    """Return what the live controls of the case secure, or will if their agencies do as asked; what waits secures nothing.

    Shape: each by the newest report of its own request (`reports`, by id); of one subject only if `subject_hash` says which;
           `securing` are the states that count (LIMIT-WAITING)
    """
    ours = [one for one in holds if one.same_case]
    numbers = {one.request_no for one in ours}
    assets = {(request_id, asset.asset_id): asset for request_id, report in reports.items()
              for subject in report.subjects for section in subject.sections for asset in section.assets}
    counted = ((one, assets.get((one.request_id, one.asset_id))) for one in ours if subject_hash in (None, one.subject_hash))
    return total_secured_fen((one.asset_type, one.asset_id, _counts_fen(one, asset, numbers, _asked_fen(one, asset, holds), securing))
                             for one, asset in counted)


def _asked_fen(hold: Hold, asset: ReportAsset | None, holds: Sequence[Hold]) -> int:
    return _whole_account_fen(hold, asset, holds) if hold.whole_account else hold.requested_fen or 0


def _whole_account_fen(hold: Hold, asset: ReportAsset | None, holds: Sequence[Hold]) -> int:
    """Return what a freeze of a whole account will hold: what is available, less what the case asks besides or others asked before."""
    if asset is None:
        return 0
    others = [one for one in _since_known(asset, holds) if one is not hold and (one.same_case or one.ordered_at < hold.ordered_at)]
    if any(one.whole_account and one.ordered_at < hold.ordered_at for one in others):
        return 0
    available = asset_type(hold.asset_type).record.model_validate(asset.record).available_fen() or 0
    return max(0, available - sum(map(_fen_of, others)))


def _counts_fen(hold: Hold, asset: ReportAsset | None, ours: set[str], asked_fen: int, securing: Collection[str]) -> int:
    asked = hold.state == "requested"
    fen = asked_fen if asked else hold.actual_fen
    if asset is None:
        return (fen or 0) if asked or hold.state in securing else 0
    kind = asset_type(hold.asset_type)
    view = ControlView("", hold.asset_id, hold.asset_type, 0, "", hold.measure, "in_force" if asked else hold.state, actual_fen=fen,
                       actual_quantity=hold.requested_quantity if asked else hold.actual_quantity)
    before_us = [one for one in asset.prior_measures if one.request_no not in ours]
    return secured_fen(view, kind, kind.record.model_validate(asset.record), before_us, asset.priority_rights, securing=securing)


def _candidate(target: Target, asset: ReportAsset, around: Around, homes: set[str]) -> Candidate:
    kind = asset_type(target.asset_type)
    measure = _measure(kind, target.record)
    taken = _taken_fen(kind, asset, around)
    one = Candidate(target.asset_id, target.asset_type, SOLE_HOME if target.asset_id in homes else target.asset_type, target.subject, measure, None)
    why = next(_obstacles(target, asset, measure, around, taken), None)
    if why is not None:
        return replace(one, left_out=why)
    if asset.controllable_fen is None:
        return replace(one, left_out="no_value") if one.divides else one
    if kind.counted_in == "amount_fen":
        return _money(one, target, asset, taken)
    free = asset.controllable_fen if kind.counted_in != "quantity" else _adjusted(asset.controllable_fen, around.policy)
    free = max(0, free - taken)
    if kind.counted_in == "quantity":
        unit = Fraction(str(target.record["close_price_fen"])) * (1 + Fraction(around.policy.securities_adjustment)) * Fraction(asset.debtor_share)
        units = floor(free / unit) if unit else 0
        return replace(one, free_fen=floor(units * unit), unit_fen=unit, units=units, left_out=None if units else "reserved")
    return replace(one, free_fen=free, left_out=None if free else "reserved")


def _money(one: Candidate, target: Target, asset: ReportAsset, taken: int) -> Candidate:
    """Return an account with what it can secure: what a freeze may hold beside others, less what is paid first out of it."""
    kind = asset_type(target.asset_type)
    held, rights = money(kind, kind.record.model_validate(target.record), asset.prior_measures, asset.priority_rights)
    held = left_to_control(held, asset.restrictions) or 0
    free = max(0, held - taken - rights)
    why_not = None if free else "rights_first" if rights >= held else "reserved"
    return replace(one, free_fen=free, rights_fen=rights, left_out=why_not)


def _measure(kind: AssetType, record: Mapping[str, object]) -> Measure:
    """Return the measure that secures a thing: a right that is not yet registered is sealed beforehand."""
    return "pre_seal" if record.get("right_type") == "advance_notice" and "pre_seal" in kind.measures else kind.measures[0]


def _obstacles(target: Target, asset: ReportAsset, measure: Measure, around: Around, taken: int) -> Iterator[str]:
    """Name why an asset cannot secure anything for us; the first reason is told."""
    kind = asset_type(target.asset_type)
    liable = law.liability(target.role, around.today, around.table)
    if liable is None or liable.parameters["liable"] is not True:
        yield "subject_not_liable"
    exempt = law.exemption(target.record, measure, around.today, cause=around.cause, table=around.table)
    if exempt is not None or any(one.bars_control for one in asset.restrictions):
        yield "asset_exempt"
    spared = str(target.record.get("account_class")) in around.policy.spared_account_classes
    if spared or any(one.effect == "purpose_limited" for one in asset.restrictions):
        yield "purpose_limited"
    if any(target.record.get(name) in words for name, words in _GONE.items()):
        yield "no_longer_there"
    if agency_for(target, measure, around.directory) is None:
        yield "agency_cannot_control"
    if kind.counted_in in (None, "ratio") and any(one.asset_id == target.asset_id and one.same_case for one in around.holds):
        yield "already_controlled"
    if kind.counted_in in (None, "ratio") and (taken or target.asset_id in around.reserved_fen):
        yield "reserved"
    if asset.value_fen is None and asset.prior_measures:
        yield "waits_only"
    if asset.controllable_fen == 0:
        yield "waits_only" if asset.prior_measures else "rights_first" if asset.priority_rights else "worth_nothing"


def _taken_fen(kind: AssetType, asset: ReportAsset, around: Around) -> int:
    """Return what controls ordered since the register answered, and plans of others, take of an asset; 1 stands for a whole thing."""
    since = _since_known(asset, around.holds)
    taken = around.reserved_fen.get(asset.asset_id, 0)
    if any(one.whole_account for one in since):
        return asset.value_fen or 0
    if kind.counted_in == "amount_fen":
        return taken + sum(map(_fen_of, since))
    if kind.counted_in == "quantity" and asset.value_fen:
        price = Fraction(asset.value_fen, int(str(asset.record["quantity"])))
        return taken + floor(price * sum(max(one.requested_quantity or 0, one.actual_quantity or 0) for one in since))
    return max(taken, int(bool(since)))


def _since_known(asset: ReportAsset, holds: Sequence[Hold]) -> list[Hold]:
    """Return the controls on an asset that were ordered since its register answered."""
    known_at = max((source.as_of for source in asset.sources if source.as_of is not None), default=None)
    return [one for one in holds if one.asset_id == asset.asset_id and (known_at is None or one.ordered_at > known_at)]


def _fen_of(hold: Hold) -> int:
    return max(hold.requested_fen or 0, hold.actual_fen or 0)


def _adjusted(fen: int, policy: CourtPolicy) -> int:
    return floor(fen * (1 + Fraction(policy.securities_adjustment)))


def _sole_homes(report: AssetReport) -> set[str]:
    """Return the dwellings of persons who have one only, as far as the report tells."""
    homes = set()
    for subject in report.subjects:
        houses = [asset for section in subject.sections if section.asset_type == "real_estate" for asset in section.assets if _is_dwelling(asset)]
        if subject.kind == "person" and len(houses) == 1:
            homes.add(houses[0].asset_id)
    return homes


def _is_dwelling(asset: ReportAsset) -> bool:
    use = str(asset.record.get("planned_use") or "")
    return asset.record.get("right_type") == "house" and asset.record.get("right_status") != "historical" and (not use or any(one in use for one in _DWELLINGS))


def _spared(found: Sequence[Candidate], persons: Sequence[int], reserve_fen: int) -> list[Candidate]:
    """Leave each person the living expenses, in the smallest accounts, so that the fewest are touched."""
    left = dict.fromkeys(persons, reserve_fen)
    spared = {}
    for one in sorted(found, key=lambda one: (one.free_fen or 0, one.asset_id)):
        part = min(left.get(one.subject, 0), one.free_fen or 0) if one.asset_type == "deposits" and one.left_out is None else 0
        if part:
            left[one.subject] -= part
            rest = (one.free_fen or 0) - part
            spared[one.asset_id] = replace(one, free_fen=rest, left_out=None if rest else "living_expenses")
    return [spared.get(one.asset_id, one) for one in found]

