"""A folder that goes away while files are on their way into it, and comes back."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.keys import new_temp_name
from audiotui.backends.local import LocalBackend
from audiotui.backends.localcommits import commit_together
from audiotui.backends.localupload import LocalUpload
from audiotui.backends.options import LocalOptions
from audiotui.errors import AlreadyExists, Unreachable
from tests.contracts.samples import content_of, put, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = b"the bytes"


@pytest.fixture
def backend(root: Path) -> Iterator[LocalBackend]:
    """The folder as a location that the library has used."""
    with LocalBackend("archive", LocalOptions(path=root), library_id="library-1") as backend:
        backend.claim()
        yield backend


@contextmanager
def away(root: Path) -> Iterator[None]:
    """The folder is not there, as if its disk had been unplugged."""
    elsewhere = root.with_name("away")
    root.rename(elsewhere)
    yield
    elsewhere.rename(root)


def begin(backend: LocalBackend, key: str, temp: str) -> LocalUpload:
    """An upload whose bytes are all there."""
    upload = backend.start_upload(key, content_of(DATA), temp=temp)
    upload.write_part(0, DATA)
    assert isinstance(upload, LocalUpload)
    return upload


def is_held_open(name: str) -> bool:
    """Whether this process has a file of that name open, wherever that lies by now."""
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return any(link.readlink().name == name for link in links)


def lose_sight(backend: LocalBackend) -> None:
    """Let the backend notice that its folder is away."""
    with pytest.raises(Unreachable):
        backend.stat("any")


def test_an_upload_given_up_while_the_folder_is_away_can_be_made_again_when_it_is_back(
    backend: LocalBackend, root: Path
) -> None:
    temp = new_temp_name(1, 2)
    upload = begin(backend, "a/b.wav", temp)
    with away(root):
        lose_sight(backend)
        with pytest.raises(Unreachable):
            upload.abort()
        assert not is_held_open(temp)

    begin(backend, "a/b.wav", temp).commit()

    assert read_all(backend, "a/b.wav") == DATA
    assert not list(backend.list_unfinished())


def test_a_new_file_given_up_while_the_folder_is_away_is_not_held_open(backend: LocalBackend, root: Path) -> None:
    temp = new_temp_name(1, 2)
    file = backend.new_file("a", temp)
    with away(root):
        lose_sight(backend)
        with pytest.raises(Unreachable):
            file.remove()

        assert not is_held_open(temp)


def test_files_that_have_their_names_count_although_the_folder_went_away_just_then(
    backend: LocalBackend, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = [begin(backend, f"a/{number}.wav", new_temp_name(1, number)) for number in range(2)]
    elsewhere = root.with_name("away")
    sync_name = LocalUpload.sync_name

    def last_step(upload: LocalUpload) -> None:
        sync_name(upload)
        if upload is uploads[-1]:
            root.rename(elsewhere)
            lose_sight(backend)

    monkeypatch.setattr(LocalUpload, "sync_name", last_step)
    entries = commit_together(uploads, backend._tree)

    elsewhere.rename(root)
    assert [backend.stat(f"a/{number}.wav").size_bytes for number in range(2)] == [len(DATA)] * 2
    assert not any(isinstance(entry, Exception) for entry in entries)
    assert not any(is_held_open(f"{number}.wav") for number in range(2))


def test_a_commit_that_failed_among_others_leaves_its_upload_to_be_given_up(backend: LocalBackend, root: Path) -> None:
    temp = new_temp_name(1, 2)
    upload = begin(backend, "a/b.wav", temp)
    (root / "a" / "b.wav").write_bytes(b"somebody was quicker")
    [error] = commit_together([upload], backend._tree)
    assert isinstance(error, AlreadyExists)

    upload.abort()

    assert not list(backend.list_unfinished())
    assert not is_held_open(temp)
    put(backend, "a/c.wav", DATA)


def test_a_folder_that_another_process_marked_is_not_made_again_when_it_goes(root: Path) -> None:
    first, second = (LocalBackend("archive", LocalOptions(path=root), library_id="library-1") for _ in range(2))
    put(first, "in/file", DATA)
    assert second.exists("in/file")

    with away(root):
        for _ in range(2):
            with pytest.raises(Unreachable):
                put(second, "new", DATA)
        assert not root.exists()
    put(second, "new", DATA)


def test_a_folder_that_was_there_is_not_made_again_when_it_goes(root: Path) -> None:
    first, second = (LocalBackend("archive", LocalOptions(path=root), library_id="library-1") for _ in range(2))
    assert not second.exists("in/file")
    put(first, "in/file", DATA)

    with away(root):
        for _ in range(2):
            with pytest.raises(Unreachable):
                put(second, "new", DATA)
        assert not root.exists()


def test_a_folder_is_known_by_a_file_although_another_one_was_replaced_by_a_link(root: Path) -> None:
    (root / "theirs.wav").write_bytes(b"sound")
    (root / "linked.wav").symlink_to(root / "theirs.wav")
    backend = LocalBackend("archive", LocalOptions(path=root), library_id="library-1", used_before=True)
    backend.landmarks = {"linked.wav": 5, "theirs.wav": 5}

    assert backend.exists("theirs.wav")
