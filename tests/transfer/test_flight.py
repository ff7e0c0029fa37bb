"""How many requests are in flight follows what they bring, and what the location bears."""

from __future__ import annotations

from audiotui.transfer.flight import Flight


def run(flight: Flight, seconds: int, pace: float, *, gain: float = 0.0, since: int = 0, work: float = 0.0) -> float:
    """Look once a second at a line that moves ``pace`` and ``gain`` more for each request in flight."""
    for second in range(since + 1, since + seconds + 1):
        work += pace + gain * flight.requests
        flight.look(float(second), work)
    return work


def test_more_are_tried_as_long_as_they_move_more() -> None:
    flight = Flight(16, 64, now_s=0.0)
    run(flight, 30, 0.0, gain=10.0)

    assert flight.requests > 40


def test_a_line_that_is_full_is_not_pressed_harder() -> None:
    flight = Flight(16, 64, now_s=0.0)
    run(flight, 60, 1_000.0)

    assert flight.requests <= 24


def test_the_number_never_exceeds_the_most() -> None:
    flight = Flight(4, 4, now_s=0.0)
    run(flight, 30, 0.0, gain=10.0)

    assert flight.requests == 4


def test_a_location_that_asks_for_less_gets_half_at_once_and_more_again_later() -> None:
    flight = Flight(16, 64, now_s=0.0)
    flight.throttled()
    flight.throttled()

    assert flight.requests == 8
    run(flight, 10, 0.0, gain=10.0)
    assert flight.requests > 8


def test_it_never_stops_altogether() -> None:
    flight = Flight(2, 64, now_s=0.0)
    for second in range(10):
        flight.throttled()
        flight.look(float(second), 0.0)

    assert flight.requests == 1
