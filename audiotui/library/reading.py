"""What is read of an asset: as values for JSON, and its bytes as a stream with ranges."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from audiotui.documents.encoding import document_of
from audiotui.errors import IntegrityError, InvalidInput, SourceChanged
from audiotui.library.shelf import MENDING_HINT, may_be

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audiotui.backends.items import Entry
    from audiotui.documents.asset import Asset, StoredFile, Version
    from audiotui.library.shelf import Shelf

_INTERNAL = frozenset({
    "revision", "is_visible", "has_work", "pending", "cleanup", "is_unsynced", "facets", "search", "generation_hash",
    "fingerprint", "origin", "part_sha256", "source_url",
})  # fmt: skip

MEDIA_TYPES = {
    "aac": "audio/aac",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "webm": "audio/webm",
}

PROVEN_BYTES = 1024 * 1024
"""Of files up to this size, parts are proven too: the whole is read for them, which takes hardly longer."""

_RANGE = re.compile("bytes=([0-9]*)-([0-9]*)")
_DIGITS = 18
"""No file has as many bytes as a number of more digits says, however many more."""


def record_of(asset: Asset) -> dict[str, Any]:
    """An asset as a JSON object: all that a customer may know of it."""
    return _plain(document_of(asset))


def version_record(asset: Asset, version: Version) -> dict[str, Any]:
    """One version of an asset as a JSON object."""
    documents = document_of(asset)
    every = [*documents["versions"], documents]
    return _plain({
        name: value
        for name, value in next(one for one in every if one.get("version") == version.number).items()
        if name in _VERSION_NAMES
    })  # fmt: skip


_VERSION_NAMES = (
    "version", "user_id", "storage", "size", "sha256", "format", "codec", "duration", "declared_duration",
    "duration_differs", "sample_rate", "channels", "generation", "version_created_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stream:
    """Bytes of a file, or of a part of it, on their way."""

    file: StoredFile
    start: int
    length: int
    is_partial: bool
    """True if it is the range that was asked for, be it the whole file; False where none was."""
    pieces: Iterator[bytes]

    @property
    def media_type(self) -> str:
        """The content type."""
        return MEDIA_TYPES.get(self.file.media.format, "application/octet-stream")

    @property
    def content_range(self) -> str:
        """The header of a partial answer (RFC 9110, section 14.4)."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{self.file.size_bytes}"


class UnsatisfiableRange(InvalidInput):
    """A range that begins beyond the end of the file, which has ``size_bytes``."""

    def __init__(self, message: str, hint: str = "", *, size_bytes: int) -> None:
        super().__init__(message, hint)
        self.size_bytes = size_bytes


def stream_of(shelf: Shelf, file: StoredFile, span: str = "") -> Stream:
    """The bytes of a file, or those that a Range header names; nothing is read before the first is asked for.

    Raises:
        UnsatisfiableRange: the range begins beyond the end.
    """
    asked = span_of(span, file.size_bytes)
    start, length = asked or (0, file.size_bytes)
    is_whole = length == file.size_bytes
    pieces = proven(file, shelf.read(file)) if is_whole else part_of(shelf, file, start, length)
    return Stream(file, start, length, asked is not None, pieces)


def proven(file: StoredFile, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces of a whole file, the last of them only if all are those that were stored.

    Raises:
        IntegrityError: others lie there.
    """
    digest, last = hashlib.sha256(), b""
    for piece in pieces:
        if last:
            yield last
        digest.update(piece)
        last = piece
    if digest.hexdigest() != file.sha256:
        raise damaged(file)
    yield last


def part_of(shelf: Shelf, file: StoredFile, start: int, length: int) -> Iterator[bytes]:
    """A part of a file: of a short one it is cut from the proven whole, of a longer one it is of one object at least.

    Raises:
        IntegrityError: another file lies there, or takes its place before it is read.
    """
    if file.size_bytes <= PROVEN_BYTES:
        yield b"".join(proven(file, shelf.read(file)))[start : start + length]
        return
    try:
        yield from shelf.read(file, offset=start, length=length, if_etag=entry_of(shelf, file).etag)
    except SourceChanged as error:
        raise damaged(file) from error


def entry_of(shelf: Shelf, file: StoredFile) -> Entry:
    """What the storage says of a file.

    Raises:
        IntegrityError: another one lies there, as far as that can be told without reading it.
    """
    entry = shelf.stat(file)
    if not may_be(entry, file):
        raise damaged(file)
    return entry


def damaged(file: StoredFile) -> IntegrityError:
    """The error for a file that others have changed."""
    return IntegrityError(
        f"{file.key} in {file.bucket} is damaged: its bytes are not those that were stored.", MENDING_HINT
    )


def span_of(header: str, size_bytes: int) -> tuple[int, int] | None:
    """First byte and length of a Range header; None where it is empty, or asks for what need not be understood.

    That is a range of several parts, in another unit than bytes, or backwards (RFC 9110, section 14.2).

    Raises:
        UnsatisfiableRange: it begins beyond the end.
    """
    match = _RANGE.fullmatch(header.replace(" ", "").lower())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        start, end = size_bytes - min(_number(match[2]), size_bytes), size_bytes - 1
    else:
        start = _number(match[1])
        end = min(_number(match[2]) if match[2] else size_bytes - 1, size_bytes - 1)
    if match[1] and match[2] and _number(match[2]) < start:
        return None
    if start >= size_bytes or end < start:
        message = f"The range begins beyond the last of {size_bytes:,} bytes."
        raise UnsatisfiableRange(message, "Ask for bytes that are there.", size_bytes=size_bytes)
    return start, end - start + 1


def _number(digits: str) -> int:
    """A number of bytes; Python takes no more than 4,300 digits."""
    return int(digits) if len(digits) <= _DIGITS else 10**_DIGITS


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """A document without what is the service's own business; lists hold documents of versions and renditions."""
    return {
        name: [_plain(one) if isinstance(one, dict) else one for one in value]
        if isinstance(value, list)
        else _in_words(value)
        for name, value in document.items()
        if name not in _INTERNAL
    }


def _in_words(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
