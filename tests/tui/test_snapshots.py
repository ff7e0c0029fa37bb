"""How the Library and its dialogs look: words, signs and colours, in two sizes, in themes of all kinds.

The other modes are in ``test_mode_looks.py``. See ``snapshotting.py`` for writing them anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audiotui import AudioManager
from tests.tui.driving import LARGE, SIZES, Driver, driven
from tests.tui.generated import GeneratedManager
from tests.tui.snapshotting import assert_snapshot, snapshot
from tests.tui.test_looks import busy_manager
from tests.tui.ugly_library import make_ugly_library

if TYPE_CHECKING:
    from pathlib import Path


async def show_marks(driver: Driver) -> None:
    """Two marks, a range of three rows, a query and its facets."""
    await driver.type("7")
    await driver.press("enter", "space", "space", "v", "j", "j")
    await driver.until_text("142,857 of 1,000,000", "✓ 2 marked, 2.0 MB", "▸+ Take", "the text of take 999971")
    if driver.app.size.width >= 100:
        await driver.until_text("▾ State", "○ state-two")


@SIZES
@pytest.mark.parametrize("theme", ["audiotui", "textual-light", "ansi-dark", "ansi-light"])
async def test_the_library_with_marks_and_a_range(theme: str, size: tuple[int, int]) -> None:
    async with driven(busy_manager().as_manager, size=size) as driver:
        driver.app.theme = theme
        await show_marks(driver)

        await assert_snapshot(f"library-{theme}", driver)


@SIZES
async def test_the_library_without_colours(monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with driven(busy_manager().as_manager, size=size) as driver:
        await show_marks(driver)

        await assert_snapshot("library-no-color", driver)
        assert "#" not in snapshot(driver).rpartition("\n\n")[2], "no colour of ours"


@SIZES
@pytest.mark.parametrize(
    ("name", "keys", "texts"),
    [
        ("facets", ["f", "down", "space", "down"], ["● Aria", "○ Nova", "voice:Aria"]),
        ("edit", ["e"], ["Title", "ctrl+s saves"]),
        ("edit-several", ["space", "space", "e"], ["2 recordings", "several values"]),
        ("palette", ["colon", *"aria"], ["aria at night   saved search", "Aria   AI voice"]),
        ("sort", ["s"], ["letter or enter"]),
        ("delete", ["D"], ["cannot be undone"]),
        ("saved", ["at"], ["@aria at night", "The search box is empty."]),
        ("keys", ["question_mark", *"mark"], ["Mark this row"]),
        ("tag", ["t"], ["known tags: demo"]),
        ("move", ["m"], ["Move 1 recording to", "Aria"]),
        ("copy", ["y"], ["the path of its file"]),
        ("plan", ["P", "r"], ["damaged: REPAIR", "Push 2 files, 4.2 MB and repair 1 file"]),
        ("review", ["L"], ["1 of 1,000,000", "0 judged", "the text of"]),
    ],
)
async def test_dialogs(name: str, keys: list[str], texts: list[str], size: tuple[int, int]) -> None:
    async with driven(GeneratedManager().as_manager, size=size) as driver:
        await driver.until_text("1,000,000  newest", "It has no audio file.")  # which dims keys
        if size == LARGE:
            await driver.until_text("▾ State", "○ state-two")
        await driver.press(keys[0])
        if name == "facets":
            await driver.until_text("▾ State", "○ state-two") if size == LARGE else await driver.until_text("○ Nova")
        if name == "plan":
            await driver.until_text("r: repair")
        await driver.press(*keys[1:])
        await driver.until_text(*texts)

        await assert_snapshot(name, driver)


@SIZES
async def test_ugly_texts_look_harmless(tmp_path: Path, size: tuple[int, int]) -> None:
    with AudioManager(make_ugly_library(tmp_path)) as library:
        async with driven(library, size=size, query="red OR bells", notifications=False) as driver:
            await driver.until_text("newest first", "[red]stop[/red]", "␀␇␈␡ bells")
            assert not any(
                ord(character) < 32 or 127 <= ord(character) < 160 for character in driver.text.replace("\n", "")
            )
