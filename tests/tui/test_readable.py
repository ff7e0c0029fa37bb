"""Text has enough contrast: its colours in every theme, every cell of modes and dialogs in a dark and a light one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from audiotui.transfer.jobs import JobState
from audiotui.tui.theme import GROUNDS, READABLE, TEXT_COLOURS, THEME, contrast, with_readable_texts
from tests.tui.driving import LARGE, Driver, driven
from tests.tui.generated import job
from tests.tui.generated_acts import ActsManager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.geometry import Region
    from textual.theme import Theme

LEAST, LEAST_DIM = 3.0, 2.0

DRAWN = range(0x2500, 0x25A0)
"""Lines and blocks, which are no text."""

SHOWN = (
    (["space", "space", "v", "j"], ["2 marked", "range:"]),
    (["2"], ["▸ Aria", "trailers"]),
    (["2", "e"], ["f1 keys"]),
    (["2", "M"], ["enter merges"]),
    (["2", "n"], ["a person who speaks"]),
    (["3"], ["Push ambience", "1 failed"]),
    (["3", "l"], ["archive is full"]),
    (["4"], ["✗ denied", "41 ms", "2 ms"]),
    (["4", "n", "f"], ["New folder", "^s save"]),
    (["s"], ["newest first", "best first"]),
    (["m"], ["Move 1 recording to", "Aria"]),
    (["t"], ["known tags"]),
    (["at"], ["aria at night"]),
    (["colon", *"aria"], ["aria at night   saved search"]),
    (["question_mark"], ["Mark this row"]),
    (["P"], ["r: repair", "to send"]),
    (["e"], ["ctrl+s saves"]),
    (["D"], ["cannot be undone"]),
    (["L"], ["0 judged"]),
    (["i"], ["What shall be imported?"]),
)
"""Keys from the Library on, and what is shown then."""


@pytest.mark.parametrize("theme", [THEME, *BUILTIN_THEMES.values()], ids=lambda theme: theme.name)
def test_text_colours_can_be_read_on_each_ground_of_each_theme(theme: Theme) -> None:
    variables = with_readable_texts({**theme.to_color_system().generate(), **theme.variables})
    for name in TEXT_COLOURS:
        for ground in GROUNDS:
            text, below = Color.parse(variables[f"text-{name}"]), Color.parse(variables[ground])

            assert theme.ansi or contrast(text, below) >= READABLE, f"{name} on {ground}: {text.hex} on {below.hex}"


def test_text_colours_of_our_theme_and_of_the_terminal_are_the_plain_ones() -> None:
    for theme in (THEME, BUILTIN_THEMES["ansi-dark"]):
        variables = with_readable_texts({**theme.to_color_system().generate(), **theme.variables})

        assert all(variables[f"text-{name}"] == variables[name] for name in TEXT_COLOURS)


@pytest.mark.matrix
@pytest.mark.parametrize("theme", [THEME.name, "textual-light"])
async def test_all_text_of_modes_and_dialogs_has_contrast(theme: str) -> None:
    manager = ActsManager()
    manager.jobs = [job("j1", failed_items=1), job("j2", JobState.HELD, title="Push ambience")]
    manager.log = ["2026-05-17 11:59:58 ERROR job j1: archive is full", "2026-05-17 11:59:58 WARNING job j1: slow"]
    poor = set()
    for keys, words in SHOWN:
        async with driven(manager.as_manager, size=LARGE) as driver:
            driver.app.theme = theme
            await driver.until_text("1,000,000  newest")
            for key in keys:
                await driver.press(key)
                if key in {"2", "4"}:
                    await driver.until_text({"2": "trailers", "4": "41 ms"}[key])
            await driver.until_text(*words)
            await driver.until_still()
            poor |= {f"{keys}: {each}" for each in poorly_readable(driver)}

    assert not poor, "\n".join(sorted(poor))


def poorly_readable(driver: Driver) -> Iterator[str]:
    """Words of the front layer with too little contrast to what they stand on."""
    front = front_of(driver)
    for y, line in enumerate(driver.lines):
        x = 0
        for segment in line:
            words = "".join(each for each in segment.text if ord(each) not in DRAWN).strip()
            style = segment.style
            if words and style and style.color and style.bgcolor and front.contains(x, y):
                pair = [Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)]
                found = contrast(*pair)
                if found < (LEAST_DIM if style.dim is False else LEAST):
                    yield f"{words!r} {pair[0].hex} on {pair[1].hex}: {found:.2f}"
            x += segment.cell_length


def front_of(driver: Driver) -> Region:
    """Where the keys go: the box of a dialog, else the whole screen; what is behind a dialog is faint on purpose."""
    screen = driver.app.screen
    boxes = screen.query(".box, CommandList")
    return boxes.first().region if boxes and screen.is_modal else screen.region
