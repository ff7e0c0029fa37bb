"""A host that takes no new folder: what the person is told, and that nothing is taken for missing."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.options.scp import OPENSSH, PARAMIKO
from audiotui.backends.scp import ScpBackend
from audiotui.errors import AccessDenied, AlreadyExists, KeyNotFound, LocationFull
from tests.contracts.samples import BIG, put, put_all, put_item, read_all, sample
from tests.faults import read_only, small_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from tests.servers.openssh import OpenSsh

TRASH = ".trash/2026/in/file"


@pytest.fixture(params=[PARAMIKO, OPENSSH])
def connect(
    request: pytest.FixtureRequest, openssh: OpenSsh, sshd: ExitStack
) -> Iterator[Callable[[Path], ScpBackend]]:
    """Opens a folder as a location, by either transport."""
    opened: list[ScpBackend] = []

    def connected(path: Path) -> ScpBackend:
        options = openssh.options(path, transport=request.param)
        opened.append(ScpBackend("nas", options, library_id="library-1"))
        return opened[-1]

    yield connected
    for backend in opened:
        backend.close()


def test_a_host_that_takes_no_new_folder_says_why_and_the_file_stays(
    connect: Callable[[Path], ScpBackend], tmp_path: Path
) -> None:
    backend = connect(tmp_path / "nas")
    put(backend, "in/file", b"x")

    with read_only(backend_path := tmp_path / "nas"):
        for call in (lambda: backend.move("in/file", TRASH), lambda: put(backend, "a/new/file", b"x")):
            with pytest.raises(AccessDenied, match="can only be read" if os.geteuid() == 0 else "rights"):
                call()

    assert (backend_path / "in" / "file").read_bytes() == b"x"
    assert not (backend_path / ".trash").exists()


def test_a_disk_without_room_for_a_folder_is_full_and_the_file_stays(
    connect: Callable[[Path], ScpBackend], tmp_path: Path
) -> None:
    with small_disk(tmp_path / "nas", 4 * 1024 * 1024) as path:
        backend = connect(path)
        put(backend, "in/file", b"x")
        names = sum(1 for _ in path.rglob("*")) + 1
        subprocess.run(["mount", "-o", f"remount,nr_inodes={names}", str(path)], check=True)

        with pytest.raises(LocationFull, match="no space is left"):
            backend.move("in/file", TRASH)
        small, big = put_all(backend, [put_item("a/new/file", b"x", 1), put_item("another/new/file", sample(BIG), 2)])

        assert [type(small.error), type(big.error)] == [LocationFull, LocationFull]
        assert read_all(backend, "in/file") == b"x"


@pytest.mark.parametrize("library_id", ["library-1", ""])
def test_a_root_that_a_full_disk_has_no_room_for_is_told_as_that(
    openssh: OpenSsh, sshd: ExitStack, tmp_path: Path, library_id: str
) -> None:
    with small_disk(tmp_path / "disk", 4 * 1024 * 1024) as disk:
        (disk / "full").write_bytes(b"")
        subprocess.run(["mount", "-o", "remount,nr_inodes=2", str(disk)], check=True)

        with (
            ScpBackend("nas", openssh.options(disk / "voices" / "nas"), library_id=library_id) as backend,
            pytest.raises(LocationFull, match="no space is left"),
        ):
            put(backend, "in/file", b"x")


def test_a_root_on_a_disk_that_can_only_be_read_is_told_as_that(
    openssh: OpenSsh, sshd: ExitStack, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    with (
        read_only(tmp_path / "disk") as disk,
        ScpBackend("nas", openssh.options(disk / "voices" / "nas"), library_id="library-1") as backend,
        pytest.raises(AccessDenied),
    ):
        put(backend, "in/file", b"x")


def test_a_file_in_the_way_of_a_new_folder_is_told_as_such(
    connect: Callable[[Path], ScpBackend], tmp_path: Path
) -> None:
    backend = connect(tmp_path / "nas")
    put(backend, "in/file", b"x")
    put(backend, ".trash", b"no folder")

    with pytest.raises(AlreadyExists, match="is no folder"):
        backend.move("in/file", TRASH)

    assert backend.exists("in/file")


def test_of_a_move_only_the_file_itself_can_be_missing(connect: Callable[[Path], ScpBackend], tmp_path: Path) -> None:
    backend = connect(tmp_path / "nas")
    put(backend, "in/file", b"x")

    with pytest.raises(KeyNotFound):
        backend.move("in/other", TRASH)

    assert not (tmp_path / "nas" / ".trash").exists()
