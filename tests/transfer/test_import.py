"""Importing folders and files: what becomes a recording, and what the report says of the rest."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import CatalogReadOnly, InvalidInput, NotAudio
from audiotui.model import NewRecording
from audiotui.transfer.ingest import IngestOptions
from audiotui.transfer.pipeline import BATCH_RECORDINGS
from audiotui.transfer.reports import DuplicatePath
from tests.faults import flip_byte, read_only
from tests.transfer.importing import do_import, everything, leftovers, wav, wavs, write

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.transfer.ingest import Ingest
    from audiotui.transfer.reports import BulkProgress
    from tests.transfer.library import Library


def state_of(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, except what SQLite keeps beside its databases."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(("-shm", "-wal")))
    return {str(path): path.read_bytes() for path in files}


def test_each_audio_file_becomes_a_recording_in_the_order_of_names(tmp_path: Path, library: Library) -> None:
    sources = wavs(tmp_path / "takes", 2 * BATCH_RECORDINGS + 5)
    write(tmp_path / "takes/cover.jpg", b"x")

    report = do_import(library, tmp_path / "takes")

    assert [added.path for added in report.added] == sources
    assert [recording.uid for recording in everything(library)] == list(report.uids)
    assert [recording.title for recording in everything(library)] == [source.stem for source in sources]
    assert report.size_bytes == sum(source.stat().st_size for source in sources)
    assert (report.failed, report.duplicates, report.other_files) == ((), (), 1)
    assert leftovers(library) == []


def test_a_second_run_adds_nothing(tmp_path: Path, library: Library) -> None:
    sources = wavs(tmp_path / "takes", 40)
    first = do_import(library, tmp_path / "takes")

    second = do_import(library, tmp_path / "takes")

    assert second.added == ()
    assert second.duplicates == tuple(
        DuplicatePath(source, uid) for source, uid in zip(sources, first.uids, strict=True)
    )
    assert len(everything(library)) == 40
    assert leftovers(library) == []


def test_one_undo_takes_back_a_whole_import(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path / "takes", 3 * BATCH_RECORDINGS)
    do_import(library, tmp_path / "takes")
    (change,) = library.catalog.history()

    library.catalog.undo()

    assert change.verb == "import"
    assert all(recording.deleted_at for recording in everything(library))


def test_the_text_comes_from_the_file_of_the_same_name(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path, 2)
    write(tmp_path / "take_000.txt", "\ufeffGrüß Gott\n".encode())

    report = do_import(library, *sorted(tmp_path.glob("*.wav")), template=NewRecording(text="unknown"))

    assert [recording.text for recording in everything(library)] == ["Grüß Gott", "unknown"]
    assert [file.kind for recording in everything(library) for file in recording.files] == ["audio", "audio"]
    assert report.other_files == 0


def test_only_a_recording_without_text_gets_the_name_of_its_file_as_title(tmp_path: Path, library: Library) -> None:
    sources = wavs(tmp_path, 2)
    write(tmp_path / "take_000.txt", b"hello")

    do_import(library, *sources)

    assert [recording.title for recording in everything(library)] == ["", "take_001"]


def test_the_text_may_be_kept_as_a_file_too(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path, 2)
    write(tmp_path / "take_000.txt", b"hello")

    do_import(library, tmp_path / "take_000.wav", tmp_path / "take_001.wav", keep_transcripts=True)

    kinds = [[file.kind for file in recording.files] for recording in everything(library)]
    assert kinds == [["audio", "transcript"], ["audio"]]


def test_a_text_that_cannot_be_read_keeps_its_recording_out(tmp_path: Path, library: Library) -> None:
    (source,) = wavs(tmp_path / "takes", 1)
    write(tmp_path / "takes/take_000.txt", b"\xff\xfe")

    report = do_import(library, tmp_path / "takes")

    assert [(failed.path, type(failed.error)) for failed in report.failed] == [(source, InvalidInput)]
    assert everything(library) == []


def test_all_recordings_get_what_the_template_has(tmp_path: Path, library: Library) -> None:
    voice, _ = library.catalog.add_ai_identity("kokoro", "heart")
    wavs(tmp_path / "takes", 2)
    template = NewRecording(session="monday", tags=("a", "b"), ai_identity_uid=voice, ai_generated=True)

    do_import(library, tmp_path / "takes", template=template)

    for recording in everything(library):
        assert (recording.session, recording.tags, recording.ai_generated) == ("monday", ("a", "b"), True)
        assert recording.ai_identity is not None


def test_what_cannot_be_added_is_told_and_stops_nothing(tmp_path: Path, library: Library) -> None:
    takes = tmp_path / "takes"
    wavs(takes, 2)
    write(takes / "text.wav", b"this is text")
    write(takes / "empty.flac", b"")
    os.mkfifo(takes / "pipe.wav")
    (takes / "link.wav").symlink_to("/etc/passwd")
    write(takes / ".hidden.wav", wav())

    report = do_import(library, takes, tmp_path / "nowhere")

    assert len(report.added) == 2
    assert {(failed.path.name, type(failed.error)) for failed in report.failed} == {
        ("text.wav", NotAudio),
        ("empty.flac", NotAudio),
        ("nowhere", InvalidInput),
    }
    assert {(skipped.path.name, skipped.reason) for skipped in report.skipped} == {
        (".hidden.wav", "hidden"),
        ("link.wav", "symbolic link"),
        ("pipe.wav", "named pipe"),
    }
    assert leftovers(library) == []


def test_of_files_with_the_same_bytes_the_first_is_added(tmp_path: Path, library: Library) -> None:
    takes = tmp_path / "takes"
    first, second = write(takes / "a.wav", wav(1)), write(takes / "b.wav", wav(1))

    report = do_import(library, takes)

    (added,) = report.added
    assert added.path == first
    assert report.duplicates == (DuplicatePath(second, added.uid, first),)
    assert leftovers(library) == []


def test_duplicates_are_added_if_they_are_wanted(tmp_path: Path, library: Library) -> None:
    takes = tmp_path / "takes"
    write(takes / "a.wav", wav(1))
    write(takes / "b.wav", wav(1))

    report = do_import(library, takes, files=IngestOptions(allow_duplicate=True))

    assert len(report.added) == 2
    assert leftovers(library) == []


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    takes = tmp_path / "takes"
    known, *new = wavs(takes, 40)
    uid = ingest.add(NewRecording(), {"audio": known})
    again = write(takes / "zz.wav", new[0].read_bytes())
    bad = write(takes / "zzz.wav", b"text")
    before = state_of(library.folder)

    report = do_import(library, takes, dry_run=True)

    assert state_of(library.folder) == before
    assert [added.path for added in report.added] == new
    assert set(report.uids) == {""}
    assert report.duplicates == (DuplicatePath(known, uid), DuplicatePath(again, "", new[0]))
    assert [failed.path for failed in report.failed] == [bad]
    assert len(everything(library)) == 1


def test_an_import_that_is_cancelled_keeps_what_it_has_and_nothing_half(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path / "takes", 6 * BATCH_RECORDINGS)
    cancel = threading.Event()

    def stop_in_the_middle(progress: BulkProgress) -> None:
        if progress.done_items >= BATCH_RECORDINGS:
            cancel.set()

    report = do_import(library, tmp_path / "takes", listener=stop_in_the_middle, cancel=cancel)

    assert report.cancelled
    assert BATCH_RECORDINGS <= len(report.added) < 6 * BATCH_RECORDINGS
    assert len(everything(library)) == len(report.added)
    assert (report.failed, leftovers(library)) == ((), [])


def test_an_interrupt_ends_the_import_cleanly(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path / "takes", 6 * BATCH_RECORDINGS)

    def interrupt(progress: BulkProgress) -> None:
        if progress.done_items >= BATCH_RECORDINGS:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do_import(library, tmp_path / "takes", listener=interrupt)

    assert len(everything(library)) >= BATCH_RECORDINGS
    assert leftovers(library) == []


def test_progress_ends_at_the_totals(tmp_path: Path, library: Library) -> None:
    sources = wavs(tmp_path / "takes", 40)
    write(tmp_path / "takes/bad.wav", b"text")
    heard: list[BulkProgress] = []

    do_import(library, tmp_path / "takes", listener=heard.append)

    size = sum(source.stat().st_size for source in sources) + 4
    assert (heard[-1].done_items, heard[-1].total_items) == (41, 41)
    assert (heard[-1].done_bytes, heard[-1].total_bytes) == (size, size)
    assert [one.done_items for one in heard] == sorted(one.done_items for one in heard)


def test_a_listener_that_fails_does_not_stop_the_import(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path / "takes", 2)

    def fail(progress: BulkProgress) -> None:
        raise RuntimeError(progress.name)

    assert len(do_import(library, tmp_path / "takes", listener=fail).added) == 2


def test_moved_files_are_gone_and_those_that_failed_stay(tmp_path: Path, library: Library) -> None:
    takes = tmp_path / "takes"
    wavs(takes, 3)
    bad = write(takes / "bad.wav", b"text")
    same = write(takes / "zz.wav", wav(0))
    text = write(takes / "take_000.txt", b"hello")

    report = do_import(library, takes, files=IngestOptions(move=True))

    assert len(report.added) == 3
    assert sorted(takes.iterdir()) == sorted([bad, text, same])
    assert leftovers(library) == []


def test_files_in_the_library_folder_may_stay_where_they_are(tmp_path: Path, library: Library) -> None:
    local = library.folder / "local"
    sources = wavs(local / "takes", 3)
    in_place = IngestOptions(in_place=True)

    first = do_import(library, local, files=in_place)
    second = do_import(library, local, files=in_place)

    assert [added.path for added in first.added] == sources
    assert second.added == ()
    assert [skipped.reason for skipped in second.skipped if skipped.reason != "hidden"] == [
        "a file of the library already"
    ] * 3
    assert [recording.files[0].copies[0].managed for recording in everything(library)] == [False] * 3
    assert leftovers(library) == []


def test_importing_the_library_folder_itself_adds_nothing(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path / "takes", 70)
    do_import(library, tmp_path / "takes")

    report = do_import(library, library.folder / "local")

    assert (report.added, report.duplicates) == ((), ())
    assert len(everything(library)) == 70


def test_files_beside_managed_ones_are_found_while_those_are_added(tmp_path: Path, library: Library) -> None:
    local = library.folder / "local"
    wavs(local, 150)

    report = do_import(library, local)

    assert len(report.added) == len(everything(library)) == 150
    assert report.duplicates == ()


def test_names_that_are_no_utf8_are_imported(tmp_path: Path, library: Library) -> None:
    name = b"caf\xe9 [red].wav"
    write(tmp_path / "takes" / os.fsdecode(name), wav())

    report = do_import(library, tmp_path / "takes")

    (recording,) = everything(library)
    assert report.failed == ()
    assert os.fsencode(recording.files[0].original_name) == name
    assert os.fsencode(recording.title) == name.removesuffix(b".wav")


def test_a_file_that_changed_since_the_last_import_is_new(tmp_path: Path, library: Library) -> None:
    (source,) = wavs(tmp_path / "takes", 1)
    do_import(library, source)
    flip_byte(source, at=100)

    report = do_import(library, source)

    assert len(report.added) == 1


def test_sources_that_cannot_be_removed_are_told(tmp_path: Path, library: Library) -> None:
    takes = tmp_path / "takes"
    wavs(takes, 2)

    with read_only(takes):
        report = do_import(library, takes, files=IngestOptions(move=True))

    assert len(report.added) == len(report.notes) == 2
    assert "could not be removed" in report.notes[0]


def test_a_named_link_is_not_moved(tmp_path: Path, library: Library) -> None:
    link = tmp_path / "link.wav"
    link.symlink_to(write(tmp_path / "a.wav", wav()))

    report = do_import(library, link, files=IngestOptions(move=True))

    assert "symbolic link" in report.failed[0].error.message
    assert link.exists()


def test_a_library_that_cannot_be_written_ends_the_import_early(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path / "takes", 12 * BATCH_RECORDINGS)
    library.catalog.database.read_only = True

    report = do_import(library, tmp_path / "takes")

    assert isinstance(report.stopped_by, CatalogReadOnly)
    assert BATCH_RECORDINGS <= len(report.failed) < 12 * BATCH_RECORDINGS
    assert leftovers(library) == []
