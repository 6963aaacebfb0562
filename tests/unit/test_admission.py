from datetime import UTC, datetime, timedelta

import pytest

from contracts.state import BreakerState
from gateway.admission import Admission, TooMuchAtOnce
from gateway.domain.admission import AdmissionRule, Behind, Courts, behind, retry_after_s
from gateway.domain.standing import Heartbeat, Standing, Waiting

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
RULE = AdmissionRule(lag_s=30, most_lag_s=600, least_backlog=100)


def late(agency, kind="deposits", age_s=60, unsent=100):
    return Waiting(agency, kind, unsent, NOW - timedelta(seconds=age_s), None, unsent)


def worker(detail="", age_s=1.0, **more):
    return Heartbeat("worker", detail, "h:1", age_s, 0.0, **more)


def who(*waiting, beats=None, away=False):
    return behind(Standing(NOW, waiting, (worker(),) if beats is None else tuple(beats)), RULE, away=away).by_agency


def test_an_agency_is_behind_when_many_commands_have_waited_long_to_be_sent():
    assert who(late("icbc"), late("abc", age_s=29)) == {"icbc": 60}


def test_few_that_wait_make_nobody_behind():
    assert who(late("icbc", unsent=99)) == {}


def test_what_waits_for_a_dead_kind_or_a_suspended_agency_refuses_nobody():
    assert who(late("icbc"), late("office", "vehicles"), beats=(worker("vehicles"), worker("deposits", age_s=100))) == {"office": 60}
    told = BreakerState(agency="icbc", state="suspended", since=NOW)
    assert who(late("icbc"), beats=(worker(breakers=(told,)),)) == {}


def test_where_no_worker_tells_of_itself_all_kinds_count():
    assert who(late("icbc"), beats=()) == {"icbc": 60}


def test_while_kafka_is_away_requests_are_taken_for_longer():
    assert who(late("icbc", age_s=599), away=True) == {}
    assert who(late("icbc", age_s=600), away=True) == {"icbc": 600}


def test_a_request_is_as_far_behind_as_most_of_whom_it_asks():
    some = Behind({"icbc": 60.0, "abc": 90.0})
    assert some.lag_s(["icbc", "boc", "ccb"]) == 0
    assert some.lag_s(["icbc", "abc", "ccb"]) == 60
    assert some.lag_s([]) == 0


def test_who_is_refused_comes_again_spread_over_as_long_again():
    assert retry_after_s(29.9, RULE, small=False, spread=0) is None
    assert [retry_after_s(40, RULE, small=False, spread=spread) for spread in (0.0, 0.5, 0.99)] == [10, 15, 20]
    assert retry_after_s(30, RULE, small=False, spread=0) == 2
    assert retry_after_s(500, RULE, small=False, spread=0) == 60


def test_a_court_that_asks_for_little_is_taken_in_until_the_very_most():
    assert retry_after_s(599, RULE, small=True, spread=0) is None
    assert retry_after_s(600, RULE, small=True, spread=0) == 60


def test_a_court_is_small_beside_one_that_asks_for_much_and_never_alone():
    courts = Courts()
    for at in range(100):
        courts.took("A", at / 10)
    courts.took("B", 10.0)
    assert courts.is_small("B", 10.0)
    assert courts.is_small("C", 10.0)
    assert not courts.is_small("A", 10.0)
    courts.took("D", 10_000.0)
    assert courts._asked.keys() == {"D"}
    assert not courts.is_small("D", 10_000.0)


async def test_nothing_is_refused_until_something_is_behind_and_then_by_court():
    standing = [None]
    admission = Admission(lambda: standing[0], RULE, away=lambda: False)
    for number in range(20):
        admission.admit("A", ["icbc"], f"k{number}")
    standing[0] = Standing(NOW, (late("icbc"),), (worker(),))
    with pytest.raises(TooMuchAtOnce) as refused:
        admission.admit("A", ["icbc"], "k")
    assert refused.value.problem_status == 429
    assert 30 <= refused.value.retry_after_s <= 60
    admission.admit("B", ["icbc"], "k")
    admission.admit("A", ["icbc", "abc", "boc"], "k")


async def test_a_court_that_is_refused_is_refused_unread_but_for_some_that_may_ask_others():
    standing = [None]
    admission = Admission(lambda: standing[0], RULE, away=lambda: False)
    for number in range(20):
        admission.admit("A", ["icbc"], f"k{number}")
    admission.look("A", "new")
    standing[0] = Standing(NOW, (late("icbc"),), (worker(),))
    refused = 0
    for number in range(400):
        try:
            admission.look("A", f"new{number}")
        except TooMuchAtOnce:
            refused += 1
    assert 300 < refused < 400
    for number in range(20):
        admission.look("A", f"k{number}")
    admission.look("B", "new1")
