"""One line that says what is played and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from audiotui.text import format_duration, safe_text, shorten
from audiotui.tui.widgets.bar import bar

if TYPE_CHECKING:
    from audiotui.manager.sounds import Playback

_SHORTEST_BAR = 6


class PlayerLine(Static):
    """Playing or paused, place, bar, length, volume and rate; or one line of other words."""

    DEFAULT_CSS = """
    PlayerLine { height: 1; color: $text-muted; text-wrap: nowrap; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__("", id=id, markup=False)
        self._shown = ""

    def show(self, playback: Playback, *, mark: str = "") -> None:
        """Show how a player stands; ``mark`` is a word for which of two takes is heard."""
        self._put(line_of(playback, self.size.width, mark))

    def show_words(self, words: str) -> None:
        """Show why nothing is played, or what would be."""
        self._put(shorten(safe_text(words, limit=400), max(1, self.size.width)))

    def _put(self, text: str) -> None:
        if text != self._shown:
            self._shown = text
            self.update(Content(text), layout=False)


def line_of(playback: Playback, width: int, mark: str = "") -> str:
    """The line for a player with a file, cut to a width."""
    share = playback.position_s / playback.duration_s if playback.duration_s else 0.0
    times = format_duration(playback.position_s), format_duration(playback.duration_s)
    rate = f"  {playback.rate:g}x" if playback.rate != 1 else ""
    tail = f"  vol {playback.volume}%{rate}{f'  {mark}' if mark else ''}"
    sign = "▶" if playback.is_playing else "⏸"
    cells = width - len(sign) - sum(map(len, times)) - len(tail) - 3
    drawn = f" {bar(share, cells)} " if cells >= _SHORTEST_BAR else " / "
    return shorten(f"{sign} {times[0]}{drawn}{times[1]}{tail}", max(1, width))
