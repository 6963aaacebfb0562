"""Positions of events: consecutive, none left out, none twice, and in order wherever order can be known."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.places import Hole, Placing, dated, place


def test_numbers_that_come_later_are_placed_when_they_come():
    first, placed = place(Placing(), [1, 2, 5], more=False, running_from=10)
    assert (placed, first.holes) == ([(1, 1), (2, 2), (3, 5)], (Hole(3, 4),))
    second, placed = place(dated(first, 12), [4, 6], more=False, running_from=11)
    assert (placed, second.holes) == ([(4, 4), (5, 6)], (Hole(3, 3, 12),))


def test_a_hole_is_given_up_when_nobody_can_fill_it_any_more():
    holes = (Hole(3, 3, 12), Hole(7, 9, 20))
    assert place(Placing(5, 9, holes), [], more=False, running_from=12)[0].holes == (Hole(7, 9, 20),)
    assert place(Placing(5, 9, holes), [3], more=True, running_from=99)[0].holes == (Hole(7, 9, 20),)


class World:
    """Transactions that take numbers, some rolled back, and a publisher that looks at what was committed."""

    def __init__(self):
        self.next_xid, self.next_no = 1, 1
        self.running, self.committed, self.expected = {}, [], []
        self.placing, self.placed = Placing(), []

    def begin(self):
        self.running[self.next_xid] = []
        self.next_xid += 1

    def write(self, which, count):
        if self.running:
            numbers = self.running[sorted(self.running)[which % len(self.running)]]
            numbers += range(self.next_no, self.next_no + count)
            self.next_no += count

    def end(self, which, commit):
        if self.running:
            numbers = self.running.pop(sorted(self.running)[which % len(self.running)])
            self.committed += numbers if commit else []

    def look(self, most):
        before, running_from = self.placing, min(self.running, default=self.next_xid)
        within = [one for one in sorted(self.committed)
                  if one > before.event_no or any(hole.first <= one <= hole.last for hole in before.holes)][:most]
        after, placed = place(before, within, more=len(within) == most, running_from=running_from)
        self.placed += placed
        self.placing = dated(after, self.next_xid)


_ACTS = st.one_of(
    st.tuples(st.just("begin")), st.tuples(st.just("write"), st.integers(0, 9), st.integers(1, 4)),
    st.tuples(st.just("end"), st.integers(0, 9), st.booleans()), st.tuples(st.just("look"), st.integers(1, 6)))


@given(st.lists(_ACTS, max_size=60))
def test_every_committed_event_gets_one_place_and_places_have_no_gap(acts):
    world = World()
    for name, *given_ in acts:
        getattr(world, name)(*given_)
    while world.running:
        world.end(0, commit=True)
    for _ in range(len(world.committed) + 2):
        world.look(3)
    assert [position for position, _ in world.placed] == list(range(1, len(world.placed) + 1))
    assert sorted(number for _, number in world.placed) == sorted(world.committed)
    assert world.placing.holes == ()
