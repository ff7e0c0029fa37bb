"""How loud a sound is, and what brings it to the usual loudness without raising what nobody was meant to hear.

Loudness is measured by ITU-R BS.1770-4 and EBU R 128: over blocks of 400 ms, leaving out those below -70 LUFS, and
those 10 LU below the mean of the rest. The target is the one that podcasts and speech services agree on. It is not
always reached:

- No sound is raised by more than ``MOST_GAIN_DB``: in what is quieter than that, its noise would be what is heard.
- What has no block above -70 LUFS is silence by that rule, and stays as it is.
- A sound of less than 3 s gets one gain, which keeps its true peaks under ``PEAK_DB``: FFmpeg's ``loudnorm`` looks 3 s
  ahead, has nothing to follow in less, and then knows no limit to its gain.
- One of less than 400 ms has no whole block; it is measured as if it were repeated, which keeps its mean power.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.audio.filters import Chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from av.audio.frame import AudioFrame

    from audiotui.audio.decoder import Block
    from audiotui.audio.filters import Filter

TARGET_LUFS = -16.0
PEAK_DB = -1.5
"""No true peak is above it when it goes to a coder, in dB under full scale; the errors of lossy ones need the room."""
MOST_GAIN_DB = 20.0
SILENT_LUFS = -70.0
"""The absolute gate of BS.1770: what is not above it is no part of the loudness."""

SHORT_S = 3.0
BLOCK_S = 0.4
_REPEATED_S = 1.0
"""To this length a sound without a whole block is repeated."""
_LEAST_PEAK = 0.0005
"""Peaks are measured in thousandths of full scale."""

_NUMBERS = "exprs='if(isnan(val(ch))+isinf(val(ch)),0,val(ch))':c=same"
"""What puts 0 for samples that are no numbers: no encoder takes them."""


@dataclass(frozen=True, slots=True)
class Loudness:
    """What was measured."""

    lufs: float
    """Integrated loudness; ``SILENT_LUFS`` if nothing is above the gate."""
    peak: float
    """The true peak; full scale is 1.0."""
    duration_s: float

    @property
    def gain_db(self) -> float:
        """By how much the sound may be raised to the target, or is to be lowered to it; 0 for silence."""
        if self.lufs <= SILENT_LUFS:
            return 0.0
        return min(TARGET_LUFS - self.lufs, MOST_GAIN_DB)

    @property
    def filters(self) -> list[Filter]:
        """What does it."""
        if self.lufs <= SILENT_LUFS:
            return []
        if self.duration_s < SHORT_S:
            room_db = PEAK_DB - 20 * math.log10(max(self.peak, _LEAST_PEAK))
            return [("volume", f"volume={min(self.gain_db, room_db):.2f}dB:precision=float")]
        return [("loudnorm", f"I={self.lufs + self.gain_db:.2f}:TP={PEAK_DB}:LRA=11"), ("aeval", _NUMBERS)]


def measured(blocks: Iterable[Block], head: Sequence[Filter] = ()) -> Loudness:
    """How loud a sound is once it has gone through the filters in ``head``; its samples are numbers.

    Memory does not grow with its length.
    """
    meter: _Meter | None = None
    kept: list[Block] = []
    frames, rate_hz = 0, 1
    for block in blocks:
        rate_hz = block.sample_rate_hz
        meter = meter or _Meter(block, head)
        frames += len(block.samples)
        if frames < BLOCK_S * rate_hz:
            kept.append(block)
        meter.take(block)
    if meter is None:
        return Loudness(SILENT_LUFS, 0.0, 0.0)
    if 0 < frames < BLOCK_S * rate_hz:
        for _ in range(math.ceil(_REPEATED_S * rate_hz / frames)):
            for block in kept:
                meter.take(block)
    meter.end()
    return Loudness(meter.lufs, meter.peak, frames / rate_hz)


class _Meter:
    """FFmpeg's ``ebur128``, which notes what it has measured so far at every frame that comes out of it."""

    def __init__(self, first: Block, head: Sequence[Filter]) -> None:
        self.lufs, self.peak = SILENT_LUFS, 0.0
        self._chain = Chain(first, [*head, ("ebur128", "metadata=1:peak=true")])

    def take(self, block: Block) -> None:
        """Measure some more."""
        self._read(self._chain.through(block))

    def end(self) -> None:
        """Measure what has not come out yet."""
        self._read(self._chain.end())

    def _read(self, frames: Iterable[AudioFrame]) -> None:
        for frame in frames:
            for name, value in frame.metadata.items():
                if name == "lavfi.r128.I":
                    self.lufs = max(float(value), SILENT_LUFS)
                elif name.startswith("lavfi.r128.true_peaks_ch"):
                    self.peak = max(self.peak, float(value))
