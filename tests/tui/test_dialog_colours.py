"""The dialogs in other colours: light, the terminal's own sixteen, and none at all. Each can be read in each."""

from __future__ import annotations

import re
from typing import Any

import pytest
from textual.widgets import Input, OptionList, TextArea

from tests.tui.driving import Driver, driven
from tests.tui.generated_acts import ActsManager
from tests.tui.snapshotting import assert_snapshot

DIALOGS = (
    ("plan", ["P"], ["r: repair", "to send"], "escape"),
    ("edit", ["e"], ["Title", "ctrl+s saves"], "escape"),
    ("delete", ["D"], ["cannot be undone"], "escape"),
    ("keys", ["question_mark", *"mark"], ["Mark this row"], "escape"),
    ("palette", ["colon", *"aria"], ["aria at night   saved search", "Aria   AI voice"], "escape"),
)

LISTS = (
    (["s"], ["newest first", "best first"]),
    (["colon", *"aria"], ["aria at night   saved search", "Aria   AI voice"]),
    (["m"], ["Move 1 recording to", "Aria"]),
    (["at"], ["aria at night"]),
    (["2", "n"], ["a person who speaks"]),
)
"""Dialogs with a list: the keys that open it, what is shown then."""


def _in_matrix(case: object) -> Any:
    return pytest.param(case, marks=pytest.mark.matrix)


COLOURLESS = pytest.mark.parametrize("theme", [_in_matrix("ansi-dark"), _in_matrix("ansi-light"), "no-color"])


def use(theme: str, driver: Driver) -> None:
    """Take a theme; ``no-color`` is none, the app takes it by itself."""
    if theme != "no-color":
        driver.app.theme = theme


@pytest.fixture(autouse=True)
def _colours(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.callspec.params["theme"] == "no-color":
        monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.parametrize("theme", [_in_matrix("textual-light"), _in_matrix("ansi-dark"), "no-color"])
async def test_dialogs_in_other_colours(theme: str) -> None:
    async with driven(ActsManager().as_manager) as driver:
        use(theme, driver)
        await driver.until_text("1,000,000  newest", "It has no audio file.")  # which dims keys
        for name, keys, words, leave in DIALOGS:
            await driver.press(*keys)
            await driver.until_text(*words)

            await assert_snapshot(f"{name}-{theme}", driver)
            await driver.press(leave)
            await driver.until_gone(words[-1])


@COLOURLESS
async def test_the_current_line_of_a_list_is_told_by_more_than_its_colour(theme: str) -> None:
    for keys, words in LISTS:
        async with driven(ActsManager().as_manager) as driver:
            use(theme, driver)
            await driver.until_text("1,000,000  newest")
            for key in keys:
                await driver.press(key)
                if key == "2":
                    await driver.until_text("▸ Aria", "trailers")
            await driver.until_text(*words)
            options = driver.app.screen.query_one(OptionList)
            if options.highlighted is None:
                await driver.press("down")
            await driver.until_still()
            shape = [shape_of(driver, options, line) for line in range(options.size.height)]

            assert options.highlighted is not None
            assert shape.count(shape[options.highlighted]) == 1, f"{keys}: {shape}"


@COLOURLESS
@pytest.mark.parametrize(
    "keys", [["slash"], ["e"], *map(_in_matrix, (["e", "tab"], ["colon"], ["question_mark"], ["t"]))]
)
async def test_the_cursor_of_a_text_field_is_told_by_more_than_its_colour(theme: str, keys: list[str]) -> None:
    async with driven(ActsManager().as_manager) as driver:
        use(theme, driver)
        await driver.until_text("1,000,000  newest")
        await driver.press(*keys)
        await driver.until(lambda: isinstance(driver.app.focused, Input | TextArea), "a field to type in")
        field: Any = driver.app.focused
        field.cursor_blink = False
        await driver.until_still()

        assert "reverse" in shape_of(driver, field, 0)


@pytest.mark.parametrize("theme", [_in_matrix("audiotui"), "no-color"])
async def test_the_button_that_enter_presses_is_told_by_more_than_its_colour(theme: str) -> None:
    async with driven(ActsManager().as_manager) as driver:
        use(theme, driver)
        await driver.until_text("1,000,000  newest")
        for key, words in (("P", "to send"), ("D", "cannot be undone")):
            await driver.press(key)
            await driver.until_text(words, "[ ")
            first = bracketed(driver)
            await driver.press("right")
            await driver.until(lambda: bracketed(driver) not in ([], first), "the other button in brackets")  # noqa: B023

            assert len(first) == len(bracketed(driver)) == 1
            await driver.press("escape")
            await driver.until_gone(words)


def bracketed(driver: Driver) -> list[str]:
    """What stands in brackets on the line of the buttons."""
    return re.findall(
        r"\[ (.+?) \]", next(line for line in driver.text.splitlines() if " Cancel " in line and "esc" not in line)
    )


def shape_of(driver: Driver, widget: Any, line: int) -> frozenset[str]:
    """The text styles on a line of a widget, without colours and what dims."""
    region = widget.content_region
    found: set[str] = set()
    at = 0
    for text, style, _ in driver.lines[region.y + line]:
        if style and region.x <= at < region.right and (text.strip() or style.reverse):
            found |= {name for name in ("bold", "underline", "reverse") if getattr(style, name)}
        at += len(text)
    return frozenset(found)
