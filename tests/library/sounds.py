"""Small sound files in memory, each with bytes of its own."""

from __future__ import annotations

import io
import struct
import wave


def wav(number: int = 0, *, seconds: float = 0.1, rate_hz: int = 8_000) -> bytes:
    """A WAV file."""
    frames = round(seconds * rate_hz)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, rate_hz, frames, "NONE", ""))
        file.writeframes(struct.pack(f"<{frames}h", *((number * 37 + n * 11) % 2000 for n in range(frames))))
    return buffer.getvalue()


def streamed_wav(number: int = 0) -> bytes:
    """A WAV file as servers stream it: with lengths that nobody knew when the header was written."""
    data = bytearray(wav(number))
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    return bytes(data)


def big_wav(size_bytes: int) -> bytes:
    """A WAV file of about this size, made quickly."""
    samples = bytes(range(251)) * (size_bytes // 251 + 1)
    frames = size_bytes // 2
    header = bytearray(wav()[:44])
    struct.pack_into("<I", header, 4, 36 + 2 * frames)
    struct.pack_into("<I", header, 40, 2 * frames)
    return bytes(header) + samples[: 2 * frames]


def coded(form: str, *, seconds: float = 3.0) -> bytes:
    """Noise in a format of libsndfile, such as FLAC or MP3."""
    import numpy as np
    import soundfile

    samples = np.random.default_rng(7).uniform(-0.5, 0.5, round(seconds * 16_000))
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, 16_000, format=form)
    return buffer.getvalue()


def with_a_hole(sound: bytes, *, begin: float = 0.3, end: float = 0.6) -> bytes:
    """The sound with bytes in its middle that mean nothing."""
    first, last = round(len(sound) * begin), round(len(sound) * end)
    return sound[:first] + b"\x5a" * (last - first) + sound[last:]
