"""A rate limit is one line that all processes of a library book on, each for the bytes that it is about to move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.transfer.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.transfer.shared_line import SharedLine

RATE = 1_000_000


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lines(tmp_path: Path, clock: Clock) -> Iterator[list[SharedLine]]:
    """The same line in three processes."""
    journals = [Journal(tmp_path / "a.jobs.db", library_id="lib", boot_clock=clock) for _ in range(3)]
    yield [journal.line("nas", "to") for journal in journals]
    for journal in journals:
        journal.close()


def send_all(lines: list[SharedLine], clock: Clock, *, piece: int, seconds: float) -> int:
    """Let every process send pieces, each as soon as its turn has come; how many bytes that were."""
    end = clock.now + seconds
    turns = [line.book(piece) for line in lines]
    sent = 0
    while True:
        waits = [line.seconds_until(turn) for line, turn in zip(lines, turns, strict=True)]
        first = min(range(len(lines)), key=waits.__getitem__)
        clock.now += waits[first]
        if clock.now >= end:
            return sent
        sent += piece
        turns[first] = lines[first].book(piece)


@pytest.mark.parametrize("piece", [1_000, 64_000, 1_000_000])
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_all_processes_together_keep_to_the_rate(
    lines: list[SharedLine], clock: Clock, piece: int, processes: int
) -> None:
    used = lines[:processes]
    used[0].set_rate(RATE)
    sent = send_all(used, clock, piece=piece, seconds=50)

    assert sent == pytest.approx(50 * RATE, rel=0.05)


def test_the_rate_that_was_set_last_holds_for_all(lines: list[SharedLine], clock: Clock) -> None:
    lines[0].set_rate(RATE)
    send_all(lines, clock, piece=10_000, seconds=5)
    lines[1].set_rate(RATE / 10)

    assert send_all(lines, clock, piece=10_000, seconds=50) == pytest.approx(5 * RATE, rel=0.05)


def test_an_idle_line_saves_nothing_up(lines: list[SharedLine], clock: Clock) -> None:
    lines[0].set_rate(RATE)
    lines[0].book(1)
    clock.now += 10_000

    assert send_all(lines, clock, piece=10_000, seconds=10) == pytest.approx(10 * RATE, rel=0.05)


def test_another_direction_and_another_location_are_other_lines(tmp_path: Path, clock: Clock) -> None:
    journal = Journal(tmp_path / "a.jobs.db", library_id="lib", boot_clock=clock)
    for location, direction in (("nas", "to"), ("nas", "from"), ("s3", "to")):
        line = journal.line(location, direction)
        line.set_rate(RATE)

        assert line.seconds_until(line.book(10 * RATE)) == 0
    journal.close()
