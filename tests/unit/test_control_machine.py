from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.control import FINAL_STATES, ControlAnswer, ControlPart
from contracts.failures import IllegalTransition
from gateway.domain.control import DATED, LIVE, Control, apply, asked
from gateway.domain.control_events import (
    AnswerOverdue,
    Confirmed,
    Deducted,
    Lapsed,
    Marked,
    PartlyConfirmed,
    PartlyDeducted,
    PartlyReleased,
    PartlyTransferred,
    Refused,
    Released,
    Renewed,
    Reversed,
    Sent,
    TermEnded,
    TermWarned,
    Transferred,
    Waiting,
    detail_of,
    event_of,
    kind_of,
)
from gateway.domain.control_map import EVENTS, beginnings, explore, mermaid
from gateway.domain.follow_up import renewal_end
from tests.builders import right

EFFECT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
END, LATER = date(2027, 11, 21), date(2028, 11, 21)


def after(*events, control=None):
    control = control or asked("freeze", term_months=12, requested_fen=100)
    for event in events:
        control = apply(control, event)
    return control


def illegal(control, event):
    with pytest.raises(IllegalTransition):
        apply(control, event)


IN_FORCE = Confirmed(actual_fen=60, unfunded_fen=40, rank=1, effective_at=EFFECT, until_on=END)


@pytest.fixture(scope="module")
def walk():
    return explore(beginnings())


def test_final_states_accept_nothing(walk):
    final = [control for control in walk if control.state in FINAL_STATES]
    assert {control.state for control in final} == FINAL_STATES
    assert not any(walk[control] for control in final if not control.surplus_claim)


def test_a_lapsed_measure_only_waits_for_the_surplus_of_the_disposal(walk):
    open_claims = [control for control in walk if control.surplus_claim]
    assert {control.state for control in open_claims} == {"lapsed"}
    for control in open_claims:
        assert [(kind_of(event), result.surplus_claim, result.surplus_fen) for event, result in walk[control].items()] == [("surplus_settled", False, 40)]


def test_a_warning_is_given_once_and_begins_anew_with_a_renewal():
    warned = after(IN_FORCE, TermWarned(30))
    assert warned.warned_days == 30
    illegal(warned, TermWarned(30))
    illegal(after(Waiting(rank=2)), TermWarned(30))
    assert after(TermWarned(7), control=warned).warned_days == 7
    assert after(Sent("renew", LATER), Renewed(until_on=LATER), control=warned).warned_days is None


def test_a_term_that_starts_with_service_runs_while_the_measure_waits():
    control = asked("freeze", term_months=12, term_starts="service")
    served = datetime(2026, 1, 10, 1, 0, tzinfo=UTC)
    waiting = after(Waiting(rank=2, served_at=served), control=control)
    assert waiting.until_on is None
    assert after(Confirmed(effective_at=EFFECT), control=waiting).until_on == date(2027, 1, 9)


def test_what_waited_may_take_effect_as_a_mark():
    assert after(Waiting(rank=2), Marked(actual_quantity=0, rank=1, until_on=END)).state == "marked"


def test_every_state_can_be_reached(walk):
    assert {control.state for control in walk} == FINAL_STATES | LIVE | {"requested"}


def test_an_end_date_stands_only_where_a_term_runs_or_ran(walk):
    assert all(control.until_on is None for control in walk if control.state not in DATED)
    assert any(control.until_on for control in walk if control.state == "in_force")


def test_only_what_stands_at_the_agency_has_a_rank(walk):
    assert all(control.rank in (None, 1) for control in walk if control.state == "in_force")
    assert all(control.rank != 1 for control in walk if control.state == "waiting")
    assert all(control.rank is None for control in walk if control.state in FINAL_STATES | {"requested"})


def test_in_doubt_is_always_about_something_pending(walk):
    assert all(control.pending for control in walk if control.in_doubt)
    assert all(control.pending is None for control in walk if control.state in FINAL_STATES)


def test_a_control_that_was_only_asked_awaits_its_measure(walk):
    assert all(control.pending == control.measure for control in walk if control.state == "requested")


