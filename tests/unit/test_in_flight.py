from datetime import UTC, datetime

from gateway.domain.in_flight import InFlight

AT = datetime(2026, 11, 22, tzinfo=UTC)
LEASE = datetime(2026, 11, 21, 23, 59, 58, tzinfo=UTC)


def sending(task_id):
    return task_id, LEASE, AT


def test_what_is_answered_makes_room_again():
    bound = InFlight(100_000)
    bound.sent([(sending(f"t{number}"), 1_000) for number in range(40)])
    assert bound.full
    assert bound.room_for(10) == 0
    bound.keep(bound.waiting(), {sending("t1")})
    assert bound.waiting() == [sending("t1")]
    assert bound.room_for(10) == 10


def test_a_task_sent_again_counts_once_for_each_sending():
    bound = InFlight(1_000_000)
    bound.sent([(sending("t"), 1_000), (sending("t"), 1_000)])
    assert bound.waiting() == [sending("t")]
    assert not bound.pressed


def test_answers_for_tasks_never_asked_about_stay_counted():
    bound = InFlight(1_000_000)
    bound.sent([(sending("t"), 1_000)])
    asked = bound.waiting()
    bound.sent([(sending("u"), 1_000)])
    bound.keep(asked, set())
    assert bound.waiting() == [sending("u")]
