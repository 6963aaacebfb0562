from itertools import pairwise

from services.runtime.ramp import Ramp


def learnt(*, per_s=10.0, for_s=120.0, began_s=100.0):
    """A ramp that saw so many answers a second, and the instant of the last."""
    ramp, count = Ramp(), int(per_s * for_s)
    for number in range(count):
        ramp.answered(began_s + number / per_s)
    return ramp, began_s + count / per_s


def begins(ramp, back_s, *, every_s, for_s):
    """When calls begin that are asked for faster than they may."""
    asked = [back_s + number * every_s for number in range(int(for_s / every_s))]
    return [at_s + ramp.wait_s(at_s) for at_s in asked]


def most_in_a_second(instants):
    return max(sum(at <= other < at + 1 for other in instants) for at in instants)


def test_nobody_waits_while_the_agency_was_never_away():
    ramp, now_s = learnt()
    assert [ramp.wait_s(now_s) for _ in range(100)] == [0.0] * 100


def test_it_learns_how_often_the_agency_is_called():
    for per_s, for_s in ((10.0, 120.0), (2.0, 300.0), (10.0, 6.0)):
        assert 0.8 * per_s <= learnt(per_s=per_s, for_s=for_s)[0].usual_per_s <= 1.2 * per_s


def test_a_burst_is_not_the_usual_pace():
    assert learnt(per_s=1000.0, for_s=0.05)[0].usual_per_s <= 12


def test_after_a_return_calls_come_at_most_twice_as_fast_as_before():
    ramp, away_s = learnt(per_s=10.0)
    ramp.begin(away_s + 60)
    drained = [at for at in begins(ramp, away_s + 60, every_s=0.01, for_s=6) if at < away_s + 90]
    assert most_in_a_second(drained) <= 20
    assert len(drained) >= 30 * 10


def test_workers_together_keep_the_pace_that_they_had_together():
    instants = []
    for _ in range(4):
        ramp, away_s = learnt(per_s=2.5)
        ramp.begin(away_s + 60)
        instants += [at for at in begins(ramp, away_s + 60, every_s=0.01, for_s=2) if at < away_s + 90]
    assert most_in_a_second(instants) <= 20


def test_of_an_agency_that_was_never_heard_of_one_call_a_second_is_made_at_first():
    ramp = Ramp()
    ramp.begin(0.0)
    starts = begins(ramp, 0.0, every_s=0.01, for_s=0.1)
    assert all(round(later - sooner, 6) == 1 for sooner, later in pairwise(starts))
    assert starts[0] == 1


def test_the_pace_is_let_go_when_nobody_has_to_wait():
    ramp, away_s = learnt(per_s=10.0)
    ramp.begin(away_s)
    assert ramp.wait_s(away_s) > 0
    assert ramp.wait_s(away_s + 30) == 0
    assert [ramp.wait_s(away_s + 30) for _ in range(50)] == [0.0] * 50


def test_what_is_caught_up_is_not_learnt_as_usual():
    ramp, away_s = learnt(per_s=10.0)
    usual = ramp.usual_per_s
    ramp.begin(away_s)
    for number in range(1000):
        ramp.answered(away_s + number / 1000)
    assert ramp.usual_per_s == usual


def test_a_second_outage_during_the_return_keeps_the_pace():
    ramp, away_s = learnt(per_s=10.0)
    ramp.begin(away_s)
    ramp.begin(away_s + 5)
    assert most_in_a_second([at for at in begins(ramp, away_s + 5, every_s=0.01, for_s=2) if at < away_s + 20]) <= 20


def test_a_pace_that_was_learnt_too_low_is_left_in_the_end():
    ramp = Ramp()
    ramp.begin(0.0)
    first = sum(at < 60 for at in begins(ramp, 0.0, every_s=0.5, for_s=60))
    for second in range(60, 1500):
        ramp.wait_s(float(second))
    assert ramp.wait_s(1500.0) < 1500
    assert 55 <= first <= 61
