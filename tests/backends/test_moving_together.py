"""Many small files into a folder: what the threads leave to be committed together."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from audiotui.backends.base import GetItem, Limits
from audiotui.backends.crew import MOST_WAITING
from audiotui.backends.items import FixedFeed
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.errors import AlreadyExists, LocationFull
from tests.contracts.samples import content_of, get_all, put, read_all
from tests.faults import FaultyBackend
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from audiotui.backends.base import Entry, Upload
    from audiotui.errors import AudiotuiError

    Commit = Callable[[Sequence[Upload]], Sequence[Entry | AudiotuiError]]

REQUESTS = 4


class Together(LocalBackend):
    """A folder that always commits together; ``before`` is called each time, with the keys."""

    def __init__(self, path: Path) -> None:
        super().__init__("local", LocalOptions(path=path))
        self.before: Callable[[Sequence[str]], None] = lambda keys: None
        self.batches: list[list[str]] = []

    @property
    def commit_together(self) -> Commit:
        """Always."""
        return self._note_and_commit

    def _note_and_commit(self, uploads: Sequence[Upload]) -> Sequence[Entry | AudiotuiError]:
        keys = [upload.key for upload in uploads]
        self.batches.append(keys)
        self.before(keys)
        return self._commit_together(uploads)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[FaultyBackend]:
    """Where files come from; it counts what is asked of it."""
    (tmp_path / "far").mkdir()
    with FaultyBackend(LocalBackend("far", LocalOptions(path=tmp_path / "far"))) as far:
        yield far


@pytest.fixture
def near(tmp_path: Path) -> Iterator[Together]:
    """Where they go."""
    (tmp_path / "near").mkdir()
    with Together(tmp_path / "near") as near:
        yield near


def stored(far: FaultyBackend, near: Together, count: int) -> list[GetItem]:
    """Gets of so many small files, which are there."""
    items = []
    for number in range(count):
        key, data = f"{number}.wav", str(number).encode()
        put(far.inner, key, data)
        items.append(GetItem(key, content_of(data), near, key, id=number))
    return items


def test_files_are_fetched_while_others_are_committed(far: FaultyBackend, near: Together) -> None:
    items = stored(far, near, 20)

    def wait_for_the_others(keys: Sequence[str]) -> None:
        del keys
        eventually(lambda: far.calls["read"] == 20, what="the other files being read")

    near.before = wait_for_the_others
    outcomes = get_all(far, items, Limits(requests=REQUESTS))

    assert [outcome.error for outcome in outcomes] == [None] * 20
    assert all(read_all(near, item.key) == str(item.id).encode() for item in items)
    assert sorted(key for keys in near.batches for key in keys) == sorted(item.key for item in items)


def test_a_file_that_cannot_be_committed_keeps_none_of_the_others_back(far: FaultyBackend, near: Together) -> None:
    items = stored(far, near, 10)

    def take_a_name(keys: Sequence[str]) -> None:
        if "3.wav" in keys:
            put(LocalBackend("local", LocalOptions(path=near.path)), "3.wav", b"of somebody else")

    near.before = take_a_name
    outcomes = {outcome.item.key: outcome for outcome in get_all(far, items, Limits(requests=REQUESTS))}

    assert isinstance(outcomes.pop("3.wav").error, AlreadyExists)
    assert [outcome.error for outcome in outcomes.values()] == [None] * 9
    assert read_all(near, "3.wav") == b"of somebody else"


def test_an_error_of_a_whole_commit_is_that_of_each_file(far: FaultyBackend, near: Together) -> None:
    items = stored(far, near, 10)

    def refuse(keys: Sequence[str]) -> None:
        raise LocationFull(f"There is no room for {keys[0]!r}.", "Make some.", location="local", key=keys[0])

    near.before = refuse
    outcomes = get_all(far, items, Limits(requests=REQUESTS))

    assert len(outcomes) == 10
    assert all(isinstance(outcome.error, LocationFull) for outcome in outcomes)
    assert not list(near.list())


def test_what_nobody_takes_any_more_is_left_for_a_resume(far: FaultyBackend, near: Together) -> None:
    outcomes = far.get_many(FixedFeed(stored(far, near, 20)), Limits(requests=REQUESTS))
    next(outcomes)
    eventually(lambda: far.calls["read"] == 20, what="all files being read")

    cast("Generator[object]", outcomes).close()

    left = list(near.list_unfinished())
    assert len(left) + len(list(near.list())) == 20
    assert all(near.discard(unfinished.token) for unfinished in left)  # one that is still open would not be removed


def test_no_more_files_are_open_than_a_process_may_have_if_nobody_takes_outcomes(
    far: FaultyBackend, near: Together
) -> None:
    count = 2 * MOST_WAITING
    outcomes = far.get_many(FixedFeed(stored(far, near, count)), Limits(requests=REQUESTS))
    first = next(outcomes)
    eventually(
        lambda: len(list(near.list())) >= count - MOST_WAITING - REQUESTS, what="files being committed one by one"
    )

    rest = list(outcomes)

    assert [outcome.error for outcome in (first, *rest)] == [None] * count
