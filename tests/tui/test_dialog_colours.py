"""The dialogs in other colours: light, the terminal's own sixteen, and none at all. Each can be read in each."""

from __future__ import annotations

import pytest

from tests.tui.driving import driven
from tests.tui.generated_acts import ActsManager
from tests.tui.snapshotting import assert_snapshot, snapshot

DIALOGS = (
    ("plan", ["P"], ["r: repair", "to send"], "escape"),
    ("edit", ["e"], ["Title", "ctrl+s saves"], "escape"),
    ("delete", ["D"], ["cannot be undone"], "escape"),
    ("keys", ["question_mark", *"mark"], ["Mark this row"], "escape"),
    ("palette", ["colon", *"aria"], ["aria at night   saved search", "Aria   AI voice"], "escape"),
)


@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark", "no-color"])
async def test_dialogs_in_other_colours(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if theme == "no-color":
        monkeypatch.setenv("NO_COLOR", "1")
    async with driven(ActsManager().as_manager) as driver:
        if theme != "no-color":
            driver.app.theme = theme
        await driver.until_text("1,000,000  newest")
        for name, keys, words, leave in DIALOGS:
            await driver.press(*keys)
            await driver.until_text(*words)

            await assert_snapshot(f"{name}-{theme}", driver)
            assert not list(unreadable(snapshot(driver)))
            await driver.press(leave)
            await driver.until_gone(words[-1])


def unreadable(shown: str) -> list[str]:
    """Styles of a snapshot whose text has the colour of its ground."""
    legend = shown.rpartition("\n\n")[2].splitlines()
    return [line for line in legend if _has_one_colour(line[2:].split(" "))]


def _has_one_colour(words: list[str]) -> bool:
    """Whether words such as ``bold #ffffff on #ffffff`` name a colour twice; a block of it is no text."""
    if "on" not in words[1:]:
        return False
    at = words.index("on")
    return words[at - 1] == words[at + 1] != "default"
