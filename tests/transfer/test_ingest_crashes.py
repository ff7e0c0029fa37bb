"""A process may die anywhere while it adds files: nothing wrong is left, and the next run finishes the work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from audiotui.errors import AccessDenied, Duplicate, LocationFull
from audiotui.model import NewRecording
from audiotui.transfer.sweep import sweep
from tests.faults import crashpoint_names, read_only, small_disk
from tests.transfer.importing import do_import, everything, ingest_of, intents, leftovers, wav, wavs, write
from tests.transfer.library import Library

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.transfer.ingest import Ingest

FILES = 40

PLACES = [
    *("local.after_temp", "local.after_write", "local.before_commit", "local.after_link", "local.after_commit"),
    *(name for name in crashpoint_names("transfer") if name.startswith("ingest.")),
]

ONCE_A_BATCH = {"ingest.after_intent", "ingest.after_catalog"}

IMPORT = """
import sys
from pathlib import Path
from audiotui.transfer.ingest import IngestOptions
from tests.transfer.importing import do_import
from tests.transfer.library import Library

with Library(Path(sys.argv[1])) as library:
    report = do_import(library, Path(sys.argv[2]), files=IngestOptions(move=MOVE))
    print(len(report.added), len(report.duplicates), len(report.failed))
"""


def start(library: Path, source: Path, crashpoint: str = "", *, move: bool = False) -> subprocess.Popen[str]:
    """Import a folder in another process, which dies at the crash point if one is given."""
    return subprocess.Popen(
        [sys.executable, "-c", IMPORT.replace("MOVE", str(move)), str(library), str(source)],
        env={**os.environ, "AUDIOTUI_CRASHPOINT": crashpoint, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def swept(library: Library) -> list[str]:
    """What is left behind after a sweep."""
    report = sweep(library.catalog, library.journal, library.backends.__getitem__, locations=["local"], age_s=0)
    return [*report.problems, *leftovers(library)]


@pytest.mark.parametrize(
    ("place", "visit"),
    [*((place, 2 if place in ONCE_A_BATCH else 35) for place in PLACES), ("local.after_write", 1), (PLACES[-1], 1)],
)
def test_an_import_that_was_killed_leaves_nothing_wrong_and_is_finished_by_the_next(
    tmp_path: Path, place: str, visit: int
) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    sources = wavs(tmp_path / "takes", FILES)
    process = start(folder, tmp_path / "takes", f"{place}:{visit}", move=True)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == -signal.SIGKILL, errors
    with Library(folder) as library:
        assert all(recording.files for recording in everything(library))
        assert swept(library) == []
        report = do_import(library, tmp_path / "takes")
        assert report.failed == ()
        names = [recording.files[0].original_name for recording in everything(library)]
        assert sorted(names) == [source.name for source in sources]
        assert leftovers(library) == []


def test_two_processes_that_import_the_same_folder_add_each_file_once(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    Library(folder).__exit__()
    wavs(tmp_path / "takes", 120)

    processes = [start(folder, tmp_path / "takes") for _ in range(2)]
    results = [process.communicate(timeout=60) for process in processes]

    counts = [tuple(map(int, output.split())) for output, _ in results]
    assert [process.returncode for process in processes] == [0, 0], results
    assert sum(added for added, _, _ in counts) == 120
    assert [failed for _, _, failed in counts] == [0, 0]
    with Library(folder) as library:
        assert len(everything(library)) == 120
        assert leftovers(library) == []


def test_threads_that_add_the_same_file_add_it_once(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    source = write(tmp_path / "a.wav", wav())
    together = threading.Barrier(4)

    def add(_: int) -> str:
        together.wait()
        try:
            return ingest.add(NewRecording(), {"audio": source})
        except Duplicate as error:
            return error.existing_uid

    with ThreadPoolExecutor(4) as pool:
        uids = set(pool.map(add, range(4)))

    assert len(uids) == len(everything(library)) == 1
    assert leftovers(library) == []


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, library: Library) -> None:
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        library.use("local", disk)
        ingest = ingest_of(library)
        ingest.add(NewRecording(), {"audio": write(tmp_path / "small.wav", wav(1))})

        with pytest.raises(LocationFull):
            ingest.add(NewRecording(), {"audio": write(tmp_path / "big.wav", wav(2, frames=1 << 20))})

        assert len(everything(library)) == 1
        assert sum(path.is_file() and path.suffix != "" for path in disk.rglob("*.wav")) == 1
        assert list(disk.rglob("*.atpart")) == []
        assert intents(library) == []
        library.backends["local"].close()


def test_an_import_onto_a_full_disk_stops_and_keeps_what_it_has(tmp_path: Path, library: Library) -> None:
    sources = tmp_path / "takes"
    for number in range(100):
        write(sources / f"take_{number:03}.wav", wav(number, frames=20_000))
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        library.use("local", disk)

        report = do_import(library, sources)

        assert isinstance(report.stopped_by, LocationFull)
        assert 10 < len(report.added) < 30
        assert len(report.added) == len(everything(library)) == len(list(disk.rglob("*.wav")))
        assert intents(library) == []
        library.backends["local"].close()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, library: Library, ingest: Ingest) -> None:
    source = write(tmp_path / "a.wav", wav())

    with read_only(library.folder / "local"), pytest.raises(AccessDenied):
        ingest.add(NewRecording(), {"audio": source})

    assert leftovers(library) == []


def test_folders_that_a_crash_left_without_their_file_are_removed(library: Library) -> None:
    (library.folder / "local/12").mkdir()

    library.backends["local"].discard("12/12345678/.00000001-00000002.atpart")

    assert leftovers(library) == []
