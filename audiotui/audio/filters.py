"""FFmpeg's filters over decoded blocks, one after the other."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.audio.frame import AudioFrame

    from audiotui.audio.decoder import Block

Filter = tuple[str, str]
"""A filter's name and its options, as FFmpeg has them."""


class Chain:
    """Filters through which the sound of one file goes; ``first`` is a block of it, or one that is like them."""

    def __init__(self, first: Block, filters: Sequence[Filter]) -> None:
        from av.filter import Graph

        channels = first.samples.shape[1]
        self._layout = {1: "mono", 2: "stereo"}.get(channels, f"{channels}c")
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