def test_no_event_but_sent_makes_something_pending(walk):
    for control, arrows in walk.items():
        for event, result in arrows.items():
            assert isinstance(event, Sent) or result.pending in (None, control.pending)


def test_a_control_survives_being_stored(walk):
    for control in list(walk)[:200]:
        assert Control.model_validate_json(control.model_dump_json()) == control


def test_the_picture_shows_every_state(walk):
    picture = mermaid(walk)
    assert picture.startswith("stateDiagram-v2")
    assert all(f"{control.state} -->" in picture for control in walk)
    assert "waiting --> in_force: confirmed" in picture


@given(st.lists(st.sampled_from(EVENTS), max_size=12))
def test_any_history_ends_in_a_walked_control_or_is_refused(events):
    control = asked("freeze", term_months=12)
    for event in events:
        was_final = control.state in FINAL_STATES
        try:
            control = apply(control, event)
        except IllegalTransition:
            continue
        assert not was_final or control.surplus_fen is not None


def test_a_freeze_holds_what_is_there_and_says_what_is_missing():
    control = after(IN_FORCE)
    assert (control.state, control.pending, control.rank, control.actual_fen, control.unfunded_fen) == ("in_force", None, 1, 60, 40)
    assert control.until_on == END


def test_later_inflow_raises_what_is_held():
    control = after(IN_FORCE, Confirmed(actual_fen=100, unfunded_fen=0))
    assert (control.actual_fen, control.unfunded_fen, control.rank, control.until_on) == (100, 0, 1, END)


def test_without_an_end_from_the_agency_the_term_runs_from_its_effect():
    assert after(Confirmed(effective_at=EFFECT)).until_on == END
    assert after(Confirmed(effective_at=EFFECT), control=asked("freeze", term_months=12, last_day="corresponding_day")).until_on == date(2027, 11, 22)
    assert after(Confirmed(), control=asked("freeze", asked_until_on=LATER)).until_on == LATER
    assert after(Confirmed()).until_on is None


def test_a_waiting_freeze_takes_effect_when_the_earlier_one_ends():
    waiting = after(Waiting(rank=2, waiting_serial="7"))
    assert (waiting.state, waiting.rank, waiting.until_on, waiting.waiting_serial) == ("waiting", 2, None, "7")
    control = after(Confirmed(actual_fen=100, effective_at=EFFECT), control=waiting)
    assert (control.state, control.rank, control.waiting_serial, control.until_on) == ("in_force", None, None, END)


def test_a_waiting_freeze_moves_up():
    assert after(Waiting(rank=3), Waiting(rank=2)).rank == 2


def test_what_waits_does_not_rank_first_and_what_holds_does():
    illegal(asked("freeze"), Waiting(rank=1))
    illegal(asked("freeze"), Confirmed(rank=2))


def test_a_promotion_while_a_release_is_pending_keeps_it_pending():
    control = after(Waiting(rank=2), Sent("release"), IN_FORCE)
    assert (control.state, control.pending) == ("in_force", "release")
    assert after(Released(), control=control).state == "released"


def test_a_refused_freeze_is_refused_for_good():
    control = after(Refused("document_missing"))
    assert (control.state, control.code, control.pending) == ("refused", "document_missing", None)


def test_a_refused_release_leaves_the_freeze():
    control = after(IN_FORCE, Sent("release"), Refused("document_mismatch"))
    assert (control.state, control.pending, control.code, control.until_on) == ("in_force", None, "document_mismatch", END)
    assert after(Sent("release"), control=control).code is None


def test_a_refusal_of_nothing_is_refused():
    illegal(after(IN_FORCE), Refused("fault"))


def test_silence_puts_in_doubt_and_a_late_answer_settles_it():
    doubted = after(AnswerOverdue())
    assert (doubted.state, doubted.pending, doubted.in_doubt, doubted.code) == ("requested", "freeze", True, "no_answer")
    assert (after(IN_FORCE, control=doubted).in_doubt, after(IN_FORCE, control=doubted).code) == (False, None)
    illegal(after(IN_FORCE), AnswerOverdue())


