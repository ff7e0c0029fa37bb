"""Measuring a waveform: extremes and loudness of equal spans, in one pass and in constant memory.

How long a sound really is shows only at its end. So spans begin short and two neighbours become one whenever there are
too many: what is left at the end is between half and all of the room, and is then brought to the wanted number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audiotui.audio.decoder import Block, decode
from audiotui.audio.pictures.shapes import COLUMNS, FULL_SCALE, Waveform

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy.typing as npt

_FIRST_SPAN_FRAMES = 16
_ROOM_SPANS = 16 * COLUMNS


def measure_waveform(path: Path) -> Waveform:
    """The waveform of a sound file.

    Raises:
        InvalidInput, UnreadableAudio: as ``decoder.decode``.
    """
    return waveform_of(decode(path))


def waveform_of(blocks: Iterable[Block]) -> Waveform:
    """The waveform of the blocks of one sound."""
    spans = _Spans()
    sample_rate_hz = 0
    for block in blocks:
        sample_rate_hz = sample_rate_hz or block.sample_rate_hz
        spans.add(block.samples)
    low, high, energy = spans.columns(COLUMNS)
    peak = float(max(-low.min(), high.max())) if len(low) else 0.0
    scale = FULL_SCALE / peak if peak else 0.0
    return Waveform(
        duration_s=spans.frames / sample_rate_hz if sample_rate_hz else 0.0,
        peak=peak,
        low=np.rint(low * scale).astype(np.int8).tobytes(),
        high=np.rint(high * scale).astype(np.int8).tobytes(),
        rms=np.rint(np.sqrt(energy) * scale).astype(np.uint8).tobytes(),
    )


class _Spans:
    """Rows of (low, high, mean square) of spans that are all of the same length, but for the last."""

    def __init__(self) -> None:
        self.frames = 0
        self._span_frames = _FIRST_SPAN_FRAMES
        self._room = np.empty((_ROOM_SPANS, 3), np.float64)
        self._used = 0
        self._rest = np.empty((0, 3), np.float64)
        """Of frames that do not fill a span yet."""

    def add(self, samples: npt.NDArray[np.float32]) -> None:
        """More frames, of shape (frames, channels)."""
        self.frames += len(samples)
        clean = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0)
        frames = np.stack((clean.min(axis=1), clean.max(axis=1), np.square(clean).mean(axis=1)), axis=1)
        frames = np.concatenate((self._rest, frames))
        while len(frames) >= self._span_frames:
            count = min(len(frames) // self._span_frames, _ROOM_SPANS - self._used)
            taken = count * self._span_frames
            self._room[self._used : self._used + count] = _reduced(frames[:taken], self._span_frames)
            self._used += count
            frames = frames[taken:]
            if self._used == _ROOM_SPANS:
                self._room[: _ROOM_SPANS // 2] = _reduced(self._room, 2)
                self._used //= 2
                self._span_frames *= 2
        self._rest = frames

    def columns(self, most: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """At most so many equal spans, as their lows, highs and mean squares."""
        rows = self._room[: self._used]
        if len(self._rest):
            rows = np.concatenate((rows, _reduced(self._rest, len(self._rest))))
        if len(rows) > most:
            starts = np.arange(most) * len(rows) // most
            counts = np.diff(np.append(starts, len(rows)))
            low, high = np.minimum.reduceat(rows[:, 0], starts), np.maximum.reduceat(rows[:, 1], starts)
            return low, high, np.add.reduceat(rows[:, 2], starts) / counts
        return rows[:, 0], rows[:, 1], rows[:, 2]


def _reduced(rows: npt.NDArray[np.float64], by: int) -> npt.NDArray[np.float64]:
    """Each ``by`` neighbours as one row."""
    groups = rows.reshape(-1, by, 3)
    return np.stack((groups[:, :, 0].min(axis=1), groups[:, :, 1].max(axis=1), groups[:, :, 2].mean(axis=1)), axis=1)
