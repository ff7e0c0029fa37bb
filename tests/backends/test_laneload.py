"""Whether one thread is enough for the small files of a feed."""

from __future__ import annotations

import pytest

from audiotui.backends.laneload import LOOK_S, MOST_LANES, LaneLoad, Times


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = Times(100.0, 5.0)

    def __call__(self) -> Times:
        return self.now

    def passes(self, wall_s: float, *, computed_s: float) -> None:
        """So much time passes."""
        self.now = Times(self.now.wall_s + wall_s, self.now.computed_s + computed_s)


@pytest.mark.parametrize(
    ("computed_s", "idle_s", "lanes"),
    [(0.9, 0.0, 1), (0.3, 0.0, 1), (0.19, 0.0, 5), (0.02, 0.0, MOST_LANES), (0.0, 0.0, MOST_LANES), (0.02, 0.9, 1)],
)
def test_a_thread_calls_others_if_it_mostly_waits_for_the_disk(computed_s: float, idle_s: float, lanes: int) -> None:
    watch = Watch()
    load = LaneLoad(watch)
    watch.passes(1.0, computed_s=computed_s)
    load.idled(idle_s)
    assert load.lanes_wanted == lanes


def test_a_thread_is_judged_by_what_it_did_since_it_was_judged_last() -> None:
    watch = Watch()
    load = LaneLoad(watch)
    watch.passes(1.0, computed_s=0.0)
    load.idled(1.0)
    assert load.lanes_wanted == 1
    watch.passes(LOOK_S / 2, computed_s=0.0)
    assert load.lanes_wanted == 1
    watch.passes(LOOK_S / 2, computed_s=0.0)
    assert load.lanes_wanted == MOST_LANES
