"""Several people, programs and threads at one library at once: no lost update, no locked database, no wrong file."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiotui import AudioManager, Duplicate
from tests.cli.conftest import write_wav

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Result, Run

ROOT = Path(__file__).parents[2]

ADD_AND_EDIT = """
import sys
from pathlib import Path
from audiotui import AudioManager

who, shared, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
with AudioManager() as library:
    for number in range(12):
        voice = library.register_ai_identity(ai_model="m", ai_voice=f"v{number}")
        sound = folder / f"{who}-{number}.wav"
        library.register_recording(f"{who} {number}", ai_identity_id=voice, file_paths={"audio": sound})
        library.edit_recording(shared, add_tags=[f"{who}-{number}"])
"""


def python(config: Path, source: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", source, *arguments],
        cwd=ROOT,
        env={**os.environ, "AUDIOTUI_CONFIG": str(config)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(processes: list[subprocess.Popen[str]]) -> list[tuple[int, str]]:
    results = []
    for process in processes:
        _, errors = process.communicate(timeout=60)
        results.append((process.returncode, errors))
    return results


def test_processes_that_add_and_edit_at_once_lose_nothing(run: Run, config: Path, tmp_path: Path) -> None:
    shared = run("register-recording", "--text", "shared").out.strip()
    for who in range(3):
        for number in range(12):
            write_wav(tmp_path / f"p{who}-{number}.wav", pitch_hz=100 + 20 * who + number)

    results = ended([python(config, ADD_AND_EDIT, f"p{who}", shared, str(tmp_path)) for who in range(3)])

    assert [code for code, _ in results] == [0, 0, 0], results
    with AudioManager(config) as library:
        assert len(library.get_recording(shared).tags) == 36
        assert library.count("kind:ai") == 36
        assert len(library.list_identities()) == 12
        report = library.verify()
        assert (report.right, report.is_clean) == (36, True)
        assert [finding.message for finding in library.doctor() if finding.severity != "ok"] == []


def test_pushes_of_the_same_recordings_at_once_all_succeed(
    run: Run, config: Path, tmp_path: Path, records: Callable[[Result], list[dict[str, Any]]]
) -> None:
    sounds = tmp_path / "in"
    sounds.mkdir()
    for number in range(40):
        write_wav(sounds / f"{number}.wav", pitch_hz=200 + number)
    run("import", str(sounds))
    push = "from audiotui import AudioManager\nwith AudioManager() as library:\n    library.push_recordings('')"

    results = ended([python(config, push) for _ in range(3)])

    assert [code for code, _ in results] == [0, 0, 0], results
    assert {job["state"] for job in records(run("list-jobs", "--json"))} == {"done"}
    assert "80 copies right, 0 damaged, 0 missing." in run("verify").err
    assert len(list((tmp_path / "archive").rglob("*.wav"))) == 40


def test_threads_that_add_the_same_sound_make_one_recording(config: Path, tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "same.wav")
    added: list[str] = []
    refused: list[str] = []
    start = threading.Barrier(6)

    with AudioManager(config) as library:

        def add(number: int) -> None:
            start.wait()
            try:
                added.append(library.register_recording(f"text {number}", file_paths={"audio": sound}))
            except Duplicate as error:
                refused.append(error.existing_uid)

        threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert library.count() == 1
    assert len(added) == 1
    assert refused == added * 5
    assert len(list((tmp_path / "library" / "audio").rglob("*.wav"))) == 1


def test_one_manager_serves_many_threads(config: Path, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    with AudioManager(config) as library:

        def work(who: int) -> None:
            try:
                for number in range(8):
                    sound = write_wav(tmp_path / f"{who}-{number}.wav", pitch_hz=100 + 10 * who + number)
                    uid = library.register_recording(f"thread {who} take {number}", file_paths={"audio": sound})
                    library.push_recording(uid)
                    assert [row.uid for row in library.find(f'"thread {who} take {number}"')] == [uid]
                    library.edit_recording(uid, title=f"title {number}")
            except BaseException as error:  # noqa: BLE001 - a thread's failure is shown by the test
                failures.append(error)

        threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []
        assert library.count("title where:archive") == 32
        assert library.verify().right == 64
