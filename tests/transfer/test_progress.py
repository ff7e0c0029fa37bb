"""Rates are those of the last seconds, and the time left follows the slower of bytes and files."""

from __future__ import annotations

import pytest

from audiotui.transfer.progress import Rate, RateWindow


def test_the_rate_is_what_came_in_by_the_time_it_took() -> None:
    window = RateWindow(100.0)

    assert window.rate(102.0, done_bytes=4_000, done_items=2) == Rate(2_000.0, 1.0)


def test_the_rate_forgets_what_is_older_than_the_window() -> None:
    window = RateWindow(0.0)
    for second in range(1, 31):
        window.rate(float(second), done_bytes=min(second, 15) * 1_000, done_items=0)

    assert window.rate(31.0, done_bytes=15_000, done_items=0) == Rate(0.0, 0.0)


def test_there_is_no_rate_in_the_first_instant() -> None:
    assert RateWindow(5.0).rate(5.0, done_bytes=10, done_items=1) is None


def test_the_time_left_of_small_files_follows_their_number() -> None:
    assert Rate(bytes_s=1e9, items_s=10.0).eta_s(open_bytes=1_000, open_items=50) == pytest.approx(5.0)


def test_the_time_left_of_a_big_file_follows_its_bytes() -> None:
    assert Rate(bytes_s=100.0, items_s=0.0).eta_s(open_bytes=1_000, open_items=1) == pytest.approx(10.0)


def test_there_is_no_time_left_to_tell_while_nothing_moves() -> None:
    assert Rate(0.0, 0.0).eta_s(open_bytes=1_000, open_items=1) is None
