"""The facts of a sound file, from whichever reader knows it: format, length, sample rate, channels.

| format                          | what it is                            | read by              |
|---------------------------------|---------------------------------------|----------------------|
| wav                             | WAV, RF64, BW64 with plain samples    | ``riff``             |
| mp3                             | MPEG layer III with a Xing frame      | ``mpeg``             |
| flac, ogg (Vorbis), opus        |                                       | ``sndfile``          |
| aiff, au, caf, w64, nist, voc   | and ``ircam``, ``svx``                | ``sndfile``          |
| m4a, mp4, 3gp, aac              | AAC or ALAC; ``mp4`` is with pictures | ``ffmpeg``           |
| webm, mka, mkv                  | Matroska; ``mkv`` is with pictures    | ``ffmpeg``           |
| mp3, mp2, wav                   | without an index; with coded samples  | ``ffmpeg``           |
| wma, ac3, eac3, amr, tta, wv    |                                       | ``ffmpeg``           |

The order is also that of speed: 0.03 ms to 3 ms, and none of the libraries is imported for the first two. The contents
decide, never the file's name.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from audiotui.audio import ffmpeg, mpeg, riff, sndfile
from audiotui.audio.source import HEAD_BYTES, NO_FILE, Damaged, Soundless, Source, open_source, opened
from audiotui.errors import AudioError, NotAudio, UnreadableAudio
from audiotui.text import safe_text

if TYPE_CHECKING:
    from pathlib import Path

    from audiotui.model import MediaFacts

MAX_DURATION_S = 366 * 86_400
"""A recording of more than a year is a damaged header."""

_READERS = (riff.read, mpeg.read, sndfile.read, ffmpeg.read)

_FORMATS_HINT = "Give a sound file: WAV, FLAC, MP3, OGG, Opus, M4A, AAC, WebM or the like."
_DAMAGED_HINT = "Check whether another program plays it; if so, convert it to WAV or FLAC, else get it again."

_SIGNATURES = {
    b"\x1aE\xdf\xa3": "a WebM or Matroska file",
    b"#!AMR": "an AMR file",
    b".snd": "an AU file",
    b"ID3": "an MP3 file",
    b"OggS": "an Ogg file",
    b"caff": "a CAF file",
    b"fLaC": "a FLAC file",
}
_PICTURE_BRANDS = {b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis"}


def probe(path: Path | str) -> MediaFacts:
    """What the sound file holds.

    The length is that of the sound which is there, also where a header promises more or nothing (cut and streamed
    files). Reads headers, and only where they cannot be believed the whole file, in small pieces. Any number of threads
    may call it.

    Raises ``InvalidInput`` if there is no such regular file or it may not be read, ``NotAudio`` if it holds no sound,
    and ``UnreadableAudio`` if it should but is damaged or claims what makes no sense.
    """
    with opened(path) as descriptor:
        return probe_open(descriptor, os.fspath(path))


def probe_open(descriptor: int, name: str) -> MediaFacts:
    """``probe`` of a regular file that is open for reading, whose position it moves; messages call it ``name``."""
    name = safe_text(name)
    try:
        return _facts(open_source(descriptor), name)
    except OSError as error:
        raise UnreadableAudio(f"{name} cannot be read: {error.strerror}.", "Check the disk it lies on.") from error


def probe_plain(data: memoryview, name: str) -> MediaFacts | None:
    """``probe`` of a WAV file with plain samples that is in memory; None for anything else.

    Raises ``UnreadableAudio`` as ``probe`` does.
    """
    name = safe_text(name)
    try:
        facts = riff.read(Source(NO_FILE, len(data), bytes(data[:HEAD_BYTES]), data))
    except Damaged as damage:
        raise _damaged(damage, name) from damage
    return None if facts is None else _checked(facts, name)


def _facts(source: Source, name: str) -> MediaFacts:
    """The facts from the first reader that has them."""
    if not source.size_bytes:
        raise NotAudio(f"{name} is no sound file: it is empty (0 bytes).", "Record or download it again.")
    try:
        facts = next((facts for read in _READERS if (facts := read(source)) is not None), None)
    except Damaged as damage:
        raise _damaged(damage, name) from damage
    except Soundless as pictures:
        raise NotAudio(f"{name} is no sound file: it holds pictures, but no sound.", _FORMATS_HINT) from pictures
    if facts is None:
        raise _refusal(source, name)
    return _checked(facts, name)


def _checked(facts: MediaFacts, name: str) -> MediaFacts:
    """The facts, unless they tell of no sound or of years of it."""
    if facts.duration_s <= 0:
        raise UnreadableAudio(f"{name} holds no sound: its {facts.format} header is all there is.", _DAMAGED_HINT)
    if facts.duration_s > MAX_DURATION_S:
        raise UnreadableAudio(f"{name} claims to be longer than a year, so its header is damaged.", _DAMAGED_HINT)
    return facts


def _damaged(damage: Damaged, name: str) -> UnreadableAudio:
    return UnreadableAudio(f"{name} {damage}.", _DAMAGED_HINT)


def _refusal(source: Source, name: str) -> AudioError:
    """Why no reader took the file: damaged if it starts like a sound file, else none at all."""
    promise = _signature(source.head)
    if promise:
        return UnreadableAudio(f"{name} starts like {promise}, but cannot be decoded.", _DAMAGED_HINT)
    return NotAudio(f"{name} is no sound file: its contents are of no sound format.", _FORMATS_HINT)


def _signature(head: bytes) -> str:
    """What the first bytes promise, as words; '' if no sound."""
    if head[:4] in {b"RIFF", b"RIFX", b"RF64", b"BW64"} and head[8:12] == b"WAVE":
        return "a WAV file"
    if head[:4] == b"FORM" and head[8:12] in {b"AIFF", b"AIFC"}:
        return "an AIFF file"
    if head[4:8] == b"ftyp" and head[8:12] not in _PICTURE_BRANDS:
        return "an M4A or MP4 file"
    return next((words for start, words in _SIGNATURES.items() if head.startswith(start)), "")
