"""The examples of the README, run as they stand, and the story that they tell: no byte is ever silently wrong."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from audiotui.config import load_config
from tests.cli.conftest import write_wav

if TYPE_CHECKING:
    from collections.abc import Callable

    from audiotui import AudioManager

    from .conftest import Result, Run

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PLACEHOLDER = "12345678-1234-5678-1234-567812345678"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def block(beginning: str, language: str = "") -> str:
    """The code block of the README that begins so."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)
    [found] = [one for one in blocks if one.startswith(beginning)]
    return str(found)


def digests(folder: Path) -> list[str]:
    return sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.wav"))


def test_the_commands_run_as_they_stand(run: Run, tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "audio.wav")
    outputs: dict[str, str] = {}
    uid = PLACEHOLDER

    for line in block("audio_manager register").splitlines():
        program, command, *rest = shlex.split(line.replace("/path/to/audio.wav", str(sound)).replace(PLACEHOLDER, uid))
        result = run(command, *rest)

        assert (program, result.code) == ("audio_manager", 0), result.err
        outputs[command] = result.out
        if command == "register-recording":
            uid = result.out.strip()

    for command in ("register-ai-identity", "register-user-identity", "register-recording"):
        assert UUID.fullmatch(outputs[command].strip())
    assert outputs["find-recording"].startswith(uid)
    assert outputs["list-recordings"].startswith(uid)
    assert digests(tmp_path / "archive") == digests(tmp_path / "library")


@pytest.mark.parametrize("name", ["audiotui", "audio_manager"])
def test_both_names_of_the_program_are_the_program(name: str, config: Path) -> None:
    program = Path(sys.executable).with_name(name)
    environment = {**os.environ, "AUDIOTUI_CONFIG": str(config)}

    added = subprocess.run(
        [program, "register-ai-identity", "--model", "gpt-4", "--voice", "echo"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )

    assert UUID.fullmatch(added.stdout.strip())


def test_the_python_runs_as_it_stands(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config.rename(tmp_path / "config.yaml")
    write_wav(tmp_path / "audio.wav")
    (tmp_path / "transcript.txt").write_text("Hello world")
    names: dict[str, Any] = {}
    monkeypatch.chdir(tmp_path)

    exec(block("from audiotui", "python").replace("/path/to", str(tmp_path)), names)

    manager: AudioManager = names["manager"]
    recording = manager.get_recording(names["recording_id"])
    manager.close()
    assert names["recording"].uid == recording.uid
    assert recording.ai_identity is not None
    assert (recording.ai_identity.uid, recording.ai_identity.voice) == (names["ai_id"], "echo")
    assert {file.kind: {copy.location for copy in file.copies} for file in recording.files} == {
        "audio": {"local", "archive"},
        "transcript": {"local", "archive"},
    }


def test_the_configuration_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "audiotui.yaml"
    path.write_text(block("audio_manager:", "yaml"))

    config = load_config(path)

    assert list(config.locations) == ["local", "archive"]
    assert config.warnings == ()


def test_what_is_pushed_deleted_and_pulled_back_is_the_same(
    run: Run, tmp_path: Path, records: Callable[[Result], list[dict[str, Any]]]
) -> None:
    sounds = tmp_path / "in"
    sounds.mkdir()
    for number in range(4):
        write_wav(sounds / f"{number}.wav", pitch_hz=300 + number)
        (sounds / f"{number}.txt").write_text(f"take {number}")
    uids = run("import", str(sounds)).out.split()
    local = tmp_path / "library" / "audio"

    rehearsed = run("push-recording", *uids, "--dry-run")
    assert (rehearsed.code, digests(tmp_path / "archive")) == (0, [])
    pushed = run("push-recording", uids[0], *(uid[:13] for uid in uids[1:]))
    for path in local.rglob("*.wav"):
        path.unlink()
    missing = run("verify")
    pulled = run("pull-recording", *uids, "--source", "archive")
    verified = run("verify")

    assert [pushed.code, missing.code, pulled.code, verified.code] == [0, 6, 0, 0], pulled.err
    assert "to archive" in pushed.err
    assert digests(local) == digests(sounds) == digests(tmp_path / "archive")
    assert len(records(run("list-recordings", "where:archive where:local take", "--json"))) == 4


def test_a_library_comes_back_whole_from_its_export(
    run: Run, config: Path, tmp_path: Path, records: Callable[[Result], list[dict[str, Any]]]
) -> None:
    odd = write_wav(tmp_path / os.fsdecode(b"caf\xe9 \x1b[1m.wav"), pitch_hz=500)
    notes = tmp_path / "notes.bin"
    notes.write_bytes(bytes(range(256)))
    person = run("register-user-identity", "--first-name", "Jöhn", "--setting", "mic=u87").out.strip()
    first = run(
        *(
            "register-recording",
            "--text",
            "Hello [red]\x1b",
            "--title",
            "One",
            "--audio-file",
            str(odd),
            "--tag",
            "a b",
        ),
        *("--model", "m", "--voice", "v", "--provider", "p", "--meta", 'deep={"x":[1,null]}', "--rating", "4"),
        *("--session", "s", "--folder", "f/g", "--language", "de", "--verdict", "keep", "--file", f"notes={notes}"),
    ).out.strip()
    run("add-file", first, "audio", str(write_wav(tmp_path / "second.wav", pitch_hz=600)))
    second = run("register-recording", "--text", "spoken", "--user-identity", person).out.strip()
    before = {uid: records(run("show-recording", uid, "--json"))[0] for uid in (first, second)}
    exported = run("export-recordings", "", str(tmp_path / "export"))
    (tmp_path / "library").rename(tmp_path / "lost")

    imported = run("import", str(tmp_path / "export"))
    again = run("import", str(tmp_path / "export"))
    after = {uid: records(run("show-recording", uid, "--json"))[0] for uid in (first, second)}

    assert (exported.code, imported.code, again.code) == (0, 0, 0), imported.err
    assert imported.out.split() == [first, second]
    assert (again.out, "2 recordings unchanged" in again.err) == ("", True)
    for uid in (first, second):
        for file in (*before[uid]["files"], *after[uid]["files"]):
            for copy in file["copies"]:
                del copy["verified_at"]  # the proof is as old as the library
    assert after == before
    assert run("verify").code == 0
