"""Facts of WAV files with plain samples (PCM, float, A-law, u-law), read from their chunks.

libsndfile takes a data size of 0, which speech servers write when they stream, for an empty file, and knows neither
BW64 nor RF64 with an unset size; so these few bytes are read here. Coded WAV files (ADPCM, MP3) are left to others.

Layout: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0"; EBU Tech 3306 (RF64);
ITU-R BS.2088 (BW64).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from audiotui.audio.source import Damaged, Source, check_header
from audiotui.model import MediaFacts

MAX_CHUNKS = 1_000
"""Chunks before the sound; each is one read, so this bounds the time a hostile file can take."""

_BYTE_ORDERS = {b"RIFF": "<", b"RF64": "<", b"BW64": "<", b"RIFX": ">"}
_UNSET_SIZE = 0xFFFFFFFF
_KNOWN_SIZES = (range(1, 0x7F00_0000), range(1 << 32, 1 << 42))
"""Sizes of sound that are meant: writers who cannot know put down 0, 0x7FFFF000 (SoX, eSpeak), 0x7FFFFFFF,
0xFFFFFFFF, or a little less for the header."""
_EXTENSIBLE = 0xFFFE
_CODECS = {
    (0x0001, 1): "PCM_U8",
    (0x0001, 2): "PCM_16",
    (0x0001, 3): "PCM_24",
    (0x0001, 4): "PCM_32",
    (0x0003, 4): "FLOAT",
    (0x0003, 8): "DOUBLE",
    (0x0006, 1): "ALAW",
    (0x0007, 1): "ULAW",
}
"""Names as libsndfile has them, by format tag and bytes per sample."""


@dataclass(frozen=True, slots=True)
class _Chunks:
    """What the walk to the sound found; ``data_bytes`` is what the file claims."""

    byte_order: str
    format: bytes
    data_offset: int
    data_bytes: int


@dataclass(frozen=True, slots=True)
class _Sound:
    """How the samples are stored."""

    chunks: _Chunks
    frame_bytes: int
    sample_rate_hz: int
    channels: int
    codec: str


def read(source: Source) -> MediaFacts | None:
    """The facts of a WAV file with plain samples, by the bytes that are really there; None for anything else."""
    sound = _sound(source)
    if sound is None:
        return None
    frames = _data_bytes(source, sound.chunks) // sound.frame_bytes
    return MediaFacts("wav", frames / sound.sample_rate_hz, sound.sample_rate_hz, sound.channels, sound.codec)


def promised_s(source: Source) -> float | None:
    """The length that the header of such a file tells; None for anything else, and if its writer did not know it."""
    sound = _sound(source)
    if sound is None or not any(sound.chunks.data_bytes in sizes for sizes in _KNOWN_SIZES):
        return None
    return sound.chunks.data_bytes // sound.frame_bytes / sound.sample_rate_hz


def _sound(source: Source) -> _Sound | None:
    byte_order = _byte_order(source)
    if byte_order is None:
        return None
    chunks = _walk(source, byte_order)
    tag, channels, sample_rate_hz, _, block_bytes, sample_bits = struct.unpack_from(
        f"{byte_order}HHIIHH", chunks.format
    )
    if tag == _EXTENSIBLE and len(chunks.format) >= 26:
        (tag,) = struct.unpack_from(f"{byte_order}H", chunks.format, 24)
    check_header(sample_rate_hz, channels)
    codec = _CODECS.get((tag, (sample_bits + 7) // 8))
    if codec is None:
        return None
    plain_bytes = channels * ((sample_bits + 7) // 8)
    # 24 bits may lie in 4 bytes; a block size that holds no whole samples is ignored, as libsndfile does
    frame_bytes = block_bytes if block_bytes % channels == 0 and block_bytes >= plain_bytes else plain_bytes
    return _Sound(chunks, frame_bytes, sample_rate_hz, channels, codec)


def without_trailer(source: Source) -> Source:
    """A WAV file as if it ended with its sound, anything else as it is.

    For readers that look at every chunk behind the sound, however many there are. Raises ``Damaged`` like ``read``.
    """
    byte_order = _byte_order(source)
    if byte_order is None:
        return source
    chunks = _walk(source, byte_order)
    return replace(source, size_bytes=chunks.data_offset + _data_bytes(source, chunks))


def _byte_order(source: Source) -> str | None:
    """How a WAV file writes its numbers; None for anything else."""
    return _BYTE_ORDERS.get(source.head[:4]) if source.head[8:12] == b"WAVE" else None


def _walk(source: Source, byte_order: str) -> _Chunks:
    """Go from chunk to chunk, never through one, until the sound starts."""
    offset, format_chunk, long_data_bytes = 12, b"", 0
    for _ in range(MAX_CHUNKS):
        header = source.read_at(offset, 8)
        if len(header) < 8:
            raise Damaged("has a WAV header that ends before the sound")
        name, size = struct.unpack(f"{byte_order}4sI", header)
        if name == b"data":
            if len(format_chunk) < 16:
                raise Damaged("has a WAV header that does not say how the sound is stored")
            is_long = size == _UNSET_SIZE and 0 < long_data_bytes < 1 << 63
            return _Chunks(byte_order, format_chunk, offset + 8, long_data_bytes if is_long else size)
        if name == b"fmt ":
            format_chunk = source.read_at(offset + 8, min(size, 40))
        elif name == b"ds64" and size >= 16:
            long_data_bytes = int.from_bytes(source.read_at(offset + 16, 8), "little")
        offset += 8 + size + size % 2
    raise Damaged(f"has more than {MAX_CHUNKS} chunks before its sound")


def _data_bytes(source: Source, chunks: _Chunks) -> int:
    """The bytes of sound: what the header claims as far as the file reaches, all that follows if it claims none."""
    available = source.size_bytes - chunks.data_offset
    if chunks.data_bytes == 0 and not _is_chain(source, chunks):
        return available
    return min(chunks.data_bytes, available)


def _is_chain(source: Source, chunks: _Chunks) -> bool:
    """Whether whole chunks with printable names lead from the place of the sound to the end of the file."""
    offset = chunks.data_offset
    for _ in range(MAX_CHUNKS):
        if offset >= source.size_bytes:
            return offset - source.size_bytes <= 1  # the last pad byte is often missing
        name, size = struct.unpack(f"{chunks.byte_order}4sI", source.read_at(offset, 8).ljust(8, b"\0"))
        if not all(0x20 <= byte < 0x7F for byte in name):
            return False
        offset += 8 + size + size % 2
    return False
