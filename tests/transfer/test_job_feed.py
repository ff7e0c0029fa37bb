"""The feed gives items in order, retries when their time has come, and nothing while a location rests."""

from __future__ import annotations

import threading

import pytest

from audiotui.backends.base import Content, PutItem
from audiotui.backends.sources import BytesSource
from audiotui.transfer.job_feed import JobFeed
from audiotui.transfer.pacing import FAILURES_TO_OPEN, Health


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def feed(clock: Clock) -> JobFeed[PutItem]:
    feed: JobFeed[PutItem] = JobFeed(clock)
    feed.most_in_flight = 100
    return feed


def item(number: int) -> PutItem:
    return PutItem(f"key{number}", Content(0, "0" * 64), lambda: BytesSource(b""), id=number)


def taken(feed: JobFeed[PutItem]) -> int | None:
    given = feed.take(0.0)
    return None if given is None else given.id


def down(at_s: float) -> Health:
    health = Health()
    for _ in range(FAILURES_TO_OPEN):
        health = health.unreachable(at_s)
    return health


def test_items_come_in_order_and_then_none(feed: JobFeed[PutItem]) -> None:
    feed.add(item(1))
    feed.add(item(2))

    assert [taken(feed), taken(feed), taken(feed)] == [1, 2, None]
    assert feed.in_flight == 2


def test_a_retry_comes_when_it_is_due_and_before_the_others(feed: JobFeed[PutItem], clock: Clock) -> None:
    feed.add(item(1))
    feed.add(item(2))
    feed.add_retry(item(9), at_s=clock.now_s + 5)

    assert taken(feed) == 1
    clock.now_s += 5
    assert [taken(feed), taken(feed)] == [9, 2]


def test_a_retry_alone_is_waited_for(feed: JobFeed[PutItem], clock: Clock) -> None:
    feed.add_retry(item(9), at_s=clock.now_s + 5)

    assert taken(feed) is None
    clock.now_s += 5
    assert taken(feed) == 9


def test_no_more_items_are_out_than_allowed(feed: JobFeed[PutItem]) -> None:
    feed.most_in_flight = 2
    for number in range(4):
        feed.add(item(number))

    assert [taken(feed), taken(feed), taken(feed)] == [0, 1, None]
    feed.settled()
    assert taken(feed) == 2


def test_a_location_that_is_down_gets_nothing_and_then_one_item_to_probe(feed: JobFeed[PutItem], clock: Clock) -> None:
    for number in range(3):
        feed.add(item(number))
    bad = down(clock.now_s)
    feed.set_health("nas", bad)
    assert taken(feed) is None

    clock.now_s = feed.ready_at_s
    assert [taken(feed), taken(feed)] == [0, None]

    feed.set_health("nas", bad.succeeded())
    assert taken(feed) == 1


def test_the_slower_of_two_locations_sets_the_pace(feed: JobFeed[PutItem], clock: Clock) -> None:
    feed.add(item(1))
    feed.set_health("local", Health())
    feed.set_health("nas", Health().throttled(clock.now_s, 3.0))

    assert taken(feed) is None
    clock.now_s += 3
    assert taken(feed) == 1


def test_items_for_a_location_that_asked_for_less_are_spaced_out(feed: JobFeed[PutItem], clock: Clock) -> None:
    feed.add(item(1))
    feed.add(item(2))
    feed.set_health("nas", Health(pause_s=1.0))

    assert [taken(feed), taken(feed)] == [1, None]
    clock.now_s += 1
    assert taken(feed) == 2


def test_a_closed_feed_gives_nothing_more(feed: JobFeed[PutItem]) -> None:
    feed.add(item(1))
    feed.close()

    assert feed.closed
    assert taken(feed) is None


def test_a_mover_that_waits_is_woken_by_an_item(feed: JobFeed[PutItem]) -> None:
    given: list[PutItem | None] = []
    mover = threading.Thread(target=lambda: given.append(feed.take(1e9)))
    mover.start()
    feed.add(item(7))
    mover.join(30)

    assert [one.id for one in given if one is not None] == [7]


def test_a_mover_that_waits_is_woken_by_the_end(feed: JobFeed[PutItem]) -> None:
    given: list[PutItem | None] = []
    mover = threading.Thread(target=lambda: given.append(feed.take(1e9)))
    mover.start()
    feed.close()
    mover.join(30)

    assert given == [None]
