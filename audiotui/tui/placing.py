"""Text of which terminals do not agree how wide it is: whatever stands behind it is put in its place nevertheless.

Programs count cells for the signs of a script, and so do terminals, each by tables of its own; for vowels of Devanagari
that stand beside their letter, or for a flag, they come to different numbers. So the cells that such a text should take
are emptied, it is written without wrapping, and the cursor is then moved to where the next text begins.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.color import ColorSystem
from textual._compositor import Compositor
from textual.strip import Strip

from audiotui.tui import WRAP_OFF, WRAP_ON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from rich.console import Console
    from rich.segment import Segment
    from rich.style import Style
    from textual.geometry import Region

_VIRAMA_CLASS = 9  # joins the letters beside it, which is a matter of fonts
_COLUMN = re.compile(r"(?<=  )(?=[^ ])")
"""Where a new column begins inside of a text."""

# Vowels and final consonants of Hangul, which join the letter before them; flags, skin tones, signs shown as pictures
_JOINED = "[\u1160-\u11ff\ud7b0-\ud7fb\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff\ufe0f\u200d]"


@lru_cache(maxsize=4096)
def is_disputed(text: str) -> bool:
    """Whether terminals may come to different widths for a text that is not ASCII."""
    return re.search(_JOINED, text) is not None or any(
        unicodedata.category(sign) == "Mc" or unicodedata.combining(sign) == _VIRAMA_CLASS for sign in text
    )


class PlacedStrip(Strip):
    """A part of a line that knows where on the screen it is."""

    __slots__ = ["_x", "_y"]

    def __init__(self, segments: Iterable[Segment], cell_length: int, x: int, y: int) -> None:
        super().__init__(segments, cell_length)
        self._x, self._y = x, y

    def crop(self, start: int, end: int | None = None) -> Strip:
        """The same from one cell up to another."""
        cropped = super().crop(start, end)
        return cropped if cropped is self else PlacedStrip(cropped, cropped.cell_length, self._x + start, self._y)

    def render(self, console: Console) -> str:
        """What the terminal gets."""
        colors = console._color_system or ColorSystem.TRUECOLOR

        def drawn(text: str, style: Style | None) -> str:
            return text if style is None else self.render_style(style, text, colors)

        parts = [(part, style) for text, style, _ in self for part in _COLUMN.split(text)]
        written: list[str] = []
        x, number = self._x, 0
        while number < len(parts):
            part, style = parts[number]
            begun, number = x, number + 1
            x += cell_len(part)
            if part.isascii() or not is_disputed(part):
                written.append(drawn(part, style))
                continue
            written.append(drawn(" " * (x - begun), style))
            # What is empty behind it is room for a text that takes more than it should.
            while number < len(parts) and not parts[number][0].strip(" "):
                written.append(drawn(*parts[number]))
                x += len(parts[number][0])
                number += 1
            written += [self._move_to(begun), WRAP_OFF, drawn(part, style), WRAP_ON, self._move_to(x)]
        return "".join(written)

    def _move_to(self, x: int) -> str:
        return f"\x1b[{self._y + 1};{x + 1}H"


class PlacingCompositor(Compositor):
    """Puts in their places the parts of lines that need it."""

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        chops: Sequence[dict[int, Strip]] = super()._render_chops(crop, is_rendered_line)  # type: ignore[assignment]
        for y in crop.line_range:
            line = chops[y]
            for x, strip in line.items():
                # A part of a line that is not drawn is None
                if strip and any(not text.isascii() and is_disputed(text) for text, _, _ in strip):
                    line[x] = PlacedStrip(strip, strip.cell_length, x, y)
        return chops
