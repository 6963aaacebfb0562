"""The part of a report's statement that says what was not asked: by reason, region and kind of asset, in both languages. Pure."""

from collections.abc import Iterator, Sequence

from contracts.agency import NATIONWIDE
from contracts.registry import asset_type
from contracts.words import Text
from gateway.domain.divisions import divisions
from gateway.domain.left_out import REASON_NAMES, LeftOutGroup

#: More places than this, for one reason and kind of asset, are counted and not read aloud.
MOST_PLACES = 5
#: Reasons after which property may be there and was not looked for.
_UNSEEN = {"no_agency", "not_served", "no_query_capability", "not_asked"}


def said_of(groups: Sequence[LeftOutGroup]) -> Text:
    """Say what was not asked, and why; agencies that only register elsewhere are counted."""
    elsewhere = sum(one.count for one in groups if one.reason == "outside_region")
    by_reason = {reason: here for reason in REASON_NAMES if reason != "outside_region" and (here := [one for one in groups if one.reason == reason])}
    reasons_zh = "；".join(f"{REASON_NAMES[reason].zh}：{_places_zh(here)}" for reason, here in by_reason.items())
    reasons_en = "; ".join(f"{REASON_NAMES[reason].en}: {_places_en(here)}" for reason, here in by_reason.items())
    unseen = not _UNSEEN.isdisjoint(by_reason)
    return Text(
        zh=(f"未查询的有：{reasons_zh}。{'未查询不等于无财产。' if unseen else ''}" if by_reason else "")
        + (f"另有{elsewhere}项因登记地不在查找范围内而未查询。" if elsewhere else ""),
        en=" ".join(filter(None, [
            f"Not asked: {reasons_en}." if by_reason else "", "Not asked does not mean no assets." if unseen else "",
            f"{elsewhere} more were not asked since they register elsewhere." if elsewhere else ""])))


def _places_zh(groups: Sequence[LeftOutGroup]) -> str:
    return "、".join(f"{asset_type(kind).name.zh}（{'、'.join(_place(one, '全国', '', '项') for one in here[:MOST_PLACES])}"
                    f"{f'等{len(here)}处' if len(here) > MOST_PLACES else ''}）" for kind, here in _by_kind(groups))


def _places_en(groups: Sequence[LeftOutGroup]) -> str:
    return ", ".join(f"{asset_type(kind).name.en.lower()} ({', '.join(_place(one, 'the whole country', ' ', '') for one in here[:MOST_PLACES])}"
                     f"{f' and {len(here) - MOST_PLACES} more' if len(here) > MOST_PLACES else ''})" for kind, here in _by_kind(groups))


def _by_kind(groups: Sequence[LeftOutGroup]) -> Iterator[tuple[str, list[LeftOutGroup]]]:
    for kind in dict.fromkeys(one.asset_type for one in groups):
        yield kind, [one for one in groups if one.asset_type == kind]


def _place(group: LeftOutGroup, everywhere: str, between: str, unit: str) -> str:
    """Return a group as its place, none where it stands for several, and its number."""
    place = "" if group.region_code is None else everywhere if group.region_code == NATIONWIDE else divisions().name(group.region_code)
    return place + (f"{between if place else ''}{group.count}{unit}" if group.count else "")
