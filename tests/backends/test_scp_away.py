"""A folder of a host that goes while it is used: nothing is stored in its place, and nothing counts as missing."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import GetItem, Limits, PutItem
from audiotui.backends.local import LocalBackend
from audiotui.backends.marker import MARKER_NAME
from audiotui.backends.options import LocalOptions
from audiotui.backends.options.scp import OPENSSH, PARAMIKO
from audiotui.backends.scp import ScpBackend
from audiotui.backends.sources import BytesSource
from audiotui.errors import AudiotuiError, KeyNotFound, Unreachable
from tests.contracts.samples import BIG, content_of, get_all, part_of, put, put_all, put_item, read_all, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack
    from pathlib import Path

    from tests.servers.openssh import OpenSsh

MOVED, UNMOUNTED, ALIKE = "moved", "unmounted", "alike"
"""What is found in its place: nothing, an empty folder, or one with folders of the same names."""


class Root:
    """The folder, which can be taken away and put back."""

    def __init__(self, path: Path, left: str) -> None:
        self.path = path
        self.away = path.with_name("away")
        self._left = left

    def take(self) -> None:
        """Take it away."""
        folders = [path.name for path in self.path.iterdir() if path.is_dir()]
        self.path.rename(self.away)
        if self._left != MOVED:
            self.path.mkdir()
        if self._left == ALIKE:
            for folder in folders:
                (self.path / folder).mkdir(exist_ok=True)  # a push may just be making it

    @contextmanager
    def gone(self) -> Iterator[None]:
        """Inside it the folder is away."""
        self.take()
        yield
        if self.path.exists():
            shutil.rmtree(self.path)
        self.away.rename(self.path)

    def files_in_its_place(self) -> list[Path]:
        """What was stored there while it was away."""
        return [path for path in self.path.rglob("*") if path.is_file()]


@pytest.fixture(params=[MOVED, UNMOUNTED])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Root:
    """The folder of the location."""
    return Root(tmp_path / "nas", request.param)


@pytest.fixture(params=[PARAMIKO, pytest.param(OPENSSH, marks=pytest.mark.matrix)])
def backend(request: pytest.FixtureRequest, openssh: OpenSsh, sshd: ExitStack, root: Root) -> Iterator[ScpBackend]:
    """The location, in use."""
    options = openssh.options(root.path, transport=request.param, exec=True)
    with ScpBackend("nas", options, library_id="library-1") as backend:
        put(backend, "in/file", b"x")
        yield backend


def test_a_folder_that_goes_is_unreachable_in_every_call_until_it_is_back(backend: ScpBackend, root: Root) -> None:
    content = content_of(sample(BIG))
    upload = backend.start_upload("in/big", content)
    upload.write_part(0, part_of(sample(BIG), 0))
    calls: list[Callable[[], object]] = [
        lambda: backend.stat("in/file"),
        lambda: backend.exists("in/file"),
        lambda: list(backend.list()),
        lambda: list(backend.list("in/")),
        lambda: list(backend.list_unfinished()),
        lambda: list(backend.read("in/file")),
        lambda: backend.checksum("in/file"),
        lambda: backend.persist("in/file"),
        lambda: put(backend, "new", b"x"),
        lambda: put(backend, "in/new", b"x"),
        lambda: backend.put_small("new/file", b"x", sha256=content_of(b"x").sha256),
        lambda: backend.start_upload("new/file", content),
        lambda: upload.write_part(1, part_of(sample(BIG), 1)),
        lambda: backend.resume_upload(upload.token, "in/big", content),
        lambda: backend.discard(upload.token, key="in/big"),
        lambda: backend.delete("in/file"),
        lambda: backend.move("in/file", ".trash/file"),
    ]

    with root.gone():
        for call in calls:
            with pytest.raises(Unreachable, match="as if its disk were not mounted"):
                call()
            backend._is_open = True  # as another thread has it, that has not heard of it yet
        assert not root.path.exists() or list(root.path.iterdir()) == []

    backend.close()
    assert read_all(backend, "in/file") == b"x"
    assert backend.resume_upload(upload.token, "in/big", content).held == {0}


@pytest.mark.parametrize("root", [MOVED, UNMOUNTED, ALIKE], indirect=True)
def test_a_push_whose_folder_goes_stores_nothing_in_its_place(backend: ScpBackend, root: Root) -> None:
    def source(number: int) -> BytesSource:
        if number == 20:
            root.take()
        return BytesSource(b"x")

    for number in range(100):
        put(backend, f"{number % 10}/seen", b"x")
        backend.delete(f"{number % 10}/seen")
    items = [
        PutItem(f"{number % 10}/of-{number}/file", content_of(b"x"), partial(source, number), id=number)
        for number in range(100)
    ]
    items.append(put_item("root file", b"x", 100))
    items.append(put_item("big/file", sample(BIG), 101))

    outcomes = put_all(backend, items, Limits(requests=4))

    stored = {outcome.item.key for outcome in outcomes if outcome.error is None}
    assert {type(outcome.error) for outcome in outcomes if outcome.error is not None} == {Unreachable}
    assert 0 < len(stored) < len(items)
    assert all((root.away / key).is_file() for key in stored)
    assert root.files_in_its_place() == []


def test_a_pull_whose_folder_goes_calls_no_file_missing(backend: ScpBackend, root: Root, tmp_path: Path) -> None:
    with LocalBackend("local", LocalOptions(path=tmp_path / "near")) as near:
        items = [GetItem("in/file", content_of(b"x"), near, f"file{number}", id=number) for number in range(5)]
        with root.gone():
            outcomes = get_all(backend, items)

    assert [type(outcome.error) for outcome in outcomes] == [Unreachable] * 5


def test_many_threads_that_meet_a_folder_that_went_call_no_file_missing(backend: ScpBackend, root: Root) -> None:
    def look(_: int) -> type[AudiotuiError]:
        try:
            backend.stat("in/file")
        except AudiotuiError as error:
            return type(error)
        raise AssertionError("it is there")

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(backend.exists, ["in/file"] * 50))
        with root.gone():
            found = set()
            for _ in range(10):
                found |= set(threads.map(look, range(12)))
                backend._is_open = True

    assert found == {Unreachable}


def test_what_is_missing_in_a_folder_that_is_there_is_missing(backend: ScpBackend) -> None:
    for call in (backend.stat, backend.checksum, lambda key: backend.move(key, "new")):
        with pytest.raises(KeyNotFound):
            call("in/other")

    backend.delete("in/other")
    assert not backend.exists("in/other")


def test_a_folder_that_lost_the_mark_alone_is_away_too(backend: ScpBackend, root: Root) -> None:
    mark = (root.path / MARKER_NAME).read_bytes()
    (root.path / MARKER_NAME).write_bytes(mark.replace(b"library-1", b"another-library"))

    with pytest.raises(Unreachable):
        backend.stat("in/other")
    (root.path / MARKER_NAME).write_bytes(mark)
    with pytest.raises(KeyNotFound):
        backend.stat("in/other")


def test_a_folder_without_a_mark_is_known_by_a_file_in_it(openssh: OpenSsh, sshd: ExitStack, root: Root) -> None:
    root.path.mkdir()
    (root.path / "theirs.wav").write_bytes(b"sound")
    backend = ScpBackend("nas", openssh.options(root.path), library_id="library-1", used_before=True)
    backend.landmarks = {"gone.wav": 5, "theirs.wav": 5}

    with closing(backend):
        with pytest.raises(KeyNotFound):
            backend.stat("gone.wav")
        with root.gone(), pytest.raises(Unreachable):
            backend.stat("theirs.wav")
        assert backend.exists("theirs.wav")


def test_nothing_is_stored_in_place_of_a_folder_without_a_mark(openssh: OpenSsh, sshd: ExitStack, root: Root) -> None:
    root.path.mkdir()
    (root.path / "theirs.wav").write_bytes(b"sound")
    backend = ScpBackend("nas", openssh.options(root.path), library_id="library-1", used_before=True)
    backend.landmarks = {"theirs.wav": 5}

    with closing(backend):
        assert backend.exists("theirs.wav")
        root.take()
        with pytest.raises(Unreachable, match="no file that this library knows"):
            put(backend, "new", b"x")
        assert root.files_in_its_place() == []


def test_a_mark_that_another_process_left_is_missed_too(openssh: OpenSsh, sshd: ExitStack, root: Root) -> None:
    first, second = (ScpBackend("nas", openssh.options(root.path), library_id="library-1") for _ in range(2))
    with closing(first), closing(second):
        put(first, "in/file", b"x")
        assert second.exists("in/file")
        root.take()

        with pytest.raises(Unreachable):
            put(second, "new", b"x")
        second._is_open = False  # as one that was closed meanwhile
        with pytest.raises(Unreachable):
            put(second, "new", b"x")
        assert root.files_in_its_place() == []
