from datetime import UTC, datetime

from gateway.domain.in_flight import InFlight

AT = datetime(2026, 11, 22, tzinfo=UTC)


def test_what_is_answered_makes_room_again():
    bound = InFlight(100_000)
    bound.sent([(f"t{number}", AT, 1_000) for number in range(40)])
    assert bound.full
    assert bound.room_for(10) == 0
    bound.keep(bound.waiting(), {("t1", AT)})
    assert bound.waiting() == [("t1", AT)]
    assert bound.room_for(10) == 10


def test_a_task_sent_again_counts_once_for_each_sending():
    bound = InFlight(1_000_000)
    bound.sent([("t", AT, 1_000), ("t", AT, 1_000)])
    assert bound.waiting() == [("t", AT)]
    assert not bound.pressed


def test_answers_for_tasks_never_asked_about_stay_counted():
    bound = InFlight(1_000_000)
    bound.sent([("t", AT, 1_000)])
    asked = bound.waiting()
    bound.sent([("u", AT, 1_000)])
    bound.keep(asked, set())
    assert bound.waiting() == [("u", AT)]
