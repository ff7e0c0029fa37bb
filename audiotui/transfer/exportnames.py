"""What exported files are called: readable, unique, and the same on every run, on every file system.

``hello-world_12345678.wav`` is the audio of a recording, ``hello-world_12345678.transcript.txt`` a file of another
kind, ``hello-world_12345678+1.wav`` version 1 of an audio file that was replaced. The name part never has a dot, a kind
neither dot nor plus, and the id part is unique however letters are compared: so no two files meet.
"""

from __future__ import annotations

import unicodedata
from itertools import groupby
from pathlib import PurePath
from typing import TYPE_CHECKING

from audiotui.errors import AmbiguousId
from audiotui.model import AUDIO
from audiotui.transfer.layout import clean_extension

if TYPE_CHECKING:
    from audiotui.core.catalog import Catalog
    from audiotui.model import Recording, RecordingFile

_LONGEST_SOURCE = 200
"""Characters of a title or text that are looked at."""

_LONGEST_NAME_BYTES = 80
_MOST_MARKS = 4
_SHORT_ID = 8


def export_names(catalog: Catalog, recording: Recording) -> dict[int, str]:
    """The name of each file that was not removed, by its row id."""
    files = [file for file in recording.files if file.deleted_at is None]
    newest = {file.kind: file.version for file in sorted(files, key=lambda file: file.version)}
    stem = f"{readable_name(recording.label) or 'recording'}_{_short_id(catalog, recording.uid)}"
    return {file.id: f"{stem}{_ending(file, is_current=file.version == newest[file.kind])}" for file in files}


def readable_name(text: str) -> str:
    """The first words of a text as a part of a file name: letters, digits and dashes; '' if there are none."""
    composed = unicodedata.normalize("NFC", text[:_LONGEST_SOURCE])
    runs = groupby(composed, _is_kept)
    words = "-".join(part for is_kept, run in runs if is_kept and (part := _few_marks("".join(run))))
    return words.encode()[:_LONGEST_NAME_BYTES].decode(errors="ignore").strip("-")


def _is_kept(character: str) -> bool:
    return character.isalnum() or _is_mark(character)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Mc"}


def _few_marks(word: str) -> str:
    """A word without marks that stand on nothing, and with no more marks on one letter than any script needs."""
    parts = ["".join(run)[: _MOST_MARKS if is_mark else None] for is_mark, run in groupby(word, _is_mark)]
    return "".join(parts[1:] if _is_mark(word[0]) else parts)


def _short_id(catalog: Catalog, uid: str) -> str:
    try:
        catalog.resolve_recording(uid[:_SHORT_ID], trashed=True)
    except AmbiguousId:
        return uid
    return uid[:_SHORT_ID]


def _ending(file: RecordingFile, *, is_current: bool) -> str:
    version = "" if is_current else f"+{file.version}"
    kind = "" if file.kind == AUDIO else f".{file.kind}"
    media = file.media.format if file.media else ""
    extension = clean_extension(PurePath(file.original_name).suffix) or clean_extension(media) or "bin"
    return f"{version}{kind}.{extension}"
