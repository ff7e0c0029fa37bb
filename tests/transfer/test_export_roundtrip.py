"""What was exported comes back without loss, and an export that somebody tampered with harms nothing."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.errors import CatalogError, IntegrityError, InvalidInput
from audiotui.model import NewRecording
from audiotui.transfer.ingest import IngestOptions
from audiotui.transfer.manifest import MANIFEST_NAME
from tests.transfer.importing import do_export, do_import, everything, ingest_of, leftovers, wav, write
from tests.transfer.library import Library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from audiotui.transfer.ingest import Ingest

STRANGE = [
    "Hello world",
    "",
    "[red]markup[/] [/x]",
    "\x1b]0;title\x07 \x00 \u202egpj",
    "caf\udce9 \ud800 lone",
    "朝のあいさつ สวัสดี 🎉",
    "'; DROP TABLE recordings; --",
    'quotes " and \\ back\nslashes\u2028\u2029',
    "x" + "\u0301" * 300,
    "long " * 5_000,
    "\ufdd0d800",
]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Library]:
    """A second, empty library."""
    folder = tmp_path / "other"
    folder.mkdir()
    with Library(folder) as library:
        yield library


def a_json_value(random: Random, depth: int = 3) -> Any:
    simple = [None, True, -1, 2**62, 0.1, 1e300, random.choice(STRANGE)]
    if depth and random.random() < 0.4:
        inner = [a_json_value(random, depth - 1) for _ in range(random.randrange(4))]
        return inner if random.random() < 0.5 else {f"{random.choice(STRANGE)[:20]}{n}": v for n, v in enumerate(inner)}
    return random.choice(simple)


def fill(library: Library, folder: Path, count: int, seed: int) -> None:
    """Recordings of every sort: strange texts, identities, tags, times, files of several kinds and versions."""
    random, ingest = Random(seed), ingest_of(library)
    voices = [
        library.catalog.add_ai_identity(
            "kokoro", f"voice {n}", provider="x", name=random.choice(STRANGE), settings={"a": [n, None]}, notes="n"
        )[0]
        for n in range(3)
    ]
    people = [
        library.catalog.add_user_identity("Jo", f"Doe {n}", username=["", "jd"][n], email="a@b", affiliation="[x]")[0]
        for n in range(2)
    ]
    for number in range(count):
        new = NewRecording(
            text=f"{number} {random.choice(STRANGE)}",
            title=random.choice(STRANGE)[:500],
            folder=random.choice(["", "greetings/short"]),
            verdict=random.choice(["", "keep"]),
            language=random.choice(["", "de-AT"]),
            model=random.choice(["", "kokoro"]),
            ai_generated=random.random() < 0.5,
            ai_identity_uid=random.choice([None, *voices]),
            user_identity_uid=random.choice([None, *people]),
            session=random.choice(STRANGE)[:100],
            rating=random.choice([None, 0, 5]),
            notes=random.choice(STRANGE),
            generation={"params": a_json_value(random)},
            metadata={"m": a_json_value(random), "speaker": random.choice(STRANGE)},
            tags=tuple(random.sample(["a", "b c", "ü", "x\udce9"], random.randrange(4))),
            created_at=datetime(1999, 12, 31, 23, 59, 59, 999_000, UTC) + timedelta(days=random.randrange(9999)),
        )
        kinds = random.sample(["audio", "transcript", "raw_2"], random.randrange(4))
        if not kinds:
            library.catalog.add_recording(new)
            continue
        uid = ingest.add(new, {kind: some_file(folder, random, kind) for kind in kinds})
        for kind in kinds:
            for _ in range(random.randrange(3)):
                ingest.add_file(uid, kind, some_file(folder, random, kind))
        if random.random() < 0.3:
            library.catalog.remove_file(library.catalog.resolve_recording(uid), kinds[0])


def some_file(folder: Path, random: Random, kind: str) -> Path:
    name = f"{random.randrange(1 << 30)}{random.choice(['', os.fsdecode(b'caf%c ' % 233), ' [x]'])}"
    if kind == "audio":
        return write(folder / f"{name}.wav", wav(random.randrange(1 << 30), frames=random.randrange(1, 500)))
    return write(folder / name, random.randbytes(random.randrange(300)) + name.encode(errors="replace"))


def manifest_lines(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / MANIFEST_NAME).read_bytes().split(b"\n") if line]


def tamper(directory: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrite the first line of a manifest."""
    first, *others = manifest_lines(directory)
    change(first)
    lines = (json.dumps(line) for line in (first, *others))
    (directory / MANIFEST_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.matrix) for seed in (2, 3))])
