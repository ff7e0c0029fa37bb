"""How modes and dialogs look when all texts act on careless programs: shown as they are, obeyed by nothing."""

from __future__ import annotations

import pytest

from audiotui.errors import Unreachable
from tests.tui.driving import Driver, driven
from tests.tui.generated_ugly import UglyManager, ugly
from tests.tui.snapshotting import assert_snapshot
from tests.tui.test_terminal import ACTING

SHOWN: tuple[tuple[str, list[str], str], ...] = (
    ("library", [], "[red]stop[/red]"),
    ("facets-open", ["f"], "[/red]x"),
    ("identities", ["2"], "AI VOICES"),
    ("identity-form", ["2", "e"], "f1 keys"),
    ("merge", ["2", "M"], "enter merges"),
    ("transfers", ["3"], "[red]stop[/red]"),
    ("locations", ["4"], "denied"),
    ("plan", ["P"], "r: repair"),
    ("edit", ["j", "j", "j", "j", "e"], "ctrl+s saves"),
    ("tag", ["t"], "known tags"),
    ("saved", ["at"], "[red]stop[/red]"),
    ("palette", ["colon", *"xyz"], "[red]stop[/red]"),
    ("palette-long", ["colon", *"zzz"], "word word"),
)
"""A name, the keys from the Library on, and what is shown then."""


@pytest.mark.parametrize(("name", "keys", "words"), SHOWN, ids=[name for name, _, _ in SHOWN])
async def test_ugly_texts_are_shown_and_not_obeyed(name: str, keys: list[str], words: str) -> None:
    async with driven(UglyManager().as_manager, notifications=False) as driver:
        await driver.until_text("30  newest first", "[red]stop[/red]")
        for key in keys:
            await driver.press(key)
            if key == "2":
                await driver.until_text("AI VOICES", "[red]stop[/red]")
        await driver.until_text(words)

        await assert_snapshot(f"ugly-{name}", driver)
        assert_nothing_obeyed(driver)


async def test_ugly_texts_in_toasts_are_shown_and_not_obeyed() -> None:
    async with driven(UglyManager().as_manager) as driver:
        await driver.until_text("30  newest first", "[red]stop[/red]")
        driver.app.complain(Unreachable(ugly(26), ugly(15)))
        driver.app.say(ugly(25))
        await driver.until_text("[red]stop[/red] ")

        await assert_snapshot("ugly-toasts", driver)
        assert_nothing_obeyed(driver)


def assert_nothing_obeyed(driver: Driver) -> None:
    """No character of the screen acts on a terminal, and no text became a link or a colour."""
    assert not ACTING.findall(driver.text.replace("\n", ""))
    styles = [style for line in driver.lines for _, style, _ in line if style]
    assert not any(style.link for style in styles)
    assert not any(style.color and style.color.name in {"red", "#ff0000"} for style in styles)
