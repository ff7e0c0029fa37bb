"""One line that says what is played and how far it is, or a few that say why nothing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from audiotui.text import format_duration, safe_text, shorten
from audiotui.tui.widgets.bar import bar

if TYPE_CHECKING:
    from audiotui.manager.sounds import Playback

_SHORTEST_BAR = 6
_LEAST_PICTURE = 4


class PlayerLine(Static):
    """Playing or paused, place, bar, length, volume and rate; or other words, in as many lines as there is room for."""

    DEFAULT_CSS = """
    PlayerLine { height: 1; color: $text-muted; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__("", id=id, markup=False)
        self._shown = ""
        self._words = ""

    def show(self, playback: Playback, *, mark: str = "") -> None:
        """Show how a player stands; ``mark`` is a word for which of two takes is heard."""
        self._words = ""
        self._put(line_of(playback, self.size.width, mark))

    def show_words(self, words: str) -> None:
        """Show why nothing is played, or what would be."""
        self._words = safe_text(words, limit=400)
        self._put_words()

    def on_resize(self) -> None:
        """Words are cut elsewhere in another width; what is played is shown anew in a moment."""
        if self._words:
            self._put_words()

    def _put_words(self) -> None:
        width = max(1, self.size.width)
        needed = Content(self._words).get_height({}, width)
        if needed > 1 and (rows := min(needed, self._most_rows)) > 1:
            self._put(self._words, rows)
        else:
            self._put(shorten(self._words, width))

    @property
    def _most_rows(self) -> int:
        """Room for words is what the picture above can do without."""
        around = self.parent
        return around.size.height - _LEAST_PICTURE if isinstance(around, Widget) else 1

    def _put(self, text: str, rows: int = 1) -> None:
        if text != self._shown:
            self._shown = text
            self.update(Content(text), layout=False)
        if self.styles.height is None or self.styles.height.value != rows:
            self.styles.height = rows


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
