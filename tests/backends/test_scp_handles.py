"""What is opened on a host is given back, also after an error: a session is used for many files, and hosts bear few."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import Limits, PutItem
from audiotui.backends.scp import ScpBackend
from audiotui.backends.sources import BytesSource
from audiotui.errors import AlreadyExists, SourceDamaged
from tests.contracts.samples import BIG, content_of, put, put_all, put_item, sample
from tests.servers.openssh import OpenSsh, descendants
from tests.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server(tmp_path: Path) -> Iterator[OpenSsh]:
    """A host whose file server makes no links, so that a name is looked at before a file gets it."""
    server = OpenSsh(tmp_path / "ssh")
    server.folder.mkdir()
    server.prepare()
    settings = server.folder / "sshd_config"
    settings.write_text(settings.read_text().replace("sftp-server\n", "sftp-server -P hardlink\n"))
    with server.running():
        yield server


@pytest.fixture
def backend(server: OpenSsh, tmp_path: Path) -> Iterator[ScpBackend]:
    """A folder of it."""
    with ScpBackend("nas", server.options(tmp_path / "nas"), library_id="library-1") as backend:
        backend.claim()
        yield backend


def open_files(server: OpenSsh, folder: Path) -> list[Path]:
    """The files below a folder that processes of the host have open."""
    listener = int((server.folder / "sshd.pid").read_text())
    links = [link for number in descendants(listener) for link in Path(f"/proc/{number}/fd").glob("*")]
    found = [link.readlink() for link in links if link.is_symlink()]
    return [path for path in found if path.is_relative_to(folder)]


def test_a_key_that_is_taken_leaves_no_file_of_the_host_open(
    server: OpenSsh, backend: ScpBackend, tmp_path: Path
) -> None:
    put(backend, "in/file", b"x")

    outcomes = put_all(backend, [put_item("in/file", b"other", number) for number in range(10)])

    assert {type(outcome.error) for outcome in outcomes} == {AlreadyExists}
    eventually(lambda: not open_files(server, tmp_path / "nas"))
    assert [entry.key for entry in backend.list()] == ["in/file"]
    assert not list(backend.list_unfinished())


def test_a_push_whose_source_is_damaged_leaves_no_file_of_the_host_open(
    server: OpenSsh, backend: ScpBackend, tmp_path: Path
) -> None:
    content, other = content_of(sample(BIG)), sample(BIG, seed=1)
    items = [PutItem(f"{number}", content, lambda: BytesSource(other), id=number) for number in range(2)]

    outcomes = put_all(backend, items, Limits(requests=1))
    list(backend.list())  # what nobody waits for goes with the next question on the same session

    assert {type(outcome.error) for outcome in outcomes} == {SourceDamaged}
    eventually(lambda: not open_files(server, tmp_path / "nas"))