def test_what_was_exported_comes_back_without_loss(tmp_path: Path, library: Library, other: Library, seed: int) -> None:
    fill(library, tmp_path / "sources", 25, seed)
    first = do_export(library, tmp_path / "first")

    report = do_import(other, tmp_path / "first")
    second = do_export(other, tmp_path / "second")

    assert (first.failed, report.failed, report.duplicates, second.failed) == ((), (), (), ())
    assert len(report.added) == first.recordings
    assert manifest_lines(tmp_path / "first") == manifest_lines(tmp_path / "second")
    assert leftovers(other) == []


def test_the_same_export_again_changes_nothing(tmp_path: Path, library: Library, other: Library) -> None:
    fill(library, tmp_path / "sources", 25, seed=9)
    do_export(library, tmp_path / "out")
    do_import(other, tmp_path / "out")
    before = everything(other)

    for into in (other, library):
        report = do_import(into, tmp_path / "out" / MANIFEST_NAME)
        assert (report.added, report.failed, report.unchanged) == ((), (), 25)

    assert everything(other) == before


def test_one_undo_takes_back_an_import_of_an_export(tmp_path: Path, library: Library, other: Library) -> None:
    fill(library, tmp_path / "sources", 10, seed=1)
    do_export(library, tmp_path / "out")
    do_import(other, tmp_path / "out")

    other.catalog.undo()

    assert all(recording.deleted_at for recording in everything(other))


def test_a_recording_that_differs_here_is_told_and_not_changed(
    tmp_path: Path, library: Library, ingest: Ingest
) -> None:
    uid = ingest.add(NewRecording(text="first"), {"audio": write(tmp_path / "a.wav", wav())})
    do_export(library, tmp_path / "out")
    library.catalog.edit_recordings(library.all_ids(), {"text": "second", "rating": 4})

    report = do_import(library, tmp_path / "out")

    (failed,) = report.failed
    assert isinstance(failed.error, CatalogError)
    assert "differs in: text, rating" in failed.error.message
    assert failed.path.name == f"{MANIFEST_NAME}:1"
    assert library.catalog.recording(uid).text == "second"


def test_a_recording_in_the_trash_here_is_told(tmp_path: Path, library: Library) -> None:
    library.catalog.add_recording(NewRecording(text="x"))
    do_export(library, tmp_path / "out")
    library.catalog.trash_recordings(library.all_ids())

    report = do_import(library, tmp_path / "out")

    assert "restore-recording" in report.failed[0].error.hint


def test_identities_that_are_known_here_are_found_by_what_identifies_them(
    tmp_path: Path, library: Library, other: Library
) -> None:
    voice, _ = library.catalog.add_ai_identity("kokoro", "heart", name="there")
    known, _ = other.catalog.add_ai_identity("kokoro", "heart", name="here")
    library.catalog.add_recording(NewRecording(text="x", ai_identity_uid=voice))
    do_export(library, tmp_path / "out")

    first, second = do_import(other, tmp_path / "out"), do_import(other, tmp_path / "out")

    (recording,) = everything(other)
    assert recording.ai_identity is not None
    assert (recording.ai_identity.uid, recording.ai_identity.name) == (known, "here")
    assert (len(first.added), second.unchanged) == (1, 1)


def test_recordings_with_the_same_bytes_come_back_as_two(tmp_path: Path, library: Library, other: Library) -> None:
    source = write(tmp_path / "a.wav", wav())
    for _ in range(2):
        ingest_of(library).add(NewRecording(), {"audio": source}, IngestOptions(allow_duplicate=True))
    do_export(library, tmp_path / "out")

    report = do_import(other, tmp_path / "out")

    assert (len(report.added), report.duplicates, report.failed) == (2, (), ())
    assert leftovers(other) == []


