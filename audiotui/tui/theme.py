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
