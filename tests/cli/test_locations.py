"""Locations from the command line: the list, the check, the scan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import InTerminal, Run


@pytest.fixture
def pushed(run: Run, wav: Path) -> str:
    """A recording with a copy in the archive."""
    uid = run("register-recording", "--text", "Hello", "--audio-file", str(wav)).out.strip()
    assert run("push-recording", uid).code == 0
    return uid


def test_the_list_has_numbers_and_the_last_check(run: Run, pushed: str) -> None:
    run("locations", "check", "archive")

    listed = [json.loads(line) for line in run("locations", "--json").out.splitlines()]

    assert [(one["name"], one["copies"], one["state"]) for one in listed] == [
        ("local", 1, "unknown"),
        ("archive", 1, "ok"),
    ]
    assert listed[1]["checked_at"].endswith("Z")
    assert listed[1]["capabilities"]["checksum"] == "yes"


def test_the_list_fits_a_terminal(in_terminal: InTerminal, pushed: str) -> None:
    screen = in_terminal("locations")

    assert screen.lines[0].startswith("NAME")
    assert "LAST CHECK" in screen.lines[0]


def test_a_check_tells_each_step_and_what_the_location_can_do(run: Run, tmp_path: Path) -> None:
    result = run("locations", "check", "archive")

    assert result.code == 0
    assert "ok      store a file" in result.out
    assert "checksum: yes" in result.out
    assert [path.name for path in (tmp_path / "archive").rglob("*") if not path.name.startswith(".audiotui")] == []


def test_a_check_of_a_folder_that_is_away_is_5(run: Run, pushed: str, tmp_path: Path) -> None:
    (tmp_path / "archive").rename(tmp_path / "elsewhere")

    result = run("locations", "check", "archive")

    assert result.code == 5
    assert "FAILED  connect" in result.out
    assert "mount its disk" in result.err
    assert not (tmp_path / "archive").exists()


def test_a_scan_prints_what_is_not_ours(run: Run, pushed: str, tmp_path: Path) -> None:
    (tmp_path / "archive" / "notes.txt").write_text("foreign")

    result = run("locations", "scan", "archive", "--json")

    assert result.code == 0, result.err
    assert [json.loads(line)["key"] for line in result.out.splitlines()] == ["notes.txt"]
    assert "1 known; 1 not ours" in result.err


def test_a_scan_tells_what_it_leaves_out_for_its_name(run: Run, pushed: str, tmp_path: Path) -> None:
    (tmp_path / "archive" / "new\nline\x1b[2J.wav").write_bytes(b"x")

    result = run("locations", "scan", "archive")

    assert result.code == 0
    assert "1 left out for their names" in result.err
    assert "no key can be called so" in result.err
    assert "\x1b" not in result.err


def test_a_scan_tells_of_files_that_it_cannot_look_at_and_is_8(run: Run, pushed: str, tmp_path: Path) -> None:
    (copied,) = (tmp_path / "archive").rglob("*.wav")
    moved = copied.rename(tmp_path / "moved.wav")
    copied.symlink_to(moved)
    for number in range(3):
        (tmp_path / "archive" / f"{number}.wav").write_bytes(b"foreign")

    result = run("locations", "scan", "archive")

    assert result.code == 8
    assert "is a symbolic link" in result.err
    assert "0 known; 3 not ours; 1 could not be looked at" in result.err


def test_a_scan_that_finds_nothing_at_all_is_6_and_changes_nothing(run: Run, pushed: str, tmp_path: Path) -> None:
    for path in (tmp_path / "archive").rglob("*.wav"):
        path.unlink()

    result = run("locations", "scan", "archive")

    assert result.code == 6
    assert "The listing is empty" in result.err
    [line] = [json.loads(line) for line in run("status", "--json").out.splitlines()]
    assert line["copies"]["archive"]["state"] == "present"


def test_a_location_that_is_not_configured_is_2(run: Run) -> None:
    assert run("locations", "check", "nowhere").code == 2
    assert run("locations", "scan", "nowhere").code == 2
    assert run("locations", "nonsense").code == 2
