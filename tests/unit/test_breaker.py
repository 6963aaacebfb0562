from services.runtime.breaker import Breaker, BreakerRule

RULE = BreakerRule(failures=3, pause_s=4, most_pause_s=10, probe_s=20)


def after_failures(count, *, at_s=100.0):
    breaker = Breaker(RULE)
    for _ in range(count):
        breaker = breaker.failed(at_s, jitter=1.0)
    return breaker


def test_a_closed_breaker_lets_every_call_through():
    breaker, admitted = Breaker(RULE).admit(100)
    assert admitted
    assert breaker.state == "closed"


def test_it_opens_after_so_many_failures_in_a_row():
    assert after_failures(2).state == "closed"
    assert after_failures(3).state == "open"


def test_an_answer_in_between_starts_the_count_again():
    assert after_failures(2).succeeded().failed(100, 1.0).state == "closed"


def test_an_open_breaker_lets_nothing_through_until_its_pause_is_over():
    breaker = after_failures(3)
    assert breaker.admit(103.9) == (breaker, False)
    assert breaker.wait_s(101) == 3


def test_after_the_pause_one_call_tries_and_the_others_wait():
    breaker, admitted = after_failures(3).admit(104)
    assert (admitted, breaker.state) == (True, "half_open")
    assert breaker.admit(104)[1] is False
    assert breaker.wait_s(104) == RULE.pause_s


def test_a_try_that_never_comes_back_is_given_up():
    breaker, _ = after_failures(3).admit(104)
    assert breaker.admit(124)[1] is True


def test_an_answer_to_the_try_closes_it():
    assert after_failures(3).admit(104)[0].succeeded() == Breaker(RULE)


def test_each_failed_try_doubles_the_pause_up_to_the_longest():
    breaker, now_s, pauses = after_failures(3), 104.0, []
    for _ in range(3):
        breaker = breaker.admit(now_s)[0].failed(now_s, jitter=1.0)
        pauses.append(breaker.until_s - now_s)
        now_s = breaker.until_s
    assert pauses == [8, 10, 10]


def test_calls_that_began_before_it_opened_do_not_lengthen_the_pause():
    assert after_failures(8).until_s == after_failures(3).until_s


def test_jitter_ends_the_pause_between_half_and_whole():
    breaker = after_failures(2)
    assert breaker.failed(100, jitter=0.0).until_s == 102
    assert breaker.failed(100, jitter=0.99).until_s < 104


def test_one_call_that_waited_long_while_nobody_was_answered_opens_it_alone_and_so_does_each_try_after_it():
    rule = BreakerRule(failures=5, pause_s=4, most_pause_s=10, probe_s=20, silent_s=15)
    assert Breaker(rule).failed(100, 1.0, silent_s=14.9).state == "closed"
    breaker = Breaker(rule).failed(100, 1.0, silent_s=20.4)
    assert breaker.state == "open"
    assert breaker.admit(104)[0].failed(105, 1.0).state == "open"