def test_bytes_that_another_recording_has_here_are_duplicates(
    tmp_path: Path, library: Library, other: Library, ingest: Ingest
) -> None:
    source = write(tmp_path / "a.wav", wav())
    ingest.add(NewRecording(), {"audio": source})
    uid = ingest_of(other).add(NewRecording(), {"audio": source})
    do_export(library, tmp_path / "out")

    report = do_import(other, tmp_path / "out")

    assert [duplicate.uid for duplicate in report.duplicates] == [uid]
    assert len(everything(other)) == 1


def test_a_library_that_lost_its_catalog_takes_its_own_files_back(
    tmp_path: Path, library: Library, other: Library
) -> None:
    fill(library, tmp_path / "sources", 12, seed=5)
    do_export(library, tmp_path / "out")
    shutil.copytree(library.folder / "local", other.folder / "local", dirs_exist_ok=True)

    report = do_import(other, tmp_path / "out")

    assert (len(report.added), report.failed) == (12, ())
    assert [one for one in other.untruths("local") if not one.startswith("catalog lacks")] == []


def test_other_bytes_under_a_key_are_never_overwritten(
    tmp_path: Path, library: Library, other: Library, ingest: Ingest
) -> None:
    uid = ingest.add(NewRecording(), {"audio": write(tmp_path / "a.wav", wav())})
    key = library.catalog.recording(uid).files[0].copies[0].key
    do_export(library, tmp_path / "out")
    taken = write(other.folder / "local" / key, b"somebody's")

    report = do_import(other, tmp_path / "out")

    assert len(report.failed) == 1
    assert taken.read_bytes() == b"somebody's"
    assert everything(other) == []


def test_a_dry_run_of_an_export_tells_what_would_come(tmp_path: Path, library: Library, other: Library) -> None:
    fill(library, tmp_path / "sources", 10, seed=2)
    do_export(library, tmp_path / "out")

    report = do_import(other, tmp_path / "out", dry_run=True)

    assert (len(report.added), report.failed) == (10, ())
    assert (everything(other), other.catalog.list_identities()) == ([], [])


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../secret.wav", "path is not a path inside"),
        ("/etc/passwd", "path is not a path inside"),
        ("link.wav", "symbolic link"),
        ("inner/secret.wav", "symbolic link|no such file"),
        ("pipe.wav", "named pipe"),
        ("nothing.wav", "no such file"),
        (".", "path is not a path inside"),
    ],
)
def test_nothing_outside_the_exported_folder_is_read(
    tmp_path: Path, library: Library, other: Library, path: str, reason: str
) -> None:
    source = write(tmp_path / "secret/secret.wav", wav())
    ingest_of(library).add(NewRecording(), {"audio": source})
    out = tmp_path / "out"
    do_export(library, out)
    shutil.copy(source, tmp_path / "secret.wav")
    (out / "link.wav").symlink_to(source)
    (out / "inner").symlink_to(source.parent)
    os.mkfifo(out / "pipe.wav")

    tamper(out, lambda line: line["files"][0].update(path=path))
    report = do_import(other, out)

    (failed,) = report.failed
    assert failed.path.name == f"{MANIFEST_NAME}:1"
    assert isinstance(failed.error, InvalidInput)
    assert re.search(reason, failed.error.message)
    assert everything(other) == []
    assert leftovers(other) == []


def test_bytes_that_are_not_those_of_the_manifest_are_refused(
    tmp_path: Path, library: Library, other: Library, ingest: Ingest
) -> None:
    ingest.add(NewRecording(), {"audio": write(tmp_path / "a.wav", wav())})
    do_export(library, tmp_path / "out")
    next((tmp_path / "out").glob("*.wav")).write_bytes(wav(seed=7))

    report = do_import(other, tmp_path / "out")

    assert isinstance(report.failed[0].error, IntegrityError)
    assert (everything(other), leftovers(other)) == ([], [])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rating": 6}, ":1: rating is not"),
        ({"text": "", "files": []}, "text or a file"),
        ({"metadata": {"deep": json.loads("[" * 200 + "]" * 200)}}, "deep"),
        ({"folder": "../.."}, "folder"),
        ({"tags": [""]}, "tag"),
        ({"verdict": "two words"}, "verdict"),
        ({"created_at": "9999-12-31T23:59:59-23:00"}, "created_at"),
    ],
)
def test_a_line_that_cannot_be_taken_is_refused_alone(
    tmp_path: Path, library: Library, other: Library, change: dict[str, Any], reason: str
) -> None:
    for text in ("first", "second"):
        library.catalog.add_recording(NewRecording(text=text))
    do_export(library, tmp_path / "out")
    tamper(tmp_path / "out", lambda line: line.update(change))

    report = do_import(other, tmp_path / "out")

    (failed,) = report.failed
    assert failed.path.name == f"{MANIFEST_NAME}:1"
    assert re.search(reason, failed.error.message)
    assert [recording.text for recording in everything(other)] == ["second"]


