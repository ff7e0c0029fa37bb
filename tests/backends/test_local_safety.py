"""Nothing that stands in a folder, or is put into it meanwhile, leads a backend out of it or makes it hang."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.keys import new_temp_name
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.errors import AlreadyExists, AudiotuiError, KeyNotFound, LocationError, UploadExpired
from tests.contracts.samples import BIG, content_of, part_of, put, put_all, put_item, sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TEMP = new_temp_name(1, 2)


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder beside it that must never change, with one file."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    return outside


@pytest.fixture
def backend(root: Path) -> Iterator[LocalBackend]:
    """The location."""
    with LocalBackend("archive", LocalOptions(path=root)) as backend:
        yield backend


def test_a_linked_folder_is_neither_read_nor_written_nor_listed(
    backend: LocalBackend, root: Path, outside: Path
) -> None:
    (root / "link").symlink_to(outside)

    for call in (
        lambda: backend.stat("link/secret"),
        lambda: b"".join(backend.read("link/secret")),
        lambda: backend.delete("link/secret"),
        lambda: put(backend, "link/new", b"x"),
        lambda: put(backend, "link/deep/new", b"x"),
    ):
        with pytest.raises(LocationError, match="symbolic link") as caught:
            call()
        assert not isinstance(caught.value, KeyNotFound)

    assert list(backend.list()) == list(backend.list("link/")) == []
    assert [path.name for path in outside.iterdir()] == ["secret"]


def test_a_linked_file_is_neither_read_nor_moved_nor_deleted(backend: LocalBackend, root: Path, outside: Path) -> None:
    (root / "link").symlink_to(outside / "secret")

    for call in (
        lambda: backend.stat("link"),
        lambda: b"".join(backend.read("link")),
        lambda: backend.open_source("link"),
        lambda: backend.move("link", "moved"),
        lambda: backend.delete("link"),
    ):
        with pytest.raises(LocationError, match="symbolic link"):
            call()
    with pytest.raises(LocationError):
        put(backend, "link", b"x")

    assert list(backend.list()) == []
    assert (outside / "secret").read_bytes() == b"secret"


def test_links_in_a_circle_do_not_trap_a_listing(backend: LocalBackend, root: Path) -> None:
    put(backend, "a/b/file", b"x")
    (root / "a" / "b" / "up").symlink_to(root)

    assert [entry.key for entry in backend.list()] == ["a/b/file"]


def test_a_link_under_the_temporary_name_is_replaced_and_not_followed(
    backend: LocalBackend, root: Path, outside: Path
) -> None:
    (root / TEMP).symlink_to(outside / "secret")

    [outcome] = put_all(backend, [replace(put_item("file", b"new"), temp=TEMP)])

    assert outcome.error is None
    assert (root / "file").read_bytes() == b"new"
    assert (outside / "secret").read_bytes() == b"secret"


def test_a_link_under_the_temporary_name_is_no_upload_to_resume(
    backend: LocalBackend, root: Path, outside: Path
) -> None:
    (root / TEMP).symlink_to(outside / "secret")

    with pytest.raises(UploadExpired):
        backend.resume_upload(TEMP, "file", content_of(b"secret"))


@pytest.mark.parametrize("token", ["", "secret", "../outside/secret", f"../outside/{TEMP}", f"/{TEMP}", f"a/{TEMP}"])
def test_a_token_that_is_not_ours_reaches_nothing(backend: LocalBackend, root: Path, outside: Path, token: str) -> None:
    (outside / TEMP).write_bytes(b"x")

    with pytest.raises(UploadExpired):
        backend.resume_upload(token, "file", content_of(b"x"))
    backend.discard(token, key="file")

    assert sorted(path.name for path in outside.iterdir()) == [TEMP, "secret"]


def test_a_folder_swapped_for_a_link_in_mid_upload_leads_nowhere(
    backend: LocalBackend, root: Path, outside: Path
) -> None:
    data = sample(BIG)
    upload = backend.start_upload("folder/file", content_of(data), temp=TEMP)
    upload.write_part(0, part_of(data, 0))
    (root / "folder").rename(root / "renamed")
    (root / "folder").symlink_to(outside)
    upload.write_part(1, part_of(data, 1))
    upload.write_part(2, part_of(data, 2))

    with pytest.raises(LocationError, match="symbolic link"):
        upload.commit()

    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert list(backend.list()) == []


def test_a_folder_moved_behind_a_link_in_mid_upload_is_refused_though_the_link_leads_to_it(
    backend: LocalBackend, root: Path
) -> None:
    upload = backend.start_upload("folder/file", content_of(b"x"), temp=TEMP)
    upload.write_part(0, b"x")
    (root / "folder").rename(root / "renamed")
    (root / "folder").symlink_to(root / "renamed")

    with pytest.raises(LocationError, match="symbolic link"):
        upload.commit()

    assert [path.name for path in (root / "renamed").iterdir()] == [TEMP]


def test_a_fifo_is_passed_by_and_never_waited_for(backend: LocalBackend, root: Path) -> None:
    os.mkfifo(root / "fifo")
    os.mkfifo(root / TEMP)

    for call in (lambda: backend.stat("fifo"), lambda: list(backend.read("fifo")), lambda: backend.open_source("fifo")):
        with pytest.raises(KeyNotFound, match="not a file"):
            call()
    with pytest.raises(UploadExpired):
        backend.resume_upload(TEMP, "file", content_of(b"x"))
    assert list(backend.list()) == []
    assert list(backend.list_unfinished()) == []


def test_names_that_no_key_can_have_are_left_out_of_listings(backend: LocalBackend, root: Path) -> None:
    put(backend, "good", b"x")
    for name in (b"\xff.wav", b"a\nb", b"back\\slash", b"x" * 201, b"x.atpart", b".audiotui-trash"):
        (root / os.fsdecode(name)).write_bytes(b"x")
    (root / os.fsdecode(b"\xff")).mkdir()
    (root / os.fsdecode(b"\xff") / "inside").write_bytes(b"x")

    assert [entry.key for entry in backend.list()] == ["good"]


def test_a_tree_deeper_than_any_key_is_listed_as_far_as_keys_go(backend: LocalBackend, root: Path) -> None:
    put(backend, "/".join(["d"] * 400), b"deep")
    folder = os.open(root, os.O_RDONLY)
    for _ in range(600):  # each step by its own descriptor: the whole path is longer than the system takes
        os.mkdir("e", dir_fd=folder)
        below = os.open("e", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)

    assert [entry.key for entry in backend.list()] == ["/".join(["d"] * 400)]


def test_a_file_in_the_place_of_a_folder_is_told_in_words(backend: LocalBackend) -> None:
    put(backend, "a", b"file")

    with pytest.raises(AlreadyExists, match="has a file 'a', so there can be no folder") as caught:
        put(backend, "a/b/c", b"x")

    assert caught.value.location == "archive"


def test_a_folder_in_the_place_of_a_file_is_told_in_words(backend: LocalBackend) -> None:
    put(backend, "a/b", b"file")

    with pytest.raises(AlreadyExists, match="has a folder 'a' already") as caught:
        put(backend, "a", b"x")

    assert "Move that folder away" in caught.value.hint
    backend.delete("a")
    assert [entry.key for entry in backend.list()] == ["a/b"]


def test_a_file_that_grows_while_it_is_read_is_noticed(backend: LocalBackend, root: Path) -> None:
    (root / "file").write_bytes(b"0123456789")
    source = backend.open_source("file")

    with (root / "file").open("ab") as file:
        file.write(b"more")

    with pytest.raises(AudiotuiError, match="changed while it was read"):
        source.check_unchanged()
    source.close()
