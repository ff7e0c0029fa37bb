"""Many files at once: what the threads do with limits, feeds, faults and the order of steps."""

from __future__ import annotations

import errno
import threading
from collections import deque
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import Capability, Checksum, GetItem, Limits, PutItem
from audiotui.backends.items import FixedFeed
from audiotui.backends.keys import new_temp_name
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.backends.proof import prove
from audiotui.backends.sources import BytesSource, RangeSource, open_file
from audiotui.backends.transfers import PutTransfer
from audiotui.errors import (
    IntegrityError,
    KeyNotFound,
    LocationError,
    SourceChanged,
    SourceDamaged,
    TransferCancelled,
    Unreachable,
)
from audiotui.model import PART_BYTES, VerifyLevel
from tests.contracts.samples import BIG, content_of, get_all, put, put_all, put_item, read_all, sample
from tests.faults import Cut, Fail, FaultyBackend, Flip, Hold, Lie, LoseAnswer, Say, SpoiledSource
from tests.waiting import PATIENCE_S, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audiotui.backends.base import Outcome


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[FaultyBackend]:
    """A folder behind a script of faults, empty at first."""
    (tmp_path / "archive").mkdir()
    with FaultyBackend(LocalBackend("archive", LocalOptions(path=tmp_path / "archive"))) as backend:
        yield backend


class OpenFeed:
    """A feed whose owner adds items while it is used."""

    def __init__(self, *items: PutItem) -> None:
        self._items = deque(items)
        self._added = threading.Condition()
        self._closed = False

    def add(self, item: PutItem) -> None:
        """One more item."""
        with self._added:
            self._items.append(item)
            self._added.notify()

    def close(self) -> None:
        """No more items."""
        self._closed = True

    def take(self, wait_s: float) -> PutItem | None:
        """The next item."""
        with self._added:
            self._added.wait_for(lambda: self._items, wait_s)
            return self._items.popleft() if self._items else None

    @property
    def closed(self) -> bool:
        """Whether no item comes any more."""
        return self._closed and not self._items


def test_items_that_fail_can_be_fed_again_while_others_move(backend: FaultyBackend) -> None:
    backend.add(Fail(verb="put_small", key="one", times=2))
    items = {name: put_item(name, b"x") for name in ("one", "two", "three")}
    feed = OpenFeed(*items.values())
    stored: list[str] = []

    for outcome in backend.put_many(feed, Limits(requests=2)):
        if outcome.error is None:
            stored.append(outcome.item.key)
        else:
            assert isinstance(outcome.error, Unreachable)
            feed.add(outcome.item)
        if len(stored) == 3:
            feed.close()

    assert sorted(stored) == ["one", "three", "two"]
    assert backend.calls["put_small"] == 5


def test_an_error_of_the_feed_is_the_callers(backend: FaultyBackend) -> None:
    class BrokenFeed(OpenFeed):
        def take(self, wait_s: float) -> PutItem | None:
            if backend.calls["put_small"]:
                raise RuntimeError("the journal is gone")
            return super().take(wait_s)

    outcomes = backend.put_many(BrokenFeed(put_item("one", b"x")), Limits(requests=1))

    assert next(outcomes).error is None
    with pytest.raises(RuntimeError, match="the journal is gone"):
        next(outcomes)


def test_no_more_requests_are_in_flight_than_allowed_and_the_number_may_change(backend: FaultyBackend) -> None:
    in_flight: list[int] = []
    now = 0
    lock = threading.Lock()
    limits = Limits(requests=3)

    def enter(data: bytes) -> BytesSource:
        nonlocal now
        with lock:
            now += 1
            in_flight.append(now)
        return BytesSource(data)

    def leave(outcome: Outcome[PutItem]) -> None:
        nonlocal now
        with lock:
            now -= 1

    items = [PutItem(f"{number}", content_of(b"x"), lambda: enter(b"x"), id=number) for number in range(60)]
    for count, outcome in enumerate(backend.put_many(FixedFeed(items), limits)):
        leave(outcome)
        if count == 30:
            limits.requests = 1
    assert max(in_flight) > 1
    assert backend.calls["put_small"] == 60