def test_an_identity_that_cannot_be_taken_keeps_only_its_recording_out(
    tmp_path: Path, library: Library, other: Library
) -> None:
    voice, _ = library.catalog.add_ai_identity("kokoro", "heart")
    for text in ("first", "second"):
        library.catalog.add_recording(NewRecording(text=text, ai_identity_uid=voice))
    do_export(library, tmp_path / "out")
    tamper(tmp_path / "out", lambda line: line["ai_identity"].update(model=" "))

    report = do_import(other, tmp_path / "out")

    assert (len(report.failed), [recording.text for recording in everything(other)]) == (1, ["second"])


def test_a_text_file_does_not_become_audio_by_a_manifest(
    tmp_path: Path, library: Library, other: Library, ingest: Ingest
) -> None:
    ingest.add(NewRecording(), {"notes": write(tmp_path / "a.txt", b"text")})
    do_export(library, tmp_path / "out")
    tamper(tmp_path / "out", lambda line: line["files"][0].update(kind="audio"))

    report = do_import(other, tmp_path / "out")

    assert (len(report.failed), leftovers(other)) == (1, [])


def test_a_line_that_stands_twice_is_added_once(tmp_path: Path, library: Library, other: Library) -> None:
    library.catalog.add_recording(NewRecording(text="x"))
    do_export(library, tmp_path / "out")
    manifest = tmp_path / "out" / MANIFEST_NAME
    manifest.write_bytes(manifest.read_bytes() * 2)

    report = do_import(other, tmp_path / "out")

    assert (len(report.added), len(report.duplicates)) == (1, 1)


def test_a_file_that_was_not_exported_is_told(tmp_path: Path, library: Library, other: Library) -> None:
    ingest_of(library).add(NewRecording(text="x"), {"audio": write(tmp_path / "a.wav", wav())})
    library.lose("local", library.all_ids())
    do_export(library, tmp_path / "out")

    report = do_import(other, tmp_path / "out")

    assert "lacks audio version 1" in report.notes[0]
    assert everything(other)[0].files == ()


@pytest.mark.parametrize("options", [IngestOptions(in_place=True), IngestOptions(move=True)])
def test_an_export_is_always_copied(tmp_path: Path, library: Library, options: IngestOptions) -> None:
    do_export(library, tmp_path / "out")
    (tmp_path / "out" / MANIFEST_NAME).write_bytes(b'{"audiotui": 1}')

    with pytest.raises(InvalidInput, match="only be copied"):
        do_import(library, tmp_path / "out", files=options)


def test_a_manifest_that_is_a_link_is_not_followed(tmp_path: Path, library: Library, other: Library) -> None:
    library.catalog.add_recording(NewRecording(text="x"))
    do_export(library, tmp_path / "out")
    (tmp_path / "trap").mkdir()
    (tmp_path / "trap" / MANIFEST_NAME).symlink_to(tmp_path / "out" / MANIFEST_NAME)

    report = do_import(other, tmp_path / "trap")

    assert (report.added, everything(other)) == ((), [])


@pytest.fixture
def few_open_files() -> Iterator[None]:
    """This process may have half as many files open as is usual."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.matrix
@pytest.mark.usefixtures("few_open_files")
def test_recordings_of_many_files_do_not_open_too_many_at_once(
    tmp_path: Path, library: Library, ingest: Ingest, other: Library
) -> None:
    kinds = [f"part{number}" for number in range(15)]
    for number in range(40):
        files = {kind: write(tmp_path / f"{number}-{kind}", f"{number} {kind}".encode()) for kind in kinds}
        ingest.add(NewRecording(text=f"recording {number}"), files)
    do_export(library, tmp_path / "out")

    report = do_import(other, tmp_path / "out")

    assert (len(report.added), report.failed) == (40, ())
    assert [len(recording.files) for recording in everything(other)] == [15] * 40
