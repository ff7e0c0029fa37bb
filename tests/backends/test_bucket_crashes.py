"""Killed while it moves or deletes in a bucket, a process leaves the file under one of its keys, or under both."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from audiotui.backends.base import open_backend
from tests.contracts.samples import read_all
from tests.transfer.bucket_library import BucketAt

if TYPE_CHECKING:
    from tests.servers.buckets import BucketServer


MOVE_AND_DELETE = """
import json, sys
from audiotui.backends.base import open_backend
from audiotui.errors import AlreadyExists, KeyNotFound
from tests.contracts.samples import put
from tests.transfer.bucket_library import BucketAt

with open_backend("archive", BucketAt(**json.loads(sys.argv[1])).options(), library_id="library-1") as backend:
    if not backend.exists("to/file"):
        put(backend, "from/file", b"sound")
        backend.move("from/file", "to/file")
    backend.delete("from/file")
print("done")
"""


def run(at: BucketAt, crashpoint: str = "") -> subprocess.CompletedProcess[str]:
    """Move and delete in another process, which dies at the crash point if one is given."""
    return subprocess.run(
        [sys.executable, "-c", MOVE_AND_DELETE, json.dumps(asdict(at))],
        env={**os.environ, "AUDIOTUI_CRASHPOINT": crashpoint, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    "place",
    [
        "objects.after_claim",
        "objects.after_put",
        pytest.param("objects.after_copy", marks=pytest.mark.matrix),
        "objects.after_move",
        pytest.param("objects.after_delete", marks=pytest.mark.matrix),
    ],
)
def test_a_process_killed_while_it_moves_a_file_never_loses_it(minio: BucketServer, place: str) -> None:
    at = BucketAt("minio", minio.port, minio.access_key, minio.secret_key, minio.new_bucket(), "takes")

    killed = run(at, place)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    with open_backend("archive", at.options(), library_id="library-1") as backend:
        left = [entry.key for entry in backend.list()]
        assert left or place == "objects.after_claim"
        assert all(read_all(backend, key) == b"sound" for key in left)
        again = run(at)
        assert again.stdout == "done\n", again.stderr
        assert [entry.key for entry in backend.list()] == ["to/file"]
        assert read_all(backend, "to/file") == b"sound"
