from datetime import UTC, date, datetime, time, timedelta

import pytest

from contracts.agency import OfficeHours
from contracts.control import FINAL_STATES, ControlAnswer
from contracts.failures import IllegalTransition
from gateway.domain.control import apply, asked
from gateway.domain.control_events import (
    AnswerOverdue,
    Confirmed,
    Lapsed,
    Marked,
    Refused,
    Released,
    Sent,
    TermEnded,
    Waiting,
    event_of,
)
from gateway.domain.status_answers import STATUS_RULES, is_news, may_ask, news, told, watch
from tests.agency_side import agency

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # Tuesday, 10:00 in China
END = date(2027, 11, 21)


def control(*events):
    one = asked("freeze", term_months=12, requested_fen=100)
    for event in events:
        one = apply(one, event)
    return one


WAITING = Waiting(rank=2)
HELD = Confirmed(actual_fen=60, unfunded_fen=40, rank=1, until_on=END)


@pytest.mark.parametrize(("stands", "event", "new"), [
    ((HELD,), HELD, False), ((HELD,), Confirmed(actual_fen=100, unfunded_fen=0, rank=1, until_on=END), True), ((WAITING,), HELD, True),
    ((HELD,), Refused("rejected_by_agency"), False), ((HELD,), Refused("no_original_measure"), True), ((HELD,), None, False),
    ((HELD, Released()), Released(), False), ((HELD, Released()), HELD, True), ((HELD, TermEnded()), TermEnded(told=True), False),
])
def test_an_answer_that_comes_once_more_is_news_where_it_says_something_else(stands, event, new):
    assert is_news(control(*stands), event) is new


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_how_a_control_ended_is_known_again(state):
    again = event_of(ControlAnswer(state=state), "freeze")
    assert not is_news(control(HELD).model_copy(update={"state": state}), again)
    assert is_news(control(HELD).model_copy(update={"state": state}), HELD)


def test_what_stands_as_it_stood_is_no_news():
    assert news(control(WAITING), WAITING) is None
    assert news(control(HELD), HELD) is None


@pytest.mark.parametrize(("events", "said"), [
    ([WAITING], HELD), ([Waiting(rank=3)], WAITING), ([WAITING], Lapsed(surplus_claim=True)),
    ([HELD], Confirmed(actual_fen=100, unfunded_fen=0, rank=1, until_on=END)), ([Marked(until_on=END)], HELD)])
def test_what_changed_is_news(events, said):
    assert news(control(*events), said) == said


def test_of_a_control_that_ended_nothing_is_news():
    assert news(control(HELD, Released()), HELD) is None
    assert news(control(HELD, TermEnded()), TermEnded()) is None


def test_what_contradicts_is_refused():
    with pytest.raises(IllegalTransition):
        news(control(HELD), WAITING)
    with pytest.raises(IllegalTransition):
        news(control(HELD), Refused("no_original_measure"))


def test_a_refusal_to_tell_says_nothing_of_a_measure_that_stands():
    assert news(control(HELD), Refused("not_authorised")) is None


def test_what_is_in_doubt_is_refused_by_the_agency_or_was_never_received():
    doubt = control(AnswerOverdue())
    assert news(doubt, Refused("document_missing")) == Refused("document_missing")
    assert news(doubt, Refused("no_original_measure")) is None
    assert news(doubt, HELD) == HELD


def test_an_answer_that_cannot_be_read_or_given_says_nothing():
    assert told(AnswerOverdue("protocol")) is None
    assert told(Refused("measure_unsupported")) is None
    assert told(None) is None
    assert told(HELD) == HELD


@pytest.mark.parametrize(("events", "watched"), [
    ([], None), ([AnswerOverdue()], "moving"), ([WAITING], "moving"), ([Marked(until_on=END)], "moving"), ([HELD], "moving"),
    ([Confirmed(actual_fen=100, unfunded_fen=0)], "steady"), ([HELD, Sent("release")], None), ([HELD, Released()], None)])
def test_what_may_move_is_watched_closely(events, watched):
    assert watch(control(*events)) == watched


def test_a_machine_is_asked_more_often_than_a_person():
    assert STATUS_RULES["automatic"].moving_min < STATUS_RULES["semi_automatic"].moving_min < STATUS_RULES["manual"].moving_min
    (moving, steady) = may_ask(agency(), AT)
    assert (moving.watch, moving.before, moving.due_at) == ("moving", AT - timedelta(minutes=30), AT + timedelta(minutes=30))
    assert (steady.watch, steady.before) == ("steady", AT - timedelta(days=1))


def test_development_may_ask_as_often_as_it_likes():
    assert {(one.before, one.due_at) for one in may_ask(agency(), AT, 2)} == {(AT - timedelta(seconds=2), AT + timedelta(minutes=1))}


def test_nobody_is_asked_outside_office_hours_or_without_the_capability():
    hours = OfficeHours(opens=time(8, 30), closes=time(17, 30))
    assert may_ask(agency(office_hours=hours), AT)
    assert may_ask(agency(office_hours=hours), AT + timedelta(hours=12)) == ()
    assert may_ask(agency(capabilities=("query", "freeze")), AT) == ()
