"""Originals that are added again give back what the library has lost, under the key that it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui.errors import Duplicate
from audiotui.model import CopyState, NewRecording
from audiotui.transfer.giving_back import lost_files
from audiotui.transfer.ingest import IngestOptions
from audiotui.transfer.pipeline import BATCH_RECORDINGS
from audiotui.transfer.reports import GivenBack
from audiotui.transfer.verify import VerifyReport, verify
from tests.faults import flip_byte
from tests.transfer.importing import do_export, do_import, everything, ingest_of, leftovers, wav, wavs, write

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.transfer.ingest import Ingest
    from tests.transfer.library import Library


def look(library: Library) -> VerifyReport:
    """Read every copy in ``local``."""
    return verify(library.catalog, library.backends.__getitem__, locations=("local",))


def in_trash(library: Library) -> list[Path]:
    """Damaged files that were set aside."""
    return [path for path in (library.folder / "local" / ".trash").rglob("*") if path.is_file()]


def test_an_import_of_the_originals_gives_lost_files_back(tmp_path: Path, library: Library) -> None:
    sources = wavs(tmp_path / "takes", BATCH_RECORDINGS + 8)
    uids = do_import(library, tmp_path / "takes").uids
    library.lose("local", library.all_ids()[3:-3])

    report = do_import(library, tmp_path / "takes")

    assert report.given_back == tuple(
        GivenBack(source, uid) for source, uid in zip(sources[3:-3], uids[3:-3], strict=True)
    )
    assert [duplicate.path for duplicate in report.duplicates] == sources[:3] + sources[-3:]
    assert (report.added, report.failed) == ((), ())
    assert leftovers(library) == []
    assert len(everything(library)) == len(sources)


@pytest.mark.parametrize("is_known", [True, False])
def test_what_a_verification_called_missing_or_damaged_is_present_again(
    tmp_path: Path, library: Library, is_known: bool
) -> None:
    wavs(tmp_path / "takes", 3)
    do_import(library, tmp_path / "takes")
    lost, cut, _ = library.all_ids()
    library.lose("local", [lost])
    library.path("local", cut).write_bytes(b"short")
    if is_known:
        look(library)

    report = do_import(library, tmp_path / "takes")

    assert len(report.given_back) == 2
    assert library.states("local", library.all_ids()) == [CopyState.PRESENT] * 3
    assert look(library).is_clean
    assert [path.read_bytes() for path in in_trash(library)] == [b"short"]


def test_damage_that_a_verification_found_is_made_good(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path / "takes", 1)
    do_import(library, tmp_path / "takes")
    flip_byte(library.path("local", library.all_ids()[0]))
    look(library)

    assert len(do_import(library, tmp_path / "takes").given_back) == 1
    assert look(library).is_clean


def test_of_two_originals_one_gives_the_file_back(tmp_path: Path, library: Library) -> None:
    (source,) = wavs(tmp_path / "takes", 1)
    do_import(library, source)
    library.lose("local", library.all_ids())
    other = write(tmp_path / "takes/z.wav", source.read_bytes())

    report = do_import(library, tmp_path / "takes")

    assert len(report.given_back) == len(report.duplicates) == 1
    assert {report.given_back[0].path, report.duplicates[0].path} == {source, other}


def test_a_dry_run_tells_what_would_be_given_back_and_writes_nothing(tmp_path: Path, library: Library) -> None:
    (source,) = wavs(tmp_path / "takes", 1)
    (uid,) = do_import(library, source).uids
    library.lose("local", library.all_ids())

    report = do_import(library, source, dry_run=True)

    assert report.given_back == (GivenBack(source, uid),)
    assert not library.path("local", library.all_ids()[0]).exists()


def test_a_lost_transcript_comes_back_with_its_audio(tmp_path: Path, library: Library) -> None:
    (source,) = wavs(tmp_path / "takes", 1)
    sidecar = write(source.with_suffix(".txt"), b"Good morning")
    do_import(library, source, keep_transcripts=True)
    for path in [path for path in (library.folder / "local").rglob("*.*") if path.suffix in {".wav", ".txt"}]:
        path.unlink()

    report = do_import(library, source, keep_transcripts=True)

    assert {one.path for one in report.given_back} == {source, sidecar}
    assert look(library).is_clean


def test_an_export_gives_back_what_was_lost_since(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path / "takes", 3)
    do_import(library, tmp_path / "takes")
    do_export(library, tmp_path / "export")
    library.lose("local", library.all_ids()[:2])

    report = do_import(library, tmp_path / "export")

    assert (len(report.given_back), report.unchanged) == (2, 3)
    assert look(library).is_clean


def test_what_was_dropped_on_purpose_stays_away(tmp_path: Path, library: Library) -> None:
    (source,) = wavs(tmp_path / "takes", 1)
    do_import(library, source)
    library.push(library.all_ids())
    (copy,) = [copy for copy in everything(library)[0].files[0].copies if copy.location == "local"]
    library.lose("local", library.all_ids())
    library.catalog.delete_copies([copy.id])

    report = do_import(library, source)

    assert (report.given_back, len(report.duplicates)) == ((), 1)


def test_a_recording_in_the_trash_gets_nothing_back(tmp_path: Path, library: Library) -> None:
    (source,) = wavs(tmp_path / "takes", 1)
    do_import(library, source)
    library.lose("local", library.all_ids())
    library.catalog.trash_recordings(library.all_ids())

    report = do_import(library, source)

    assert (report.given_back, len(report.duplicates)) == ((), 1)


def test_a_recording_that_was_purged_meanwhile_gets_nothing_back(tmp_path: Path, library: Library) -> None:
    (source,) = wavs(tmp_path / "takes", 1)
    (uid,) = do_import(library, source).uids
    library.catalog.trash_recordings(library.all_ids())
    library.catalog.purge_recordings(library.all_ids())

    assert lost_files(ingest_of(library).library, uid, ()) == []


def test_registering_a_lost_original_anew_is_refused_but_gives_its_file_back(
    tmp_path: Path, library: Library, ingest: Ingest
) -> None:
    source = write(tmp_path / "a.wav", wav())
    uid = ingest.add(NewRecording(text="Good morning"), {"audio": source})
    library.lose("local", library.all_ids())

    with pytest.raises(Duplicate, match="given back") as raised:
        ingest.add(NewRecording(text="Good night"), {"audio": source})

    assert (raised.value.existing_uid, raised.value.given_back) == (uid, 1)
    assert [recording.text for recording in everything(library)] == ["Good morning"]
    assert leftovers(library) == []


def test_a_file_that_stays_in_place_gives_nothing_back(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    source = write(tmp_path / "a.wav", wav())
    uid = ingest.add(NewRecording(), {"audio": source})
    library.lose("local", library.all_ids())
    inside = write(library.folder / "local/takes/a.wav", wav())

    with pytest.raises(Duplicate) as raised:
        ingest.add(NewRecording(), {"audio": inside}, IngestOptions(in_place=True))

    assert raised.value.given_back == 0
    assert f"add-file {uid} audio" in raised.value.hint


@pytest.mark.parametrize("kind", ["audio", "notes"])
def test_a_damaged_file_is_made_good_by_adding_it_again(
    tmp_path: Path, library: Library, ingest: Ingest, kind: str
) -> None:
    source = write(tmp_path / "a.wav", wav())
    uid = ingest.add(NewRecording(text="Good morning"), {kind: source})
    flip_byte(library.path("local", library.all_ids()[0]))
    look(library)

    file = ingest.add_file(uid, kind, source)

    assert (file.version, [copy.state for copy in file.copies]) == (1, [CopyState.PRESENT])
    assert look(library).is_clean
