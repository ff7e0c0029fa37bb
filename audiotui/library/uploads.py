"""Files of this machine that are to be kept: found, called by a name that messages may have, and told apart."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.errors import InvalidInput
from audiotui.text import briefly, safe_text

if TYPE_CHECKING:
    from os import PathLike


def sound_file(given: str | PathLike[str]) -> Path:
    """The path of a file that is there.

    Raises:
        InvalidInput: there is none, or none that can be seen.
    """
    try:
        path = Path(given)
        is_there = path.is_file()
    except TypeError as error:
        raise InvalidInput(f"Cannot take path {briefly(given)}: it is no path.", "Name a sound file.") from error
    except OSError as error:
        raise InvalidInput(f"Cannot take path {briefly(given)}: {error.strerror}.", "Name a sound file.") from error
    if not is_there:
        raise InvalidInput(f"There is no file {path}.", "Name a sound file.")
    return path


def shown_name(name: str) -> str:
    """A name that a client gave, as messages may have it: its last part, without what acts or hides."""
    return safe_text(re.split(r"[/\\]", name)[-1].strip(), limit=80)


def digest_of(path: Path) -> str:
    """Its SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
