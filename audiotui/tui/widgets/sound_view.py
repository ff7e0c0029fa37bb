"""The picture of a recording's sound, as a waveform or a spectrogram, with a playhead."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from audiotui.manager.sounds import Spectrogram, Waveform
from audiotui.text import format_duration, safe_text, shorten
from audiotui.tui.waves import ASCII_SHADES, SHADES, Weight, ascii_wave, braille, colour, half_blocks, shades

if TYPE_CHECKING:
    from audiotui.manager.sounds import Picture


def speaks_unicode() -> bool:
    """Whether the terminal shows more than ASCII, by its encoding."""
    return (sys.__stderr__.encoding or "").lower().startswith("utf") if sys.__stderr__ is not None else True


class SoundView(Widget):
    """Draws a picture once and then only what the playhead passes; says in words why there is none."""

    DEFAULT_CSS = """
    SoundView { height: 4; background: $background; color: $foreground; }
    SoundView .sound--ahead { color: $text-secondary; }
    SoundView .sound--ahead-full { color: $text-primary; }
    SoundView .sound--played { color: $text-accent; }
    SoundView .sound--played-full { color: $text-accent; text-style: bold; }
    SoundView .sound--note { color: $text-muted; }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "sound--ahead",
        "sound--ahead-full",
        "sound--played",
        "sound--played-full",
        "sound--note",
    }

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, is_ascii: bool | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._is_ascii = not speaks_unicode() if is_ascii is None else is_ascii
        self._picture: Picture | None = None
        self._note = ""
        self._head = 0
        """The cell in which the playhead is; what lies left of it is played."""
        self._share = 0.0
        self._lines: list[Strip] = []

    @property
    def picture(self) -> Picture | None:
        """What is drawn."""
        return self._picture

    @property
    def plain(self) -> str:
        """The drawn text, for people who cannot see it and for tests."""
        return "\n".join(strip.text.rstrip() for strip in self._drawn())

    def show(self, picture: Picture | None, note: str = "") -> None:
        """Show a picture, or a line that says why there is none."""
        if picture is not self._picture or note != self._note:
            self._picture, self._note = picture, note
            self._forget()

    def show_place(self, share: float) -> None:
        """The playhead stands at this share of the length, 0 to 1."""
        self._share = max(0.0, min(1.0, share))
        head, before = int(self._share * self.size.width), self._head
        if head != before:
            self._head = head
            self._lines = []
            left, right = sorted((head, before))
            self.refresh(Region(max(0, left - 1), 0, right - left + 2, self.size.height))

    def on_resize(self) -> None:
        """Everything is drawn for another size."""
        self._head = int(self._share * self.size.width)
        self._forget()

    def notify_style_update(self) -> None:
        """Another theme: lines hold old colours."""
        super().notify_style_update()
        self._lines = []

    def render_line(self, y: int) -> Strip:
        """One line of the picture."""
        lines = self._drawn()
        return lines[y] if y < len(lines) else Strip.blank(self.size.width, self.rich_style)

    def _forget(self) -> None:
        self._lines = []
        self.refresh()

    def _drawn(self) -> list[Strip]:
        if not self._lines:
            width, height = self.size
            if width > 0 and height > 0:
                self._lines = [strip.adjust_cell_length(width, self.rich_style) for strip in self._draw(width, height)]
        return self._lines

    def _draw(self, width: int, height: int) -> list[Strip]:
        if isinstance(self._picture, Waveform):
            return self._waveform(self._picture, width, height)
        if isinstance(self._picture, Spectrogram):
            return self._spectrogram(self._picture, width, height)
        style = self.get_component_rich_style("sound--note")
        return [Strip([Segment(shorten(safe_text(self._note, limit=4 * width), width), style)])]

    def _waveform(self, waveform: Waveform, width: int, height: int) -> list[Strip]:
        cells = (ascii_wave if self._is_ascii else braille)(waveform, width, height)
        looks = {
            (played, weight): self.get_component_rich_style(
                f"sound--{'played' if played else 'ahead'}{'-full' if weight else ''}"
            )
            for played in (False, True)
            for weight in Weight
        }
        lines = []
        for row in cells:
            segments = [
                Segment(cell.text, looks[column < self._head, cell.weight] + self._headlight(column))
                for column, cell in enumerate(row)
            ]
            lines.append(Strip(Segment.simplify(segments), width))
        return lines

    def _spectrogram(self, spectrogram: Spectrogram, width: int, height: int) -> list[Strip]:
        if self._is_ascii or self._is_colourless:
            signs = ASCII_SHADES if self._is_ascii else SHADES
            rows = shades(spectrogram, width, height, signs)
            style = self.rich_style
            return [
                Strip(
                    Segment.simplify(Segment(sign, style + self._headlight(column)) for column, sign in enumerate(row)),
                    width,
                )
                for row in rows
            ]
        return [
            Strip(
                [
                    Segment("▀", Style(color=colour(up), bgcolor=colour(down)) + self._headlight(column))
                    for column, (up, down) in enumerate(row)
                ],
                width,
            )
            for row in half_blocks(spectrogram, width, height)
        ]

    @property
    def _is_colourless(self) -> bool:
        return bool(self.app.ansi_color) or self.app.current_theme.ansi

    def _headlight(self, column: int) -> Style:
        """The playhead is seen without colours too."""
        return Style(reverse=True) if column == self._head and self._share > 0 else Style.null()


def caption(picture: Picture | None) -> str:
    """A picture in words: its length, and how loud or how high it reaches."""
    if isinstance(picture, Waveform):
        from math import log10

        peak = f"peak {20 * log10(picture.peak):.1f} dB" if picture.peak > 0 else "silent"
        return f"{format_duration(picture.duration_s)}  {peak}"
    if isinstance(picture, Spectrogram):
        return f"{format_duration(picture.duration_s)}  0 to {picture.top_hz / 1000:g} kHz"
    return ""
