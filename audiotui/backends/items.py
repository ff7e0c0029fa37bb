"""The values that callers and backends exchange: what is moved, what lies there, and how a move ended."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from audiotui.model import PART_BYTES, VerifyLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from audiotui.backends.base import Backend
    from audiotui.errors import AudiotuiError


Piece: TypeAlias = bytes | bytearray | memoryview
"""Some of a file's bytes; memory of one of the latter two may be used again."""

Pace: TypeAlias = "Callable[[Piece], Iterator[Piece]]"
"""Gives out the bytes of a piece block by block, each once it may be sent."""

NO_ATTRIBUTES: Mapping[str, str] = {}
"""The default of ``attributes``: nothing is kept beside the bytes."""


def take_turns(pace: Pace | None, data: bytes) -> None:
    """Wait until all the bytes may go, where they cannot be sent block by block."""
    if pace is not None:
        deque(pace(data), maxlen=0)


class Capability(StrEnum):
    """An ability that not every location has; a backend without it raises NotSupported."""

    CHECKSUM = "checksum"
    """``checksum(key)``: the storage itself measures what it holds."""
    PRESIGN = "presign"
    """``presign(key, seconds)``: a link that needs no credential."""
    RESUME = "resume"
    """``resume_upload``: an unfinished upload goes on, also from another process."""
    DIRECT = "direct"
    """Its files are read and written in place, without a network: it serves as the near end of a transfer."""


