"""Exporting: readable names, proven bytes, and a manifest that is there last."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.backends.keys import key_problem
from audiotui.errors import AlreadyExists, InvalidInput, KeyNotFound, SourceDamaged
from audiotui.model import NewRecording
from audiotui.transfer.exportfolder import UNFINISHED_NAME
from audiotui.transfer.exportnames import readable_name
from audiotui.transfer.manifest import MANIFEST_NAME
from tests.faults import flip_byte
from tests.transfer.importing import do_export, do_import, everything, wav, wavs, write

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.transfer.ingest import Ingest
    from audiotui.transfer.reports import BulkProgress
    from tests.transfer.library import Library


def manifest_of(directory: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / MANIFEST_NAME).read_text(encoding="utf-8").splitlines()]


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_files_have_readable_names_and_the_manifest_tells_them(
    tmp_path: Path, library: Library, ingest: Ingest
) -> None:
    audio, text = write(tmp_path / "x.WAV", wav()), write(tmp_path / "y.txt", b"hi")
    uid = ingest.add(NewRecording(text="Hello, world: 1/2!"), {"audio": audio, "transcript": text})

    report = do_export(library, tmp_path / "out")

    short = uid[:8]
    assert names_in(tmp_path / "out") == [
        f"Hello-world-1-2_{short}.transcript.txt",
        f"Hello-world-1-2_{short}.wav",
        MANIFEST_NAME,
    ]
    assert (tmp_path / "out" / f"Hello-world-1-2_{short}.wav").read_bytes() == wav()
    (line,) = manifest_of(tmp_path / "out")
    assert (line["uid"], line["text"]) == (uid, "Hello, world: 1/2!")
    assert [file["path"] for file in line["files"]] == names_in(tmp_path / "out")[1::-1]
    assert (report.recordings, report.copied_files, report.failed) == (1, 2, ())


def test_all_versions_are_exported(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    uid = ingest.add(NewRecording(title="a"), {"audio": write(tmp_path / "a.wav", wav(1))})
    ingest.add_file(uid, "audio", write(tmp_path / "b.wav", wav(2)))
    ingest.add_file(uid, "audio", tmp_path / "a.wav")

    do_export(library, tmp_path / "out")

    (line,) = manifest_of(tmp_path / "out")
    stored = [(tmp_path / "out" / file["path"]).read_bytes() for file in line["files"]]
    assert [file["version"] for file in line["files"]] == [1, 2, 3]
    assert stored == [wav(1), wav(2), wav(1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("C:\\Windows\\x", "C-Windows-x"),
        ("", ""),
        ("...", ""),
        ("a\x00b\x1b[31m\u202ec", "a-b-31m-c"),
        ("朝のあいさつ。", "朝のあいさつ"),
        ("สวัสดี", "สวัสดี"),
        ("नमस्ते", "नमस्ते"),
        ("Cafe\u0301", "Café"),
        ("x" + "\u0301" * 10_000, "x\u0301\u0301\u0301\u0301"),
        ("\u0301\u0301a", "a"),
        ("w" * 500, "w" * 80),
        ("朝" * 100, "朝" * 26),
        ("CON", "CON"),
        ("\udce9\ud800x", "x"),
        ("🎉 party 🎉", "party"),
    ],
)
def test_any_text_makes_a_harmless_name(text: str, expected: str) -> None:
    name = readable_name(text)

    assert name == expected
    assert not key_problem(f"{name}_12345678.wav")


def test_names_differ_also_where_case_does_not_count(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    for number, title in enumerate(["Kick", "kick", "KICK", "", "Recording"]):
        ingest.add(NewRecording(title=title), {"audio": write(tmp_path / f"{number}.wav", wav(number))})

    do_export(library, tmp_path / "out")

    assert len({name.casefold() for name in names_in(tmp_path / "out")}) == 6


def test_recordings_whose_ids_begin_alike_have_names_of_their_own(
    tmp_path: Path, library: Library, ingest: Ingest
) -> None:
    uids = [f"12345678-1234-4234-8234-{number:012}" for number in range(2)]
    for number, uid in enumerate(uids):
        ingest.add(NewRecording(uid=uid, title="a"), {"audio": write(tmp_path / f"{number}.wav", wav(number))})

    do_export(library, tmp_path / "out")

    assert names_in(tmp_path / "out") == [*(f"a_{uid}.wav" for uid in uids), MANIFEST_NAME]


def test_a_file_that_is_not_here_is_told_and_the_others_are_exported(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path / "takes", 3)
    do_import(library, tmp_path / "takes")
    missing, damaged, _ = everything(library)
    library.lose("local", [missing.id])
    flip_byte(library.path("local", damaged.id), at=100)

    report = do_export(library, tmp_path / "out")

    errors = {failed.uid: type(failed.error) for failed in report.failed}
    assert errors == {missing.uid: KeyNotFound, damaged.uid: SourceDamaged}
    assert [line["files"][0]["path"] is None for line in manifest_of(tmp_path / "out")] == [True, True, False]
    assert len(names_in(tmp_path / "out")) == 2


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path, library: Library) -> None:
    write(tmp_path / "out/thesis.doc", b"x")

    with pytest.raises(InvalidInput, match="it is not empty"):
        do_export(library, tmp_path / "out")

    assert names_in(tmp_path / "out") == ["thesis.doc"]


def test_a_manifest_of_another_program_is_not_replaced(tmp_path: Path, library: Library) -> None:
    write(tmp_path / "out" / MANIFEST_NAME, b'{"path": "a.wav"}\n')

    with pytest.raises(InvalidInput, match="no export"):
        do_export(library, tmp_path / "out")

    assert (tmp_path / "out" / MANIFEST_NAME).read_bytes() == b'{"path": "a.wav"}\n'


def test_a_file_in_the_way_is_not_overwritten(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    uid = ingest.add(NewRecording(title="a"), {"audio": write(tmp_path / "a.wav", wav())})
    do_export(library, tmp_path / "out")
    (tmp_path / "out" / f"a_{uid[:8]}.wav").write_bytes(b"mine")

    report = do_export(library, tmp_path / "out")

    assert [type(failed.error) for failed in report.failed] == [AlreadyExists]
    assert (tmp_path / "out" / f"a_{uid[:8]}.wav").read_bytes() == b"mine"


def test_a_link_in_the_way_is_not_written_through(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    uid = ingest.add(NewRecording(title="a"), {"audio": write(tmp_path / "a.wav", wav())})
    victim = write(tmp_path / "victim", b"precious")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / f"a_{uid[:8]}.wav").symlink_to(victim)
    write(tmp_path / "out" / UNFINISHED_NAME, b"")

    report = do_export(library, tmp_path / "out")

    assert len(report.failed) == 1
    assert victim.read_bytes() == b"precious"


def test_a_second_run_copies_only_what_is_missing(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path / "takes", 3)
    do_import(library, tmp_path / "takes")
    do_export(library, tmp_path / "out")
    before = (tmp_path / "out" / MANIFEST_NAME).read_bytes()
    next((tmp_path / "out").glob("take-001*")).unlink()

    report = do_export(library, tmp_path / "out")

    assert (report.copied_files, report.present_files) == (1, 2)
    assert (tmp_path / "out" / MANIFEST_NAME).read_bytes() == before


def test_an_export_that_is_cancelled_has_no_manifest_and_goes_on_later(tmp_path: Path, library: Library) -> None:
    wavs(tmp_path / "takes", 150)
    do_import(library, tmp_path / "takes")
    cancel = threading.Event()

    def stop(progress: BulkProgress) -> None:
        if progress.done_items == 10:
            cancel.set()

    first = do_export(library, tmp_path / "out", listener=stop, cancel=cancel)
    names = names_in(tmp_path / "out")
    second = do_export(library, tmp_path / "out")

    assert (first.cancelled, first.failed) == (True, ())
    assert MANIFEST_NAME not in names
    assert second.present_files == first.copied_files > 0
    assert names_in(tmp_path / "out")[0] == MANIFEST_NAME
    assert len(manifest_of(tmp_path / "out")) == 150


def test_temp_files_of_an_export_that_died_are_removed(tmp_path: Path, library: Library) -> None:
    write(tmp_path / "out" / UNFINISHED_NAME, b"half a li")
    write(tmp_path / "out/.00000001-00000002.atpart", b"half a file")

    do_export(library, tmp_path / "out")

    assert names_in(tmp_path / "out") == [MANIFEST_NAME]


def test_two_exports_into_one_folder_do_not_meet(tmp_path: Path, library: Library) -> None:
    unfinished = write(tmp_path / "out" / UNFINISHED_NAME, b"")

    with unfinished.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(InvalidInput, match="Another export"):
            do_export(library, tmp_path / "out")


END_ANOTHER_EXPORT = """
import sys
from pathlib import Path
from audiotui.errors import InvalidInput
from audiotui.transfer.exportfolder import UNFINISHED_NAME, claimed
from audiotui.transfer.manifest import MANIFEST_NAME