def test_a_renewal_moves_the_end_and_keeps_the_rank():
    control = after(IN_FORCE, Sent("renew", LATER), Renewed(until_on=LATER, rank=1))
    assert (control.until_on, control.rank, control.pending) == (LATER, 1, None)
    assert after(IN_FORCE, Sent("renew", LATER), Renewed()).until_on == LATER


def test_a_renewal_that_moved_nothing_is_none():
    illegal(after(IN_FORCE, Sent("renew", LATER)), Renewed(until_on=END))
    illegal(after(IN_FORCE), Renewed(until_on=LATER))


def test_a_renewal_names_its_new_end():
    illegal(after(IN_FORCE), Sent("renew"))
    assert renewal_end(after(IN_FORCE), 12) == LATER
    with pytest.raises(IllegalTransition):
        renewal_end(after(Waiting(rank=2)), 12)


def test_nothing_is_asked_while_something_is_pending():
    illegal(after(IN_FORCE, Sent("deduct")), Sent("release"))
    illegal(asked("freeze"), Sent("release"))
    illegal(after(Waiting(rank=2)), Sent("renew", LATER))


def test_a_part_can_be_released():
    control = after(IN_FORCE, Sent("release"), PartlyReleased(actual_fen=40))
    assert (control.state, control.actual_fen, control.pending, control.until_on) == ("in_force", 40, None, END)


PRODUCT, ACCOUNT = (ControlPart(part="product", state="in_force", actual_fen=60), ControlPart(part="return_account", state="in_force", actual_fen=0))
DECLINED = ControlPart(part="product", state="refused", code="measure_unsupported")


def test_an_agency_may_take_one_part_and_decline_another():
    control = after(PartlyConfirmed(actual_fen=0, unfunded_fen=100, rank=1, until_on=END, parts=(DECLINED, ACCOUNT)))
    assert (control.state, control.parts, control.until_on, control.code) == ("partly_in_force", (DECLINED, ACCOUNT), END, None)
    paid_back = after(PartlyConfirmed(actual_fen=70, unfunded_fen=30), control=control)
    assert (paid_back.state, paid_back.actual_fen, paid_back.parts) == ("partly_in_force", 70, (DECLINED, ACCOUNT))
    assert after(Sent("renew", LATER), Renewed(until_on=LATER, now="partly_in_force"), control=control).parts == (DECLINED, ACCOUNT)
    assert after(Sent("release"), Released(), control=control).parts is None


def test_whatever_happens_to_a_control_its_parts_are_told_while_it_is_held_and_not_after():
    both = {"actual_fen": 60, "unfunded_fen": 40, "until_on": END, "parts": (PRODUCT, ACCOUNT)}
    one = {"actual_fen": 0, "unfunded_fen": 100, "until_on": END, "parts": (DECLINED, ACCOUNT)}
    events = (Sent("renew", LATER), Sent("release"), Confirmed(rank=1, **both), PartlyConfirmed(**one), Waiting(rank=2, parts=one["parts"]),
              Renewed(until_on=LATER), PartlyReleased(now="partly_in_force", **one), PartlyReleased(now="in_force", **both), Released(),
              Refused("rejected_by_agency"), TermEnded(told=True), Lapsed(), Reversed(), AnswerOverdue(), TermWarned(7))
    reached = explore([asked("freeze", term_months=36, requested_fen=100)], events)
    assert {control.state for control in reached} == {"requested", "in_force", "partly_in_force", "waiting", *FINAL_STATES} - {"deducted", "transferred"}
    for control in reached:
        assert (control.parts is None) == (control.state in FINAL_STATES or control.state == "requested")


def test_a_release_may_fail_for_one_part():
    held = after(Confirmed(actual_fen=60, unfunded_fen=40, rank=1, until_on=END, parts=(PRODUCT, ACCOUNT)), Sent("release"))
    gone = ControlPart(part="return_account", state="released")
    kept = after(PartlyReleased(actual_fen=60, unfunded_fen=40, now="partly_in_force", parts=(PRODUCT, gone)), control=held)
    assert (kept.state, kept.pending, kept.parts, kept.actual_fen) == ("partly_in_force", None, (PRODUCT, gone), 60)
    illegal(held, PartlyReleased(actual_fen=60, unfunded_fen=40, parts=(PRODUCT, ACCOUNT)))


