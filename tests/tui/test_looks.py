"""How the screens look, as plain text, in two sizes: each is compared with a file in ``looks``.

A screen that should look different: delete its file, run the test, look at the new file, and commit it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from audiotui.transfer.jobs import ItemState, JobState
from tests.tui.driving import SIZES, driven
from tests.tui.generated import GeneratedManager, item, job

LOOKS = Path(__file__).with_name("looks")


def assert_looks(name: str, size: tuple[int, int], text: str) -> None:
    """The screen is the one in the file; without a file it is written, and the test fails."""
    path = LOOKS / f"{name}-{size[0]}x{size[1]}.txt"
    if not path.exists():
        path.write_text(f"{text}\n", encoding="utf-8")
        pytest.fail(f"{path.name} is new: look at it, and commit it if it is right")

    assert path.read_text(encoding="utf-8") == f"{text}\n"


def busy_manager() -> GeneratedManager:
    """A library in which a push runs and another one failed."""
    manager = GeneratedManager()
    manager.jobs = [
        job("j2", failed_items=1),
        job("j1", JobState.FAILED, title="Push 88 recordings", total_items=88, done_items=87, failed_items=1),
        job("j0", JobState.DONE, title="Pull 3 recordings", total_items=3, done_items=3, done_bytes=4_000_000_000),
    ]
    full = "archive is full: no space left on device."
    manager.files["j2"] = [
        item(1, ItemState.FAILED, name="take-1.flac", error=full, hint="Make room there, then press R."),
        item(2, ItemState.ACTIVE, done_bytes=1_300_000),
        item(3, ItemState.ACTIVE, done_bytes=200_000),
        item(4, ItemState.WAITING),
        item(5, ItemState.DONE),
        item(6, ItemState.SKIPPED),
    ]
    return manager


@SIZES
async def test_transfers(size: tuple[int, int]) -> None:
    async with driven(busy_manager().as_manager, size=size) as driver:
        await driver.press("3")
        await driver.until_text("take-6.flac")

        assert_looks("transfers", size, driver.text)


@SIZES
async def test_an_empty_library(size: tuple[int, int]) -> None:
    async with driven(GeneratedManager(size=0).as_manager, size=size) as driver:
        await driver.until_text("This library is empty.")

        assert_looks("empty", size, driver.text)
