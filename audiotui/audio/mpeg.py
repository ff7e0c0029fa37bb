"""Facts of MP3 files whose encoder wrote a Xing or Info frame, from that frame alone.

Other MP3 files are left to a reader that counts their frames: libsndfile guesses their length from the first ones (4 s
for 14 s of variable rate), and its decoder prints warnings on the program's stderr, where a screen may be drawn.

Layout: ISO/IEC 11172-3 (frame header), the Xing VBR header, the LAME tag (delay and padding), ID3v2.4 section 3.1.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from audiotui.model import MediaFacts

if TYPE_CHECKING:
    from audiotui.audio.source import Source

_MAX_TAGS = 4
_MPEG_1 = 3
_LAYER_3 = 1
_MONO = 3
_SAMPLE_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_HAS_FRAMES, _HAS_BYTES, _HAS_TABLE, _HAS_QUALITY = 1, 2, 4, 8
_MIN_FRAME_BYTES = 24
"""A frame of 8 kbit/s at 24 kHz, the smallest there is."""


def read(source: Source) -> MediaFacts | None:
    """The facts of an MP3 file with a Xing frame that fits the file; None for anything else."""
    offset = first_frame_offset(source)
    frame = source.read_at(offset, 200)
    if len(frame) < 4 or frame[0] != 0xFF or frame[1] & 0xE0 != 0xE0:
        return None
    version, layer, rate = frame[1] >> 3 & 3, frame[1] >> 1 & 3, frame[2] >> 2 & 3
    if version not in _SAMPLE_RATES_HZ or layer != _LAYER_3 or rate == 3:
        return None
    is_mono = frame[3] >> 6 == _MONO
    side_bytes = (17 if is_mono else 32) if version == _MPEG_1 else (9 if is_mono else 17)
    sample_rate_hz = _SAMPLE_RATES_HZ[version][rate]
    samples = _samples(frame[4 + side_bytes :], source.size_bytes - offset, 1152 if version == _MPEG_1 else 576)
    if samples is None:
        return None
    return MediaFacts("mp3", samples / sample_rate_hz, sample_rate_hz, 1 if is_mono else 2, "MPEG_LAYER_III")


def first_frame_offset(source: Source) -> int:
    """Where the sound starts: behind the ID3v2 tags, if there are any."""
    offset = 0
    for _ in range(_MAX_TAGS):
        tag = source.read_at(offset, 10)
        if len(tag) < 10 or tag[:3] != b"ID3":
            break
        size = tag[6] << 21 | tag[7] << 14 | tag[8] << 7 | tag[9]
        offset += 10 + size + (10 if tag[5] & 0x10 else 0)
    return offset


def _samples(xing: bytes, available_bytes: int, frame_samples: int) -> int | None:
    """The samples that a Xing frame promises; None if there is none, or if the file is not the one it describes."""
    if xing[:4] not in {b"Xing", b"Info"} or len(xing) < 16:
        return None
    flags, frames, stream_bytes = struct.unpack_from(">III", xing, 4)
    if not flags & _HAS_FRAMES or not flags & _HAS_BYTES or frames * _MIN_FRAME_BYTES > stream_bytes:
        return None
    trailing_bytes = available_bytes - stream_bytes
    if not 0 <= trailing_bytes <= 4096 + stream_bytes // 100:  # cut short, or joined from several
        return None
    lame = xing[16 + (100 if flags & _HAS_TABLE else 0) + (4 if flags & _HAS_QUALITY else 0) :]
    samples: int = frames * frame_samples
    if len(lame) >= 24 and lame[:4] in {b"LAME", b"Lavf", b"Lavc"}:
        delay, padding = lame[21] << 4 | lame[22] >> 4, (lame[22] & 0x0F) << 8 | lame[23]
        samples -= delay + padding
    return samples if samples > 0 else None