def test_a_whole_account_may_have_grown_before_a_part_is_released():
    held = after(Confirmed(actual_fen=60), Sent("release"), control=asked("freeze", term_months=12))
    assert [apply(held, PartlyReleased(actual_fen=left)).actual_fen for left in (40, 70)] == [40, 70]
    illegal(held, PartlyReleased(actual_fen=60))


def test_what_was_not_funded_may_have_grown_before_a_part_is_released():
    held = after(Confirmed(actual_fen=60, unfunded_fen=40), Sent("release"), control=asked("freeze", term_months=12, requested_fen=100))
    assert [apply(held, answer).actual_fen for answer in (PartlyReleased(actual_fen=40), PartlyReleased(actual_fen=70, unfunded_fen=10))] == [40, 70]
    for answer in (PartlyReleased(actual_fen=60), PartlyReleased(actual_fen=70), PartlyReleased(actual_fen=70, unfunded_fen=30)):
        illegal(held, answer)


def test_what_was_funded_does_not_grow_by_a_release():
    held = after(Confirmed(actual_fen=60, unfunded_fen=0), Sent("release"), control=asked("freeze", term_months=12, requested_fen=60))
    for answer in (PartlyReleased(actual_fen=60), PartlyReleased(actual_fen=70)):
        illegal(held, answer)


@pytest.mark.parametrize("answer", [PartlyReleased(), PartlyReleased(actual_fen=60)])
def test_holding_as_much_as_before_is_no_release(answer):
    illegal(after(IN_FORCE, Sent("release")), answer)


def test_a_part_of_the_shares_can_be_released():
    held = after(Confirmed(actual_quantity=100))
    assert after(Sent("release"), PartlyReleased(actual_quantity=40), control=held).actual_quantity == 40


def units(*events):
    return after(*events, control=asked("freeze", term_months=12, requested_quantity=100))


def split(control):
    return control.state, control.actual_quantity, control.marked_quantity, control.waiting_quantity


PARTLY = PartlyConfirmed(actual_quantity=60, marked_quantity=30, waiting_quantity=10, rank=1, waiting_serial="7", until_on=END)


def test_units_are_frozen_marked_and_waited_for():
    assert split(units(PARTLY)) == ("partly_in_force", 60, 30, 10)
    assert split(units(PARTLY, PartlyConfirmed(actual_quantity=70, waiting_quantity=0))) == ("partly_in_force", 70, 30, 0)


def test_a_split_is_forgotten_with_its_state():
    frozen = units(PARTLY, Confirmed(actual_quantity=100, rank=1))
    assert (*split(frozen), frozen.waiting_serial) == ("in_force", 100, None, None, None)
    assert split(units(Waiting(rank=2, actual_quantity=0, waiting_quantity=100), Marked(marked_quantity=100))) == ("marked", None, 100, None)
    assert split(units(PARTLY, Marked(actual_quantity=0, marked_quantity=30, waiting_quantity=10))) == ("marked", 0, 30, 10)
    assert split(units(PARTLY, Released()))[2:] == (None, None)


@pytest.mark.parametrize(("held", "marked", "now"), [(60, 10, "partly_in_force"), (0, 30, "marked"), (20, 0, "in_force"), (0, 10, None)])
def test_a_part_of_what_is_frozen_or_marked_is_released(held, marked, now):
    rest = units(PARTLY, Sent("release"), PartlyReleased(actual_quantity=held, marked_quantity=marked, waiting_quantity=0, now=now))
    assert split(rest) == (now or "partly_in_force", held, marked, 0)
    assert (rest.pending, rest.remaining_quantity, rest.until_on) == (None, held + marked, END)


