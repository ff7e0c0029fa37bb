"""The file that is being probed, as its readers see it, and the two verdicts that end the search for a reader."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audiotui.errors import InvalidInput
from audiotui.text import format_count, safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD_BYTES = 256

NO_FILE = -1
"""The descriptor of what is in memory only."""

MAX_CHANNELS = 64
"""Ambisonics of the seventh order; more is a damaged header."""

MAX_SAMPLE_RATE_HZ = 768_000
"""The fastest rate that converters are sold with; more is a damaged header."""


_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Damaged(Exception):
    """The verdict of a reader that knows the format: no other one need be asked. Continues a sentence: "has no ..."."""


class Soundless(Exception):
    """A reader knows the format, and the file is well, but there is no sound track in it."""


@dataclass(frozen=True, slots=True)
class Source:
    """An open regular file; the descriptor belongs to ``probe`` and its position to nobody.

    One that is ``held`` needs none (``NO_FILE``) for those who only ``read_at``.
    """

    descriptor: int
    size_bytes: int
    head: bytes
    """The first 256 bytes at least, or all of a smaller file."""
    held: memoryview | None = None
    """All of it, if it is in memory."""

    def read_at(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset``, fewer only where the file ends."""
        if offset + length <= len(self.head) or len(self.head) == self.size_bytes:
            return self.head[offset : offset + length]
        if self.held is not None:
            return bytes(self.held[offset : offset + length])
        return os.pread(self.descriptor, length, offset)


def open_source(descriptor: int) -> Source:
    """The open file as its readers see it."""
    return Source(descriptor, os.fstat(descriptor).st_size, os.pread(descriptor, HEAD_BYTES, 0))


def check_header(sample_rate_hz: int, channels: int) -> None:
    """Raise ``Damaged`` if no recorder and no voice can have meant these values."""
    if not 1 <= channels <= MAX_CHANNELS:
        raise Damaged(f"claims to have {format_count(channels)} channels (1 to {MAX_CHANNELS} make sense)")
    if not 1 <= sample_rate_hz <= MAX_SAMPLE_RATE_HZ:
        claimed, limit = format_count(sample_rate_hz), format_count(MAX_SAMPLE_RATE_HZ)
        raise Damaged(f"claims a sample rate of {claimed} Hz (1 to {limit} make sense)")


@contextmanager
def opened(path: Path | str) -> Iterator[int]:
    """A descriptor of the regular file; never waits for the other end of a named pipe.

    Raises:
        InvalidInput: there is no such regular file, or it may not be read.
    """
    name = safe_text(os.fspath(path))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError as error:
        raise InvalidInput(f"There is no file {name}.", "Check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidInput(f"{name} cannot be opened: {reason}.", "Check the path and its permissions.") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            kind = _KINDS.get(stat.S_IFMT(mode), "no regular file")
            raise InvalidInput(f"{name} is {kind}, not a file.", "Give a regular file; import takes whole folders.")
        yield descriptor
    finally:
        os.close(descriptor)
