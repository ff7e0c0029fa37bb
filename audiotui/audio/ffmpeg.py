"""Facts by way of FFmpeg (PyAV), for what no other reader takes: M4A, AAC, WebM, MP3 without an index, and the rest.

The length is that of the packets that are really there. Headers of cut files promise too much, those of files that a
browser recorded say nothing, and for bare AAC and MP3 streams FFmpeg itself only guesses from the bit rate.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from audiotui.audio.riff import without_trailer
from audiotui.audio.source import Damaged, Soundless, Source, check_header
from audiotui.model import MediaFacts
from audiotui.text import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

FORMATS = {
    "aac": "aac",
    "ac3": "ac3",
    "aiff": "aiff",
    "amr": "amr",
    "asf": "wma",
    "caf": "caf",
    "eac3": "eac3",
    "flac": "flac",
    "matroska,webm": "mka",
    "mov,mp4,m4a,3gp,3g2,mj2": "m4a",
    "mp3": "mp3",
    "ogg": "ogg",
    "tta": "tta",
    "w64": "w64",
    "wav": "wav",
    "wv": "wv",
}
"""Our names of FFmpeg's demuxers. No other one may run: playlists, for example, open whatever address they name."""

_OPTIONS = {
    "format_whitelist": ",".join(FORMATS),
    "protocol_whitelist": "",
    "probesize": "1000000",
    "max_size": "65536",  # of a packet of WAV; otherwise the byte rate in the header decides, and takes a gigabyte
}
_PROVING_PACKETS = 16
"""One of the first packets must decode; some codecs need a few before they give a sound."""

_MAX_PACKETS = 20_000_000
"""Four days of speech codecs' 20 ms; counting more would take over a minute."""

_MAX_HEADER_BYTES = 32 * 1024 * 1024
"""Headers of ten hours of sound take 4 MB; a file of millions of tiny parts would take a minute for each 300 MB."""

_MAX_PIECE_BYTES = 16 * 1024 * 1024
"""No packet of sound comes near this size."""


def read(source: Source) -> MediaFacts | None:
    """The facts, with the length of the packets that are there; None if FFmpeg takes the bytes for no audio format."""
    import av

    facts = None
    with suppress(av.FFmpegError), opened_container(source) as container:
        facts = _facts(source, container)
    return facts


@contextmanager
def opened_container(source: Source, *, passes: int = 1) -> Iterator[InputContainer]:
    """The file as FFmpeg sees it, for reading it so many times.

    Raises:
        av.FFmpegError: FFmpeg takes the bytes for no audio format.
        OSError: the disk failed.
    """
    import av

    file = _File(without_trailer(source))
    try:
        with av.open(file, "r", options=_OPTIONS, **_lenient()) as container:
            file.allowance_bytes = passes * source.size_bytes + _MAX_PIECE_BYTES
            for stream in container.streams.audio:
                _forget_order(stream)
            yield container
    finally:
        if file.error is not None:
            raise file.error


def _lenient() -> dict[str, Any]:
    """What lets PyAV read tags that are no UTF-8. From version 19 on it takes them by itself, and knows no option."""
    import av

    return {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}


def _forget_order(stream: AudioStream) -> None:
    """Let channels in an order of the file's own, such as right before left, be channels without names.

    FFmpeg keeps such an order as a list in the memory of the codec. PyAV 18.1 frees it with everything that tells the
    layout, each frame too: the process dies of it. So it is read once here, and replaced.
    """
    context: Any = stream.codec_context
    if context is None:  # FFmpeg knows no decoder
        return
    layout = context.layout
    if layout.nb_channels:
        context.layout = f"{layout.nb_channels}C" if " " in layout.name else layout.name


class _File:
    """The source as a file object, because FFmpeg would take a name with a colon for an address.

    FFmpeg seeks wherever a damaged header points, and PyAV prints what a callback raises: so nothing here raises, and
    the first error of a read is kept in ``error``. The file seems to end when ``allowance_bytes`` are used up.
    """

    def __init__(self, source: Source) -> None:
        self.error: OSError | None = None
        self.allowance_bytes = _MAX_HEADER_BYTES
        self._source = source
        self._position = 0

    def read(self, size: int) -> bytes:
        """The next bytes; none at the end, after an error, or when a damaged length asks for too many at once."""
        size = min(size, self._source.size_bytes - self._position) if size <= _MAX_PIECE_BYTES else 0
        if size <= 0 or self.error is not None or self.allowance_bytes <= 0:
            return b""
        try:
            data = self._source.read_at(self._position, size)
        except OSError as error:
            self.error = error
            return b""
        self._position += len(data)
        self.allowance_bytes -= len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """The new position; -1, which FFmpeg takes for failure, before the start."""
        start = {os.SEEK_CUR: self._position, os.SEEK_END: self._source.size_bytes}.get(whence, 0)
        if start + offset < 0:
            return -1
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """The position."""
        return self._position


def _facts(source: Source, container: InputContainer) -> MediaFacts:
    """The facts of the first sound track."""
    if not container.streams.audio:
        raise Soundless
    stream = container.streams.audio[0]
    duration_s, frame = _run_through(container, stream)
    # a decoded frame knows better than the header, which says half the rate of HE-AAC
    check_header(frame.sample_rate, frame.layout.nb_channels)
    codec = stream.codec_context.name
    return MediaFacts(
        _format_name(source, container, codec), duration_s, frame.sample_rate, frame.layout.nb_channels, codec
    )


def _run_through(container: InputContainer, stream: AudioStream) -> tuple[float, AudioFrame]:
    """The seconds that all packets cover, and the first frame that decodes; the count ends where damage begins."""
    import av

    frame: AudioFrame | None = None
    end = 0
    try:
        for number, packet in enumerate(container.demux(stream)):
            if frame is None:
                if number >= _PROVING_PACKETS:
                    break
                frame = _first_frame(packet)
            if number >= _MAX_PACKETS:
                raise Damaged(f"has more than {format_count(_MAX_PACKETS)} packets")
            if packet.size:
                end = max(end, (end if packet.pts is None else packet.pts) + (packet.duration or 0))
    except av.FFmpegError:
        pass
    if frame is None:
        raise Damaged("cannot be decoded")
    return float((end - max(stream.start_time or 0, 0)) * (stream.time_base or 0)), frame


def _first_frame(packet: Packet[AudioStream]) -> AudioFrame | None:
    """The first frame in a packet; None if it holds none yet or is damaged."""
    import av

    try:
        return next(iter(packet.decode()), None)
    except (av.FFmpegError, ValueError):  # the latter says, in PyAV 19, that there is no decoder
        return None


def _format_name(source: Source, container: InputContainer, codec: str) -> str:
    """Our name of the format; where one demuxer serves several, by the file's own words."""
    name = FORMATS[container.format.name]
    if name == "mka" and b"webm" in source.head[:64]:
        return "webm"
    if name == "m4a" and source.head[8:11] == b"3gp":
        return "3gp"
    if name in {"m4a", "mka"} and _has_moving_pictures(container):
        return {"m4a": "mp4", "mka": "mkv"}[name]
    if (name, codec) in {("ogg", "opus"), ("mp3", "mp2")}:
        return codec
    return name


def _has_moving_pictures(container: InputContainer) -> bool:
    """Whether there is a video track that is no cover picture."""
    from av.stream import Disposition

    return any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video)
