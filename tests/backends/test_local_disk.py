"""What disks do: they fill up, they are read-only, they are not mounted; and what a stored file looks like on them."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import GetItem, Limits
from audiotui.backends.keys import new_temp_name
from audiotui.backends.local import LocalBackend
from audiotui.backends.localerrors import as_location_error
from audiotui.backends.marker import MARKER_NAME
from audiotui.backends.options import LocalOptions
from audiotui.backends.publish import rename_exclusive
from audiotui.backends.tempfiles import TempFile
from audiotui.backends.tree import Tree
from audiotui.errors import (
    AccessDenied,
    AlreadyExists,
    IntegrityError,
    KeyNotFound,
    LocationError,
    LocationFull,
    NotSupported,
    Throttled,
    Unreachable,
)
from tests.contracts.samples import BIG, content_of, get_all, part_of, put, put_all, put_item, read_all, sample
from tests.faults import read_only, small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.backends.parts import PartWriter


def folder(path: Path, name: str = "archive", *, library: str = "library-1", used: bool = False) -> LocalBackend:
    """A backend for a folder, on behalf of a library."""
    return LocalBackend(name, LocalOptions(path=path), library_id=library, used_before=used)


@pytest.fixture
def backend(root: Path) -> Iterator[LocalBackend]:
    """The folder as a location."""
    with folder(root) as backend:
        yield backend


def test_a_folder_that_does_not_sync_leaves_the_disk_to_the_system(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalBackend("archive", LocalOptions(path=root, sync=False)) as backend:
        monkeypatch.setattr(os, "fsync", lambda _descriptor: pytest.fail("it was synced"))
        put(backend, "a/b.wav", b"bytes")
        backend.move("a/b.wav", "c/d.wav")
        backend.persist("c/d.wav")

        assert read_all(backend, "c/d.wav") == b"bytes"


def test_a_full_disk_is_told_leaves_nothing_and_lets_smaller_files_pass(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4 * 1024 * 1024) as path, folder(path) as backend:
        items = [put_item("in/large", sample(8_000_000), 1), put_item("ok", b"x", 2)]
        large, small = put_all(backend, items, Limits(requests=1))
        [big] = put_all(backend, [put_item("in/big", sample(BIG))])

        assert isinstance(large.error, LocationFull)
        assert isinstance(big.error, LocationFull)
        assert (large.error.location, large.error.key) == ("archive", "in/large")
        assert "no space is left" in large.error.message
        assert small.error is None
        assert [entry.key for entry in backend.list()] == ["ok"]
        for unfinished in backend.list_unfinished():
            backend.discard(unfinished.token)
        put(backend, "in/fits", sample(2_000_000))
        assert not list(backend.list_unfinished())


def test_a_pull_into_a_full_disk_is_told_and_can_go_on_when_there_is_room(tmp_path: Path, root: Path) -> None:
    data = sample(BIG)
    with folder(root, "far") as far, small_disk(tmp_path / "disk", 24_000_000) as path, folder(path, "near") as near:
        put(far, "file", data)
        tokens: list[str] = []
        [full] = get_all(far, [GetItem("file", content_of(data), near, "file", on_token=tokens.append)])

        assert isinstance(full.error, LocationFull)
        assert full.error.location == "near"
        subprocess.run(["mount", "-o", "remount,size=64m", str(path)], check=True)
        [done] = get_all(far, [GetItem("file", content_of(data), near, "file", resume_token=tokens[0])])
        assert done.error is None
        assert done.resumed_bytes > 0
        assert read_all(near, "file") == data


def test_a_read_only_folder_can_be_read_and_refuses_every_change_in_words(backend: LocalBackend, root: Path) -> None:
    put(backend, "in/file", b"x")

    with read_only(root), folder(root, used=True) as protected:
        assert read_all(protected, "in/file") == b"x"
        assert [entry.key for entry in protected.list()] == ["in/file"]
        for call in (
            lambda: protected.delete("in/file"),
            lambda: protected.move("in/file", "other"),
            lambda: put(protected, "new", b"x"),
        ):
            with pytest.raises(AccessDenied, match="archive") as caught:
                call()
            assert "read-only" in str(caught.value)


def test_only_the_first_use_of_a_location_makes_its_folder(tmp_path: Path) -> None:
    for name in ("local", "archive"):
        with folder(tmp_path / name / "new", name) as fresh:
            put(fresh, "file", b"x")
        with pytest.raises(Unreachable, match="there is no such folder"):
            folder(tmp_path / name / "gone", name, used=True).open()

    assert sorted(path.name for path in tmp_path.glob("*/*")) == ["new", "new"]


def test_a_folder_that_is_made_is_durable_in_those_above_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: set[Path] = set()
    sync = os.fsync

    def note(descriptor: int) -> None:
        synced.add(Path(f"/proc/self/fd/{descriptor}").readlink())
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    with folder(tmp_path / "in" / "new") as fresh:
        put(fresh, "file", b"x")

    assert {tmp_path, tmp_path / "in", tmp_path / "in" / "new"} <= synced


def test_a_mark_that_does_not_fit_is_left_again_when_there_is_room(tmp_path: Path) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    with small_disk(tmp_path / "disk", 3 * page) as path:
        (path / MARKER_NAME).write_bytes(b"#" * (page - 5))
        (path / "other").write_bytes(b"x" * 2 * page)
        with folder(path) as backend, pytest.raises(LocationFull):
            backend.claim()

        (path / "other").unlink()
        with folder(path) as backend:
            backend.claim()
        folder(path, used=True).open()


def test_the_way_out_of_a_lost_folder_is_a_command_that_works(tmp_path: Path) -> None:
    lost = folder(tmp_path / "it's gone", "archive", used=True)
    with pytest.raises(Unreachable) as caught:
        lost.open()

    command = caught.value.hint.partition("on this disk: ")[2]
    subprocess.run(["/bin/sh", "-c", command], check=True)

    lost.open()
    assert lost.path.is_dir()


def test_a_disk_that_is_not_mounted_is_no_empty_folder(backend: LocalBackend, root: Path, tmp_path: Path) -> None:
    put(backend, "file", b"x")
    unmounted = tmp_path / "mounted-here"
    unmounted.mkdir()

    with pytest.raises(Unreachable, match="has lost the mark"):
        folder(unmounted, used=True).stat("file")
    with pytest.raises(Unreachable):
        list(folder(unmounted, used=True).list())
    with pytest.raises(Unreachable):
        put(folder(unmounted, used=True), "new", b"x")

    assert list(unmounted.iterdir()) == []
    assert folder(root, used=True).exists("file")


def test_the_folder_of_another_library_is_not_taken_for_ours(backend: LocalBackend, root: Path) -> None:
    put(backend, "file", b"x")

    with pytest.raises(Unreachable):
        folder(root, library="library-2", used=True).open()


def test_two_libraries_can_share_a_folder(backend: LocalBackend, root: Path) -> None:
    put(backend, "one", b"1")
    put(folder(root, library="library-2"), "two", b"2")

    assert folder(root, used=True).exists("two")
    assert folder(root, library="library-2", used=True).exists("one")
    assert (root / MARKER_NAME).read_text().split().count("library-1") == 1


def test_a_folder_tells_whether_several_libraries_use_it(root: Path) -> None:
    one, two = folder(root), folder(root, library="library-2")
    assert not one.is_shared()

    one.claim()
    assert not one.is_shared()
    assert two.is_shared()
    two.claim()
    assert one.is_shared()


def test_a_mark_can_be_left_without_storing(root: Path) -> None:
    folder(root).claim()

    folder(root, used=True).open()
    assert [path.name for path in root.iterdir()] == [MARKER_NAME]


def test_a_folder_that_is_exchanged_while_it_is_used_is_unreachable_until_it_is_back(
    backend: LocalBackend, root: Path
) -> None:
    put(backend, "file", b"x")
    away = root.with_name("away")
    root.rename(away)
    root.mkdir()
    backend.used_before = True

    with pytest.raises(Unreachable, match="another folder stands in its place"):
        backend.stat("file")
    with pytest.raises(Unreachable):
        put(backend, "new", b"x")
    assert list(root.iterdir()) == []
    root.rmdir()
    away.rename(root)
    assert backend.exists("file")


def test_a_stored_file_has_the_rights_that_the_umask_leaves(root: Path) -> None:
    before = os.umask(0o027)
    try:
        put(folder(root), "in/file", b"x")
    finally:
        os.umask(before)

    assert stat.S_IMODE((root / "in" / "file").stat().st_mode) == 0o640
    assert stat.S_IMODE((root / "in").stat().st_mode) == 0o750


def test_an_unfinished_file_can_be_read_by_its_owner_alone(backend: LocalBackend, root: Path) -> None:
    temp = new_temp_name(1, 2)

    backend.start_upload("file", content_of(sample(BIG)), temp=temp).close()

    assert stat.S_IMODE((root / temp).stat().st_mode) == 0o600


def test_a_new_name_is_given_in_one_step_only_if_it_is_free(root: Path) -> None:
    (root / "one").write_bytes(b"1")
    (root / "two").write_bytes(b"2")
    descriptor = os.open(root, os.O_RDONLY)

    with pytest.raises(FileExistsError):
        rename_exclusive("one", descriptor, "two", descriptor)
    rename_exclusive("one", descriptor, "three", descriptor)

    os.close(descriptor)
    assert sorted(path.name for path in root.iterdir()) == ["three", "two"]
    assert (root / "two").read_bytes() == b"2"


def test_a_file_whose_closing_fails_is_closed_and_so_is_its_folder(root: Path) -> None:
    temp = TempFile.create(Tree("archive", root), "", ".audiotui-unfinished.part")
    os.close(temp.descriptor)

    temp.close()

    assert not [link for link in Path("/proc/self/fd").iterdir() if link.exists() and link.samefile(root)]


def test_an_unfinished_file_that_something_else_wrote_to_is_not_stored(backend: LocalBackend, root: Path) -> None:
    data = sample(BIG)
    temp = new_temp_name(1, 2)
    upload = backend.start_upload("file", content_of(data), temp=temp)
    for number in upload.missing:
        upload.write_part(number, part_of(data, number))
    with (root / temp).open("ab") as file:
        file.write(b"more")

    with pytest.raises(Exception, match="bytes instead of"):
        upload.commit()

    upload.abort()
    assert not backend.exists("file")


def written_in_pieces(part: PartWriter, data: bytes) -> bool:
    """Whether these were the bytes of the part."""
    part.write(data)
    return part.finish()


def test_a_disk_that_gives_back_other_bytes_is_noticed(backend: LocalBackend, root: Path) -> None:
    data = sample(BIG)
    temp = new_temp_name(1, 2)
    upload = backend.start_upload("file", content_of(data), temp=temp)
    descriptors = [
        link.name for link in Path("/proc/self/fd").iterdir() if link.exists() and link.samefile(root / temp)
    ]
    forgetful = os.open("/dev/zero", os.O_RDWR)  # takes everything, and has kept nothing of it
    for descriptor in descriptors:
        os.dup2(forgetful, int(descriptor))
    os.close(forgetful)

    with pytest.raises(IntegrityError, match="gives back other bytes"):
        upload.write_part(0, part_of(data, 0))
    part = upload.open_part(1)
    with pytest.raises(IntegrityError, match="gives back other bytes"):
        written_in_pieces(part, part_of(data, 1))
    upload.abort()


def test_a_resume_trusts_only_parts_whose_bytes_are_right(backend: LocalBackend, root: Path) -> None:
    data = sample(BIG)
    temp = new_temp_name(1, 2)
    upload = backend.start_upload("file", content_of(data), temp=temp)
    for number in upload.missing:
        upload.write_part(number, part_of(data, number))
    upload.close()
    with (root / temp).open("r+b") as file:
        file.write(b"\0")
        file.seek(0, os.SEEK_END)
        file.write(b"beyond the end")

    resumed = backend.resume_upload(upload.token, "file", content_of(data))

    assert resumed.held == {1, 2}
    resumed.write_part(0, part_of(data, 0))
    resumed.commit()
    assert read_all(backend, "file") == data


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOENT, KeyNotFound),
        (errno.EEXIST, AlreadyExists),
        (errno.ENOSPC, LocationFull),
        (errno.EDQUOT, LocationFull),
        (errno.EACCES, AccessDenied),
        (errno.EPERM, AccessDenied),
        (errno.EROFS, AccessDenied),
        (errno.ENOTSUP, NotSupported),
        (errno.EMFILE, Throttled),
        (errno.ESTALE, Unreachable),
        (errno.ENOTCONN, Unreachable),
        (errno.EIO, LocationError),
    ],
)
def test_an_error_of_the_system_is_told_with_names_reason_and_way_out(number: int, kind: type[LocationError]) -> None:
    error = as_location_error(OSError(number, "as the system says"), location="archive", key="in/file")

    assert type(error) is kind
    assert (error.location, error.key) == ("archive", "in/file")
    assert "archive" in error.message
    assert "in/file" in error.message
    assert error.hint


def test_an_unknown_error_of_the_system_is_not_in_the_table() -> None:
    assert as_location_error(OSError(errno.EDOM, "?"), location="archive", key="") is None
