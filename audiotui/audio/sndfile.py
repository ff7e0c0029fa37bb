"""Facts by way of libsndfile: FLAC, Ogg (Vorbis, Opus) and the classic formats of workstations.

Headers are believed only if their last frame is there. Streamed and cut files are left to a reader that counts.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from audiotui.audio.mpeg import first_frame_offset
from audiotui.audio.source import Source, check_header
from audiotui.model import MediaFacts

if TYPE_CHECKING:
    import soundfile

FORMATS = {
    "AIFF": "aiff",
    "AU": "au",
    "CAF": "caf",
    "FLAC": "flac",
    "IRCAM": "ircam",
    "NIST": "nist",
    "OGG": "ogg",
    "SVX": "svx",
    "VOC": "voc",
    "W64": "w64",
}
"""Our names of what libsndfile knows by a real signature; what it only guesses at (HTK, MPC2K, ...) is no audio."""

_ONLY_HERE = {"au", "ircam", "nist", "svx", "voc"}
"""What FFmpeg is not asked to read."""


def read(source: Source) -> MediaFacts | None:
    """The facts; None if libsndfile does not know or cannot read the file, or if it is shorter than its header says."""
    if _may_be_mpeg(source):
        return None
    import soundfile

    os.lseek(source.descriptor, 0, os.SEEK_SET)  # libsndfile takes the position for the start of the file
    try:
        with soundfile.SoundFile(source.descriptor, closefd=False) as file:
            format_name = FORMATS.get(file.format)
            if format_name is None:
                return None
            check_header(file.samplerate, file.channels)
            if not _ends_where_it_says(file):
                return None
            name = "opus" if file.subtype == "OPUS" else format_name
            return MediaFacts(name, file.frames / file.samplerate, file.samplerate, file.channels, file.subtype)
    except soundfile.LibsndfileError:
        return None


def is_at_home(source: Source) -> bool:
    """Whether libsndfile is the one to decode the file: it knows the format, reads it whole and hides nothing.

    It does not tell what channels are for, has those of Ogg in an order of their own, and loses the end of Opus with
    more than six.
    """
    facts = read(source)
    return facts is not None and (facts.channels <= 2 or facts.format in _ONLY_HERE)


def _may_be_mpeg(source: Source) -> bool:
    """Whether the sound may be MPEG, bare, tagged or inside WAV: libsndfile's decoder for it prints on stderr."""
    if source.head[:3] == b"ID3":
        return source.read_at(first_frame_offset(source), 4) != b"fLaC"
    return source.head[:1] == b"\xff" or source.head[8:12] == b"WAVE"


def _ends_where_it_says(file: soundfile.SoundFile) -> bool:
    """Whether the last frame that the header promises is there."""
    import soundfile

    if file.frames <= 0:
        return False
    if file.format == "OGG":
        return True  # libsndfile has the length from the last page, and 4 ms for a seek in Opus are many
    try:
        file.seek(file.frames - 1)
        return len(file.buffer_read(1, "int16")) > 0
    except soundfile.LibsndfileError:
        return False
