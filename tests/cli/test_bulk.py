"""Importing folders and exporting recordings from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import write_wav

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sounds, one with its text, a file that only looks like one, and a note."""
    root = tmp_path / "takes"
    (root / "more").mkdir(parents=True)
    write_wav(root / "one.wav", pitch_hz=300)
    (root / "one.txt").write_text("Hello world")
    write_wav(root / "more" / "two.wav", pitch_hz=400)
    (root / "fake.wav").write_text("no sound")
    (root / "readme.md").write_text("notes")
    return root


def records(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_an_import_prints_the_new_ids_and_tells_the_rest(run: Run, folder: Path) -> None:
    result = run("import", str(folder), "--tag", "batch", "--meta", "take=1", "--language", "en")

    listed = records(run("list-recordings", "--json").out)
    assert result.code == 8
    assert sorted(result.out.split()) == sorted(record["id"] for record in listed)
    assert "fake.wav" in result.err
    assert {record["text"] for record in listed} == {"Hello world", ""}
    assert all(record["language"] == "en" for record in listed)
    shown = records(run("show-recording", listed[0]["id"], "--json").out)[0]
    assert (shown["tags"], shown["metadata"]) == (["batch"], {"take": 1})


def test_a_dry_run_tells_what_would_be_added(run: Run, folder: Path) -> None:
    result = run("import", str(folder), "--dry-run", "--json")

    outcomes = {line["path"].rpartition("/")[2]: line["outcome"] for line in records(result.out)}
    assert outcomes["one.wav"] == outcomes["two.wav"] == "added"
    assert outcomes["fake.wav"] == "failed"
    assert run("list-recordings").out == ""


def test_a_second_import_adds_nothing_twice(run: Run, folder: Path) -> None:
    (folder / "fake.wav").unlink()
    run("import", str(folder))

    again = run("import", str(folder))

    assert (again.code, again.out) == (0, "")
    assert "2 files in the library already" in again.err


def test_an_import_gives_back_what_was_lost_and_says_so(run: Run, folder: Path) -> None:
    (folder / "fake.wav").unlink()
    run("import", str(folder))
    for kept in folder.parent.rglob("audio.*.wav"):
        kept.unlink()

    planned = run("import", str(folder), "--dry-run")
    result = run("import", str(folder), "--json")

    assert "2 files to be given back" in planned.err
    assert (result.code, {line["outcome"] for line in records(result.out)}) == (0, {"given back"})
    assert "2 files given back" in result.err
    assert run("verify").code == 0


def test_an_imports_identity_makes_its_recordings_generated(run: Run, folder: Path) -> None:
    voice = run("register-ai-identity", "--model", "m", "--voice", "v").out.strip()
    person = run("register-user-identity", "--first-name", "Bob").out.strip()

    wrong = run("import", str(folder), "--ai-identity", person)
    run("import", str(folder), "--ai-identity", voice[:8])

    assert wrong.code == 2
    assert all(
        (record["ai_generated"], record["model"]) == (True, "m")
        for record in records(run("list-recordings", "--json").out)
    )


def test_a_path_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    result = run("import", str(tmp_path / "nowhere"))

    assert result.code == 2
    assert "nowhere" in result.err


def test_an_export_comes_back_whole(run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("import", str(folder), "--tag", "batch")
    exported = run("export-recordings", "", str(tmp_path / "out"))
    other = tmp_path / "other.yaml"
    other.write_text(
        f"audio_manager: {{db_path: {tmp_path}/b/b.db, locations: {{local: {{type: local, path: {tmp_path}/b/f}}}}}}"
    )
    other.chmod(0o600)

    imported = run("import", str(tmp_path / "out"), "--config", str(other))

    assert exported.code == 0, exported.err
    assert exported.out == f"{tmp_path}/out/manifest.jsonl\n"
    assert imported.code == 0, imported.err
    assert run("list-recordings", "--config", str(other)).out == run("list-recordings").out
