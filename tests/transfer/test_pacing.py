"""A sick location is left alone, probed with one item, and pressed again when it answers."""

from __future__ import annotations

import pytest

from audiotui.transfer.pacing import FAILURES_TO_OPEN, FIRST_DOWN_S, LONGEST_DOWN_S, Health


def down_at(now_s: float) -> Health:
    health = Health()
    for _ in range(FAILURES_TO_OPEN):
        health = health.unreachable(now_s)
    return health


def test_a_healthy_location_is_ready_at_once_and_success_changes_nothing() -> None:
    health = Health()

    assert health.ready_at_s == 0
    assert health.succeeded() is health
    assert health.started(100.0) is health


def test_five_failures_in_thirty_seconds_take_a_location_down() -> None:
    health = down_at(100.0)

    assert health.is_down
    assert health.ready_at_s == 100.0 + FIRST_DOWN_S


def test_failures_that_lie_far_apart_do_not_add_up() -> None:
    health = Health()
    for now_s in range(0, 400, 40):
        health = health.unreachable(float(now_s))

    assert not health.is_down


def test_each_failed_probe_doubles_the_time_down_up_to_five_minutes() -> None:
    health = down_at(0.0)
    lengths = []
    for _ in range(6):
        health = health.unreachable(health.down_until_s)
        lengths.append(health.down_for_s)

    assert lengths == [30.0, 60.0, 120.0, 240.0, LONGEST_DOWN_S, LONGEST_DOWN_S]


def test_items_that_were_under_way_when_it_went_down_do_not_count_as_probes() -> None:
    health = down_at(0.0)

    assert health.unreachable(1.0) is health


def test_one_success_brings_a_location_back() -> None:
    health = down_at(0.0).succeeded()

    assert not health.is_down
    assert health.ready_at_s == 0


def test_throttling_spaces_items_out_and_success_closes_the_gap() -> None:
    health = Health()
    for _ in range(20):
        health = health.throttled(10.0, 0.0)

    assert health.pause_s == 2.0
    assert health.started(50.0).ready_at_s == 52.0

    for _ in range(20):
        health = health.succeeded()

    assert health.pause_s == 0.0
    assert health.started(60.0) is health


def test_a_pause_that_the_location_asks_for_is_kept() -> None:
    assert Health().throttled(10.0, 7.0).ready_at_s == pytest.approx(17.0)