@dataclass(frozen=True, slots=True)
class Content:
    """Exactly which bytes a file has. Both ends of every transfer are held to it."""

    size_bytes: int
    sha256: str
    part_sha256: tuple[str, ...] = ()
    """One digest per 16 MiB; only for files above 16 MiB, and then always."""

    def __post_init__(self) -> None:
        wanted = self.part_count if self.size_bytes > PART_BYTES else 0
        if len(self.part_sha256) != wanted:
            raise ValueError(f"{self.size_bytes} bytes need {wanted} part digests, not {len(self.part_sha256)}")

    @property
    def part_count(self) -> int:
        """In how many parts the file is moved and resumed; an empty file has one, of no bytes."""
        return max(1, -(-self.size_bytes // PART_BYTES))

    @property
    def is_whole(self) -> bool:
        """True if the file is small enough to be moved in one request."""
        return self.size_bytes <= PART_BYTES

    def part_span(self, number: int) -> tuple[int, int]:
        """Offset and length of part ``number`` (from 0)."""
        offset = number * PART_BYTES
        return offset, min(PART_BYTES, self.size_bytes - offset)

    def part_digest(self, number: int) -> str:
        """The SHA-256 that the bytes of part ``number`` have."""
        return self.part_sha256[number] if self.part_sha256 else self.sha256


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored file as its location describes it."""

    key: str
    size_bytes: int
    etag: str = ""
    """Changes whenever the bytes are replaced; opaque."""
    modified_at: datetime | None = None
    sha256: str = ""
    """What the storage has on record for the bytes ('' if nothing); recorded when they were stored, not measured."""
    version_id: str = ""
    level: VerifyLevel = VerifyLevel.NONE
    """How far the call that made this entry proved the stored bytes; NONE from ``stat`` and ``list``."""
    attributes: Mapping[str, str] | None = None
    """What is kept beside the bytes, from ``stat`` where the storage keeps anything; None elsewhere."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload that was begun and neither committed nor aborted."""

    token: str
    key: str = ""
    """'' where the storage does not tell."""
    size_bytes: int | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a storage measured over the bytes that it holds now; fields it cannot give are ''."""

    size_bytes: int
    level: VerifyLevel
    """READ_BACK if the bytes were read for it, STORAGE_SUM if the storage measured them when it took them."""
    sha256: str = ""
    composite_sha256: str = ""
    """The SHA-256 over the binary digests of the 16 MiB parts, one after the other (S3's multipart checksum)."""

    def matches(self, content: Content) -> bool | None:
        """Whether these are the bytes; None if what was measured cannot tell."""
        if self.size_bytes != content.size_bytes:
            return False
        if self.sha256:
            return self.sha256 == content.sha256
        if self.composite_sha256 and content.part_sha256:
            return self.composite_sha256 == _composite(content.part_sha256)
        return None


class Source(Protocol):
    """Bytes to be stored, readable at any position, from several threads."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes; SourceChanged if the file ends before."""

    def read_blocks(self, offset: int, length: int) -> Iterator[Piece]:
        """The same bytes in blocks, each good until the next one is taken."""

    def check_unchanged(self) -> None:
        """Raise SourceChanged if the file is not the one that was opened: size, time or inode moved."""

    def close(self) -> None:
        """Give back what reading needed; a second call does nothing."""


TicketT = TypeVar("TicketT")


class Lane(Protocol[TicketT]):
    """Many small files asked for at a time, by one thread."""

    @property
    def open_count(self) -> int:
        """How many questions have no answer yet."""

    def ask(self, ticket: TicketT, key: str, length: int, *, etag: str = "") -> None:
        """Ask for the first bytes of a file, of that version alone if one is given."""

    def answers(self, wait_s: float) -> Iterator[tuple[TicketT, memoryview | Exception | None]]:
        """What came within so many seconds: the bytes, good until the next answer is taken, or why there are none.

        None stands for an answer that is not understood here: the question is to be asked in another way.
        """

    def take_waited_s(self) -> float:
        """For how long nothing had come since this was asked the last time."""

    def close(self) -> None:
        """Wait for nothing more."""


def _ignore_bytes(count: int) -> None:
    del count


def _ignore_token(token: str) -> None:
    del token


@dataclass(frozen=True, slots=True)
class PutItem:
    """One file to be stored under a new key.

    The callables are called from the threads that move the bytes; they must be quick and must not raise, except
    ``open_source``, whose error ends the item.
    """

    key: str
    content: Content
    open_source: Callable[[], Source]
    """Called when the item's turn has come; the backend closes what it gets."""
    id: int = 0
    """The caller's number for the item; backends only carry it."""
    temp: str = ""
    """From ``keys.new_temp_name``, known to the caller's journal; '' lets the backend choose one."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Kept with the object where the storage can (S3 user metadata): ASCII names and values."""
    resume_token: str = ""
    """Of an earlier attempt; where the far side forgot it, the upload starts again."""
    on_token: Callable[[str], None] = _ignore_token
    """Told the token of a resumable upload before its first byte is sent."""
    on_start: Callable[[int], None] = _ignore_bytes
    """Told once, before bytes move, how many bytes the far side holds already."""
    on_bytes: Callable[[int], None] = _ignore_bytes
    """Told how many more bytes the far side has taken."""
    on_sent: Callable[[int], None] = _ignore_bytes
    """Told how many more bytes are on their way there; a negative number: they have arrived, or are lost."""


@dataclass(frozen=True, slots=True)
class GetItem:
    """One stored file to be copied into a DIRECT location, on the terms of ``PutItem``.

    The upload at the destination is begun or resumed when the item's turn has come, and committed once every byte is
    proven; after an error it is closed, and what it holds is kept.
    """

    key: str
    content: Content
    destination: Backend
    new_key: str
    id: int = 0
    etag: str = ""
    """If given, only this version is read; SourceChanged if it is another."""
    temp: str = ""
    resume_token: str = ""
    on_token: Callable[[str], None] = _ignore_token
    on_start: Callable[[int], None] = _ignore_bytes
    on_bytes: Callable[[int], None] = _ignore_bytes


ItemT = TypeVar("ItemT", bound=PutItem | GetItem)
FeedT_co = TypeVar("FeedT_co", bound=PutItem | GetItem, covariant=True)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[ItemT]):
    """How one item ended: ``entry`` is what is now stored at the destination, or ``error`` says why nothing is."""

    item: ItemT
    entry: Entry | None = None
    error: AudiotuiError | None = None
    resumed_bytes: int = 0
    existed: bool = False
    """True if the destination had the key with the same bytes, proven now to ``entry.level``."""


class Feed(Protocol[FeedT_co]):
    """Where ``put_many`` and ``get_many`` take their items from, one by one, as they have room.

    The owner may add items, retries for instance, until it closes the feed. Called from several threads.
    """

    def take(self, wait_s: float) -> FeedT_co | None:
        """The next item, or None if none came within ``wait_s`` seconds; 0 never blocks."""

    @property
    def closed(self) -> bool:
        """True once no item will ever come again."""


class FixedFeed(Generic[ItemT]):
    """The feed of a caller that knows all its items before it starts."""

    def __init__(self, items: Iterable[ItemT]) -> None:
        self._items: deque[ItemT] = deque(items)
        self._lock = threading.Lock()

    def take(self, wait_s: float) -> ItemT | None:
        """The next item, at once; None when all were taken."""
        del wait_s
        with self._lock:
            return self._items.popleft() if self._items else None

    @property
    def closed(self) -> bool:
        """True when all items were taken."""
        return not self._items


def _composite(part_sha256: tuple[str, ...]) -> str:
    import hashlib

    return hashlib.sha256(b"".join(map(bytes.fromhex, part_sha256))).hexdigest()