def test_no_more_bytes_are_in_memory_than_allowed(backend: FaultyBackend) -> None:
    held = Hold(verb="put_small")
    backend.add(held)
    limits = Limits(requests=4, bytes_in_flight=1000)
    reads: list[str] = []

    def source(key: str) -> BytesSource:
        reads.append(key)
        return BytesSource(sample(900))

    items = [PutItem(key, content_of(sample(900)), partial(source, key)) for key in ("first", "second")]
    done: list[str] = []

    def run() -> None:
        done.extend(outcome.item.key for outcome in backend.put_many(FixedFeed(items), limits))

    running = threading.Thread(target=run)
    running.start()
    assert held.reached.wait(PATIENCE_S)
    assert backend.calls["put_small"] == 1
    held.release.set()
    running.join(PATIENCE_S)

    assert sorted(done) == ["first", "second"]


class FreeLine:
    """A line on which nobody ever waits, whatever its rate."""

    def set_rate(self, bytes_per_s: float) -> None:
        """Not kept to."""

    def book(self, byte_count: int) -> float:
        """Any time will do."""
        return 0.0

    def seconds_until(self, turn: float) -> float:
        """Now."""
        return 0.0


def test_the_parts_of_a_big_file_move_one_by_one_where_a_rate_would_take_long_for_more(backend: FaultyBackend) -> None:
    held = Hold(verb="write_part", on=1)
    backend.add(held)
    limits = Limits(requests=8, bytes_per_s=PART_BYTES / 4, line=FreeLine())
    outcomes: list[Outcome[PutItem]] = []
    running = threading.Thread(
        target=lambda: outcomes.extend(backend.put_many(FixedFeed([put_item("big", sample(BIG))]), limits))
    )
    running.start()
    assert held.reached.wait(PATIENCE_S)
    assert backend.calls["write_part"] == 1
    held.release.set()
    running.join(PATIENCE_S)

    assert outcomes[0].error is None


def test_the_parts_of_a_big_file_move_side_by_side_once_the_first_has_shown_the_speed(backend: FaultyBackend) -> None:
    first, held = Hold(verb="write_part", on=1), Hold(verb="write_part", on=2)
    backend.add(first)
    backend.add(held)
    outcomes: list[Outcome[PutItem]] = []
    running = threading.Thread(target=lambda: outcomes.extend(put_all(backend, [put_item("big", sample(BIG))])))
    running.start()
    assert first.reached.wait(PATIENCE_S)
    assert backend.calls["write_part"] == 1
    first.release.set()
    assert held.reached.wait(PATIENCE_S)

    eventually(lambda: backend.calls["write_part"] == 3)
    held.release.set()
    running.join(PATIENCE_S)

    assert outcomes[0].error is None
    assert read_all(backend, "big") == sample(BIG)


def test_a_source_that_changes_while_it_is_read_is_not_stored(backend: FaultyBackend, tmp_path: Path) -> None:
    path = tmp_path / "source"
    for size in (10, BIG):
        path.write_bytes(sample(size))
        item = PutItem(
            f"file{size}",
            content_of(sample(size)),
            lambda: SpoiledSource(open_file(path), lambda: path.write_bytes(b"other")),
        )

        [outcome] = put_all(backend, [item], Limits(requests=1))

        assert isinstance(outcome.error, SourceChanged)
        assert not backend.exists(f"file{size}")


def test_every_source_is_closed_whatever_happens(backend: FaultyBackend) -> None:
    closed: list[str] = []

    class Watched(BytesSource):
        def close(self) -> None:
            closed.append("closed")

    backend.add(Fail(verb="put_small", key="fails"))
    items = [PutItem(key, content_of(b"x"), lambda: Watched(b"x")) for key in ("works", "fails")]
    items.append(PutItem("wrong", content_of(b"y"), lambda: Watched(b"x")))

    put_all(backend, items)

    assert len(closed) == 3


