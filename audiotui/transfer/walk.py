"""Which files an import looks at: what the user named, and the audio files in folders, in the order of their names.

A file that was named is always tried. In folders, names decide: known extensions are audio, all others are counted.
Symbolic links in folders are never followed, so there are no loops and nothing outside is read.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.transfer.sidecar import sidecar_path
from audiotui.transfer.userfile import unreadable, what_is_it

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from audiotui.errors import AudiotuiError

AUDIO_EXTENSIONS = frozenset(
    (
        *("aac", "aif", "aifc", "aiff", "amr", "ape", "au", "caf", "flac", "m4a", "m4b", "mka", "mp2", "mp3", "mp4"),
        *("mpc", "oga", "ogg", "opus", "rf64", "snd", "spx", "tta", "voc", "w64", "wav", "wave", "weba", "webm", "wma"),
        "wv",
    )
)
"""The extensions by which audio files in folders are known, in lower case."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to import."""

    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SkippedPath:
    """Something in a folder that is left alone, with the reason: ``symbolic link``, ``hidden``, ``named pipe`` ..."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class FailedPath:
    """A file or a folder that could not be used."""

    path: Path
    error: AudiotuiError


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A file in a folder that is no audio by its name, nor the text of one that is."""

    path: Path


WalkedPath = FoundFile | SkippedPath | FailedPath | OtherFile


def walk(paths: Iterable[Path], *, recursive: bool = True) -> Iterator[WalkedPath]:
    """Everything that the paths lead to; folders in the order of names, read one at a time.

    Without ``recursive`` the folders that are named are read, but not those inside them.
    """
    for path in paths:
        try:
            facts = path.stat()
        except (OSError, ValueError) as error:
            yield FailedPath(path, unreadable(path, error))
            continue
        if what_is_it(facts.st_mode) == "folder":
            yield from _walk_folder(path, recursive=recursive)
        else:
            yield FoundFile(path, facts.st_size)


def _walk_folder(top: Path, *, recursive: bool) -> Iterator[WalkedPath]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            yield FailedPath(folder, unreadable(folder, error))
            continue
        inner = [Path(entry.path) for entry in ordered if recursive and _is_open_folder(entry)]
        found = [_classify(entry) for entry in ordered if not (recursive and _is_open_folder(entry))]
        yield from _without_sidecars(found)
        waiting.extend(reversed(inner))


def _is_open_folder(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)


def _without_sidecars(found: list[WalkedPath]) -> Iterator[WalkedPath]:
    """What was found in one folder, without the texts that belong to audio files there."""
    sidecars = {sidecar_path(one.path) for one in found if isinstance(one, FoundFile)}
    return (one for one in found if not (isinstance(one, OtherFile) and one.path in sidecars))


def _classify(entry: os.DirEntry[str]) -> WalkedPath:
    path = Path(entry.path)
    if entry.name.startswith("."):
        return SkippedPath(path, "hidden")
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError as error:
        return FailedPath(path, unreadable(path, error))
    kind = what_is_it(facts.st_mode)
    if kind != "file":
        return SkippedPath(path, kind)
    if path.suffix.removeprefix(".").lower() in AUDIO_EXTENSIONS:
        return FoundFile(path, facts.st_size)
    return OtherFile(path)
