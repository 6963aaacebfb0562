from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.report import ReportControl
from gateway.domain.control import apply, asked
from gateway.domain.control_events import Confirmed, Released, Reversed, Sent, TermWarned
from gateway.domain.court_policy import BY_LAW, PlanPolicy
from gateway.domain.excess import Review, counts_otherwise, release_proposals, review, told
from tests.builders import NOW, TODAY

LAW = BY_LAW.of("粤5302", TODAY)


def control(name, fen, kind="deposits", **other):
    values = {"control_id": name, "asset_id": f"a-{name}", "asset_type": kind, "subject": 0, "agency": "icbc", "measure": "freeze",
              "state": "in_force", "secured_fen": fen, **other}
    return ReportControl.model_validate(values)


def proposed(*controls, claim=100, policy=LAW):
    return [(one.control_id, one.amount_fen) for one in release_proposals(controls, claim, policy)]


def test_nothing_is_proposed_within_the_limit():
    assert proposed(control("c1", 60), control("c2", 40)) == []
    assert proposed(control("c1", 110), policy=LAW.adjusted(PlanPolicy(tolerance="0.1"))) == []


def test_the_excess_of_money_is_released_to_the_fen_from_the_smaller_account():
    assert proposed(control("c1", 80), control("c2", 50)) == [("c2", 30)]
    assert proposed(control("c1", 100), control("c2", 50)) == [("c2", None)]


def test_a_house_is_released_when_the_money_suffices():
    assert proposed(control("c1", 100), control("c2", 900, "real_estate")) == [("c2", None)]


def test_money_gives_way_to_a_house_that_is_needed():
    assert proposed(control("c1", 40), control("c2", 70, "real_estate")) == [("c1", 10)]


def test_a_house_that_nothing_smaller_replaces_stays_whole():
    assert proposed(control("c1", 40), control("c2", 900, "real_estate")) == []


def test_of_two_houses_the_needless_one_is_released():
    assert proposed(control("c1", 120, "real_estate"), control("c2", 105, "real_estate")) == [("c1", None)]


def test_two_measures_on_one_car_are_released_together():
    car = {"kind": "vehicles", "asset_id": "car"}
    assert proposed(control("c1", 100), control("c2", 30, **car), control("c3", 30, **car)) == [("c2", None), ("c3", None)]


def test_shares_are_released_whole_or_kept():
    assert proposed(control("c1", 100), control("c2", 5, "securities")) == [("c2", None)]


def test_a_second_seal_of_ours_on_a_house_is_released_with_the_first():
    house = {"kind": "real_estate", "asset_id": "house"}
    held = control("c1", 100), control("c2", 30, **house), control("c3", 0, **house), control("c4", 0, state="waiting", **house)
    assert proposed(*held) == [("c2", None), ("c3", None)]


def standing(*controls, claim=100):
    return release_proposals(controls, claim, LAW)


def test_what_was_proposed_before_is_not_new_and_what_stands_no_longer_is_withdrawn():
    before = standing(control("c1", 80), control("c2", 50))
    found = review(before, [control("c1", 80), control("c2", 50), control("c3", 7)], 100, LAW)
    assert ([one.proposal_id for one in found.withdrawn], [one.proposal_id for one in found.new]) == ([], ["c3-all"])
    again = review(before, [control("c1", 80), control("c2", 20)], 100, LAW)
    assert (again.withdrawn, again.new) == (before, ())


def test_interest_that_makes_no_other_release_makes_no_new_proposal():
    before = standing(control("c1", 100), control("c2", 50))
    assert review(before, [control("c1", 100), control("c2", 50)], 100, LAW) == Review((), ())
    assert review(before, [control("c1", 101), control("c2", 50)], 101, LAW) == Review((), ())


def test_without_a_claim_nothing_exceeds():
    before = standing(control("c1", 130))
    assert review(before, [control("c1", 130)], None, LAW) == Review(before, ())


@pytest.mark.parametrize("pending", ["release", "deduct", "transfer"])
def test_while_an_answer_will_change_it_nothing_is_new_and_only_what_moves_is_withdrawn(pending):
    assert review((), [control("c1", 130, pending=pending), control("c2", 50)], 100, LAW) == Review((), ())
    before = standing(control("c1", 100), control("c2", 50), control("c3", 20))
    found = review(before, [control("c1", 100), control("c2", 50, pending=pending), control("c3", 20)], 100, LAW)
    assert ([one.control_id for one in found.withdrawn], found.new) == (["c2"], ())


def test_a_proposal_says_what_it_is_about():
    (one,) = release_proposals([control("c1", 130)], 100, LAW)
    assert (one.proposal_id, one.amount_fen, one.secured_fen, one.claim_fen, one.excess_fen) == ("c1-30", 30, 130, 100, 30)
    assert one.reason.zh


def test_an_event_and_the_list_tell_a_proposal_alike():
    (one,) = release_proposals([control("c1", 130)], 100, LAW)
    shown = told(one, "01JD", "（2026）粤5302执1234号", NOW)
    assert (shown["proposal_id"], shown["request_id"], shown["case_no"], shown["announced_at"]) == ("c1-30", "01JD", "（2026）粤5302执1234号", NOW)


held = st.lists(st.tuples(st.integers(0, 90), st.sampled_from(["deposits", "real_estate", "securities"])), max_size=7)


@given(held, st.integers(1, 200))
def test_after_the_release_the_claim_is_still_covered_as_far_as_it_was(pairs, claim):
    controls = [control(f"c{number}", fen, kind) for number, (fen, kind) in enumerate(pairs)]
    total = sum(fen for fen, _ in pairs)
    proposals = release_proposals(controls, claim, LAW)
    released = sum(one.amount_fen or one.secured_fen for one in proposals)
    assert total - released >= min(total, claim)
    assert proposals == release_proposals(controls[::-1], claim, LAW)


@pytest.mark.parametrize(("events", "otherwise"), [
    ((Sent("renew", date(2028, 1, 1)),), False), ((TermWarned(7),), False), ((Sent("release"),), True), ((Released(),), True),
    ((Confirmed(actual_fen=60),), True), ((Confirmed(actual_fen=100, rank=1),), False), ((Reversed(),), True),
])
def test_a_case_is_looked_at_only_where_a_measure_counts_otherwise_than_before(events, otherwise):
    held = apply(asked("freeze", term_months=12, requested_fen=100), Confirmed(actual_fen=100, until_on=date(2027, 1, 1)))
    after = held
    for event in events:
        after = apply(after, event)
    assert counts_otherwise(held, after) is otherwise
