"""When the machine fails: full and read-only disks, damaged libraries, kills; each told, and nothing lost."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from audiotui import AudioManager, AudiotuiError
from audiotui.core.database import sqlite3
from audiotui.model import PART_BYTES
from tests.cli.conftest import write_wav
from tests.faults import flip_byte, read_only, small_disk

from .test_bad_input import assert_refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Result, Run

EVERY_DAY = (
    *(("list-recordings",), ("find-recording", "--text", "hello"), ("register-recording", "--text", "hello")),
    *(("push-recordings", ""), ("pull-recordings", ""), ("verify",), ("undo",), ("history",), ("list-identities",)),
)


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder of thirty sounds with their texts."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(30):
        write_wav(folder / f"clip-{number:02}.wav", pitch_hz=200 + number, seconds=1)
        (folder / f"clip-{number:02}.txt").write_text(f"clip number {number}")
    return folder


def sound_files(config: Path, location: str = "library/audio") -> list[Path]:
    return sorted((config.parent / location).rglob("*.wav"))


def test_an_import_onto_a_full_disk_says_so_once_and_goes_on_when_there_is_room(
    run: Run, config: Path, sounds: Path
) -> None:
    local = config.parent / "library" / "audio"
    local.parent.mkdir()
    with small_disk(local, 200_000):
        full = run("import", str(sounds))
        listed = run("list-recordings").out.splitlines()
        clean = run("verify")

        assert full.code == 8
        assert full.err.count("no space is left") == 1
        assert 0 < len(full.out.splitlines()) == len(listed) == len(sound_files(config)) < 30
        assert clean.code == 0
        subprocess.run(["mount", "-o", "remount,size=9m", str(local)], check=True)
        assert run("import", str(sounds)).code == 0
        assert len(sound_files(config)) == 30


def test_an_import_that_cannot_go_on_says_that_files_are_left(run: Run, config: Path, tmp_path: Path) -> None:
    local = config.parent / "library" / "audio"
    local.parent.mkdir()
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(500):
        write_wav(folder / f"{number}.wav", pitch_hz=100 + number, seconds=0.02)
    with small_disk(local, 400_000):
        result = run("import", str(folder))

    assert result.code == 8
    assert "Stopped there: the files that are left would fail too." in result.err
    assert len(result.out.splitlines()) < 200


def test_a_library_on_a_read_only_disk_is_read_and_every_change_refused(run: Run, config: Path, sounds: Path) -> None:
    run("import", str(sounds))
    uid = run("list-recordings", "--limit", "1").out.split("\t")[0]
    with read_only(config.parent / "library"):
        reading = [run("list-recordings", "clip"), run("show-recording", uid), run("history"), run("list-identities")]
        changes = [
            run("register-recording", "--text", "new"),
            run("import", str(sounds), "--allow-duplicate"),
            run("edit-recording", uid, "--title", "new"),
            run("delete-recording", uid),
            run("undo"),
        ]

    assert [result.code for result in reading] == [0, 0, 0, 0]
    assert len(reading[0].out.splitlines()) == 30
    for change in changes:
        assert_refused(change, 3)
        assert "reading only" in change.err


def test_a_library_on_a_read_only_disk_that_never_had_a_journal_is_exported(
    run: Run, config: Path, sounds: Path, tmp_path: Path
) -> None:
    run("import", str(sounds))
    for path in (config.parent / "library").glob("*.jobs.db*"):
        path.unlink()
    with read_only(config.parent / "library"):
        jobs, exported = run("list-jobs"), run("export-recordings", "", str(tmp_path / "out"))

    assert (jobs.code, jobs.out) == (0, "")
    assert exported.code == 0, exported.err
    assert len(list((tmp_path / "out").rglob("*.wav"))) == 30


def test_a_library_on_a_read_only_disk_is_verified_and_says_that_it_keeps_no_record(
    run: Run, config: Path, sounds: Path
) -> None:
    run("import", str(sounds))
    clips = sorted((config.parent / "library").rglob("audio.*.wav"))
    flip_byte(clips[0])
    clips[1].unlink()
    with read_only(config.parent / "library"):
        found = run("verify")
        quick = run("verify", "--level", "1", "--max-time", "1h")

    assert found.code == quick.code == 6
    assert "28 copies right, 1 damaged, 1 missing" in found.err
    assert "29 copies right, 0 damaged, 1 missing" in quick.err
    assert [line for line in found.err.splitlines() if "not recorded" in line] == [
        "note: The library can only be read, so what was found is not recorded."
    ]


def foreign(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE guests (name)")
    database.close()


def newer(path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 1000")
    database.close()


def cut(path: Path) -> None:
    os.truncate(path, 50_000)


def no_database(path: Path) -> None:
    path.write_text("These are notes, no database." * 100)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (foreign, "another program's database"),
        (newer, "Upgrade audiotui"),
        (cut, "damaged"),
        (no_database, "not an SQLite file"),
    ],
)
def test_a_database_that_is_no_usable_library_is_refused_and_left_alone(
    run: Run, config: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    path = config.parent / "library" / "registry.db"
    if spoil is foreign:
        path.parent.mkdir()
    else:
        run("register-recording", "--text", "hello")
    spoil(path)
    before = path.read_bytes()

    results = [run(*command) for command in EVERY_DAY]
    doctor = run("doctor")

    for result in results:
        assert_refused(result, 3)
        assert reason in result.err
    assert doctor.code == 1
    assert reason in doctor.out
    assert path.read_bytes() == before


def use_everything(config: Path) -> None:
    """Everyday calls, each of which may be refused, but only in words."""
    with AudioManager(config) as library:
        calls: list[Callable[[], object]] = [
            lambda: list(library.find("")),
            lambda: library.find_text("hello"),
            lambda: library.register_recording("new"),
            lambda: library.list_identities(),
            lambda: library.history(),
            lambda: library.push_recordings(""),
            lambda: library.list_jobs(),
            lambda: library.doctor(),
            lambda: library.verify(),
            lambda: library.sweep(0),
            lambda: library.undo(),
        ]
        for call in calls:
            try:
                call()
            except AudiotuiError as error:
                assert error.hint  # noqa: PT017 - that a refusal says what to do is what this is about


@pytest.mark.parametrize("name", ["registry.db", "registry.jobs.db"])
def test_flipped_pages_of_a_database_are_told_and_never_crash(run: Run, config: Path, sounds: Path, name: str) -> None:
    run("import", str(sounds))
    run("push-recordings", "clip-01")
    whole = config.parent / "library"
    kept = config.parent / "kept"
    shutil.copytree(whole, kept)
    size = (kept / name).stat().st_size
    chance = random.Random(3)

    for _ in range(10):
        shutil.rmtree(whole)
        shutil.copytree(kept, whole)
        page = chance.randrange(0, size, 4096)
        for _ in range(chance.choice([1, 8, 64])):
            flip_byte(whole / name, page + chance.randrange(256))

        use_everything(config)


def test_a_damaged_name_of_a_table_is_damage_too(run: Run, config: Path) -> None:
    run("register-recording", "--text", "hello")
    path = config.parent / "library" / "registry.db"
    # A row of the schema: type, name, table, root page (one byte), statement. Of a statement that it cannot read,
    # SQLite quotes the name.
    row, spoilt = rb"tablerecordings(recordings.CREAT)E TABLE", b"tabler\xaecordings\\1X TABLE"
    data, found = re.subn(row, spoilt, path.read_bytes(), flags=re.DOTALL)
    assert found
    path.write_bytes(data)

    result = run("list-recordings")

    assert_refused(result, 3)
    assert "damaged" in result.err


def start(config: Path, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """The real program, running."""
    return subprocess.Popen(
        [sys.executable, "-m", "audiotui", *arguments],
        env={**os.environ, "AUDIOTUI_CONFIG": str(config), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_after(seconds: float, config: Path, *arguments: str) -> None:
    """Start the real program and kill it, as a power cut would."""
    process = start(config, *arguments)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.matrix
def test_kills_at_random_moments_lose_nothing_and_the_same_commands_go_on(
    run: Run, config: Path, sounds: Path, records: Callable[[Result], list[dict[str, Any]]]
) -> None:
    chance = random.Random(11)
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", "audiotui", "--version"], check=True, stdout=subprocess.DEVNULL)
    start_s = time.perf_counter() - started

    for command in (("import", str(sounds)), ("push-recordings", ""), ("push-recordings", "")):
        for _ in range(4):
            kill_after(start_s * chance.uniform(0.8, 3), config, *command)
        assert run(*command).code == 0
    for path in sound_files(config):
        path.unlink()
    for _ in range(4):
        kill_after(start_s * chance.uniform(0.8, 3), config, "pull-recordings", "")
    assert run("pull-recordings", "").code == 0
    jobs = records(run("list-jobs", "--json"))
    swept = run("sweep", "--age", "0")
    verified = run("verify")

    assert {job["state"] for job in jobs} == {"done"}
    assert (swept.code, verified.code) == (0, 0), verified.out
    assert "60 copies right, 0 damaged, 0 missing." in verified.err
    for location in ("library/audio", "archive"):
        files = [path for path in (config.parent / location).rglob("*") if path.is_file()]
        assert len([path for path in files if path.suffix == ".wav"]) == 30
        assert [path.name for path in files if path.suffix != ".wav"] == [".audiotui-location"]
    assert len(records(run("list-recordings", "--json"))) == 30


def test_a_job_whose_process_was_killed_is_called_interrupted(run: Run, config: Path, sounds: Path) -> None:
    run("import", str(sounds))
    run("push-recordings", "")
    journal = sqlite3.connect(config.parent / "library" / "registry.jobs.db")
    with journal:
        journal.execute("UPDATE jobs SET state = 'running', owner = 'another boot|0|1|0'")
    journal.close()

    listed = run("list-jobs")
    doctor = run("doctor")

    assert listed.out.split("\t")[2] == "interrupted"
    assert "was interrupted" in doctor.out
    assert "retry-job" in doctor.out


def test_a_lost_recording_is_told_until_it_is_back_and_a_freed_copy_once(run: Run, config: Path, sounds: Path) -> None:
    run("import", str(sounds))
    run("push-recordings", "clip-00")
    freed, lost = (
        next(path for path in sound_files(config) if path.parent.name == run("list-recordings", name).out[:36])
        for name in ("clip-00", "clip-01")
    )
    content = lost.read_bytes()
    freed.unlink()
    lost.unlink()

    first = run("verify")
    second = run("verify")
    lost.write_bytes(content)
    third = run("verify")

    assert (first.code, first.out.count("missing\t")) == (6, 2)
    assert (second.code, second.out.count("missing\t"), "clip-01" in second.out) == (6, 1, True)
    assert (third.code, third.out) == (0, "")
    assert "1 missing; 1 known to be missing." in second.err
    assert "0 missing; 1 known to be missing; 1 there again." in third.err
    assert run("list-recordings", "state:missing").out == ""


def test_the_next_push_goes_on_with_the_bytes_of_a_big_file_that_are_there(
    run: Run, config: Path, tmp_path: Path, records: Callable[[Result], list[dict[str, Any]]]
) -> None:
    big = write_wav(tmp_path / "big.wav")
    with big.open("ab") as file:
        file.truncate(5 * PART_BYTES)  # a hole after the sound
    uid = run("register-recording", "--audio-file", str(big)).out.strip()
    archive = config.parent / "archive"
    killed = start(config, "push-recording", uid, AUDIOTUI_CRASHPOINT="local.after_write:3").wait(60)
    [interrupted] = records(run("list-jobs", "--json"))

    again = run("push-recording", uid, "--json")

    events = records(again)
    started = next(event for event in events if event["event"] == "started")
    assert killed == -signal.SIGKILL
    assert (interrupted["state"], interrupted["is_live"]) == ("running", False)
    assert (again.code, started["job"]) == (0, interrupted["id"])
    assert started["resumed_bytes"] >= 2 * PART_BYTES
    assert {job["state"] for job in records(run("list-jobs", "--json"))} == {"done"}
    assert [path.suffix for path in archive.rglob("*.*") if path.is_file()].count(".wav") == 1
    assert list(archive.rglob("*.atpart")) == []


def test_the_doctor_tells_of_a_location_that_was_renamed(run: Run, config: Path, sounds: Path) -> None:
    run("import", str(sounds))
    run("push-recordings", "clip-01")
    config.write_text(config.read_text().replace("    archive:", "    vault:"))

    doctor = run("doctor")

    assert doctor.code == 0
    assert "location archive: Copies lie there" in doctor.out
    assert "was it renamed?" in doctor.out
