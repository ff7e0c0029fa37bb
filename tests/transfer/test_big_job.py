"""A job of any size takes no more memory and no more descriptors than a small one."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.transfer.library import Library

if TYPE_CHECKING:
    from pathlib import Path

MOST_MEMORY_KB = 350 * 1024
MOST_DESCRIPTORS = 512
BATCH = 5_000


def push(folder: Path, count: int) -> dict[str, Any]:
    """What pushing so many files took."""
    with Library(folder) as library:
        for start in range(0, count, BATCH):
            numbers = range(start, min(start + BATCH, count))
            library.add(*(f"recording {number}".encode() for number in numbers))
    done = subprocess.run(
        [sys.executable, "-m", "tests.transfer.big_job", str(folder), str(count)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    sys.stdout.write(f"{figures}\n")  # for the report of a long run
    return figures


@pytest.mark.parametrize(
    "count", [500, pytest.param(2_000, marks=pytest.mark.matrix), pytest.param(100_000, marks=pytest.mark.long)]
)
def test_a_big_job_stays_small_in_memory(tmp_path: Path, count: int) -> None:
    figures = push(tmp_path, count)

    assert (figures["planned"], figures["done"], figures["skipped"]) == (count, count, count)
    assert figures["most_memory_kb"] < MOST_MEMORY_KB
    assert figures["most_descriptors"] < MOST_DESCRIPTORS
