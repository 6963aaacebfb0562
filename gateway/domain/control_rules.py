"""Rules of law that a control must keep, which need the asset: measure, documents, amount, term, liability. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.failures import FieldError, Rejected, Rule
from contracts.report import AssetReport
from contracts.subject import Role
from gateway.domain.control_body import ControlBody
from gateway.domain.directory import Directory


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


@dataclass(frozen=True, slots=True)
class Finding:
    """One wrong field, and the rule of law it offends, if it is one."""

    error: FieldError
    rule: Rule | None = None


def targets(report: AssetReport) -> dict[str, Target]:
    """Return the assets of a report by id; one that two subjects hold is listed under one who is liable."""
    raise NotImplementedError


def check_items(
    body: ControlBody, assets: Mapping[str, Target], directory: Directory, *, case_no: str, today: date,
) -> list[Finding]:
    """Find everything wrong with the items, all at once; an empty list lets the call through."""
    raise NotImplementedError


def refusal(findings: Sequence[Finding]) -> Rejected:
    """Make the problem of some findings: 422 control_refused, with the first rule of law among them."""
    raise NotImplementedError
