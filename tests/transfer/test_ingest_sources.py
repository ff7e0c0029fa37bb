"""What becomes of the files that were added: they are copied, moved, or stay where they are; and they may change."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AlreadyExists, Duplicate, IntegrityError, InvalidInput, NotAudio, SourceChanged
from audiotui.model import DEFAULT_KEY_LAYOUT, NewRecording, VerifyLevel
from audiotui.transfer.ingest import IngestOptions
from audiotui.transfer.sources import remove_source
from audiotui.transfer.staging import IN_MEMORY_BYTES, FileToStage, Stager
from audiotui.transfer.userfile import open_user_file
from tests.transfer.importing import everything, ingest_of, leftovers, wav, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from audiotui.transfer.ingest import Ingest
    from tests.transfer.library import Library

MOVE = IngestOptions(move=True)
IN_PLACE = IngestOptions(in_place=True)


def stager(library: Library, on_bytes: Callable[[int], None] = lambda _count: None) -> Stager:
    return Stager(
        library.backends["local"],  # type: ignore[arg-type]
        key_layout=DEFAULT_KEY_LAYOUT,
        check=lambda _task, _digest: None,
        on_bytes=on_bytes,
    )


def task(path: Path, *, temp: str = ".00000001-00000002.atpart", sha256: str = "") -> FileToStage:
    uid = "3f2b8c1e-9a4d-4c55-8e0f-1a2b3c4d5e6f"
    return FileToStage(uid, "raw", path, partial(open_user_file, path), temp, path.name, sha256)


@pytest.mark.parametrize("size", [1_000, IN_MEMORY_BYTES + 1], ids=["small", "big"])
@pytest.mark.parametrize("temp", ["", ".00000001-00000002.atpart"], ids=["in place", "copy"])
def test_a_source_that_is_written_to_meanwhile_is_refused(library: Library, size: int, temp: str) -> None:
    source = write(library.folder / "local/growing.raw", b"x" * size)

    def grow(_count: int) -> None:
        with source.open("ab") as file:
            file.write(b"more")

    with pytest.raises(SourceChanged, match=r"growing\.raw changed while it was read"):
        stager(library, grow).stage(task(source, temp=temp))

    source.unlink()
    assert leftovers(library) == []


@pytest.mark.parametrize("size", [1_000, IN_MEMORY_BYTES + 1], ids=["small", "big"])
def test_bytes_that_are_not_the_expected_ones_are_refused(tmp_path: Path, library: Library, size: int) -> None:
    source = write(tmp_path / "a.raw", b"x" * size)

    with pytest.raises(IntegrityError, match="other bytes"):
        stager(library).stage(task(source, sha256="ab" * 32))

    assert leftovers(library) == []


def test_a_moved_file_is_gone_once_the_library_has_it(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    source = write(tmp_path / "a.wav", wav())

    ingest.add(NewRecording(), {"audio": source}, MOVE)

    assert not source.exists()
    assert len(everything(library)) == 1
    assert leftovers(library) == []


def test_a_file_that_could_not_be_added_is_not_moved(tmp_path: Path, ingest: Ingest) -> None:
    audio, text = write(tmp_path / "a.wav", wav()), write(tmp_path / "b.wav", b"text")

    with pytest.raises(NotAudio):
        ingest.add(NewRecording(), {"raw": audio, "audio": text}, MOVE)

    assert audio.exists()
    assert text.exists()


def test_a_source_that_changed_after_it_was_added_is_not_removed(tmp_path: Path, library: Library) -> None:
    source = write(tmp_path / "a.raw", b"x")
    staged = stager(library).stage(task(source))
    source.write_bytes(b"newer")

    note = remove_source(staged)
    staged.discard()

    assert "it changed meanwhile" in note
    assert source.read_bytes() == b"newer"


def test_a_link_is_not_moved(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    link = tmp_path / "link.wav"
    link.symlink_to(write(tmp_path / "a.wav", wav()))

    with pytest.raises(InvalidInput, match="symbolic link"):
        ingest.add(NewRecording(), {"audio": link}, MOVE)

    assert everything(library) == []


def test_a_file_of_one_recording_is_not_moved_into_another(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    uid = ingest.add(NewRecording(), {"notes": write(tmp_path / "a.txt", b"x")})
    stored = library.folder / "local" / library.catalog.recording(uid).files[0].copies[0].key

    with pytest.raises(InvalidInput, match="a file of the library already"):
        ingest.add(NewRecording(), {"notes": stored}, MOVE)

    assert leftovers(library) == []


def test_a_file_that_stays_in_place_keeps_its_own_name(library: Library, ingest: Ingest) -> None:
    source = write(library.folder / "local/my takes/Grüße 1.wav", wav())
    inode = source.stat().st_ino

    uid = ingest.add(NewRecording(), {"audio": source}, IN_PLACE)

    (file,) = library.catalog.recording(uid).files
    (copy,) = file.copies
    assert (copy.key, copy.managed, copy.verify_level) == ("my takes/Grüße 1.wav", False, VerifyLevel.READ_BACK)
    assert source.stat().st_ino == inode
    assert leftovers(library) == []


def test_a_library_of_files_in_place_marks_its_folder_as_used(library: Library) -> None:
    marker = library.folder / "local/.audiotui-location"
    marker.unlink()
    library.use("local", library.folder / "local")

    ingest_of(library).add(NewRecording(), {"audio": write(library.folder / "local/a.wav", wav())}, IN_PLACE)

    assert library.catalog.library_id in marker.read_text()


def test_a_file_elsewhere_cannot_stay_in_place(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    source = write(tmp_path / "a.wav", wav())

    with pytest.raises(InvalidInput, match="does not lie in") as raised:
        ingest.add(NewRecording(), {"audio": source}, IN_PLACE)

    assert "copied" in raised.value.hint
    assert everything(library) == []


def test_a_link_out_of_the_folder_does_not_lie_in_it(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    link = library.folder / "local/link.wav"
    link.symlink_to(write(tmp_path / "a.wav", wav()))

    with pytest.raises(InvalidInput, match="does not lie in"):
        ingest.add(NewRecording(), {"audio": link}, IN_PLACE)


@pytest.mark.parametrize("name", [b"caf\xe9.wav", b"line\nbreak.wav", b"back\\slash.wav", b".audiotui-notes.wav"])
def test_a_name_that_cannot_be_a_key_cannot_stay(library: Library, ingest: Ingest, name: bytes) -> None:
    source = library.folder / "local" / os.fsdecode(name)
    write(source, wav())

    with pytest.raises(InvalidInput, match="cannot stay where it is") as raised:
        ingest.add(NewRecording(), {"audio": source}, IN_PLACE)
    uid = ingest.add(NewRecording(), {"audio": source})

    assert "copied" in raised.value.hint
    assert os.fsencode(library.catalog.recording(uid).files[0].original_name) == name


def test_a_file_that_is_no_audio_stays_and_is_not_added(library: Library, ingest: Ingest) -> None:
    source = write(library.folder / "local/a.wav", b"text")

    with pytest.raises(NotAudio):
        ingest.add(NewRecording(), {"audio": source}, IN_PLACE)

    assert source.read_bytes() == b"text"
    assert everything(library) == []


def test_one_file_in_place_belongs_to_one_recording(library: Library, ingest: Ingest) -> None:
    source = write(library.folder / "local/a.wav", wav())
    ingest.add(NewRecording(), {"audio": source}, IN_PLACE)

    with pytest.raises(Duplicate):
        ingest.add(NewRecording(), {"audio": source}, IN_PLACE)
    with pytest.raises(AlreadyExists, match="taken"):
        ingest.add(NewRecording(), {"audio": source}, IngestOptions(in_place=True, allow_duplicate=True))

    assert source.exists()
    assert leftovers(library) == []


def test_a_file_in_place_that_changed_is_a_new_version(library: Library, ingest: Ingest) -> None:
    source = write(library.folder / "local/a.wav", wav(1))
    uid = ingest.add(NewRecording(), {"audio": source}, IN_PLACE)
    source.write_bytes(wav(2))

    ingest.add_file(uid, "audio", source, IN_PLACE)

    newest, former = library.catalog.recording(uid).files
    assert (newest.version, [copy.key for copy in newest.copies]) == (2, ["a.wav"])
    assert (former.version, former.copies) == (1, ())


def test_a_file_cannot_stay_and_be_moved() -> None:
    with pytest.raises(InvalidInput, match="stay in place and be moved"):
        IngestOptions(in_place=True, move=True)