def test_an_error_of_closing_costs_no_file_and_nothing_hangs(
    backend: FaultyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(BytesSource):
        def close(self) -> None:
            raise OSError(errno.EDQUOT, "a folder of another machine says it at the very end")

    items = [PutItem("late", content_of(b"x"), lambda: Late(b"x")), put_item("usual", b"y", 1)]
    assert [outcome.error for outcome in put_all(backend, items)] == [None, None]

    def broken(transfer: PutTransfer) -> None:
        raise RuntimeError("nobody foresaw it")

    monkeypatch.setattr(PutTransfer, "close", broken)
    with pytest.raises(RuntimeError, match="nobody foresaw it"):
        put_all(backend, [put_item("another", b"z")])


def test_an_answer_that_was_lost_is_found_out_by_the_next_attempt(backend: FaultyBackend) -> None:
    for verb, size in (("put_small", 10), ("commit", BIG)):
        backend.add(LoseAnswer(verb=verb, key=f"file{size}"))
        item = put_item(f"file{size}", sample(size))

        [lost] = put_all(backend, [item])
        [again] = put_all(backend, [item])

        assert isinstance(lost.error, Unreachable)
        assert again.error is None
        assert again.existed


@pytest.mark.parametrize("fault", [Flip(verb="read"), Cut(verb="read", to=5), Flip(verb="read", at=9)])
def test_bytes_that_change_on_the_way_are_never_committed(
    backend: FaultyBackend, near: LocalBackend, fault: Flip | Cut
) -> None:
    for size in (10, BIG):
        put(backend, f"file{size}", sample(size))
    faulty = FaultyBackend(backend.inner, fault)

    for size in (10, BIG):
        item = GetItem(f"file{size}", content_of(sample(size)), near, f"file{size}")
        faulty.clear()
        faulty.add(replace(fault, key=item.key))

        [spoiled] = get_all(faulty, [item])
        [again] = get_all(faulty, [item])

        assert isinstance(spoiled.error, SourceDamaged)
        assert again.error is None
        assert read_all(near, item.key) == sample(size)


def test_a_get_that_breaks_off_goes_on_with_the_parts_that_are_missing(
    backend: FaultyBackend, near: LocalBackend
) -> None:
    put(backend, "big", sample(BIG))
    backend.add(Fail(verb="read", on=2))
    tokens: list[str] = []
    got: list[int] = []
    item = GetItem("big", content_of(sample(BIG)), near, "big", on_token=tokens.append)

    [broken] = get_all(backend, [item], Limits(requests=1))
    [resumed] = get_all(backend, [replace(item, resume_token=tokens[0], on_bytes=got.append)], Limits(requests=1))

    assert isinstance(broken.error, Unreachable)
    assert resumed.error is None
    assert resumed.resumed_bytes == PART_BYTES
    assert sum(got) == BIG - PART_BYTES
    assert read_all(near, "big") == sample(BIG)


def test_a_get_of_what_is_there_already_is_a_success_and_of_other_bytes_is_none(
    backend: FaultyBackend, near: LocalBackend
) -> None:
    put(backend, "file", b"right")
    put(near, "same", b"right")
    put(near, "other", b"wrong")

    same, other = get_all(
        backend,
        [GetItem("file", content_of(b"right"), near, key, id=number) for number, key in enumerate(["same", "other"])],
    )

    assert same.error is None
    assert same.existed
    assert isinstance(other.error, LocationError)
    assert read_all(near, "other") == b"wrong"


def test_a_storage_that_lies_is_caught_by_a_proof(backend: FaultyBackend) -> None:

    backend.add(Lie(verb="put_small", key="file"))
    backend.add(Flip(verb="put_small", key="flipped"))
    [lie, flipped] = put_all(backend, [put_item("file", b"x", 1), put_item("flipped", b"xyz", 2)])

    assert lie.error is None
    with pytest.raises(KeyNotFound):
        prove(backend, "file", content_of(b"x"), level=VerifyLevel.SIZE)
    assert flipped.error is None
    assert prove(backend, "flipped", content_of(b"xyz"), level=VerifyLevel.SIZE).level == VerifyLevel.SIZE
    with pytest.raises(IntegrityError):
        prove(backend, "flipped", content_of(b"xyz"), level=VerifyLevel.READ_BACK)


def test_a_cancel_reaches_a_transfer_that_waits_for_its_rate(backend: FaultyBackend) -> None:
    limits = Limits(bytes_per_s=1)
    limits.reserve(10_000)
    outcomes: list[Outcome[PutItem]] = []
    running = threading.Thread(target=lambda: outcomes.extend(put_all(backend, [put_item("x", b"x")], limits)))
    running.start()

    limits.cancel.set()

    running.join(PATIENCE_S)
    assert not running.is_alive()
    assert all(isinstance(outcome.error, TransferCancelled) for outcome in outcomes)


def test_a_storage_that_measures_for_itself_is_believed_where_that_is_enough(backend: FaultyBackend) -> None:
    put(backend, "file", b"right")
    put(backend, "damaged", b"wrong")
    backend.capabilities = frozenset({Capability.CHECKSUM})

    entry = prove(backend, "file", content_of(b"right"), level=VerifyLevel.STORAGE_SUM)
    with pytest.raises(IntegrityError, match="measures another SHA-256"):
        prove(backend, "damaged", content_of(b"right"), level=VerifyLevel.STORAGE_SUM)

    assert entry.level >= VerifyLevel.STORAGE_SUM
    assert (backend.calls["checksum"], backend.calls["read"]) == (2, 0)


def test_a_storage_that_cannot_tell_is_read_back(backend: FaultyBackend) -> None:
    put(backend, "file", b"right")
    backend.capabilities = frozenset({Capability.CHECKSUM})
    unknown = Checksum(5, VerifyLevel.STORAGE_SUM, composite_sha256="0" * 64)
    backend.add(Say(verb="checksum", result=unknown))

    entry = prove(backend, "file", content_of(b"right"), level=VerifyLevel.STORAGE_SUM)

    assert entry.level == VerifyLevel.READ_BACK
    assert backend.calls["read"] == 1


def test_a_cancelled_resume_stops_and_keeps_what_arrived(near: LocalBackend) -> None:
    upload = near.start_upload("in/file", content_of(sample(BIG)), temp=new_temp_name(1, 1))
    upload.write_part(0, sample(BIG)[:PART_BYTES])
    upload.close()
    limits = Limits()
    limits.cancel.set()

    with pytest.raises(TransferCancelled):
        near.resume_upload(upload.token, "in/file", content_of(sample(BIG)), limits=limits)

    assert near.resume_upload(upload.token, "in/file", content_of(sample(BIG))).held == {0}


def test_a_cancelled_proof_stops(backend: FaultyBackend) -> None:

    put(backend, "big", sample(BIG))
    limits = Limits()
    limits.cancel.set()

    with pytest.raises(TransferCancelled):
        prove(backend, "big", content_of(sample(BIG)), level=VerifyLevel.READ_BACK, limits=limits)


def test_two_locations_copy_between_each_other_without_a_folder_between(
    backend: FaultyBackend, near: LocalBackend
) -> None:

    put(backend, "file", sample(BIG))
    item = PutItem("copy", content_of(sample(BIG)), lambda: RangeSource(backend, backend.stat("file")))

    [outcome] = put_all(near, [item])

    assert outcome.error is None
    assert read_all(near, "copy") == sample(BIG)