folder = Path(sys.argv[1])

def end_the_other(event, arguments):
    if event == "fcntl.flock" and (folder / UNFINISHED_NAME).exists():
        (folder / UNFINISHED_NAME).replace(folder / MANIFEST_NAME)

sys.addaudithook(end_the_other)
try:
    with claimed(folder):
        print("claimed")
except InvalidInput as error:
    print(error.message)
"""


def test_the_manifest_of_an_export_that_ends_just_now_stays_whole(tmp_path: Path) -> None:
    (tmp_path / UNFINISHED_NAME).write_text("the lines of the other export")
    done = subprocess.run(
        [sys.executable, "-c", END_ANOTHER_EXPORT, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert (tmp_path / MANIFEST_NAME).read_text() == "the lines of the other export"
    assert "Another export" in done.stdout


def test_an_export_of_nothing_can_be_repeated(tmp_path: Path, library: Library) -> None:
    do_export(library, tmp_path / "out")

    report = do_export(library, tmp_path / "out")

    assert (report.recordings, names_in(tmp_path / "out")) == (0, [MANIFEST_NAME])


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path, library: Library) -> None:
    with pytest.raises(InvalidInput, match="Cannot export into"):
        do_export(library, write(tmp_path / "file", b"x") / "out")


def test_an_interrupt_does_not_wait_for_what_is_queued(tmp_path: Path, library: Library) -> None:
    do_import(library, *wavs(tmp_path / "in", 60))

    def interrupt(_progress: BulkProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do_export(library, tmp_path / "out", listener=interrupt)
    copied = [name for name in names_in(tmp_path / "out") if name.endswith(".wav")]

    assert len(copied) < 60
    assert len(do_export(library, tmp_path / "out").failed) == 0
