"""What differs between an agency's word and our controls, and what does not."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.control import FINAL_STATES, ControlAnswer, PriorMeasure
from contracts.failures import Rejected
from contracts.messages import FoundAsset, Unread
from gateway.domain.adoption import adopted, is_adoptable, their_word
from gateway.domain.control import LIVE, Control, apply, asked
from gateway.domain.control_events import (
    AnswerOverdue,
    Confirmed,
    Deducted,
    Lapsed,
    Marked,
    Refused,
    Released,
    Renewed,
    Sent,
    TermEnded,
    Waiting,
    event_of,
)
from gateway.domain.reconciliation import KINDS, Known, Listed, by_list, by_status, is_known_again, listed, listed_as
from tests import builders as build

COURT = "云浮市云城区人民法院"
AT = build.NOW
END = date(2027, 11, 21)
HELD = Confirmed(actual_fen=80, unfunded_fen=20, rank=1, until_on=END, agency_control_no="F1")
RELEASED = (HELD, Sent("release"), Released())


def control(*events, **asking):
    one = asked("freeze", term_months=12, **{"requested_fen": 100, **asking})
    for event in events:
        one = apply(one, event)
    return one


def known(*events, control_id="c1", number="N1", counted_in="amount_fen", on_asset=True, changed_at=None, **asking):
    return Known(control_id, "cib", number, control(*events, **asking), counted_in, changed_at, on_asset)


def measure(number="N1", **said):
    return PriorMeasure(**{"kind": "freeze", "authority": COURT, "rank": 1, "request_no": number, "amount_fen": 80, **said})


def on(*measures, complete=True, asked_at=AT):
    return Listed("cib", measures, complete, asked_at, "asset")


def kinds(found):
    return [one.kind for one in found]


@pytest.mark.parametrize(("stands", "event", "kind"), [
    ((HELD,), Refused("no_original_measure"), "missing_there"),
    ((HELD,), Waiting(rank=2), "state"), ((HELD,), Marked(), "state"), ((HELD,), Deducted(), "state"),
    ((HELD,), Confirmed(actual_fen=30, unfunded_fen=0, until_on=END), "amount"),
    ((HELD,), Confirmed(actual_fen=130, until_on=END), "amount"),
    ((HELD,), Confirmed(actual_fen=80, until_on=END - timedelta(days=30)), "term"),
    ((HELD,), Confirmed(actual_fen=80, until_on=END + timedelta(days=30)), "term"),
    (RELEASED, HELD, "state"), (RELEASED, Waiting(rank=2), "state"), (RELEASED, Deducted(), "state"),
    ((HELD, TermEnded()), HELD, "state"), ((Refused("rejected_by_agency"),), HELD, "state"),
])
def test_what_differs(stands, event, kind):
    (found,) = by_status(known(*stands), event)
    assert (found.kind, found.control_id) == (kind, "c1")
    assert found.ours["state"] == known(*stands).control.state


@pytest.mark.parametrize(("stands", "event"), [
    ((HELD,), HELD), ((HELD,), None), ((HELD,), Confirmed()), ((HELD,), Refused("rejected_by_agency")),
    ((HELD,), Confirmed(actual_fen=100, unfunded_fen=0, until_on=END)), ((Waiting(rank=2),), HELD), ((HELD,), Released()), ((HELD,), Lapsed()),
    ((Waiting(rank=3),), Waiting(rank=2)), (RELEASED, Released()), (RELEASED, Refused("no_original_measure")), (RELEASED, TermEnded(told=True)),
    ((HELD, Sent("release")), HELD), ((HELD, Sent("renew", END)), Renewed(until_on=END)), ((), HELD),
])
def test_what_follows_from_what_happened_or_was_not_said_differs_in_nothing(stands, event):
    assert by_status(known(*stands), event) == ()


@pytest.mark.parametrize("second", [Confirmed(actual_fen=20, until_on=END, agency_control_no="F2"), Waiting(rank=2, agency_control_no="F2")])
def test_another_number_of_the_agencys_is_another_measure_in_whatever_state(second):
    (found,) = by_status(known(HELD), second)
    assert (found.kind, found.control_id, found.ours, found.theirs["agency_control_no"]) == ("not_ours", None, {"control_ids": ["c1"]}, "F2")
    assert is_adoptable(found.kind, found.theirs)


def test_what_waited_may_be_numbered_anew_when_it_takes_effect():
    assert by_status(known(Waiting(rank=2, agency_control_no="W1")), HELD) == ()


def test_of_a_whole_account_any_amount_is_right():
    assert by_status(known(HELD, requested_fen=None), Confirmed(actual_fen=3, until_on=END)) == ()


def test_units_are_compared_where_units_are_counted():
    shares = known(Confirmed(actual_quantity=50, until_on=END), counted_in="quantity", requested_fen=None, requested_quantity=50)
    assert kinds(by_status(shares, Confirmed(actual_quantity=40, actual_fen=7, until_on=END))) == ["amount"]
    assert by_status(shares, Confirmed(actual_quantity=50, actual_fen=7, until_on=END)) == ()


def test_a_second_measure_under_the_number_of_one_that_stands_is_nobodys():
    (found,) = by_list(on(measure(), measure(rank=2, amount_fen=20)), [known(HELD)])
    assert (found.kind, found.thing, found.control_id) == ("not_ours", "cib/N1/2", None)
    assert found.theirs["amount_fen"] == 20
    (again,) = by_status(known(HELD), Confirmed(agency_control_no="F2"))
    assert again.thing == found.thing


def test_a_measure_under_another_number_of_our_court_is_nobodys():
    (found,) = by_list(on(measure(), measure("PAPER", rank=2)), [known(HELD)])
    assert (found.kind, found.theirs["request_no"], found.theirs["state"]) == ("not_ours", "PAPER", "waiting")


def test_what_was_released_here_and_is_listed_still_is_a_difference_of_that_control():
    (found,) = by_list(on(measure()), [known(*RELEASED)])
    assert (found.kind, found.control_id, found.ours["state"], found.theirs["state"]) == ("state", "c1", "released", "in_force")
    both = by_list(on(measure(), measure(rank=2)), [known(*RELEASED)])
    assert kinds(both) == ["state", "not_ours"]


def test_what_changed_after_the_question_may_have_stood_then():
    assert by_list(on(measure()), [known(*RELEASED, changed_at=AT + timedelta(seconds=1))]) == ()


def test_an_adopted_measure_has_its_control():
    pair = [known(HELD), known(HELD, control_id="c2")]
    assert by_list(on(measure(), measure(rank=2)), pair) == ()


def test_a_measure_without_a_number_is_a_control_on_the_asset_that_is_not_listed_by_its_own():
    nameless = measure(None, document_no="裁1")
    assert by_list(on(nameless), [known(HELD)]) == ()
    assert kinds(by_list(on(nameless, measure()), [known(HELD)])) == ["not_ours"]
    assert kinds(by_list(on(nameless), [known(HELD, on_asset=False)])) == ["not_ours"]
    assert by_list(on(nameless, complete=False), []) == ()


def test_only_what_names_the_court_is_looked_at_and_what_was_not_read_is_said():
    asset = FoundAsset(record={}, prior_measures=(measure(authority=f"{COURT}执行局"), measure(authority="罗定市人民法院")),
                       unread=(Unread(field="prior_measures.0.until_on", wire="DJJZRQ", code="bad_form"),))
    seen = listed("cib", asset, COURT, AT)
    assert ([one.authority for one in seen.measures], seen.complete) == ([f"{COURT}执行局"], False)


NUMBERS = st.sampled_from(["N1", "N2", "N3"])
STANDS = st.sampled_from([(HELD,), (Waiting(rank=2),), RELEASED, ()])
CONTROLS = st.lists(st.tuples(NUMBERS, STANDS), max_size=6).map(
    lambda made: [known(*events, control_id=f"c{at}", number=number) for at, (number, events) in enumerate(made)])
MEASURES = st.lists(st.tuples(NUMBERS, st.integers(1, 4)), max_size=8).map(lambda made: [measure(number, rank=rank) for number, rank in made])


@given(CONTROLS, MEASURES)
def test_every_measure_of_a_number_is_held_or_differs_once(controls, measures):
    found = by_list(on(*measures), controls)
    listed_numbers = Counter(one.request_no for one in measures)
    holding = Counter(one.request_no for one in controls if one.may_hold(AT))
    expected = sum(max(0, count - holding[number]) for number, count in listed_numbers.items())
    assert len(found) == expected
    assert len({(one.kind, one.thing) for one in found}) == expected
    assert all(is_adoptable(one.kind, one.theirs) for one in found)


@given(CONTROLS, MEASURES, st.randoms())
def test_the_order_of_a_list_and_of_the_controls_says_nothing(controls, measures, random):
    before = {(one.kind, one.thing) for one in by_list(on(*measures), controls) if one.kind == "not_ours"}
    random.shuffle(measures)
    random.shuffle(controls)
    assert {(one.kind, one.thing) for one in by_list(on(*measures), controls) if one.kind == "not_ours"} == before


@given(CONTROLS, MEASURES)
def test_what_is_adopted_differs_no_more(controls, measures):
    found = by_list(on(*measures), controls)
    made = [Known(f"a{at}", "cib", one.theirs["request_no"], adopted(one.theirs, one.ours, None, shares_number=True)) for at, one in enumerate(found)]
    assert by_list(on(*measures), [*controls, *made]) == ()


@given(CONTROLS)
def test_silence_differs_in_nothing(controls):
    assert by_list(on(), controls) == ()
    for one in controls:
        assert by_status(one, None) == ()
        assert by_status(one, Refused("rejected_by_agency")) == ()


@given(st.sampled_from(sorted(FINAL_STATES | LIVE)), st.integers(0, 200), st.sampled_from([None, END, END + timedelta(days=1)]))
def test_a_control_that_stands_differs_in_one_kind_of_each_at_most_and_never_from_itself(state, fen, until_on):
    held = known(HELD)
    said = Confirmed(actual_fen=fen, until_on=until_on) if state == "in_force" else None
    found = kinds(by_status(held, said))
    assert set(found) <= set(KINDS)
    assert len(found) == len(set(found))
    again = Confirmed(actual_fen=held.control.actual_fen, until_on=held.control.until_on, agency_control_no=held.control.agency_control_no)
    assert by_status(held, again) == ()


def test_what_a_person_explained_is_known_again_until_it_changes():
    assert is_known_again("amount", {"actual_fen": 30, "rank": 1}, {"actual_fen": 30, "rank": 2})
    assert not is_known_again("amount", {"actual_fen": 30}, {"actual_fen": 20})
    assert is_known_again("missing_there", {"state": None}, {"state": None})


def test_a_twin_is_named_by_the_agencys_own_number_alone():
    theirs = {"request_no": "N1", **listed_as(measure()), "agency_control_no": "F2"}
    twin, only = (adopted(theirs, {}, None, shares_number=shared) for shared in (True, False))
    assert (twin.by_agency_no, only.by_agency_no, twin.agency_control_no) == (True, False, "F2")
    assert (twin.state, twin.actual_fen, twin.pending) == ("in_force", 80, None)
    assert apply(apply(twin, Sent("release")), Released()).state == "released"


def test_only_what_stands_there_and_goes_by_a_number_can_be_adopted():
    assert not is_adoptable("not_ours", listed_as(measure(None)))
    assert not is_adoptable("state", {"state": "deducted", "request_no": "N1"})
    assert not is_adoptable("amount", listed_as(measure()))


def test_a_control_takes_the_agencys_word_of_what_it_holds():
    held = control(HELD)
    assert apply(held, their_word("amount", held, {"state": "in_force", "actual_fen": 30, "unfunded_fen": 0})).actual_fen == 30
    assert apply(held, their_word("term", held, {"state": "in_force", "until_on": "2027-01-01"})).until_on == date(2027, 1, 1)
    assert apply(held, their_word("missing_there", held, {"state": None})).state == "reversed"
    with pytest.raises(Rejected):
        their_word("state", held, {"state": "deducted"})
    with pytest.raises(Rejected):
        their_word("term", control(HELD, TermEnded()), {"state": "in_force", "until_on": "2027-01-01"})


def test_a_step_in_doubt_is_the_business_of_its_own_question():
    doubtful = known(HELD, Sent("release"), AnswerOverdue())
    assert by_status(doubtful, event_of_release()) == ()


def event_of_release():
    return event_of(ControlAnswer(state="in_force", actual_fen=10), "release")


def test_a_control_is_stored_with_the_new_field_absent():
    assert Control.model_validate({"measure": "freeze"}).by_agency_no is False
