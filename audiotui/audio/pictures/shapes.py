"""The measured shape of a recording, small enough to keep for each of a million, and its bytes in the cache.

No numpy here: a screen draws these values and must not pay for what measured them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import ClassVar, Self

COLUMNS = 1_024
"""Spans of time at most; a terminal shows two to a cell."""

BANDS = 64
"""Rows of a spectrogram, evenly spaced in mel."""

RANGE_DB = 70.0
"""From the loudest spot of a spectrogram down to its darkest shade."""

FULL_SCALE = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class Waveform:
    """Extremes and loudness of equal spans of a recording, all channels together.

    The bytes are one per span: ``low`` and ``high`` are signed, +-127 being the recording's own ``peak``; ``rms`` is
    unsigned on the same scale.
    """

    kind: ClassVar[str] = "waveform"

    duration_s: float
    peak: float
    """The highest absolute sample, 1.0 being full scale."""
    low: bytes
    high: bytes
    rms: bytes

    @property
    def columns(self) -> int:
        """How many spans there are; at most 1,024, fewer for a very short recording."""
        return len(self.rms)

    def spans(self, count: int) -> list[tuple[float, float, float]]:
        """``count`` equal spans as (low, high, rms), each from -1 to 1 of the recording's peak."""
        if not self.columns:
            return []
        spans = []
        for index in range(count):
            start = index * self.columns // count
            stop = max(start + 1, (index + 1) * self.columns // count)
            low = min((value - 256 if value > FULL_SCALE else value) for value in self.low[start:stop])
            high = max((value - 256 if value > FULL_SCALE else value) for value in self.high[start:stop])
            rms = sqrt(sum(value * value for value in self.rms[start:stop]) / (stop - start))
            spans.append((low / FULL_SCALE, high / FULL_SCALE, rms / FULL_SCALE))
        return spans

    def to_bytes(self) -> bytes:
        """What the cache keeps."""
        return _packed(self.kind, {"duration_s": self.duration_s, "peak": self.peak}, self.low, self.high, self.rms)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The value of cached bytes; ValueError if they are none."""
        facts, body = _unpacked(cls.kind, data)
        if len(body) % 3:
            raise ValueError("a waveform has three rows")
        columns = len(body) // 3
        return cls(
            duration_s=float(facts["duration_s"]),
            peak=float(facts["peak"]),
            low=body[:columns],
            high=body[columns : 2 * columns],
            rms=body[2 * columns :],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrogram:
    """Loudness by time and pitch: ``columns`` spans of 64 bands each, the lowest band first.

    A level is 0 to 255 over the 70 dB below the loudest spot.
    """

    kind: ClassVar[str] = "spectrogram"

    duration_s: float
    top_hz: float
    """The upper edge of the highest band."""
    levels: bytes
    """Column after column."""

    @property
    def columns(self) -> int:
        """How many spans there are."""
        return len(self.levels) // BANDS

    def grid(self, columns: int, bands: int) -> list[list[int]]:
        """Levels for a picture of that size, the highest pitch first; each is the loudest of what it stands for."""
        if not self.columns:
            return [[0] * columns for _ in range(bands)]
        rows = []
        for band in reversed(range(bands)):
            low = band * BANDS // bands
            high = max(low + 1, (band + 1) * BANDS // bands)
            rows.append([self._loudest(column, columns, low, high) for column in range(columns)])
        return rows

    def _loudest(self, column: int, columns: int, low: int, high: int) -> int:
        start = column * self.columns // columns
        stop = max(start + 1, (column + 1) * self.columns // columns)
        return max(max(self.levels[at * BANDS + low : at * BANDS + high]) for at in range(start, stop))

    def to_bytes(self) -> bytes:
        """What the cache keeps."""
        return _packed(self.kind, {"duration_s": self.duration_s, "top_hz": self.top_hz}, self.levels)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The value of cached bytes; ValueError if they are none."""
        facts, body = _unpacked(cls.kind, data)
        if len(body) % BANDS:
            raise ValueError(f"a spectrogram has {BANDS} bands")
        return cls(duration_s=float(facts["duration_s"]), top_hz=float(facts["top_hz"]), levels=body)


Picture = Waveform | Spectrogram

PICTURES: dict[str, type[Waveform] | type[Spectrogram]] = {one.kind: one for one in (Waveform, Spectrogram)}


def _packed(kind: str, facts: dict[str, float], *rows: bytes) -> bytes:
    import json  # 1 ms, which the app's first frame need not wait for

    return json.dumps({"kind": kind, "bytes": sum(map(len, rows)), **facts}).encode() + b"\n" + b"".join(rows)


def _unpacked(kind: str, data: bytes) -> tuple[dict[str, float], bytes]:
    import json

    head, _, body = data.partition(b"\n")
    facts = json.loads(head)
    if not isinstance(facts, dict) or facts.get("kind") != kind or facts.get("bytes") != len(body):
        raise ValueError(f"this is no {kind}")
    return facts, body
