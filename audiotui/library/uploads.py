"""Files of this machine that are to be kept: found, called by a name that messages may have, and told apart."""

from __future__ import annotations

import hashlib
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from audiotui.errors import InvalidInput, SourceChanged
from audiotui.text import briefly, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from audiotui.library.saving import Fetch
    from audiotui.library.spool import Spool


def sound_file(given: str | PathLike[str]) -> Path:
    """The path of a file that is there.

    Raises:
        InvalidInput: there is none, or none that can be seen.
    """
    if given == "":
        raise InvalidInput("Cannot take path '': it names no file.", "Name a sound file.")
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
    """Its SHA-256 in hex; InvalidInput if it cannot be read."""
    with _reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def taking(path: Path, sha256: str) -> Fetch:
    """Puts the bytes of a file into a spool, if they are still the ones that were looked at.

    It raises InvalidInput if the file cannot be read any more, and SourceChanged if it was written to.
    """

    def fetch(spool: Spool) -> None:
        with _reading(path):
            spool.take(path)
        if spool.content.sha256 != sha256:
            raise SourceChanged(f"{path.name} was written to while it was kept.", "Save it again once it is whole.")

    return fetch


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InvalidInput(f"Cannot read {path.name}: {error.strerror}.", "Name a sound file.") from error
