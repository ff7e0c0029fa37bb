"""Verifying, sweeping, backing up, the check-up and the history from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run


@pytest.fixture
def pushed(run: Run, wav: Path) -> str:
    """A recording with a copy in the archive."""
    uid = run("register-recording", "--text", "Hello", "--audio-file", str(wav)).out.strip()
    assert run("push-recording", uid).code == 0
    return uid


def test_copies_that_are_right_verify_to_0(run: Run, pushed: str) -> None:
    result = run("verify")

    assert (result.code, result.out) == (0, "")
    assert "2 copies right" in result.err


def test_damage_is_6_and_says_which_copy(run: Run, pushed: str, tmp_path: Path) -> None:
    [copy] = (tmp_path / "archive").rglob("*.wav")
    data = bytearray(copy.read_bytes())
    data[100] ^= 1
    copy.chmod(0o600)
    copy.write_bytes(data)

    result = run("verify", "--location", "archive", "--json")

    [bad] = [json.loads(line) for line in result.out.splitlines()]
    assert result.code == 6
    assert (bad["state"], bad["location"], bad["recording"]) == ("damaged", "archive", pushed)


def test_a_missing_copy_is_6_too(run: Run, pushed: str, tmp_path: Path) -> None:
    [copy] = (tmp_path / "archive").rglob("*.wav")
    copy.unlink()

    result = run("verify", "Hello", "--level", "1")

    assert result.code == 6
    assert result.out.startswith("missing\tarchive\t")


@pytest.mark.parametrize("options", [("--level", "9"), ("--max-time", "soon"), ("--location", "nowhere")])
def test_a_verification_that_makes_no_sense_is_refused(run: Run, options: tuple[str, ...]) -> None:
    assert run("verify", *options).code == 2


@pytest.mark.parametrize("time", ["0", "90s", "20m", "1.5h", "2d"])
def test_times_have_units(run: Run, time: str) -> None:
    assert run("sweep", "--age", time).code == 0


def test_a_backup_prints_its_name_and_is_a_catalog(run: Run, pushed: str, tmp_path: Path) -> None:
    result = run("backup", str(tmp_path / "copy.db"))

    assert result.code == 0, result.err
    assert result.out == f"{tmp_path}/copy.db\n"
    assert (tmp_path / "copy.db").read_bytes().startswith(b"SQLite format 3")


def test_the_doctor_finds_nothing_wrong_with_a_good_library(run: Run, pushed: str) -> None:
    result = run("doctor")

    assert result.code == 0, result.out
    assert "location archive" in result.out


def test_the_doctor_works_without_a_configuration_and_says_what_to_do(run: Run, tmp_path: Path) -> None:
    result = run("doctor", "--config", str(tmp_path / "nowhere.yaml"))

    assert result.code == 1
    assert "nowhere.yaml" in result.out
    assert "audiotui init" in result.out


def test_the_doctor_speaks_json(run: Run) -> None:
    findings = [json.loads(line) for line in run("doctor", "--json").out.splitlines()]

    assert all({"severity", "subject", "message", "hint"} == set(finding) for finding in findings)


def test_a_broken_configuration_is_9_for_every_other_command(run: Run, config: Path) -> None:
    config.write_text("audio_manager: {db_path: a.db, colour: red}\n")

    result = run("list-recordings")

    assert result.code == 9
    assert "colour" in result.err


def test_the_history_names_what_was_done_and_undone(run: Run) -> None:
    uid = run("register-recording", "--text", "a").out.strip()
    run("edit-recording", uid, "--title", "new")
    run("undo")

    changes = [json.loads(line) for line in run("history", "--json").out.splitlines()]

    assert [bool(change["undone_at"]) for change in changes] == [True, False]
    assert changes[0]["actor"] == "cli"
    assert len(run("history", "--limit", "1").out.splitlines()) == 1


def test_what_was_undone_is_done_again(run: Run) -> None:
    uid = run("register-recording", "--text", "a").out.strip()
    run("edit-recording", uid, "--title", "new")
    run("undo")

    redone = run("redo")

    assert redone.code == 0
    assert "Done again: changed title" in redone.err
    assert json.loads(run("show-recording", uid, "--json").out)["title"] == "new"
    assert run("redo").code == 2


def test_there_may_be_nothing_to_undo(run: Run) -> None:
    result = run("undo")

    assert result.code == 2
    assert result.err.startswith("error: ")


def test_searches_are_kept_used_and_forgotten(run: Run) -> None:
    run("register-recording", "--text", "Guten Tag", "--language", "de")
    run("register-recording", "--text", "Hello", "--language", "en")

    assert run("save-search", "german", "lang:de").code == 0
    assert run("list-searches").out == "german\tlang:de\n"
    assert "Guten Tag" in run("list-recordings", "@german").out
    assert len(run("list-recordings", "@german").out.splitlines()) == 1
    assert run("delete-search", "german").code == 0
    assert run("list-searches").out == ""


def test_a_log_file_is_private_and_holds_what_v_would_show(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "audiotui.log"

    run("-v", "list-recordings", "--log-file", str(log))

    assert log.stat().st_mode & 0o777 == 0o600
