"""Folders of SSH hosts as locations: the contract of all backends, on OpenSSH's own server, by both transports."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.marker import MARKER_NAME
from audiotui.backends.options.scp import OPENSSH, PARAMIKO
from audiotui.backends.scp import ScpBackend
from audiotui.backends.sftp.files import Files
from audiotui.backends.sftp.session import MOST_BLOCK_BYTES
from audiotui.errors import AccessDenied, AlreadyExists
from tests.contracts.backend import BackendContract
from tests.contracts.landmarks import check_known_by_a_file_in_it
from tests.contracts.samples import BIG, put, put_all, put_item, sample
from tests.faults import flip_byte, read_only

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from tests.servers.openssh import OpenSsh


class HostStorage:
    """A folder of this machine that is reached by way of an SSH server."""

    secrets = ()

    def __init__(self, server: OpenSsh, running: ExitStack, path: Path, **options: object) -> None:
        self.path = path
        self._server = server
        self._running = running
        self._options = options

    def connect(self) -> ScpBackend:
        """A backend for the folder, as of a library that knows whether it has files there."""
        options = self._server.options(self.path, **self._options)
        return ScpBackend("nas", options, library_id="library-1", used_before=(self.path / MARKER_NAME).exists())

    @contextmanager
    def connect_without_rights(self) -> Iterator[ScpBackend]:
        """A key that the server does not know."""
        changes = {**self._options, "identity_file": self._server.folder / "stranger"}
        backend = ScpBackend("nas", self._server.options(self.path, **changes))
        yield backend
        backend.close()

    @contextmanager
    def gone(self) -> Iterator[None]:
        """The server and all its sessions are ended."""
        self._running.close()
        try:
            yield
        finally:
            self._running.enter_context(self._server.running())

    def damage(self, key: str) -> None:
        """Flip one bit in the file."""
        path = self.path / key
        flip_byte(path, at=path.stat().st_size // 2)


class TestInside(BackendContract):
    """Every promise of the contract, kept by the client inside this program."""

    @pytest.fixture
    def storage(self, openssh: OpenSsh, sshd: ExitStack, tmp_path: Path) -> HostStorage:
        """An empty folder."""
        return HostStorage(openssh, sshd, tmp_path / "nas", transport=PARAMIKO, exec=True)


@pytest.mark.matrix
class TestProgram(BackendContract):
    """Every promise of the contract, kept by the ssh program of the system."""

    @pytest.fixture
    def storage(self, openssh: OpenSsh, sshd: ExitStack, tmp_path: Path) -> HostStorage:
        """An empty folder."""
        return HostStorage(openssh, sshd, tmp_path / "nas", transport=OPENSSH)


def test_a_host_that_bears_big_packets_gets_them_from_its_first_answer_on(
    openssh: OpenSsh, sshd: ExitStack, tmp_path: Path
) -> None:
    (tmp_path / "file.wav").write_bytes(b"bytes")
    storage = HostStorage(openssh, sshd, tmp_path, transport=PARAMIKO)
    with storage.connect() as backend, backend.pool.session() as session:
        session.run(Files(session, backend.root).stat("file.wav"))

        assert session.block_bytes == MOST_BLOCK_BYTES


@pytest.mark.parametrize("is_marked", [False, True])
def test_a_folder_that_can_only_be_read_is_told_as_such(
    openssh: OpenSsh, sshd: ExitStack, tmp_path: Path, is_marked: bool
) -> None:
    storage = HostStorage(openssh, sshd, tmp_path / "nas")
    storage.path.mkdir()
    if is_marked:
        with storage.connect() as backend:
            put(backend, "before", b"x")

    with read_only(storage.path), storage.connect() as backend:
        small, big = put_all(backend, [put_item("small", b"x", 1), put_item("big", sample(BIG), 2)])

    for outcome in (small, big):
        assert isinstance(outcome.error, AccessDenied)
        assert "can only be read" in outcome.error.message or os.geteuid() != 0


def test_a_folder_that_no_mark_could_be_left_in_is_known_by_a_file_in_it(
    openssh: OpenSsh, sshd: ExitStack, tmp_path: Path
) -> None:
    storage = HostStorage(openssh, sshd, tmp_path / "nas")
    storage.path.mkdir()
    (storage.path / "theirs.wav").write_bytes(b"sound")
    with closing(storage.connect()) as backend:
        check_known_by_a_file_in_it(backend, "theirs.wav", len(b"sound"))


def test_a_folder_of_a_host_tells_whether_several_libraries_use_it(
    openssh: OpenSsh, sshd: ExitStack, tmp_path: Path
) -> None:
    storage = HostStorage(openssh, sshd, tmp_path / "nas")
    with closing(storage.connect()) as one:
        assert not one.is_shared()
        one.claim()
        assert not one.is_shared()
    with (storage.path / MARKER_NAME).open("a") as marker:
        marker.write("library-2\n")

    with closing(storage.connect()) as one:
        assert one.is_shared()


@pytest.mark.parametrize("size_bytes", [1, BIG])
def test_a_folder_in_the_place_of_a_file_is_told_with_the_way_out(
    openssh: OpenSsh, sshd: ExitStack, tmp_path: Path, size_bytes: int
) -> None:
    storage = HostStorage(openssh, sshd, tmp_path / "nas")
    with closing(storage.connect()) as backend:
        put(backend, "a/b", b"x")

        [outcome] = put_all(backend, [put_item("a", sample(size_bytes), 1)])

    assert isinstance(outcome.error, AlreadyExists)
    assert "a folder has that name" in outcome.error.message
    assert "Move that folder away" in outcome.error.hint
