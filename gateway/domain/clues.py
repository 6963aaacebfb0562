"""Assets that an order names by agency and key instead of by a report: clues, and what a preservation names. Pure.

A clue that an answer tells of already is that asset of the report; of any other no more is known than its key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.agency import Agency
from contracts.asset_type import AssetType
from contracts.failures import Unfit
from contracts.registry import asset_type
from contracts.subject import Subject
from gateway.domain.control_body import ControlBody, ControlItem
from gateway.domain.control_rules import Target
from gateway.domain.courts import Court
from gateway.domain.directory import Directory
from gateway.domain.findings import Finding, wrong
from gateway.domain.report_views import AssetIdOf, holder_of
from gateway.domain.request import not_served


@dataclass(frozen=True, slots=True)
class Ground:
    """What clues are read against: the request's subjects, the directory, the court, and how assets get their ids."""

    subjects: Sequence[Subject]
    directory: Directory
    court: Court
    asset_id: AssetIdOf


@dataclass(frozen=True, slots=True)
class Named:
    """An order whose items all go by asset ids, the assets with the clues among them, and what is wrong with the others."""

    body: ControlBody
    assets: Mapping[str, Target]
    findings: tuple[Finding, ...] = ()


def with_clues(body: ControlBody, assets: Mapping[str, Target], ground: Ground) -> Named:
    """Read the clues of an order; an item whose clue cannot be read keeps no asset id and has its finding."""
    known, items, findings, by_key = dict(assets), list(body.items), list[Finding](), _ByKey()
    for target in assets.values() if any(item.asset_id is None for item in items) else ():
        by_key.put(target)
    for index, item in enumerate(body.items):
        if item.asset_id is not None:
            continue
        found = _read(index, item, by_key, ground)
        if isinstance(found, Finding):
            findings.append(found)
        else:
            known[found.asset_id] = found
            by_key.put(found)
            items[index] = item.model_copy(update={"asset_id": found.asset_id})
    findings += _named_twice(items)
    return Named(body.model_copy(update={"items": tuple(items)}), known, tuple(findings))


class _ByKey:
    """Assets by what a clue names them by, whatever hyphens register and clue write in it."""

    def __init__(self) -> None:
        self._assets: dict[tuple[str, str], dict[str, Target]] = {}

    def put(self, target: Target) -> None:
        self._assets.setdefault(self._key(asset_type(target.asset_type), target.record), {})[target.asset_id] = target

    def of(self, kind: AssetType, record: Mapping[str, object], agency: str, subject: int | None) -> list[Target]:
        """Return the assets with a record's key, as far as the key reaches: of that agency, or of that subject, only."""
        found = self._assets.get(self._key(kind, record), {}).values()
        return [one for one in found
                if {"everywhere": True, "agency": agency in one.agencies, "subject": subject in (None, one.subject)}[kind.key_scope]]

    def _key(self, kind: AssetType, record: Mapping[str, object]) -> tuple[str, str]:
        return kind.code, kind.key_text(record).replace("-", "").upper()


def _read(index: int, item: ControlItem, known: _ByKey, ground: Ground) -> Target | Finding:
    agency = ground.directory.by_code.get(item.agency or "")
    if agency is None:
        return wrong((index, "agency"), "unknown_agency", "目录中没有该单位", "the directory has no such agency", expected="GET /v1/agencies")
    if not ground.court.may_ask(agency):
        code, zh, en, expected = not_served(agency)
        return wrong((index, "agency"), code, zh, en, expected=expected)
    kind = asset_type(agency.asset_type)
    try:
        record = kind.known_by(item.key or "")
    except Unfit as unfit:
        return wrong((index, "key"), unfit.code, unfit.zh, unfit.en, expected=unfit.expected)
    found = known.of(kind, record, agency.agency, item.subject)
    if len(found) != 1:
        return _clue(index, item, agency, record, ground)
    if item.subject not in (None, found[0].subject):
        return wrong((index, "subject"), "held_by_another", "报告显示该财产属于另一主体", "the report says that another subject holds it",
                     expected=str(found[0].subject))
    return _at(agency, found[0])


def _at(agency: Agency, target: Target) -> Target:
    """Return an asset to be controlled at the agency that the clue names."""
    return target if agency.agency in target.agencies else replace(target, agencies=(agency.agency, *target.agencies))


def _clue(index: int, item: ControlItem, agency: Agency, record: Mapping[str, object], ground: Ground) -> Target | Finding:
    at = 0 if item.subject is None and len(ground.subjects) == 1 else item.subject
    if at is None or at >= len(ground.subjects):
        return wrong((index, "subject"), "subject_required", "应填写财产属于第几名被查询人", "say whose the asset is",
                     expected=f"0 … {len(ground.subjects) - 1}")
    subject = ground.subjects[at]
    if subject.kind not in agency.subject_kinds:
        return wrong((index, "subject"), "subject_kind_not_served", "该单位不受理此类主体", "the agency keeps nothing of this kind of subject")
    kind = asset_type(agency.asset_type)
    asset_id = ground.asset_id(kind.code, holder_of(kind, subject, agency.register_code), kind.key_text(record))
    return Target(asset_id, agency.asset_type, at, subject.role, (agency.agency,), record, clue=True)


def _named_twice(items: Sequence[ControlItem]) -> list[Finding]:
    """Name the clues that are an asset, under the same measure, of another item."""
    first: dict[tuple[str, str], int] = {}
    return [wrong((index, "key"), "duplicate_item", "同一财产的同一措施重复", "this measure on this asset is listed twice")
            for index, item in enumerate(items)
            if item.asset_id is not None and first.setdefault((item.asset_id, item.measure), index) != index]
