"""The text of a recording from the file beside it: ``hello.txt`` holds what ``hello.wav`` says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from audiotui.errors import InvalidInput
from audiotui.transfer.userfile import open_user_file

if TYPE_CHECKING:
    from pathlib import Path

SIDECAR_SUFFIX = ".txt"

TRANSCRIPT = "transcript"
"""The kind under which a sidecar may be kept as a file."""

MAX_TEXT_BYTES = 1 << 20
"""A text that takes longer to read aloud than a day belongs into a file of its own kind."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def sidecar_path(audio_path: Path) -> Path:
    """Where the text of an audio file would lie."""
    return audio_path.with_name(audio_path.stem + SIDECAR_SUFFIX)


def has_sidecar(audio_path: Path) -> bool:
    """Whether there is something that ``read_sidecar`` would try to read."""
    path = sidecar_path(audio_path)
    return os.path.lexists(path) and not path.is_symlink()


def read_sidecar(audio_path: Path) -> str | None:
    """The text beside an audio file without white space around it; None if there is no such file.

    A symbolic link is no sidecar: an import follows none.

    Raises:
        InvalidInput: the file cannot be read, is too long, or is not UTF-8.
    """
    if not has_sidecar(audio_path):
        return None
    path = sidecar_path(audio_path)
    with open_user_file(path, follow_link=False) as file:
        if file.size_bytes > MAX_TEXT_BYTES:
            raise InvalidInput(
                f"The text {path} is {file.size_bytes} bytes long; a recording's text has at most {MAX_TEXT_BYTES}.",
                "Add the file as kind 'transcript' instead, and move it out of the way.",
            )
        data = b"".join(file.blocks())
    try:
        return data.removeprefix(_BYTE_ORDER_MARK).decode().strip()
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The text {path} is not UTF-8: byte {error.start + 1} is wrong.",
            "Convert it to UTF-8, or move it out of the way.",
        ) from error
