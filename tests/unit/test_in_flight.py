from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.in_flight import Head, InFlight

AT = datetime(2026, 11, 22, tzinfo=UTC)
LEASE = AT - timedelta(seconds=2)
DEPOSITS, VEHICLES = "topic-of-deposits", "topic-of-vehicles"
USUAL = 1_500


@dataclass(frozen=True)
class Command:
    task_id: str
    topic: str = DEPOSITS
    agency: str = "icbc"


def sending(task_id, lease=LEASE, again_at=AT):
    return task_id, lease, again_at


def send(bound, *commands, size=USUAL, lease=LEASE, again_at=AT):
    bound.sent([(sending(one.task_id, lease, again_at), one, size) for one in commands])


def fill(bound, topic, agencies):
    """Send what may be sent to these agencies until none of them has room, as a relay whose worker is dead."""
    numbers = iter(range(10**9))
    while quotas := bound.allot([Head(one, topic, AT) for one in agencies], 500):
        send(bound, *(Command(f"{topic}-{next(numbers)}", topic, agency) for agency, count in quotas.items() for _ in range(count)))


def test_one_topic_that_nobody_reads_leaves_the_others_half_of_the_bound():
    bound = InFlight(4_000_000)
    fill(bound, DEPOSITS, [f"bank-{number}" for number in range(50)])
    assert 1_600_000 < bound.bytes_by_topic[DEPOSITS] <= 2_000_000
    assert bound.fitting([Command("v", VEHICLES, "vehicle-office")])
    fill(bound, VEHICLES, [f"office-{number}" for number in range(50)])
    assert bound.bytes_by_topic[VEHICLES] > 1_000_000 * 0.8


def test_one_silent_agency_leaves_the_others_of_its_kind_as_much_as_it_holds():
    bound = InFlight(4_000_000)
    fill(bound, DEPOSITS, ["icbc"])
    assert bound.bytes_by_topic[DEPOSITS] <= 1_000_000
    assert len(bound.fitting([Command(f"a{number}", agency="abc") for number in range(1_000)])) > 100


@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 40)), min_size=1, max_size=60))
def test_the_bound_holds_and_whoever_holds_nothing_is_never_left_out(groups):
    bound = InFlight(1_000_000)
    for topic, count in groups:
        fill(bound, topic, [f"{topic}-{number}" for number in range(count)])
    assert sum(bound.bytes_by_topic.values()) <= 1_000_000
    if sum(bound.bytes_by_topic.values()) <= 1_000_000 - 3 * USUAL:
        assert bound.fitting([Command("n", "new-topic", "new-agency")])


def test_what_is_answered_makes_room_again():
    bound = InFlight(100_000)
    fill(bound, DEPOSITS, ["icbc"])
    assert bound.pressed
    assert bound.fitting([Command("n")]) == []
    asked = bound.waiting(1_000)
    bound.keep(asked, asked[:1])
    assert bound.waiting(10) == asked[:1]
    bound.allot([], 10)
    assert bound.fitting([Command("n")]) == [Command("n")]


def test_a_command_that_is_counted_is_sent_again_without_any_room():
    bound = InFlight(100_000)
    fill(bound, DEPOSITS, ["icbc"])
    held = dict(bound.bytes_by_topic)
    again = bound.due(AT, 500)
    assert sorted(again) == sorted(one[0] for one in bound.waiting(1_000))
    assert bound.due(AT - timedelta(microseconds=1), 500) == []
    send(bound, *map(Command, again), lease=AT + timedelta(seconds=2), again_at=AT + timedelta(seconds=60))
    assert bound.bytes_by_topic == held
    assert bound.due(AT, 500) == []


def test_what_the_broker_did_not_take_is_not_counted_but_an_older_copy_of_it_is():
    bound = InFlight(1_000_000)
    send(bound, Command("new"), Command("old"))
    bound.not_taken([sending("new")])
    assert [one[0] for one in bound.waiting(10)] == ["old"]
    later = AT + timedelta(seconds=2)
    send(bound, Command("old"), lease=later, again_at=AT + timedelta(seconds=60))
    bound.not_taken([sending("old", later, AT + timedelta(seconds=60))])
    assert bound.waiting(10) == [sending("old", later, later)]
    assert bound.due(later, 10) == ["old"]
    bound.not_taken([sending("stranger"), sending("old", AT, AT)])
    assert bound.due(later, 10) == ["old"]


def test_what_could_not_be_marked_as_sent_is_due_when_its_lease_ends():
    bound = InFlight(1_000_000)
    send(bound, Command("t"))
    bound.not_marked([sending("t"), sending("stranger")])
    assert bound.due(LEASE, 10) == ["t"]


def test_those_asked_about_longest_ago_are_asked_about_first():
    bound = InFlight(1_000_000)
    send(bound, *map(Command, "abc"))
    asked = bound.waiting(2)
    bound.keep(asked, asked)
    assert [one[0] for one in bound.waiting(3)] == ["c", "a", "b"]


def test_an_answer_about_an_older_sending_leaves_the_newer_one_counted():
    bound = InFlight(1_000_000)
    send(bound, Command("t"))
    asked = bound.waiting(10)
    send(bound, Command("t"), lease=AT)
    bound.keep(asked, [])
    assert [one[0] for one in bound.waiting(10)] == ["t"]


def test_turns_go_round_the_agencies_the_longest_waiting_first():
    bound = InFlight(10_000_000)
    heads = [Head(agency, DEPOSITS, AT) for agency in ("first", "second", "third")]
    assert bound.allot(heads, 2) == {"first": 1, "second": 1}
    assert bound.quotas(heads, 7) == {"first": 3, "second": 2, "third": 2}


def test_a_fresh_command_waits_behind_older_ones_of_its_agency():
    bound = InFlight(100_000)
    fill(bound, DEPOSITS, ["icbc"])
    asked = bound.waiting(1_000)
    bound.keep(asked, [])
    assert bound.fitting([Command("n"), Command("o", agency="abc")]) == [Command("o", agency="abc")]
    assert bound.allot([Head("icbc", DEPOSITS, AT)], 1) == {"icbc": 1}
    assert bound.fitting([Command("n")]) == [Command("n")]


def test_what_fits_together_is_counted_together():
    bound = InFlight(100_000)
    taken = bound.fitting([Command(f"t{number}", agency=f"bank-{number % 3}") for number in range(100)])
    assert 3 <= len(taken) <= 100_000 / (3 * USUAL) / 2
    assert max(Counter(one.agency for one in taken).values()) - min(Counter(one.agency for one in taken).values()) <= 1
