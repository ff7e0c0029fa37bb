"""The screws that an engine turns while files move."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from audiotui.backends.limits import BURST_S, Limits, PartsAhead
from audiotui.errors import TransferCancelled
from audiotui.model import PART_BYTES


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_without_a_rate_nothing_ever_waits() -> None:
    limits = Limits()

    assert limits.reserve(10**12) == limits.reserve(10**12) == 0


def test_a_rate_is_kept_over_time() -> None:
    clock = Clock()
    limits = Limits(bytes_per_s=1000, clock=clock)
    sent = 0

    while clock.now < 200:
        clock.now += limits.reserve(50)
        sent += 50

    assert sent == pytest.approx(100 * 1000, rel=0.01)


def test_idle_time_is_made_up_for_by_a_short_burst_alone() -> None:
    clock = Clock()
    limits = Limits(bytes_per_s=1000, clock=clock)
    limits.reserve(1)
    clock.now += 1000

    waits = [limits.reserve(50) for _ in range(4)]

    assert waits[0] == 0
    assert waits[3] == pytest.approx(3 * 0.05 - BURST_S)


def test_a_lower_rate_is_not_asked_of_bytes_that_went_out_before() -> None:
    limits = Limits(bytes_per_s=1000, clock=Clock())
    limits.reserve(1000)

    limits.bytes_per_s = 10

    assert limits.reserve(10) == pytest.approx(1)
    assert limits.reserve(10) == pytest.approx(2)


def test_a_higher_rate_or_none_shortens_what_is_left_to_wait() -> None:
    clock = Clock()
    limits = Limits(bytes_per_s=1, clock=clock)
    limits.reserve(1000)

    limits.bytes_per_s = 1000

    assert limits.reserve(0) == pytest.approx(1)
    limits.bytes_per_s = None
    assert limits.reserve(10) == 0


def test_a_wait_ends_soon_after_the_limit_was_lifted() -> None:
    limits = Limits(bytes_per_s=1)
    limits.reserve(10_000)
    waiting = threading.Thread(target=limits.wait, args=(1,))
    waiting.start()

    limits.bytes_per_s = None

    waiting.join(30)
    assert not waiting.is_alive()


def test_a_cancel_ends_every_wait_at_once() -> None:
    limits = Limits(bytes_per_s=1)
    limits.reserve(1000)
    ended = threading.Event()

    def wait() -> None:
        with pytest.raises(TransferCancelled):
            limits.wait(1)
        ended.set()

    waiting = threading.Thread(target=wait)
    waiting.start()
    limits.cancel.set()

    assert ended.wait(30)
    waiting.join()
    assert limits.cancelled
    with pytest.raises(TransferCancelled):
        limits.check()


def test_a_rate_leaves_fewer_bytes_under_way_than_fit_into_memory() -> None:
    limits = Limits(bytes_in_flight=4 * PART_BYTES)

    rooms = []
    for rate in (None, 1, PART_BYTES, 100 * PART_BYTES):
        limits.bytes_per_s = rate
        rooms.append(limits.room_bytes // PART_BYTES)

    assert rooms == [4, 1, 2, 4]


def test_parts_ahead_are_what_the_line_carries_in_some_seconds_and_one_at_least() -> None:
    ahead = PartsAhead()
    rooms = [ahead.room_bytes // PART_BYTES]
    for part_s in (0.1, 4.0, 100.0, 0.0):
        ahead.arrived(PART_BYTES, part_s)
        rooms.append(ahead.room_bytes // PART_BYTES)

    assert rooms == [1, 80, 2, 1, 8000]
