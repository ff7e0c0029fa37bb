"""Sound in another coding, by FFmpeg (PyAV): FLAC, MP3, Opus, AAC or WAV, at the usual loudness if asked.

Loudness is that of EBU R 128, with the values that podcasts and speech services agree on: -16 LUFS, and no peak above
-1.5 dB.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO

from audiotui.audio.decoder import decode
from audiotui.errors import InvalidInput, UnreadableAudio
from audiotui.text import briefly, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    from av.audio.frame import AudioFrame

    from audiotui.audio.decoder import Block

LOUDNESS = "I=-16:TP=-1.5:LRA=11"

NUMBERS = "exprs='if(isnan(val(ch))+isinf(val(ch)),0,val(ch))':c=same"
"""What puts 0 for samples that are no numbers: the loudness of a short silence is one, and no encoder takes them."""

LOUDEST = 1e6
"""120 dB above full scale; more is damage, and what AAC refuses is not far from there."""


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

    Samples that are no numbers become silence.

    Raises:
        UnreadableAudio: the source cannot be decoded, or not be coded in this way.
        OSError: the target cannot be written.
    """
    import av

    blocks = decode(source)
    first = next(blocks, None)
    if first is None:
        raise UnreadableAudio(f"{safe_text(str(source))} holds no sound.", "Generate it again.")
    try:
        _code(first, blocks, target, wanted, loudness=loudness)
    except (av.FFmpegError, ValueError) as error:  # the latter is of PyAV itself, which knows not all that FFmpeg does
        raise UnreadableAudio(
            f"The sound cannot be coded by {wanted.codec}: {safe_text(str(error), limit=200)}.",
            "Choose another format, or give it one or two channels.",
        ) from error


def _code(first: Block, following: Iterable[Block], target: BinaryIO, wanted: Coding, *, loudness: bool) -> None:
    import av

    layout = "mono" if first.samples.shape[1] == 1 else "stereo"
    rate_hz = _nearest(first.sample_rate_hz, wanted.rates_hz)
    with av.open(target, "w", format=wanted.container) as container:
        stream: Any = container.add_stream(wanted.codec, rate=rate_hz, layout=layout)
        if wanted.bit_rate:
            stream.bit_rate = wanted.bit_rate
        chain = _chain(first, layout, f"sample_fmts={wanted.sample_format}:sample_rates={rate_hz}", loudness=loudness)
        frame_samples = stream.codec_context.frame_size or 0
        for frame in _in_frames(chain, itertools.chain((first,), following), frame_samples):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _chain(first: Block, layout: str, form: str, *, loudness: bool) -> Any:
    """FFmpeg's filters from decoded blocks to what the encoder takes."""
    from av.filter import Graph

    graph = Graph()
    source = graph.add_abuffer(
        format="flt", sample_rate=first.sample_rate_hz, layout=_layout_of(first), time_base=_time_base(first)
    )
    nodes = [source]
    if loudness:
        nodes += [graph.add("loudnorm", LOUDNESS), graph.add("aeval", NUMBERS)]
    nodes += [graph.add("aformat", f"{form}:channel_layouts={layout}"), graph.add("abuffersink")]
    for node, following in itertools.pairwise(nodes):
        node.link_to(following)
    graph.configure()
    return graph


def _in_frames(graph: Any, blocks: Iterable[Block], frame_samples: int) -> Iterator[AudioFrame]:
    """What comes out of the filters, in frames of the encoder's size."""
    from av.audio.fifo import AudioFifo
    from av.audio.frame import AudioFrame

    fifo = AudioFifo()
    position = 0
    for block in blocks:
        frame = AudioFrame.from_ndarray(_numbers(block.samples).reshape(1, -1), format="flt", layout=_layout_of(block))
        frame.sample_rate = block.sample_rate_hz
        frame.pts, frame.time_base = position, _time_base(block)
        position += len(block.samples)
        graph.push(frame)
        yield from _out(_pulled(graph), fifo, frame_samples)
    graph.push(None)
    yield from _out(_pulled(graph), fifo, frame_samples)
    if frame_samples and (rest := fifo.read(0, partial=True)) is not None:
        yield rest


def _pulled(graph: Any) -> Iterator[AudioFrame]:
    """The frames that the filters have ready."""
    import av

    while True:
        try:
            yield graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return


def _out(frames: Iterable[AudioFrame], fifo: Any, frame_samples: int) -> Iterator[AudioFrame]:
    if not frame_samples:
        yield from frames
        return
    for frame in frames:
        fifo.write(frame)
        while (ready := fifo.read(frame_samples)) is not None:
            yield ready


def _numbers(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The same samples, with 0 for what is no number."""
    import numpy as np

    return np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0).clip(-LOUDEST, LOUDEST)


def _layout_of(block: Block) -> str:
    channels = block.samples.shape[1]
    return {1: "mono", 2: "stereo"}.get(channels, f"{channels}c")


def _time_base(block: Block) -> Fraction:
    return Fraction(1, block.sample_rate_hz)


def _nearest(rate_hz: int, rates_hz: tuple[int, ...]) -> int:
    """The rate itself if it can be had, else the next above, else the highest."""
    if not rates_hz or rate_hz in rates_hz:
        return rate_hz
    return min((one for one in rates_hz if one > rate_hz), default=max(rates_hz))
