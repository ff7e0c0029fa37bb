"""Sound drawn as text: waveforms in braille dots, spectrograms in half blocks, both also in plain ASCII.

A waveform mirrors around its middle line: the outer shape are the extremes, cells that the loudness (RMS) fills are
drawn stronger. There is always a dot on the middle line, so that silence is a line and not a gap.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiotui.manager.sounds import Spectrogram, Waveform

BLANK = "\u2800"
"""Braille without dots: as wide as one with dots in every font."""

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a braille character, by column and row (Unicode, chapter 21.1)."""

_ROWS = 4
SHADES = " ░▒▓█"
ASCII_SHADES = " .:-=+*#%@"

STEPS = 24
"""Colours of a spectrogram; more would only fill the caches of styles."""

_COLOUR_STOPS = ((13, 15, 20), (44, 42, 92), (112, 58, 126), (190, 82, 106), (238, 142, 76), (247, 228, 128))
"""Dark to bright without a step back, so that it reads in grey too."""


class Weight(IntEnum):
    """How a cell of a waveform is meant."""

    THIN = 0
    """Only the extremes reach it."""
    FULL = 1
    """The loudness fills its middle."""


class Cell(NamedTuple):
    """One cell of a waveform."""

    text: str
    weight: Weight


def braille(waveform: Waveform, width: int, height: int) -> list[list[Cell]]:
    """The rows of a waveform, two spans to a cell and four dots to a row."""
    spans = waveform.spans(2 * width)
    rows = _ROWS * height
    tops = [_reach(span[1], span[0], rows) for span in spans]
    loud = [_reach(span[2], -span[2], rows) for span in spans]
    picture = []
    for row in range(height):
        line = []
        for column in range(width):
            bits = 0
            for side in range(2):
                top, bottom = tops[2 * column + side] if spans else (rows // 2, rows // 2)
                for dot in range(_ROWS):
                    if top <= row * _ROWS + dot <= bottom:
                        bits |= _DOTS[side][dot]
            line.append(Cell(chr(0x2800 + bits), _weight(loud[2 * column : 2 * column + 2], row)))
        picture.append(line)
    return picture


def ascii_wave(waveform: Waveform, width: int, height: int) -> list[list[Cell]]:
    """The rows of a waveform for terminals without Unicode: ``|`` loudness, ``:`` extremes, ``.`` the middle line."""
    rows = height if height % 2 else height - 1
    if rows < 1:
        return []
    picture = [[Cell(" ", Weight.THIN)] * width for _ in range(height)]
    for column, (low, high, rms) in enumerate(waveform.spans(width) or [(0.0, 0.0, 0.0)] * width):
        for row in range(rows):
            distance = abs(row - rows // 2) / (rows / 2)
            side = high if row <= rows // 2 else -low
            if rms > distance:
                picture[row][column] = Cell("|", Weight.FULL)
            elif side > distance:
                picture[row][column] = Cell(":", Weight.THIN)
            elif row == rows // 2:
                picture[row][column] = Cell(".", Weight.THIN)
    return picture


def half_blocks(spectrogram: Spectrogram, width: int, height: int) -> list[list[tuple[int, int]]]:
    """The rows of a spectrogram, each cell as the colour steps of its upper and its lower half."""
    grid = spectrogram.grid(width, 2 * height)
    return [
        [(_step(up), _step(down)) for up, down in zip(grid[2 * row], grid[2 * row + 1], strict=True)]
        for row in range(height)
    ]


def shades(spectrogram: Spectrogram, width: int, height: int, signs: str = SHADES) -> list[str]:
    """The rows of a spectrogram without colour, a sign for each loudness."""
    return [
        "".join(signs[min(len(signs) - 1, level * len(signs) // 256)] for level in row)
        for row in spectrogram.grid(width, height)
    ]


def colour(step: int) -> str:
    """The colour of a step of loudness, as ``#rrggbb``."""
    place = step / (STEPS - 1) * (len(_COLOUR_STOPS) - 1)
    first = min(int(place), len(_COLOUR_STOPS) - 2)
    share = place - first
    mixed = (
        round(low + (high - low) * share)
        for low, high in zip(_COLOUR_STOPS[first], _COLOUR_STOPS[first + 1], strict=True)
    )
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _reach(high: float, low: float, rows: int) -> tuple[int, int]:
    """First and last dot row of a span from ``low`` to ``high``."""
    half = (rows - 1) / 2
    return round(half - max(0.0, high) * half), max(round(half - min(0.0, low) * half), rows // 2)


def _weight(loud: Sequence[tuple[int, int]], row: int) -> Weight:
    """FULL if the loudness fills half of the row in both columns of a cell."""
    first, last = row * _ROWS + 1, row * _ROWS + 2
    return Weight.FULL if loud and all(top <= last and bottom >= first for top, bottom in loud) else Weight.THIN


def _step(level: int) -> int:
    return min(STEPS - 1, level * STEPS // 256)
