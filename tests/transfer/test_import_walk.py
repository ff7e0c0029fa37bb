"""Which files an import looks at."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from audiotui.transfer.walk import FailedPath, FoundFile, OtherFile, SkippedPath, walk


def found(*paths: Path, recursive: bool = True) -> list[Path]:
    return [one.path for one in walk(paths, recursive=recursive) if isinstance(one, FoundFile)]


def make(path: Path, size: int = 3) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def test_folders_are_read_to_their_depth_in_the_order_of_names(tmp_path: Path) -> None:
    paths = [make(tmp_path / name) for name in ("b.wav", "c.FLAC", "a/z.mp3", "d/e/f.opus")]

    assert found(tmp_path) == [paths[0], paths[1], paths[2], paths[3]]


def test_without_recursion_only_the_named_folder_is_read(tmp_path: Path) -> None:
    top = make(tmp_path / "top.wav")
    make(tmp_path / "inner/deep.wav")

    assert found(tmp_path, recursive=False) == [top]


def test_a_named_file_is_tried_whatever_it_is_called(tmp_path: Path) -> None:
    named = make(tmp_path / "speech.bin", 7)

    assert list(walk([named])) == [FoundFile(named, 7)]


def test_files_that_are_no_audio_by_name_are_told_apart(tmp_path: Path) -> None:
    other = make(tmp_path / "notes.txt")

    assert list(walk([tmp_path])) == [OtherFile(other)]


def test_hidden_files_and_folders_are_skipped(tmp_path: Path) -> None:
    make(tmp_path / ".hidden.wav")
    make(tmp_path / ".git/a.wav")

    assert list(walk([tmp_path])) == [
        SkippedPath(tmp_path / ".git", "hidden"),
        SkippedPath(tmp_path / ".hidden.wav", "hidden"),
    ]


def test_links_in_folders_are_listed_and_never_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "passwd.wav").symlink_to("/etc/passwd")
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nothing")

    reasons = {one.path.name: one.reason for one in walk([tmp_path]) if isinstance(one, SkippedPath)}

    assert reasons == {"gone.wav": "symbolic link", "loop": "symbolic link", "passwd.wav": "symbolic link"}


def test_a_named_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    make(tmp_path / "real/a.wav")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert found(tmp_path / "link") == [tmp_path / "link/a.wav"]


def test_pipes_and_sockets_are_skipped_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket.wav"))

    reasons = [one.reason for one in walk([tmp_path]) if isinstance(one, SkippedPath)]
    server.close()

    assert reasons == ["named pipe", "socket"]


def test_a_missing_path_and_a_broken_loop_are_failures_that_name_the_path(tmp_path: Path) -> None:
    loop = tmp_path / "loop.wav"
    loop.symlink_to(loop)

    outcomes = list(walk([tmp_path / "nothing.wav", loop]))

    assert [type(one) for one in outcomes] == [FailedPath, FailedPath]
    assert "nothing.wav: there is no such file" in str(outcomes[0].error)  # type: ignore[union-attr]
    assert "loop.wav: a symbolic link is in the way" in str(outcomes[1].error)  # type: ignore[union-attr]


def test_a_folder_that_cannot_be_read_does_not_stop_the_walk(tmp_path: Path) -> None:
    good = make(tmp_path / "z.wav")
    make_folders_beyond_the_longest_path(tmp_path)

    outcomes = list(walk([tmp_path]))

    (failed,) = [one for one in outcomes if isinstance(one, FailedPath)]
    assert "its name is too long" in str(failed.error)
    assert FoundFile(good, 3) in outcomes


def make_folders_beyond_the_longest_path(top: Path) -> None:
    inner = os.open(top, os.O_RDONLY)
    for _ in range(22):
        os.mkdir("d" * 200, dir_fd=inner)
        deeper = os.open("d" * 200, os.O_RDONLY, dir_fd=inner)
        os.close(inner)
        inner = deeper
    os.close(inner)


def test_names_that_are_no_utf8_are_found_as_they_are(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/caf\xe9.wav"
    Path(os.fsdecode(name)).write_bytes(b"x")

    (path,) = found(tmp_path)

    assert os.fsencode(path) == name


def test_folders_may_be_nested_two_hundred_deep(tmp_path: Path) -> None:
    deepest = make(tmp_path / "/".join("d" * 200) / "deep.wav")

    assert found(tmp_path) == [deepest]
