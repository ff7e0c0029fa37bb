"""The file that is being probed, as its readers see it, and the two verdicts that end the search for a reader."""

from __future__ import annotations

import os
from dataclasses import dataclass

from audiotui.text import format_count

HEAD_BYTES = 256

MAX_CHANNELS = 64
"""Ambisonics of the seventh order; more is a damaged header."""

MAX_SAMPLE_RATE_HZ = 768_000
"""The fastest rate that converters are sold with; more is a damaged header."""


class Damaged(Exception):
    """The verdict of a reader that knows the format: no other one need be asked. Continues a sentence: "has no ..."."""


class Soundless(Exception):
    """A reader knows the format, and the file is well, but there is no sound track in it."""


@dataclass(frozen=True, slots=True)
class Source:
    """An open regular file; the descriptor belongs to ``probe`` and its position to nobody."""

    descriptor: int
    size_bytes: int
    head: bytes
    """The first 256 bytes, or all of a smaller file."""

    def read_at(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset``, fewer only where the file ends."""
        if offset + length <= len(self.head):
            return self.head[offset : offset + length]
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
