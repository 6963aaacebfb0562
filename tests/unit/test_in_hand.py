from datetime import UTC, datetime

from gateway.domain.in_hand import OTHER, InHand
from tests import builders as build

EARLY, LATE = datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 23, 10, tzinfo=UTC)


def headers(agency, at):
    return {"ce_time": at.isoformat().encode(), "ce_source": f"/adapters/{agency}".encode()}


def test_the_oldest_reply_in_hand_counts_by_kind_until_the_next_ones_come():
    held = InHand(build.directory().by_code)
    held.now([headers("icbc", LATE), headers("abc", EARLY), headers("registry", LATE)])
    assert held.since == {"deposits": EARLY, "real_estate": LATE}
    held.now([])
    assert held.since == {}


def test_what_does_not_say_when_or_whose_it_is_holds_nothing_up():
    held = InHand(build.directory().by_code)
    held.now([{}, {"ce_time": b"\xff\xfe"}, {"ce_time": b"2026-11-23T09:00:00"}, {"ce_time": EARLY.isoformat().encode(), "ce_source": b"my adapter"}])
    assert held.since == {OTHER: EARLY}
