"""The first line of every mode: the program, the modes with their keys, and what the jobs are doing."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

MODES: tuple[tuple[str, str, str], ...] = (
    ("library", "1", "Library"),
    ("identities", "2", "Identities"),
    ("transfers", "3", "Transfers"),
    ("locations", "4", "Locations"),
)
"""(mode, its key, its title), in the order of the line."""

ROOMY = 72
"""Below this width the name of the program gives its place to the jobs."""


SPACED = 54
"""Below this width the modes stand as close as they can."""


class TopLine(Static):
    """Name, modes (the current one in brackets) and the job summary at the right."""

    DEFAULT_CSS = """
    TopLine { height: 1; background: $panel; color: $text; padding: 0 1; }
    """

    def __init__(self, current: str) -> None:
        super().__init__(markup=False)
        self._current = current
        self._jobs = ""

    def show_jobs(self, summary: str) -> None:
        """Show a summary made by this program (no text from outside)."""
        if summary != self._jobs:
            self._jobs = summary
            self._draw()

    def on_mount(self) -> None:
        """Draw with the first size."""
        self._draw()

    def on_resize(self) -> None:
        """The summary sticks to the right edge."""
        self._draw()

    def _draw(self) -> None:
        is_roomy = self.size.width >= ROOMY
        parts: list[tuple[str, str]] = [("audiotui  ", "bold $text-primary")] if is_roomy else []
        for mode, key, title in MODES:
            current = mode == self._current
            beside = " " if self.size.width >= SPACED else ""
            words = f"[{key} {title}]" if current else f"{beside}{key} {title}{beside}"
            parts += [(words, "bold" if current else "dim"), ("  " if is_roomy else " ", "")]
        room = max(0, self.size.width - sum(len(text) for text, _ in parts))
        jobs = self._jobs if len(self._jobs) <= room else self._jobs.split("  ")[0]  # without the speed
        parts += [(jobs[:room].rjust(room), "$text-accent")]
        self.update(Content.assemble(*parts), layout=False)
