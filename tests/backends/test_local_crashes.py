"""Killed at any crash point, a folder holds nothing wrong, and the same calls again finish the work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from tests.contracts.samples import BIG, read_all, sample
from tests.faults import crashpoint_names

if TYPE_CHECKING:
    from pathlib import Path

PLACES = [name for name in crashpoint_names("backends") if name.startswith("local.")]

PASSED_ONCE = {"local.after_move", "local.after_delete"}

AGAIN = [pytest.param(f"{name}:2", marks=pytest.mark.matrix) for name in PLACES if name not in PASSED_ONCE]
"""The second file that passes there."""

STORE_MOVE_DELETE = """
import sys
from dataclasses import replace
from pathlib import Path
from audiotui.backends.keys import new_temp_name
from audiotui.backends.local import LocalBackend
from audiotui.backends.options import LocalOptions
from audiotui.errors import AlreadyExists
from tests.contracts.samples import BIG, put_all, put_item, sample

with LocalBackend("archive", LocalOptions(path=Path(sys.argv[1])), library_id="library-1") as backend:
    items = [put_item("in/small", sample(1000), 1), put_item("in/big", sample(BIG), 2), put_item("in/gone", b"x", 3)]
    temps = [new_temp_name(1, item.id) for item in items]
    items = [replace(item, temp=temp, resume_token=f"in/{temp}") for item, temp in zip(items, temps)]
    if not backend.exists("moved/small"):
        for outcome in put_all(backend, items):
            if outcome.error:
                raise outcome.error
        backend.move("in/small", "moved/small")
    backend.delete("in/small")
    backend.delete("in/gone")
print("done")
"""


def run(root: Path, crashpoint: str = "") -> subprocess.CompletedProcess[str]:
    """Store, move and delete in another process, which dies at the crash point if one is given."""
    return subprocess.run(
        [sys.executable, "-c", STORE_MOVE_DELETE, str(root)],
        env={**os.environ, "AUDIOTUI_CRASHPOINT": crashpoint, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("place", [*PLACES, *AGAIN])
def test_a_process_killed_at_a_crash_point_leaves_nothing_wrong(tmp_path: Path, place: str) -> None:
    root = tmp_path / "archive"
    root.mkdir()
    whole = {"in/small": sample(1000), "moved/small": sample(1000), "in/big": sample(BIG), "in/gone": b"x"}

    killed = run(root, place)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with LocalBackend("archive", LocalOptions(path=root)) as backend:
        for entry in backend.list():
            assert read_all(backend, entry.key) == whole[entry.key]
        again = run(root)
        assert again.stdout == "done\n", again.stderr
        for unfinished in backend.list_unfinished():
            backend.discard(unfinished.token)
        assert {entry.key: read_all(backend, entry.key) for entry in backend.list()} == {
            "moved/small": sample(1000),
            "in/big": sample(BIG),
        }
        assert list(backend.list_unfinished()) == []
        assert sorted(path.name for path in root.iterdir()) == [".audiotui-location", "in", "moved"]


def test_an_unarmed_crash_point_does_nothing(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    root.mkdir()

    assert run(root, "no.such.place").stdout == "done\n"
