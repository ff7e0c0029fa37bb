"""Big files that come from a bucket part by part, and what becomes of them if the line or the disk does not hold."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import GetItem
from audiotui.backends.limits import Limits
from audiotui.backends.local import LocalBackend
from audiotui.backends.minio import MinioBackend
from audiotui.backends.objectstore.partline import READ_BYTES
from audiotui.backends.options import LocalOptions, MinioOptions
from audiotui.backends.parts import BLOCK_BYTES
from audiotui.errors import IntegrityError, LocationFull, SourceDamaged, TransferCancelled, Unreachable
from audiotui.model import PART_BYTES, SecretStr
from tests.contracts.samples import BIG, content_of, get_all, part_of, read_all, sample
from tests.servers.playing import Play, of_objects, part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audiotui.backends.base import Backend
    from tests.servers.playing import PlayingServer

PATH = "/takes/file.wav"

ONE = Limits(requests=1)
"""One part after the other."""


@pytest.fixture
def far(player: PlayingServer) -> Iterator[Backend]:
    """A bucket that holds one big file."""
    player.usual = of_objects({PATH: sample(BIG)})
    options = MinioOptions(
        endpoint=f"127.0.0.1:{player.port}",
        secure=False,
        bucket="takes",
        access_key="someone",
        secret_key=SecretStr("canary"),
    )
    with MinioBackend("studio", options) as backend:
        yield backend


@pytest.fixture
def near(root: Path) -> Iterator[LocalBackend]:
    """The folder that it is pulled into."""
    with LocalBackend("local", LocalOptions(path=root)) as backend:
        yield backend


def item_for(near: Backend) -> GetItem:
    """The file."""
    return GetItem("file.wav", content_of(sample(BIG)), near, "file.wav")


def exchange_disk(root: Path, device: str) -> None:
    """Let every descriptor of the unfinished file below a folder lead to a device instead."""
    other = os.open(device, os.O_RDWR)
    for link in Path("/proc/self/fd").iterdir():
        if link.exists() and link.resolve().parent == root:
            os.dup2(other, int(link.name))
    os.close(other)


@contextmanager
def no_thread_left() -> Iterator[None]:
    """All threads that were begun inside have ended."""
    before = set(threading.enumerate())
    yield
    assert {each.name for each in set(threading.enumerate()) - before if each.name == "audiotui-mover"} == set()


def once(act: Callable[[], object]) -> Callable[[int], None]:
    """For ``on_bytes``: act when the first bytes of a file come."""
    acts = iter((act,))

    def came(byte_count: int) -> None:
        del byte_count
        for each in acts:
            each()

    return came


@pytest.mark.parametrize(("device", "kind"), [("/dev/full", LocationFull), ("/dev/zero", IntegrityError)])
def test_an_error_of_the_disk_ends_the_file_while_more_of_it_comes(
    far: Backend, near: LocalBackend, root: Path, device: str, kind: type[Exception]
) -> None:
    item = replace(item_for(near), on_bytes=once(lambda: exchange_disk(root, device)))
    with no_thread_left():
        [outcome] = get_all(far, [item])

    assert isinstance(outcome.error, kind)
    assert not near.exists("file.wav")


def test_a_byte_that_was_changed_on_the_way_is_noticed(far: Backend, near: LocalBackend, player: PlayingServer) -> None:
    changed = bytearray(sample(BIG))
    changed[PART_BYTES + PART_BYTES // 2] ^= 1
    player.usual = of_objects({PATH: bytes(changed)})
    [outcome] = get_all(far, [item_for(near)])

    assert isinstance(outcome.error, SourceDamaged)
    assert f"({PART_BYTES} bytes from {PART_BYTES})" in outcome.error.message
    assert not near.exists("file.wav")


def test_a_file_that_is_stopped_in_the_middle_of_a_part_goes_on_with_that_part(
    far: Backend, near: LocalBackend, player: PlayingServer
) -> None:
    limits, tokens, seen = Limits(requests=1), [""], [0]

    def came(byte_count: int) -> None:
        seen[0] += byte_count
        if seen[0] > PART_BYTES:
            limits.cancel.set()

    item = replace(item_for(near), on_token=tokens.append, on_bytes=came)
    with no_thread_left():
        [stopped] = get_all(far, [item], limits)
    player.asked.clear()
    [resumed] = get_all(far, [replace(item_for(near), resume_token=tokens[-1])])

    assert isinstance(stopped.error, TransferCancelled)
    assert (resumed.error, resumed.resumed_bytes) == (None, PART_BYTES)
    assert not any(f"bytes=0-{PART_BYTES - 1}" in head for head in player.asked)
    assert read_all(near, "file.wav") == sample(BIG)


def test_a_part_that_is_cut_in_the_middle_is_asked_for_again_and_no_other(
    far: Backend, near: LocalBackend, player: PlayingServer
) -> None:
    data, tokens = sample(BIG), [""]
    whole = player.usual

    def cut(head: str) -> Play:
        if f"bytes={PART_BYTES}-" not in head:
            return whole(head)
        said = part(part_of(data, 1), offset=PART_BYTES, size=BIG)
        return Play((said[: len(said) // 2],), "close")

    player.usual = cut
    [broken] = get_all(far, [replace(item_for(near), on_token=tokens.append)], ONE)
    player.usual = whole
    player.asked.clear()
    [resumed] = get_all(far, [replace(item_for(near), resume_token=tokens[-1])], ONE)

    assert isinstance(broken.error, Unreachable)
    assert (resumed.error, resumed.resumed_bytes) == (None, PART_BYTES)
    assert not any(f"bytes=0-{PART_BYTES - 1}" in head for head in player.asked)
    assert read_all(near, "file.wav") == data


def test_bytes_that_come_slowly_go_on_before_there_are_many(
    far: Backend, near: LocalBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audiotui.backends.objectstore.partline.PATIENCE_S", 0.0)  # as if each read took that long
    seen: list[int] = []
    [outcome] = get_all(far, [replace(item_for(near), on_bytes=seen.append)])

    assert outcome.error is None
    assert max(seen) == READ_BYTES
    assert sum(seen) == BIG
    assert read_all(near, "file.wav") == sample(BIG)


def test_at_a_rate_few_bytes_wait_for_their_turn_together(far: Backend, near: LocalBackend) -> None:
    seen: list[int] = []
    [outcome] = get_all(far, [replace(item_for(near), on_bytes=seen.append)], Limits(bytes_per_s=10**9))

    assert outcome.error is None
    assert max(seen) == BLOCK_BYTES
    assert sum(seen) == BIG
