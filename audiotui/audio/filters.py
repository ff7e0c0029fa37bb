"""FFmpeg's filters over decoded blocks, one after the other."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.audio.frame import AudioFrame

    from audiotui.audio.decoder import Block

Filter = tuple[str, str]
"""A filter's name and its options, as FFmpeg has them."""

_ASIDE = math.sqrt(0.5)
"""The weight of a channel that is not the left or right one in front: -3 dB, by ITU-R BS.775."""


class Chain:
    """Filters through which the sound of one file goes; ``first`` is a block of it, or one that is like them."""

    def __init__(self, first: Block, filters: Sequence[Filter]) -> None:
        from av.filter import Graph

        channels = first.samples.shape[1]
        self._layout = {1: "mono", 2: "stereo"}.get(channels, f"{channels}C")
        self._rate_hz = first.sample_rate_hz
        self._position = 0
        self._graph: Any = Graph()
        source = self._graph.add_abuffer(
            format="flt", sample_rate=self._rate_hz, layout=self._layout, time_base=Fraction(1, self._rate_hz)
        )
        nodes = [source, *(self._graph.add(*one) for one in filters), self._graph.add("abuffersink")]
        for node, following in pairwise(nodes):
            node.link_to(following)
        self._graph.configure()

    def through(self, block: Block) -> Iterator[AudioFrame]:
        """Put a block in; what comes out by now."""
        from av.audio.frame import AudioFrame

        frame = AudioFrame.from_ndarray(block.samples.reshape(1, -1), format="flt", layout=self._layout)
        frame.sample_rate = self._rate_hz
        frame.pts, frame.time_base = self._position, Fraction(1, self._rate_hz)
        self._position += len(block.samples)
        self._graph.push(frame)
        yield from self._ready()

    def end(self) -> Iterator[AudioFrame]:
        """No more goes in; what still comes out."""
        self._graph.push(None)
        yield from self._ready()

    def _ready(self) -> Iterator[AudioFrame]:
        import av

        while True:
            try:
                yield self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return


def downmix(first: Block) -> list[Filter]:
    """What makes two channels of more; nothing where there are one or two. ``first`` is a block of the sound.

    Channels go to their side, those in the middle to both, and the one for deep effects (LFE) to none. Channels of
    which the file does not say what they are for, such as several microphones, are heard alike on both sides: nobody
    who speaks is lost. The weights of a side add up to 1, so no sample becomes greater than the greatest was.

    FFmpeg would do it by itself, and differently: with weights beyond 1 in floating point, without those above from
    5.1.4 on, and without the last of three channels that have no names.
    """
    from av.audio.layout import AudioLayout

    channels = first.samples.shape[1]
    if channels <= 2:
        return []
    names = [channel.name for channel in AudioLayout(first.layout or f"{channels}C").channels]
    return [("pan", f"stereo|c0<{_without(names, 'R')}|c1<{_without(names, 'L')}")]


def _without(names: Sequence[str], side: str) -> str:
    """The weighted sum of the channels but for those of a side; FFmpeg has L or R in the names of these only."""
    return "+".join(
        f"{1 if name in {'FL', 'FR'} else _ASIDE}*c{number}"
        for number, name in enumerate(names)
        if side not in name and not name.startswith("LFE")
    )
