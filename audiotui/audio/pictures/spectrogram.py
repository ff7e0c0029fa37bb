"""Measuring a spectrogram: power by time and mel band, in one pass and in constant memory.

Short-time Fourier transform with a Hann window; mel scale after O'Shaughnessy, "Speech Communication" (1987):
2595 log10(1 + f / 700). Spans grow as those of a waveform do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from audiotui.audio.decoder import Block, decode
from audiotui.audio.pictures.shapes import BANDS, COLUMNS, RANGE_DB, Spectrogram

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import numpy.typing as npt

_WINDOW_S = 0.04
_MOST_WINDOW_FRAMES = 8_192
_TOP_HZ = 12_000.0
"""Speech has little above it."""

_ROOM_COLUMNS = 2 * COLUMNS


def measure_spectrogram(path: Path) -> Spectrogram:
    """The spectrogram of a sound file.

    Raises:
        InvalidInput, UnreadableAudio: as ``decoder.decode``.
    """
    return spectrogram_of(decode(path))


def spectrogram_of(blocks: Iterable[Block]) -> Spectrogram:
    """The spectrogram of the blocks of one sound; its channels are averaged."""
    columns: _Columns | None = None
    frames, sample_rate_hz = 0, 1
    for block in blocks:
        if columns is None:
            sample_rate_hz = block.sample_rate_hz
            columns = _Columns(sample_rate_hz)
        frames += len(block.samples)
        columns.add(np.nan_to_num(block.samples.mean(axis=1), nan=0.0, posinf=1.0, neginf=-1.0))
    if columns is None:
        return Spectrogram(duration_s=0.0, top_hz=_TOP_HZ, levels=b"")
    power = columns.finished()
    loudest = float(power.max(initial=0.0)) or 1.0
    decibels = 10 * np.log10(np.maximum(power / loudest, 10 ** (-RANGE_DB / 10)))
    levels = np.rint((decibels + RANGE_DB) * 255 / RANGE_DB).astype(np.uint8)
    return Spectrogram(
        duration_s=frames / sample_rate_hz, top_hz=min(_TOP_HZ, sample_rate_hz / 2), levels=levels.tobytes()
    )


class _Columns:
    """Mel power of spans of time, of shape (columns, bands); neighbours are averaged when there are too many."""

    def __init__(self, sample_rate_hz: int) -> None:
        size = 1 << (max(64, min(_MOST_WINDOW_FRAMES, round(sample_rate_hz * _WINDOW_S))) - 1).bit_length()
        self._hop = size // 4
        self._window = np.hanning(size).astype(np.float32)
        self._filters = mel_filters(sample_rate_hz, size)
        self._room = np.zeros((_ROOM_COLUMNS, BANDS), np.float32)
        self._used = 0
        self._per_column = 1
        self._pending = np.zeros((0, BANDS), np.float32)
        self._tail = np.zeros(size // 2, np.float32)
        """Silence before the start, so that the first window is centred on it; later what the next window needs."""

    def add(self, samples: npt.NDArray[np.float32]) -> None:
        """More samples of the one channel."""
        samples = np.concatenate((self._tail, samples))
        size = len(self._window)
        if len(samples) >= size:
            windows = np.lib.stride_tricks.sliding_window_view(samples, size)[:: self._hop]
            spectrum = np.abs(np.fft.rfft(windows * self._window, axis=1)) ** 2
            self._store((spectrum @ self._filters).astype(np.float32))
            samples = samples[len(windows) * self._hop :]
        self._tail = samples

    def finished(self) -> npt.NDArray[np.float32]:
        """All columns, brought to the wanted number if there are more."""
        self.add(np.zeros(len(self._window) // 2, np.float32))
        rows = self._room[: self._used]
        if len(self._pending):
            rows = np.concatenate((rows, self._pending.mean(axis=0, keepdims=True)))
        if len(rows) <= COLUMNS:
            return rows
        starts = np.arange(COLUMNS) * len(rows) // COLUMNS
        loudest: npt.NDArray[np.float32] = np.maximum.reduceat(rows, starts, axis=0)
        return loudest

    def _store(self, rows: npt.NDArray[np.float32]) -> None:
        rows = np.concatenate((self._pending, rows))
        while len(rows) >= self._per_column:
            count = min(len(rows) // self._per_column, _ROOM_COLUMNS - self._used)
            taken = count * self._per_column
            self._room[self._used : self._used + count] = rows[:taken].reshape(count, -1, BANDS).mean(axis=1)
            self._used += count
            rows = rows[taken:]
            if self._used == _ROOM_COLUMNS:
                self._room[: _ROOM_COLUMNS // 2] = self._room.reshape(-1, 2, BANDS).mean(axis=1)
                self._used //= 2
                self._per_column *= 2
        self._pending = rows


def mel_filters(sample_rate_hz: int, size: int) -> npt.NDArray[np.float32]:
    """Triangular filters that are evenly spaced in mel; shape (size // 2 + 1, bands), each column sums to 1."""
    frequencies = np.fft.rfftfreq(size, 1 / sample_rate_hz)
    top_mel = 2595 * np.log10(1 + min(_TOP_HZ, sample_rate_hz / 2) / 700)
    edges = 700 * (10 ** (np.linspace(0, top_mel, BANDS + 2) / 2595) - 1)
    rising = (frequencies[:, None] - edges[None, :-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[None, 2:] - frequencies[:, None]) / (edges[2:] - edges[1:-1])
    filters = np.maximum(0, np.minimum(rising, falling))
    # A band narrower than the distance of two frequencies would be empty: it takes the nearest one.
    empty = np.flatnonzero(filters.sum(axis=0) == 0)
    filters[np.abs(frequencies[:, None] - edges[None, 1:-1][:, empty]).argmin(axis=0), empty] = 1
    summed: npt.NDArray[np.float32] = (filters / filters.sum(axis=0)).astype(np.float32)
    return summed
