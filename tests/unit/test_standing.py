from datetime import UTC, datetime, timedelta

from contracts.state import BreakerState
from gateway.domain.standing import AgencyStanding, Heartbeat, Limits, Standing, Waiting

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
KINDS = ("deposits", "vehicles")
LIMITS = Limits(60, 120, 30)


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def beat(role, detail="", process="h:1", age_s=1.0, **more):
    return Heartbeat(role, detail, process, age_s, more.pop("idle_s", 0.0), **more)


ALL = (beat("relay"), beat("aggregator"), beat("schedule"), beat("worker"))


def standing(*waiting, beats=ALL):
    return Standing(NOW, waiting, tuple(beats))


def breaker(state="suspended", since_s=60.0, next_s=10.0, agency="icbc"):
    return BreakerState(agency=agency, state=state, since=ago(since_s), next_try_at=NOW + timedelta(seconds=next_s))


def test_a_mesh_of_which_every_role_lives_is_not_degraded():
    assert standing().degraded(KINDS, LIMITS) == []
    assert standing().dead(KINDS) == []


def test_a_role_that_is_silent_or_stuck_or_was_never_there_is_told_of_and_a_worker_by_its_kind():
    beats = (beat("relay", age_s=30.0), beat("aggregator", idle_s=90.0), beat("worker", "vehicles"))
    assert standing(beats=beats).degraded(KINDS, LIMITS) == ["relay", "aggregator", "schedule", "worker:deposits"]
    assert "relay" not in standing(beats=(*beats, beat("relay", process="h:2"))).dead(KINDS)


def test_workers_of_several_processes_serve_the_kinds_of_all():
    assert standing(beats=(*ALL[:3], beat("worker", "deposits"), beat("worker", "vehicles", "h:2"))).dead(KINDS) == []


def test_each_kind_has_the_age_of_its_oldest():
    one = standing(Waiting("icbc", "deposits", 3, ago(70), ago(130)), Waiting("abc", "deposits", 1, ago(5), None), Waiting("office", "vehicles", 2, None, ago(3)))
    assert one.unsent_s == {"deposits": 70.0}
    assert one.unanswered_s == {"deposits": 130.0, "vehicles": 3.0}
    assert one.backlog == 6
    assert one.degraded(KINDS, LIMITS) == ["unsent:deposits", "unanswered:deposits"]


def test_a_suspended_agency_is_told_of_as_that_and_not_as_one_that_does_not_answer():
    one = standing(Waiting("icbc", "deposits", 3, None, ago(900)), beats=(*ALL, beat("worker", "deposits", "h:2", breakers=(breaker(),))))
    assert one.unanswered_s == {}
    assert one.agencies() == {"icbc": AgencyStanding("suspended", ago(60), NOW + timedelta(seconds=10), 3, 900.0)}


def test_what_several_workers_tell_of_an_agency_is_one_state():
    beats = (beat("worker", "", "h:1", breakers=(breaker(since_s=60, next_s=10),)),
             beat("worker", "", "h:2", breakers=(breaker("trying", since_s=90, next_s=5),)),
             beat("worker", "", "h:3", breakers=(breaker(since_s=500, next_s=1),), age_s=100.0))
    assert standing(beats=beats).breakers() == [breaker("trying", since_s=90, next_s=5)]


def test_replies_in_hand_count_while_their_aggregator_is_there():
    held = {"deposits": ago(40)}
    assert standing(beats=(*ALL, beat("aggregator", process="h:2", unapplied=held))).degraded(KINDS, LIMITS) == ["unapplied:deposits"]
    assert standing(beats=(*ALL, beat("aggregator", process="h:2", unapplied=held, age_s=100.0))).unapplied_s == {}


def test_it_is_stopped_when_commands_are_old_and_no_relay_lives():
    old = Waiting("icbc", "deposits", 1, ago(60), None)
    assert standing(old, beats=()).is_stopped(LIMITS)
    assert not standing(old).is_stopped(LIMITS)
    assert not standing(beats=()).is_stopped(LIMITS)


def test_an_agency_of_which_nothing_waits_is_available():
    assert standing().agencies() == {}
    assert AgencyStanding().state == "available"
