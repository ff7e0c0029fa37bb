"""Pushes and pulls over a line that flips, loses, doubles and cuts bytes, and what must be true after them."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Literal

from audiotui.backends.base import GetItem
from tests.contracts.samples import content_of, get_all, put_all, put_item
from tests.servers.relay import Relay, WireFault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from audiotui.backends.base import Backend

DEEDS: tuple[Literal["flip", "drop", "double", "cut", "reset"], ...] = ("flip", "drop", "double", "cut", "reset")
DIRECTIONS: tuple[Literal["up", "down"], ...] = ("up", "down")
SIZES = (0, 1, 300, 5_000, 200_000)
TRIES = 6

HEAD_BYTES = 900
"""About what goes back and forth beside the bytes of a file; faults come there, too."""


def random_fault(random: Random, size_bytes: int) -> WireFault:
    """One fault, somewhere in what is said."""
    return WireFault(
        do=random.choice(DEEDS),
        direction=random.choice(DIRECTIONS),
        at=random.randrange(HEAD_BYTES + size_bytes),
        size=random.choice((1, 10, 1_000)),
    )


def push_and_pull(
    relay: Relay, backend: Backend, near: Backend, stored: Callable[[str], bytes], count: int
) -> Mapping[str, int]:
    """Each with one fault, and repeated until it succeeds; what counts is what then lies at the other end.

    ``stored`` gives what the server holds under a key, asked past the relay. Returns how often each kind of error came,
    ``NoneType`` for a success.
    """
    random = Random(count)
    seen: Counter[str] = Counter()
    for number in range(count):
        data, key = random.randbytes(random.choice(SIZES)), f"file/{number}"

        relay.order(random_fault(random, len(data)))
        for _ in range(TRIES):
            (put,) = put_all(backend, [put_item(key, data)])
            seen[type(put.error).__name__] += 1
            if put.error is None:
                break
        relay.clear()
        assert put.error is None, (number, put.error)
        assert stored(key) == data

        relay.order(random_fault(random, len(data)))
        for _ in range(TRIES):
            (got,) = get_all(backend, [GetItem(key, content_of(data), near, key)])
            seen[type(got.error).__name__] += 1
            if got.error is None:
                break
        relay.clear()
        assert got.error is None, (number, got.error)
        assert b"".join(near.read(key)) == data
    assert seen["NoneType"] == 2 * count
    return seen
