"""A dry run changes nothing; a plan in a file does exactly what it says, or nothing."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import write_wav

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Run


@pytest.fixture
def uids(run: Run, tmp_path: Path) -> list[str]:
    """Three recordings."""
    found = []
    for number in range(3):
        path = write_wav(tmp_path / f"take{number}.wav", pitch_hz=400 + 100 * number)
        found.append(run("register-recording", "--text", f"take {number}", "--audio-file", str(path)).out.strip())
    return found


@pytest.fixture
def plan(run: Run, uids: list[str], tmp_path: Path) -> Path:
    """The plan to push them."""
    assert len(uids) == 3
    path = tmp_path / "push.plan"
    done = run("push-recordings", "--dry-run", "--plan-out", str(path))
    assert done.code == 0, done.err
    return path


def stored(tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "archive").rglob("*.wav"))


def snapshot(tmp_path: Path) -> dict[str, tuple[int, int, int]]:
    """Everything in both locations, with what tells a file that was written to."""
    roots = (tmp_path / "archive", tmp_path / "library" / "audio")
    found = {str(path): path.lstat() for root in roots for path in (root, *root.rglob("*"))}
    return {name: (status.st_ino, status.st_size, status.st_mtime_ns) for name, status in found.items()}


def edited(path: Path, change: str, to: str) -> None:
    """Change a plan by hand, its hash too, as somebody would who knows how it is made."""
    import hashlib

    lines = path.read_text().replace(change, to).splitlines(keepends=True)[:-1]
    end = {"files": len(lines) - 1, "sha256": hashlib.sha256("".join(lines).encode()).hexdigest()}
    path.write_text("".join(lines) + json.dumps(end) + "\n")


def test_without_a_query_everything_is_pushed(run: Run, uids: list[str], tmp_path: Path) -> None:
    assert run("push-recordings").code == 0
    assert len(stored(tmp_path)) == len(uids)
    assert run("pull-recordings").code == 0


@pytest.mark.parametrize("verb", ["push", "pull"])
def test_a_dry_run_writes_nothing_anywhere(run: Run, uids: list[str], tmp_path: Path, verb: str) -> None:
    run("push-recording", uids[0])
    before = snapshot(tmp_path)
    done = run(f"{verb}-recordings", "--dry-run")

    assert done.code == 0, done.err
    assert snapshot(tmp_path) == before


def test_a_plan_does_what_it_says(run: Run, plan: Path, tmp_path: Path) -> None:
    assert stored(tmp_path) == []
    assert plan.stat().st_mode & 0o777 == 0o600
    done = run("push-recordings", "--plan", str(plan))

    assert done.code == 0, done.err
    assert len(stored(tmp_path)) == 3


def test_a_plan_that_was_applied_is_out_of_date(run: Run, plan: Path) -> None:
    run("push-recordings", "--plan", str(plan))
    again = run("push-recordings", "--plan", str(plan))

    assert again.code == 6
    assert "out of date, so nothing was done. take0.wav: it was to be sent" in again.err.replace("take2", "take0")


def test_one_recording_that_was_deleted_since_refuses_the_whole_plan(
    run: Run, plan: Path, uids: list[str], tmp_path: Path
) -> None:
    run("delete-recording", uids[1], "--yes")
    done = run("push-recordings", "--plan", str(plan))

    assert done.code == 6
    assert stored(tmp_path) == []


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ('"key": "', '"key": "../../etc/'),
        ('"source_key": "', '"source_key": "other/'),
        ('"action": "send"', '"action": "skip"'),
        ('"size_bytes": ', '"size_bytes": 1'),
        ('"sha256": "', '"sha256": "00'),
        ('"fingerprints": {"archive": "', '"fingerprints": {"archive": "elsewhere:'),
        ('"library": "', '"library": "other'),
        ('"destination": "archive"', '"destination": "nowhere"'),
        ('"verb": "push"', '"verb": "pull"'),
        ('"audiotui_plan": 2', '"audiotui_plan": 3'),
        ('"recordings": 3', '"recordings": "many"'),
        ('"recording": "', '"rec": "'),
        ('"recording": "', '"recording": "z'),
        ('"name": "', '"nom": "'),
        ('{"action": ', '[{"action": '),
        ('"reason": ""}', '"reason": "", "more": 1}'),
    ],
)
def test_a_plan_that_was_edited_is_refused_even_if_its_hash_was_made_anew(
    run: Run, plan: Path, tmp_path: Path, change: str, to: str
) -> None:
    edited(plan, change, to)
    done = run("push-recordings", "--plan", str(plan))

    assert done.code in (2, 6), done.err
    assert stored(tmp_path) == []


@pytest.mark.parametrize("cut", [2, 100, 1_000])
def test_a_plan_that_is_not_whole_is_refused(run: Run, plan: Path, tmp_path: Path, cut: int) -> None:
    plan.write_bytes(plan.read_bytes()[:-cut])
    done = run("push-recordings", "--plan", str(plan))

    assert (done.code, stored(tmp_path)) == (2, [])


@pytest.mark.parametrize("text", ["", "\n", "{}\n{}\n", "[]\n1\n", "\0\xff", "[" * 10_000])
def test_a_file_that_is_no_plan_is_refused(run: Run, tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.txt"
    path.write_bytes(text.encode("latin-1"))

    done = run("push-recordings", "--plan", str(path))

    assert done.code == 2
    assert not any(word in done.err for word in ("Error:", "Decode", "codec"))


def test_a_pipe_and_an_endless_device_are_no_plans(run: Run, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    for path in (str(pipe), "/dev/zero"):
        done = run("push-recordings", "--plan", path)
        assert (done.code, "it is a pipe or a device" in done.err) == (2, True)


def test_a_plan_for_another_library_is_refused(run: Run, plan: Path) -> None:
    edited(plan, '"library": "', '"library": "other')

    assert "a plan for another library" in run("push-recordings", "--plan", str(plan)).err


def test_a_plan_is_never_written_over_a_file(run: Run, plan: Path) -> None:
    before = plan.read_bytes()
    done = run("push-recordings", "--dry-run", "--plan-out", str(plan))

    assert done.code == 2
    assert plan.read_bytes() == before


def test_a_plan_takes_nothing_besides_it(run: Run, plan: Path) -> None:
    assert run("push-recordings", "a query", "--plan", str(plan)).code == 2
    assert run("push-recordings", "--destination", "archive", "--plan", str(plan)).code == 2
    assert run("pull-recordings", "--plan", str(plan)).code == 2