def test_a_release_is_seen_even_if_something_came_in_before_it():
    assert after(IN_FORCE, Sent("release"), PartlyReleased(actual_fen=70, unfunded_fen=0)).actual_fen == 70
    rest = PartlyReleased(actual_quantity=70, marked_quantity=29, waiting_quantity=0)
    assert split(units(PARTLY, Sent("release"), rest))[1:] == (70, 29, 0)
    illegal(units(PARTLY, Sent("release")), PartlyReleased(actual_quantity=70, marked_quantity=30, waiting_quantity=0))
    illegal(units(Marked(marked_quantity=30), Sent("release")), PartlyReleased(actual_quantity=30))


def test_what_was_frozen_is_sold_and_the_mark_stays():
    rest = units(PARTLY, Sent("deduct"), PartlyDeducted(actual_quantity=0, marked_quantity=30, waiting_quantity=10, deducted_fen=5, now="marked"))
    assert (*split(rest), rest.deducted_fen, rest.remaining_quantity, rest.rank) == ("marked", 0, 30, 10, 5, 40, None)


def test_a_renewal_may_tell_that_the_mark_became_a_freeze():
    frozen = units(PARTLY, Sent("renew", LATER), Renewed(until_on=LATER, actual_quantity=100, rank=1, now="in_force"))
    assert (frozen.state, frozen.actual_quantity, frozen.rank, frozen.until_on) == ("in_force", 100, 1, LATER)


def test_when_a_step_was_served_says_nothing_of_when_the_measure_was():
    later = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    held = after(Confirmed(actual_fen=60, rank=1, served_at=EFFECT, until_on=END))
    assert after(Sent("renew", LATER), Renewed(until_on=LATER, served_at=later), control=held).served_at == EFFECT
    assert after(Sent("deduct"), Deducted(deducted_fen=60, served_at=later), control=held).served_at == EFFECT
    assert after(IN_FORCE, Sent("renew", LATER), Renewed(until_on=LATER, served_at=later)).served_at == later


def test_money_is_deducted_wholly_or_in_part():
    partly = after(IN_FORCE, Sent("deduct"), PartlyDeducted(deducted_fen=20, actual_fen=40))
    assert (partly.state, partly.deducted_fen, partly.actual_fen, partly.pending) == ("in_force", 20, 40, None)
    wholly = after(Sent("deduct"), Deducted(deducted_fen=60), control=partly)
    assert (wholly.state, wholly.deducted_fen, wholly.until_on) == ("deducted", 60, None)
    illegal(after(Sent("deduct"), control=partly), PartlyDeducted(deducted_fen=20))
    illegal(partly, Deducted(deducted_fen=60))


def test_only_a_deduction_at_once_goes_without_a_freeze():
    assert after(Deducted(deducted_fen=100), control=asked("freeze_and_deduct")).state == "deducted"
    illegal(asked("freeze"), Deducted(deducted_fen=100))


def test_the_title_goes_to_the_transferee():
    assert after(IN_FORCE, Sent("transfer"), Transferred()).state == "transferred"
    illegal(after(IN_FORCE), Transferred())


def test_of_units_what_is_taken_is_gone_and_the_rest_waits_on():
    rest = {"actual_quantity": 0, "marked_quantity": 0, "waiting_quantity": 10, "rank": 2, "now": "waiting"}
    sold = units(PARTLY, Sent("deduct"), PartlyDeducted(deducted_fen=5, **rest))
    gone = units(PARTLY, Sent("transfer"), PartlyTransferred(**rest))
    for control in (sold, gone):
        assert (control.state, control.rank, control.until_on, control.pending, control.remaining_quantity) == ("waiting", 2, None, None, 10)
        assert after(Confirmed(actual_quantity=10, rank=1, until_on=END), control=control).state == "in_force"
    illegal(units(PARTLY), PartlyTransferred(**rest))
    answered = ControlAnswer(state="waiting", **{name: value for name, value in rest.items() if name != "now"})
    assert event_of(answered, "transfer") == PartlyTransferred(**rest)
    for action, told in (("renew", answered), ("transfer", ControlAnswer(state="in_force")), ("deduct", ControlAnswer(state="waiting"))):
        with pytest.raises(IllegalTransition):
            event_of(told, action)


def test_a_term_that_ends_expires():
    control = after(IN_FORCE, TermEnded())
    assert (control.state, control.until_on, control.pending) == ("expired", END, None)
    illegal(control, Released())


