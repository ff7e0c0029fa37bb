"""The colours: a calm dark theme of our own; every theme of Textual works too."""

from __future__ import annotations

from textual.theme import Theme

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
