from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.progress import Happened, Progress, advance, proposed

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def task(number: int, kind: str = "task") -> Happened:
    return Happened(kind, {"task_id": f"t{number}"}, f"t{number}")


def fresh(awaiting: int) -> Progress:
    return Progress("r", awaiting, None, 0, 0)


def test_the_last_answer_ends_the_request_and_makes_version_one():
    moved = advance(fresh(2), [task(1), task(2)], NOW)
    assert moved.progress == Progress("r", 0, NOW, 1, 4)
    assert [event.kind for event in moved.events] == ["task", "task", "report", "ended"]
    assert moved.versions == ((1, "ended"),)


def test_a_late_answer_makes_a_version_and_the_end_does_not_move():
    ended = Progress("r", 0, NOW, 1, 4)
    moved = advance(ended, [task(1, "late_task")], datetime(2026, 12, 1, tzinfo=UTC))
    assert moved.progress == Progress("r", 0, NOW, 2, 6)
    assert moved.shown_in == {"t1": 2}


def test_a_late_answer_before_the_end_first_shows_in_version_one():
    moved = advance(fresh(1), [task(1, "late_task")], NOW)
    assert (moved.progress.report_version, moved.shown_in) == (0, {"t1": 1})


def test_each_control_change_after_the_end_makes_a_version():
    ended = Progress("r", 0, NOW, 1, 4)
    changes = [Happened("control", {"control_id": "c"}, "c"), Happened("control", {"control_id": "d"}, "d")]
    assert advance(ended, changes, NOW).shown_in == {"c": 2, "d": 3}


@given(st.integers(1, 20), st.lists(st.integers(1, 6)))
def test_however_answers_are_batched_the_request_ends_once_with_gapless_events(tasks, sizes):
    progress, seqs, ended, left = fresh(tasks), [], 0, list(range(tasks))
    while left:
        size = sizes.pop() if sizes else 1
        batch, left = left[:size], left[size:]
        moved = advance(progress, [task(number) for number in batch], NOW)
        progress = moved.progress
        seqs += [event.seq for event in moved.events]
        ended += sum(event.kind == "ended" for event in moved.events)
    assert seqs == list(range(1, tasks + 3))
    assert (ended, progress.awaiting, progress.report_version) == (1, 0, 1)


def test_proposals_are_told_and_make_one_version():
    after = proposed(Progress("r", 0, NOW, 3, 7), [{"proposal_id": "a"}, {"proposal_id": "b"}])
    assert [(one.seq, one.kind) for one in after.events] == [(8, "release_proposal"), (9, "release_proposal"), (10, "report")]
    assert (after.versions, after.shown_in, after.progress.report_version, after.progress.event_seq) == (((4, "release_proposal"),), {"r": 4}, 4, 10)


def test_before_the_end_a_proposal_changes_the_live_view_and_first_shows_in_version_1():
    after = proposed(Progress("r", 1, None, 0, 7), [])
    assert [(one.kind, one.data) for one in after.events] == [("report", {"version": 0})]
    assert (after.versions, after.shown_in, after.progress.report_version) == ((), {"r": 1}, 0)