@pytest.mark.parametrize(("asked_for", "answer", "state"), [
    (Sent("renew", LATER), Renewed(until_on=LATER), "in_force"), (Sent("deduct"), Deducted(deducted_fen=60), "deducted"),
    (Sent("deduct"), PartlyDeducted(deducted_fen=20, actual_fen=40), "in_force"), (Sent("transfer"), Transferred(), "transferred"),
    (Sent("release"), Released(), "released")])
def test_what_was_asked_before_the_end_may_have_been_done_in_time(asked_for, answer, state):
    pending = after(IN_FORCE, asked_for)
    illegal(pending, TermEnded())
    illegal(after(AnswerOverdue(), control=pending), TermEnded())
    assert after(TermEnded(told=True), control=pending).state == "expired"
    assert after(answer, control=pending).state == state
    assert after(Refused("already_expired"), TermEnded(), control=pending).state == "expired"


def test_full_disposal_by_the_first_court_leaves_a_claim_to_the_surplus():
    control = after(Waiting(rank=2), Lapsed(surplus_claim=True))
    assert (control.state, control.surplus_claim) == ("lapsed", True)


def test_pledged_shares_are_marked_and_frozen_when_the_pledge_ends():
    marked = after(Marked(actual_quantity=100, until_on=END))
    assert (marked.state, after(Confirmed(), control=marked).state) == ("marked", "in_force")
    assert after(PartlyConfirmed(actual_quantity=40), control=marked).state == "partly_in_force"


def test_an_agency_can_take_its_confirmation_back():
    assert after(IN_FORCE, Reversed("identity_mismatch")).code == "identity_mismatch"


HELD = ControlAnswer(state="in_force", actual_fen=60, until_on=END)


@pytest.mark.parametrize(("answer", "action", "kind"), [
    (HELD, "freeze", "confirmed"), (HELD, "renew", "renewed"), (HELD, "release", "partly_released"), (HELD, "deduct", "partly_deducted"),
    (ControlAnswer(state="partly_in_force"), "freeze", "partly_confirmed"), (ControlAnswer(state="waiting", rank=2), "seal", "waiting"),
    (ControlAnswer(state="marked"), "freeze", "marked"), (ControlAnswer(state="marked"), "renew", "renewed"),
    (ControlAnswer(state="refused"), "freeze", "refused"), (ControlAnswer(state="released"), "release", "released"),
    (ControlAnswer(state="expired"), "freeze", "term_ended"), (ControlAnswer(state="lapsed"), "freeze", "lapsed"),
    (ControlAnswer(state="deducted", deducted_fen=5), "deduct", "deducted"), (ControlAnswer(state="transferred"), "transfer", "transferred"),
    (ControlAnswer(state="reversed"), "freeze", "reversed"),
])
def test_an_answer_is_read_as_an_event(answer, action, kind):
    assert kind_of(event_of(answer, action)) == kind


@pytest.mark.parametrize(("state", "action"), [("in_force", "transfer"), ("waiting", "release"), ("waiting", "renew"), ("requested", "freeze")])
def test_an_answer_that_says_nothing_of_what_was_asked_is_no_event(state, action):
    with pytest.raises(IllegalTransition):
        event_of(ControlAnswer(state=state), action)


def test_an_event_is_told_without_what_it_does_not_say():
    assert detail_of(event_of(HELD, "freeze")) == {"actual_fen": 60, "until_on": "2027-11-21"}
    assert detail_of(Confirmed(effective_at=EFFECT)) == {"effective_at": "2026-11-22T01:00:00+00:00"}


def test_the_rights_an_agency_tells_of_stay_with_the_control():
    event = event_of(ControlAnswer(state="in_force", actual_fen=100, rank=1, priority_rights=(right(amount_fen=30),)), "freeze")
    assert detail_of(event)["priority_rights"] == [{"kind": "mortgage", "holder": "某某银行", "amount_fen": 30}]
    held = apply(asked("freeze", requested_fen=100), event)
    assert apply(held, event_of(ControlAnswer(state="in_force", rank=1), "status")).priority_rights == held.priority_rights
