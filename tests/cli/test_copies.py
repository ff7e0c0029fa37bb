"""The copies matrix, dropping and giving back, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.faults import flip_byte

from .conftest import write_wav

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import InTerminal, Run


@pytest.fixture
def pushed(run: Run, tmp_path: Path) -> list[str]:
    """Three recordings with copies in ``local`` and ``archive``."""
    uids = []
    for number in range(3):
        sound = write_wav(tmp_path / f"{number}.wav", pitch_hz=300 + number)
        uids.append(run("register-recording", "--text", f"number {number}", "--audio-file", str(sound)).out.strip())
    assert run("push-recordings", "", "--yes").code == 0
    return uids


def test_status_shows_which_location_has_what(run: Run, pushed: list[str], tmp_path: Path) -> None:
    for path in (tmp_path / "archive").rglob("*.wav"):
        path.unlink()
    run("verify")

    lines = [json.loads(line) for line in run("status", "--json").out.splitlines()]

    assert [line["recording"] for line in lines] == list(reversed(pushed))
    states = [{name: copy["state"] for name, copy in line["copies"].items()} for line in lines]
    assert states == [{"local": "present", "archive": "missing"}] * 3
    assert run("status", "--limit", "1").out.split("\t")[2:4] == ["L3", "missing"]


def test_status_shows_the_bytes_at_a_location_before_what_was_dropped_there(
    run: Run, pushed: list[str], tmp_path: Path
) -> None:
    run("drop", "", "--from", "archive", "--yes")
    run("push-recordings", "", "--yes")
    for path in (tmp_path / "archive").rglob("*.wav"):
        if ".trash" not in path.parts:
            flip_byte(path, 100)
    run("verify")

    for command in (["status"], ["list-recordings", "--copies"]):
        assert [line.split("\t")[3] for line in run(*command).out.splitlines()] == ["damaged"] * 3
        records = [json.loads(line) for line in run(*command, "--json").out.splitlines()]
        assert [record["copies"]["archive"]["state"] for record in records] == ["damaged"] * 3


def test_status_fits_a_terminal(in_terminal: InTerminal, run: Run, pushed: list[str]) -> None:
    screen = in_terminal("status")

    assert "LOCAL" in screen.lines[0]
    assert "ARCHIVE" in screen.lines[0]
    assert screen.lines[1].endswith("number 2")


def test_a_small_drop_asks_nothing_and_a_big_one_does(run: Run, pushed: list[str]) -> None:
    asked = run("drop", "", "--from", "local")
    assert asked.code == 2
    assert "Drop 3 copies" in asked.err

    done = run("drop", "", "--from", "local", "--yes")

    assert done.code == 0, done.err
    assert "Dropped 3 copies" in done.err
    assert run("drop", "", "--from", "local").err.startswith("Nothing to drop")


def test_a_last_copy_is_6_and_says_why(run: Run, pushed: list[str]) -> None:
    assert run("drop", "", "--from", "archive", "--yes").code == 0

    refused = run("drop", "", "--from", "local", "--yes")

    assert refused.code == 6
    assert "no other copy could be proven" in refused.err
    assert "gives them back" not in refused.err


def test_copies_that_were_gone_are_forgotten_and_told(run: Run, pushed: list[str], tmp_path: Path) -> None:
    for path in sorted((tmp_path / "library" / "audio").rglob("*.wav"))[:2]:
        path.unlink()

    done = run("drop", "", "--from", "local", "--yes")

    assert done.code == 0, done.err
    assert "Dropped 1 copy" in done.err
    assert "forgot 2 copies not found there" in done.err


def test_a_dry_run_drops_nothing(run: Run, pushed: list[str]) -> None:
    told = run("drop", "", "--from", "archive", "--dry-run").err
    assert "It would try to drop 3 copies" in told
    assert "a copy stays unless others are proven just then" in told
    assert run("verify").err.startswith("6 copies right")


def test_what_was_dropped_is_given_back(run: Run, pushed: list[str]) -> None:
    run("drop", "", "--from", "local", "--yes")

    back = run("restore-copies", "", "--from", "local")

    assert back.code == 0
    assert "Gave back 3 copies" in back.err
    assert run("verify").err.startswith("6 copies right")


def test_a_file_whose_other_copy_was_dropped_is_told_how_it_comes_back(
    run: Run, pushed: list[str], tmp_path: Path
) -> None:
    run("drop", "", "--from", "archive", "--yes")
    for path in (tmp_path / "library" / "audio").rglob("*.wav"):
        path.unlink()

    failed = run("pull-recordings", "", "--source", "archive")

    assert failed.code == 5
    assert "`audiotui restore-copies` gives back one that was dropped" in failed.err
    assert run("restore-copies", "", "--from", "archive").code == 0
    assert "nothing in its trash is missing there" in run("restore-copies", "", "--from", "archive").err
    assert run("pull-recordings", "", "--source", "archive").code == 0


def test_a_drop_from_nowhere_is_2(run: Run, pushed: list[str]) -> None:
    assert run("drop", "", "--from", "nowhere").code == 2


def test_a_repair_heals_what_verify_found(run: Run, pushed: list[str], tmp_path: Path) -> None:
    for number, path in enumerate((tmp_path / "archive").rglob("*.wav")):
        path.chmod(0o600)
        path.unlink() if number == 0 else path.write_bytes(b"?" + path.read_bytes()[1:])
    assert run("verify").code == 6

    result = run("repair")

    assert result.code == 0, result.err
    assert "Repaired 3 copies" in result.err
    assert "Proven now: 3 read back." in result.err
    assert run("verify").code == 0


@pytest.mark.parametrize("command", [("push-recordings",), ("pull-recordings",), ("repair",)])
@pytest.mark.parametrize("gone", ["", "library/audio", "archive"])
def test_damage_with_no_good_copy_left_is_6(
    run: Run, pushed: list[str], tmp_path: Path, command: tuple[str, ...], gone: str
) -> None:
    """Whichever way the bytes were to go, and whether the other copy is damaged too, or gone."""
    for folder in ("library/audio", "archive"):
        for path in (tmp_path / folder).rglob("*.wav"):
            path.chmod(0o600)
            path.unlink() if folder == gone else flip_byte(path)
    assert run("verify").code == 6

    result = run(*command)

    assert result.code == 6, result.err


def test_a_repair_without_a_good_copy_is_5(run: Run, wav: Path, tmp_path: Path) -> None:
    run("register-recording", "--text", "a", "--audio-file", str(wav))
    [copy] = (tmp_path / "library" / "audio").rglob("*.wav")
    copy.unlink()
    run("verify")

    result = run("repair")

    assert result.code == 5
    assert "cannot be repaired" in result.err


def test_a_list_of_recordings_can_show_copies_in_its_own_order(run: Run, pushed: list[str]) -> None:
    lines = run("list-recordings", "--copies", "--sort", "oldest", "--limit", "2", "--json").out.splitlines()

    assert [json.loads(line)["recording"] for line in lines] == pushed[:2]
    assert all(set(json.loads(line)["copies"]) == {"local", "archive"} for line in lines)
