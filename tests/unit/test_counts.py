from gateway.domain.counts import Counted, count, no_gap
from gateway.domain.progress import StreamEvent


def test_what_has_no_outcome_is_awaiting():
    counts = count([("found", 0), ("found", 2), ("overdue", 0), (None, 0)])
    assert counts == {"tasks": 4, "awaiting": 1, "found": 2, "none_found": 0, "refused": 0, "unsupported": 0, "failed": 0, "overdue": 1, "unreadable": 2}


def test_only_answers_leave_no_gap():
    assert no_gap(count([("found", 0), ("none_found", 0)]))
    assert not no_gap(count([("found", 0), (None, 0)]))
    assert not no_gap(count([("found", 0), ("failed", 0)]))


def test_an_item_that_cannot_be_read_is_not_answered():
    assert not no_gap(count([("found", 1), ("none_found", 0)]))


def answered(task_id, outcome, **more):
    return StreamEvent(1, "task", {"task_id": task_id, "outcome": outcome, **more})


def test_the_stream_counts_items_that_cannot_be_read():
    counted = Counted(1)
    assert counted.fold(answered("a", "found", unreadable=2))["counts"]["unreadable"] == 2
    assert counted.fold(StreamEvent(1, "ended", {}))["all_answered"] is False


def test_the_stream_counts_as_it_is_read():
    counted = Counted(2)
    assert counted.fold(answered("a", "found"))["counts"]["awaiting"] == 1
    assert counted.fold(answered("b", "overdue"))["counts"]["overdue"] == 1
    assert counted.fold(StreamEvent(1, "ended", {}))["all_answered"] is False
    assert counted.ended


def test_a_late_answer_replaces_the_overdue_one():
    counted = Counted(1)
    counted.fold(answered("a", "overdue"))
    counts = counted.fold(answered("a", "found"))["counts"]
    assert (counts["overdue"], counts["found"], counts["awaiting"]) == (0, 1, 0)


def test_other_events_are_passed_on():
    counted = Counted(1)
    assert counted.fold(StreamEvent(1, "report", {"version": 1})) == {"version": 1}
    assert not counted.ended
