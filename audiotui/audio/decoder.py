"""The samples of a sound file from a place on, in blocks: by libsndfile where it is at home, else by FFmpeg.

libsndfile seeks exactly and is fast; MPEG and WAV go to FFmpeg, which stays silent on damaged frames and reads WAV that
was streamed with a header of unknown length. More than two channels go there as well: FFmpeg tells what they are for.
Both decode what is there and stop where damage begins.
"""

from __future__ import annotations

import os
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from audiotui.audio import ffmpeg, sndfile
from audiotui.audio.source import Source, open_source, opened
from audiotui.errors import UnreadableAudio
from audiotui.text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    from av import AudioFrame

BLOCK_FRAMES = 8_192


class Block(NamedTuple):
    """Some samples of a recording."""

    samples: npt.NDArray[np.float32]
    """Shape (frames, channels), full scale is 1.0."""
    sample_rate_hz: int
    layout: str = ""
    """FFmpeg's name of what the channels are for; '' if that is not known."""


def decode(path: Path | str, *, start_s: float = 0.0) -> Iterator[Block]:
    """The sound of a file from ``start_s`` on; no block at or beyond its end.

    Raises:
        InvalidInput: there is no such regular file.
        UnreadableAudio: no decoder takes it.
    """
    with opened(path) as descriptor:
        source = open_source(descriptor)
        blocks = _by_sndfile(source, start_s) if sndfile.is_at_home(source) else _by_ffmpeg(source, start_s)
        first = _first(blocks, os.fspath(path))
        yield from chain(first, blocks)


def _first(blocks: Iterator[Block], name: str) -> tuple[Block, ...]:
    """The first block, if there is any; decoders notice only with it that they cannot read a file."""
    import av
    import soundfile

    try:
        block = next(blocks, None)
    except (av.FFmpegError, soundfile.LibsndfileError, ValueError, OSError) as error:
        raise UnreadableAudio(
            f"{safe_text(name)} cannot be decoded: {safe_text(str(error), limit=200)}.",
            "Check whether another program plays it; if so, convert it to WAV or FLAC.",
        ) from error
    return () if block is None else (block,)


def _by_sndfile(source: Source, start_s: float) -> Iterator[Block]:
    import numpy as np
    import soundfile

    os.lseek(source.descriptor, 0, os.SEEK_SET)
    with soundfile.SoundFile(source.descriptor, closefd=False) as file:
        rate_hz = file.samplerate
        file.seek(min(file.frames, max(0, round(start_s * rate_hz))))
        has_begun = False
        while True:
            try:
                samples = np.asarray(file.read(BLOCK_FRAMES, dtype="float32", always_2d=True), np.float32)
            except soundfile.LibsndfileError:
                if has_begun:  # what is damaged ends the sound; what came before it stays
                    return
                raise
            if not len(samples):
                return
            has_begun = True
            yield Block(samples, rate_hz)


def _by_ffmpeg(source: Source, start_s: float) -> Iterator[Block]:
    import av
    import numpy as np

    with ffmpeg.opened_container(source, passes=2) as container:
        if not container.streams.audio:
            raise ValueError("it has no sound track")
        stream = container.streams.audio[0]
        if start_s > 0:
            container.seek(round(start_s * av.time_base), backward=True)
        resampler = av.AudioResampler(format="flt")  # only the format: rate and channels stay
        first: AudioFrame | None = None
        try:
            for frame in container.decode(stream):
                begin_s = frame.time or 0.0
                try:
                    parts = resampler.resample(frame)
                except ValueError:
                    if first is None:
                        raise
                    # Two files in one, as streams are cut together: the second goes on with the rate of the first.
                    resampler = av.AudioResampler(format="flt", layout=first.layout, rate=first.sample_rate)
                    parts = resampler.resample(frame)
                for part in parts:
                    first = first or part
                    channels = part.layout.nb_channels
                    samples = part.to_ndarray().reshape(-1, channels).astype(np.float32, copy=False)
                    # a seek lands on the packet before; what lies before the wanted place is left out
                    late = round((start_s - begin_s) * part.sample_rate) if start_s > begin_s else 0
                    if late < len(samples):
                        yield Block(samples[late:], part.sample_rate, part.layout.name)
        except av.FFmpegError:  # what is damaged ends the sound; what came before it stays
            return
