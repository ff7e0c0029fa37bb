"""A sound file as a player hears it: stereo at 48 kHz, decoded ahead, as fast as wished at the same pitch.

The rate is changed by FFmpeg's filter ``atempo``.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from audiotui.audio.decoder import Block, decode
from audiotui.audio.probe import probe
from audiotui.errors import AudiotuiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from av.filter import Graph

RATE_HZ = 48_000
CHANNELS = 2

_AHEAD_FRAMES = RATE_HZ
"""Frames that are decoded ahead: a second."""


class Sound:
    """A file that is decoded ahead by a thread of its own into stereo frames at 48 kHz."""

    def __init__(self, path: str, start_s: float, rate: float) -> None:
        self.path = path
        self.duration_s = probe(path).duration_s
        self.rate = rate
        self.start_s = start_s
        self.played_frames = 0
        self.has_ended = False
        self.error = ""
        self._pieces: deque[npt.NDArray[np.float32]] = deque()
        self._ahead = 0
        self._is_decoded = False
        self._room = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._decode, name="decode", daemon=True)
        self._thread.start()

    @property
    def position_s(self) -> float:
        """The place in the file that sounds now."""
        return min(self.duration_s, self.start_s + self.played_frames * self.rate / RATE_HZ)

    def take(self, frames: int) -> npt.NDArray[np.float32]:
        """At most so many frames, of shape (frames, 2); fewer while the decoder is behind and at the end."""
        taken: list[npt.NDArray[np.float32]] = []
        with self._room:
            while frames and self._pieces:
                piece = self._pieces.popleft()
                if len(piece) > frames:
                    self._pieces.appendleft(piece[frames:])
                    piece = piece[:frames]
                taken.append(piece)
                frames -= len(piece)
            count = sum(map(len, taken))
            self._ahead -= count
            self.played_frames += count
            self.has_ended = self._is_decoded and not self._pieces
            self._room.notify()
        return np.concatenate(taken) if taken else np.zeros((0, CHANNELS), np.float32)

    def close(self) -> None:
        """Stop decoding."""
        with self._room:
            self._closed = True
            self._room.notify()
        self._thread.join()

    def _decode(self) -> None:
        try:
            for piece in stretched(decode(self.path, start_s=self.start_s), self.rate):
                with self._room:
                    self._room.wait_for(lambda: self._closed or self._ahead < _AHEAD_FRAMES)
                    if self._closed:
                        return
                    self._pieces.append(piece)
                    self._ahead += len(piece)
        except AudiotuiError as error:
            self.error = error.message
        finally:
            with self._room:
                self._is_decoded = True


def stretched(blocks: Iterator[Block], rate: float) -> Iterator[npt.NDArray[np.float32]]:
    """The blocks as stereo at 48 kHz, ``rate`` times as fast, at the same pitch."""
    import av

    graph: Graph | None = None
    sample_rate_hz = 0
    for block in blocks:
        stereo = block.samples if block.samples.shape[1] == CHANNELS else block.samples.mean(axis=1, keepdims=True)
        stereo = np.ascontiguousarray(np.broadcast_to(stereo, (len(stereo), CHANNELS)), np.float32)
        if graph is None:
            sample_rate_hz = block.sample_rate_hz
            graph = _graph(sample_rate_hz, rate)
        frame = av.AudioFrame.from_ndarray(stereo.reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate = sample_rate_hz
        graph.push(frame)
        yield from _pulled(graph)
    if graph is not None:
        graph.push(None)
        yield from _pulled(graph)


def _graph(sample_rate_hz: int, rate: float) -> Any:
    from av.filter import Graph

    graph = Graph()
    source = graph.add_abuffer(format="flt", sample_rate=sample_rate_hz, layout="stereo")
    steps = [source]
    if rate != 1:
        steps.append(graph.add("atempo", str(rate)))
    steps.append(graph.add("aresample", str(RATE_HZ)))
    steps.append(graph.add("aformat", f"sample_fmts=flt:channel_layouts=stereo:sample_rates={RATE_HZ}"))
    steps.append(graph.add("abuffersink"))
    graph.link_nodes(*steps).configure()
    return graph


def _pulled(graph: Any) -> Iterator[npt.NDArray[np.float32]]:
    import av

    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield frame.to_ndarray().reshape(-1, CHANNELS).astype(np.float32, copy=False)
