"""Sound in another coding, by FFmpeg (PyAV): FLAC, MP3, Opus, AAC or WAV, at the usual loudness if asked."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from audiotui.audio.decoder import decode
from audiotui.audio.filters import Chain, downmix
from audiotui.audio.loudness import measured
from audiotui.errors import InvalidInput, UnreadableAudio
from audiotui.text import briefly, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from av.audio.frame import AudioFrame

    from audiotui.audio.decoder import Block
    from audiotui.audio.filters import Filter

FULL_SCALE = 1.0
"""The greatest sample that every coding and every player takes."""
LOUDEST = 1e6
"""120 dB above full scale; more is damage, and what AAC refuses is not far from there."""
METER_HZ = 8_000
"""The least rate at which loudness is measured: the filters of BS.1770 fit no sound whose band ends below theirs."""


@dataclass(frozen=True, slots=True)
class Coding:
    """How one format is written."""

    extension: str
    container: str
    codec: str
    sample_format: str
    bit_rate: int = 0
    rates_hz: tuple[int, ...] = ()
    """The sample rates that it can have; none means any."""


CODINGS = {
    "flac": Coding("flac", "flac", "flac", "s16"),
    "wav": Coding("wav", "wav", "pcm_s16le", "s16"),
    "mp3": Coding(
        "mp3", "mp3", "libmp3lame", "fltp", 128_000,
        (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    ),
    "opus": Coding("opus", "ogg", "libopus", "flt", 64_000, (8_000, 12_000, 16_000, 24_000, 48_000)),
    "aac": Coding(
        "m4a", "ipod", "aac", "fltp", 128_000,
        (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
    ),
}  # fmt: skip
"""By the name that callers use."""


def coding(name: Any) -> Coding:
    """The coding of a name; InvalidInput with the known ones for any other."""
    if not isinstance(name, str) or name not in CODINGS:
        raise InvalidInput(f"Cannot make {briefly(name, 40)} of a sound.", f"Choose one of: {', '.join(CODINGS)}.")
    return CODINGS[name]


def transcode(source: Path, target: BinaryIO, wanted: Coding, *, loudness: bool = False) -> None:
    """Write the sound of a file into an open one that can seek, coded anew; memory does not grow with its length.

    It is for listening, the original stays what it was. So in every coding, also those that could hold more, one
    channel stays one and all others become two, see ``downmix``; FLAC and WAV have 16 bits a sample, and what is finer
    is rounded. A rate that a coding does not know becomes the next above, or its highest.

    Samples that are no numbers become silence. Those beyond full scale, which only floating point has, are cut off
    there, as players do; with ``loudness`` they are brought below it whole. For that, see there, the sound is decoded
    twice, and what is measured is what goes to the coder: after the mixing and at the rate of the target, or what that
    is at ``METER_HZ``.

    Raises:
        UnreadableAudio: the source cannot be decoded, or not be coded in this way.
        OSError: the target cannot be written.
    """
    import av

    most = LOUDEST if loudness else FULL_SCALE
    blocks = _sound(source, most)
    first = next(blocks, None)
    if first is None:
        raise UnreadableAudio(f"{safe_text(str(source))} holds no sound.", "Generate it again.")
    rate_hz = _nearest(first.sample_rate_hz, wanted.rates_hz)
    try:
        head = [*downmix(first), ("aresample", str(rate_hz))]
        to_meter = [("aresample", str(METER_HZ))] if rate_hz < METER_HZ else []
        filters = measured(_sound(source, most), [*head, *to_meter]).filters if loudness else []
        _code(first, blocks, target, wanted, rate_hz, [*head, *filters])
    except (av.FFmpegError, ValueError) as error:  # the latter is of PyAV itself, which knows not all that FFmpeg does
        raise UnreadableAudio(
            f"The sound cannot be coded by {wanted.codec}: {safe_text(str(error), limit=200)}.",
            "Choose another format.",
        ) from error


def _sound(source: Path, most: float) -> Iterator[Block]:
    """The sound of a file, all of it numbers no greater than ``most``."""
    import numpy as np

    for block in decode(source):
        numbers = np.nan_to_num(block.samples, nan=0.0, posinf=0.0, neginf=0.0).clip(-most, most)
        yield block._replace(samples=numbers)


def _code(
    first: Block,
    following: Iterable[Block],
    target: BinaryIO,
    wanted: Coding,
    rate_hz: int,
    filters: Sequence[Filter],
) -> None:
    import av

    layout = "mono" if first.samples.shape[1] == 1 else "stereo"
    with av.open(target, "w", format=wanted.container) as container:
        stream: Any = container.add_stream(wanted.codec, rate=rate_hz, layout=layout)
        if wanted.bit_rate:
            stream.bit_rate = wanted.bit_rate
        form = f"sample_fmts={wanted.sample_format}:sample_rates={rate_hz}:channel_layouts={layout}"
        chain = Chain(first, [*filters, ("aformat", form)])
        frame_samples = stream.codec_context.frame_size or 0
        for frame in _in_frames(chain, itertools.chain((first,), following), frame_samples):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _in_frames(chain: Chain, blocks: Iterable[Block], frame_samples: int) -> Iterator[AudioFrame]:
    """What comes out of the filters, in frames of the encoder's size."""
    from av.audio.fifo import AudioFifo

    fifo = AudioFifo()
    for block in blocks:
        yield from _out(chain.through(block), fifo, frame_samples)
    yield from _out(chain.end(), fifo, frame_samples)
    if frame_samples and (rest := fifo.read(0, partial=True)) is not None:
        yield rest


def _out(frames: Iterable[AudioFrame], fifo: Any, frame_samples: int) -> Iterator[AudioFrame]:
    if not frame_samples:
        yield from frames
        return
    for frame in frames:
        fifo.write(frame)
        while (ready := fifo.read(frame_samples)) is not None:
            yield ready


def _nearest(rate_hz: int, rates_hz: tuple[int, ...]) -> int:
    """The rate itself if it can be had, else the next above, else the highest."""
    if not rates_hz or rate_hz in rates_hz:
        return rate_hz
    return min((one for one in rates_hz if one > rate_hz), default=max(rates_hz))
