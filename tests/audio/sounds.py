"""Sound files for tests: made by real encoders, and WAV files whose header lies in a chosen way."""

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float32]


def voice(seconds: float, rate_hz: int = 16_000, channels: int = 1) -> Samples:
    """Noise that swells and dies like syllables, so that variable bit rates really vary; shape (frames, channels)."""
    frames = round(seconds * rate_hz)
    swell = np.abs(np.sin(np.arange(frames) * 2 * np.pi / rate_hz)) ** 4
    noise = np.random.default_rng(7).normal(0, 0.2, frames) * swell
    return np.repeat(noise[:, None], channels, axis=1).clip(-1, 1).astype(np.float32)


def write_by_sndfile(path: Path, samples: Samples, rate_hz: int, format_name: str, subtype: str | None = None) -> Path:
    """A file by libsndfile's encoders, in blocks because the Ogg ones overflow the stack on long arrays."""
    channels = samples.shape[1]
    with soundfile.SoundFile(path, "w", rate_hz, channels, subtype=subtype, format=format_name) as file:
        for start in range(0, len(samples), 4096):
            file.write(samples[start : start + 4096])
    return path


def write_by_ffmpeg(
    path: Path,
    samples: Samples,
    rate_hz: int,
    container: str,
    codec: str,
    *,
    layout: str = "mono",
    options: dict[str, str] | None = None,
    title: str = "",
) -> Path:
    """A file by FFmpeg's encoders with the first channels of the samples; ``options`` are those of the container."""
    channels = av.AudioLayout(layout).nb_channels
    with av.open(str(path), "w", format=container, options=options or {}) as output:
        output.metadata.update({"title": title} if title else {})
        stream: Any = output.add_stream(codec, rate=rate_hz, layout=layout)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, :channels]).reshape(1, -1), format="flt", layout=layout
        )
        frame.sample_rate = rate_hz
        frame.pts = 0
        resampler = av.AudioResampler(format=stream.codec_context.format or "fltp", layout=layout, rate=rate_hz)
        for resampled in resampler.resample(frame):
            output.mux(stream.encode(resampled))
        output.mux(stream.encode(None))
    return path


def write_film(path: Path, *, seconds: float, with_sound: bool) -> Path:
    """An MP4 file of a few grey pictures, with or without a sound track."""
    with av.open(str(path), "w", format="mp4") as output:
        picture_stream = output.add_stream("mpeg4", rate=10)
        picture_stream.width = picture_stream.height = 32
        picture_stream.pix_fmt = "yuv420p"
        sound_stream = output.add_stream("aac", rate=16_000, layout="mono") if with_sound else None
        for number in range(round(seconds * 10)):
            picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), number, np.uint8), format="rgb24")
            picture.pts, picture.time_base = number, Fraction(1, 10)
            output.mux(picture_stream.encode(picture))
        output.mux(picture_stream.encode(None))
        if sound_stream is not None:
            frame = av.AudioFrame.from_ndarray(voice(seconds).T.copy(), format="fltp", layout="mono")
            frame.sample_rate = 16_000
            output.mux(sound_stream.encode(frame))
            output.mux(sound_stream.encode(None))
    return path


def chunk(name: bytes, content: bytes, *, claimed_bytes: int | None = None, order: str = "<") -> bytes:
    """One RIFF chunk, padded to an even length."""
    size = len(content) if claimed_bytes is None else claimed_bytes
    return name + struct.pack(f"{order}I", size) + content + b"\0" * (len(content) % 2)


def caf(samples: npt.NDArray[np.int16], labels: list[int], *, claimed_bytes: int) -> bytes:
    """The bytes of a CAF file at 16 kHz whose channels are labelled one by one, as Apple numbers them: 1 is left."""

    def part(name: bytes, content: bytes, size_bytes: int) -> bytes:
        return name + struct.pack(">q", size_bytes) + content

    count = len(labels)
    form = struct.pack(">d4s5I", 16_000, b"lpcm", 0, 2 * count, 1, count, 16)
    places = struct.pack(">3I", 0, 0, count) + b"".join(struct.pack(">2I3f", label, 0, 0, 0, 0) for label in labels)
    data = bytes(4) + samples.astype(">i2").tobytes()
    head = b"caff" + struct.pack(">2H", 1, 0) + part(b"desc", form, len(form)) + part(b"chan", places, len(places))
    return head + part(b"data", data, claimed_bytes)


def wav(
    data: bytes,
    *,
    magic: bytes = b"RIFF",
    tag: int = 1,
    channels: int = 1,
    rate_hz: int = 16_000,
    bits: int = 16,
    block_bytes: int | None = None,
    claimed_bytes: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """The bytes of a WAV file; ``claimed_bytes`` is what its header says of the data's size, else the truth."""
    order = ">" if magic == b"RIFX" else "<"
    block = channels * bits // 8 % 65_536 if block_bytes is None else block_bytes
    values = (tag, channels, rate_hz, rate_hz * block % (1 << 32), block, bits)
    body = b"WAVE" + before + chunk(b"fmt ", struct.pack(f"{order}HHIIHH", *values), order=order)
    body += chunk(b"data", data, claimed_bytes=claimed_bytes, order=order) + after
    return magic + struct.pack(f"{order}I", len(body) % (1 << 32)) + body
