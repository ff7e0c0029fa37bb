"""The colours: a calm dark theme of our own; every theme of Textual works too.

Text that has a colour has one of ``TEXT_COLOURS``: the plain colours are for areas and lines, and some themes have
plain ones that cannot be read as text.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from textual.color import BLACK, WHITE, Color
from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

THEME = Theme(
    name="audiotui",
    primary="#7fb3d5",
    secondary="#8fa3b8",
    accent="#e0b978",
    success="#9ccfa0",
    warning="#e8c07d",
    error="#e58b88",
    foreground="#d5dae3",
    background="#14171c",
    surface="#1b1f26",
    panel="#232933",
    dark=True,
    variables={
        "block-cursor-background": "#31506b",
        "block-cursor-foreground": "#f2f6fa",
        "block-cursor-blurred-background": "#28323d",
        "border": "#3a4452",
        "scrollbar": "#31506b",
        "scrollbar-background": "#14171c",
    },
)

ANSI_THEME = "ansi-dark"
"""The theme of Textual that uses the terminal's own colours."""

STYLES_OF_CURRENT = """
OptionList:ansi > .option-list--option { text-style: none; }
OptionList:ansi > .option-list--option-highlighted { text-style: bold underline; }
CommandList:ansi > .option-list--option { text-style: none; }
CommandList:ansi > .option-list--option-highlighted { text-style: bold underline; }
ToggleButton:ansi:focus > .toggle--label { text-style: bold underline; }
Input:ansi > .input--cursor { color: ansi_default; background: ansi_default; text-style: reverse; }
Input:nocolor > .input--selection { text-style: reverse; }
"""
"""Where the keys act, told by more than a colour: with ``NO_COLOR`` there is none, and the terminal's own sixteen may
look alike. Underlined, as Textual's lists and buttons to tick drop ``reverse``."""

TEXT_COLOURS = ("primary", "secondary", "accent", "success", "warning", "error")
"""Each of these names has its colour for text, ``$text-primary`` and so on."""

GROUNDS = ("background", "surface", "panel")

READABLE = 4.5
"""The contrast from which on small text can be read well, as the guidelines for the web have it."""

STEPS = 20

FAINT_ON_LIGHT = "auto 50%"
"""How what stands in an empty field is drawn on a light ground; the usual 38% is enough on dark ones only."""


def with_readable_texts(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of a theme, its colours for text as near to the plain ones as can be read on each ground."""
    grounds = tuple(variables[name] for name in GROUNDS)
    texts = {f"text-{name}": _readable(variables[name], grounds) for name in TEXT_COLOURS}
    background = Color.parse(variables["background"])
    if background.ansi is None and _farthest((background,)) == BLACK:
        texts["text-disabled"] = FAINT_ON_LIGHT
    return {**variables, **texts}


def contrast(one: Color, other: Color) -> float:
    """How well two colours can be told apart, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(64)
def _readable(plain: str, grounds: tuple[str, ...]) -> str:
    colour, *below = [Color.parse(each) for each in (plain, *grounds)]
    if any(each.ansi is not None for each in (colour, *below)):
        return plain  # the terminal says what it looks like
    farthest = _farthest(below)
    mixed = (colour.blend(farthest, step / STEPS) for step in range(STEPS))
    return next((each for each in mixed if all(contrast(each, ground) >= READABLE for ground in below)), farthest).hex


def _farthest(grounds: Sequence[Color]) -> Color:
    """Black or white, whichever can be read better."""
    return max((WHITE, BLACK), key=lambda end: min(contrast(end, ground) for ground in grounds))


def _luminance(colour: Color) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
