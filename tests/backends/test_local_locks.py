"""File systems whose locks fail, as those of other machines do: the error is told, and nothing stays open."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.keys import new_temp_name
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.errors import LocationError
from tests.contracts.samples import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def backend(root: Path) -> Iterator[LocalBackend]:
    """The folder as a location."""
    with LocalBackend("archive", LocalOptions(path=root)) as backend:
        put(backend, "a/b.wav", b"bytes")
        yield backend


def open_below(root: Path) -> list[str]:
    """The files below a folder that this process has open, removed ones included."""
    opened = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            opened.append(str(descriptor.readlink()))
        except FileNotFoundError:  # it was that of the listing
            continue
    return sorted(path for path in opened if path.startswith(f"{root}/"))


def add(backend: LocalBackend, _leftover: str) -> None:
    put(backend, "a/c.wav", b"other bytes")


def discard(backend: LocalBackend, leftover: str) -> None:
    backend.discard(next(one.token for one in backend.list_unfinished() if leftover in one.token))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux lists the open files of a process")
@pytest.mark.parametrize("act", [add, discard])
@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE], ids=["EIO", "ESTALE"])
def test_a_lock_that_fails_leaves_no_file_open(
    backend: LocalBackend,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    act: Callable[[LocalBackend, str], None],
    number: int,
) -> None:
    leftover = new_temp_name()
    (root / "a" / leftover).write_bytes(b"half")
    before = open_below(root)

    def fail(_descriptor: int, _operation: int) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(fcntl, "flock", fail)
        with pytest.raises(LocationError):
            act(backend, leftover)

    assert open_below(root) == before
    put(backend, "a/c.wav", b"other bytes")
