"""What of the directory is not asked, by reason, kind of asset and region. Pure. A request keeps these groups; the agencies are listed on demand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from contracts.words import Text

LeftOutReason = Literal[
    "outside_region", "not_served", "no_query_capability", "subject_kind_not_served", "covered_by_higher_channel", "not_asked", "no_agency"]
#: In the order of the statement; `outside_region` is no gap, so it is counted and not read aloud.
REASON_NAMES: Mapping[LeftOutReason, Text] = {
    "no_agency": Text(zh="目录中没有登记该地财产的单位", en="no agency in the directory for the place"),
    "not_served": Text(zh="单位不受理本院查询", en="the agency does not serve this court"),
    "no_query_capability": Text(zh="单位不具备查询功能", en="the agency cannot be queried"),
    "covered_by_higher_channel": Text(zh="已由上级通道查询同一登记", en="the same register is asked by a higher channel"),
    "subject_kind_not_served": Text(zh="单位不掌握此类主体的财产", en="the agency keeps nothing of this kind of subject"),
    "not_asked": Text(zh="本院未选", en="not chosen by the court"),
    "outside_region": Text(zh="登记地不在查找范围内", en="it registers elsewhere"),
}
#: Codes that a group names as examples, and agencies that the answer to a request lists.
MOST_EXAMPLES, MOST_LISTED = 3, 50


class LeftOut(NamedTuple):
    """An agency that is not asked about one subject, and why. Fields as in the answer to POST /v1/requests."""

    agency: str
    asset_type: str
    subject: int
    reason: LeftOutReason
    #: the agency that is asked in its place
    covered_by: str | None = None

    def shown(self) -> dict[str, object]:
        """Return it as the API shows it."""
        return {name: value for name, value in self._asdict().items() if value is not None}


@dataclass(frozen=True, slots=True)
class LeftOutGroup:
    """How many were left out for one reason. `count`: agencies times subjects, 0 where there is no agency; `region_code` null: several regions."""

    reason: LeftOutReason
    asset_type: str
    region_code: str | None
    count: int
    subjects: tuple[int, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """Groups while they are being counted."""

    _groups: dict[tuple[LeftOutReason, str, str | None], tuple[int, dict[int, None], dict[str, None]]] = field(default_factory=dict)

    def add(
        self, reason: LeftOutReason, asset_type: str, region: str | None, subject: int, *, count: int = 1, examples: Iterable[str] = (),
    ) -> None:
        """Count agencies that are not asked about one subject."""
        number, subjects, named = self._groups.get((reason, asset_type, region), (0, {}, {}))
        subjects[subject] = None
        for code in examples:
            if len(named) < MOST_EXAMPLES:
                named[code] = None
        self._groups[reason, asset_type, region] = number + count, subjects, named

    def groups(self) -> tuple[LeftOutGroup, ...]:
        """Return the groups in the order they came."""
        return tuple(LeftOutGroup(*key, count, tuple(subjects), tuple(named)) for key, (count, subjects, named) in self._groups.items())


def groups_of(stored: Sequence[Mapping[str, Any]]) -> tuple[LeftOutGroup, ...]:
    """Read what a request has stored; requests from before there were groups have a row for each agency and subject."""
    tally = Tally()
    for one in stored:
        if "agency" in one:
            tally.add(one["reason"], one["asset_type"], None, one["subject"], examples=(one["agency"],))
    return (*tally.groups(), *(LeftOutGroup(**{**one, "subjects": tuple(one["subjects"]), "examples": tuple(one["examples"])})
                               for one in stored if "agency" not in one))
